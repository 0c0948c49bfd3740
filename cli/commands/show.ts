/** `sapwood show`: traces as ladders, or event by event as JSON. */
import { InvalidArgumentError } from 'commander';
import { eventToJson, Ladder, type TraceEvent } from '../../trace/index.ts';
import type { Context, Define } from '../command.ts';
import { CliError, type ExitName, worse } from '../exit.ts';
import { eventsOf, hintFor, nameOf } from '../input.ts';

interface Options {
  verbose?: boolean;
  from?: number;
  to?: number;
  only?: ReadonlySet<string>;
}

const CHANNELS = ['me', 'notif', 'data', 'frame', 'wifi-cmd', 'wifi-op', 'bus', 'note'];
/** So many bad lines and no good one: the file is no trace. */
const HOPELESS = 10;

export const defineShow: Define = (program, bind) => {
  const command = program
    .command('show')
    .summary('print traces as ladders')
    .description(
      'Prints traces as ladders: the WLAN driver, the host and CSME as vertical lines, each message an\narrow with its headline. Times are seconds since the first event.',
    )
    .argument('<file...>', 'traces; - for stdin')
    .option('-v, --verbose', 'every field of every message, and a dump of what no field explains')
    .option('--from <seconds>', 'begin at this time', seconds)
    .option('--to <seconds>', 'end at this time', seconds)
    .option('--only <channels>', `only these, separated by commas: ${CHANNELS.join(', ')}`, channels)
    .addHelpText(
      'after',
      `
Examples:
  $ sapwood show session.jsonl
  $ sapwood show --only me,notif --from 10 --to 12.5 --verbose session.jsonl
  $ zcat session.jsonl.gz | sapwood show - | less -R
  $ sapwood show --json session.jsonl | jq -r 'select(.ch == "notif") | .text'`,
    );
  bind(command, show);
};

async function show(context: Context, options: Options, files: string[]): Promise<ExitName> {
  let end: ExitName = 'good';
  for (const [i, file] of files.entries()) {
    try {
      if (!context.json && files.length > 1)
        await context.output.print(`${i > 0 ? '\n' : ''}${nameOf(file)}`);
      end = worse(end, await showFile(context, options, file));
    } catch (error) {
      if (!(error instanceof CliError) || files.length === 1) throw error;
      context.output.say(`sapwood: ${error.message}`);
      end = worse(end, error.exit);
    }
  }
  return end;
}

async function showFile(context: Context, options: Options, file: string): Promise<ExitName> {
  const { output, json } = context;
  const ladder = new Ladder({ ...output.terminal, verbose: options.verbose ?? false });
  if (!json) await output.print(ladder.header());
  const count = { good: 0, bad: 0 };
  let start: number | undefined;
  for await (const batch of eventsOf(file)) {
    for (const event of batch) {
      if (event.ch === 'error') {
        if (++count.bad >= HOPELESS && count.good === 0) throw noTrace(file, event);
      } else {
        count.good++;
        // The ladder's clock begins with the first event, shown or not.
        start ??= event.t;
        ladder.startAt(start);
        if (options.to !== undefined && event.t - start > options.to) return endOf(context, file, count.bad);
        if (options.from !== undefined && event.t - start < options.from) continue;
      }
      if (!wanted(event, options.only)) continue;
      const text = json ? JSON.stringify({ file: nameOf(file), ...eventToJson(event) }) : ladder.line(event);
      if (text !== undefined) await output.print(text);
    }
  }
  if (count.good === 0 && count.bad > 0) throw noTrace(file);
  return endOf(context, file, count.bad);
}

function endOf(context: Context, file: string, bad: number): ExitName {
  if (bad === 0) return 'good';
  context.output.say(`sapwood: ${nameOf(file)}: ${bad} ${bad === 1 ? 'line' : 'lines'} could not be read.`);
  return 'bad';
}

function wanted(event: TraceEvent, only: ReadonlySet<string> | undefined): boolean {
  return only === undefined || event.ch === 'error' || only.has(event.ch);
}

function noTrace(file: string, event?: TraceEvent): CliError {
  const excerpt = event?.ch === 'error' ? event.error.excerpt : '';
  return new CliError(
    'usage',
    `${nameOf(file)} is not a trace: none of its lines can be read.`,
    hintFor(excerpt),
  );
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('Give seconds since the first event, such as 12.5.');
  }
  return value;
}

function channels(text: string): ReadonlySet<string> {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !CHANNELS.includes(name));
  if (wrong !== undefined) {
    throw new InvalidArgumentError(`There is no channel "${wrong}"; there are ${CHANNELS.join(', ')}.`);
  }
  return new Set(names);
}
