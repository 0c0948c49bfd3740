/** `sapwood show`: traces as ladders, or event by event as JSON. */
import { InvalidArgumentError } from 'commander';
import { describe, type ErrorEvent, eventToJson, Ladder, type TraceEvent } from '../../trace/index.ts';
import type { Context, Define } from '../command.ts';
import { CliError, type ExitName, worse } from '../exit.ts';
import { eventsOf, hintFor, nameOf } from '../input.ts';

interface Options {
  verbose?: boolean;
  from?: number;
  to?: number;
  only?: ReadonlySet<string>;
}

const CHANNELS = ['me', 'notif', 'data', 'frame', 'area', 'wifi-cmd', 'wifi-op', 'bus', 'note'];
/** So many bad lines before the first good one: the file is no trace. */
const HOPELESS = 10;

export const defineShow: Define = (program, bind) => {
  const command = program
    .command('show')
    .summary('print traces as ladders')
    .description(
      'Prints traces as ladders: the WLAN driver, the host and CSME as vertical lines, each message an arrow with its headline. Times are seconds since the first event.',
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
    const title = files.length > 1 ? `${i > 0 ? '\n' : ''}${nameOf(file)}\n` : '';
    try {
      end = worse(end, await showFile(context, options, file, title));
    } catch (error) {
      if (!(error instanceof CliError) || files.length === 1) throw error;
      context.output.say(`sapwood: ${error.message}`);
      end = worse(end, error.exit);
    }
  }
  return end;
}

/** `title` stands above the ladder, when there is one. */
async function showFile(context: Context, options: Options, file: string, title: string): Promise<ExitName> {
  const { output, json } = context;
  const ladder = new Ladder({ ...output.terminal, verbose: options.verbose ?? false });
  const early: ErrorEvent[] = [];
  let bad = 0;
  let start: number | undefined;
  const print = (event: TraceEvent): Promise<void> | undefined => {
    const text = json ? JSON.stringify({ file: nameOf(file), ...eventToJson(event) }) : ladder.line(event);
    return text === undefined ? undefined : output.print(text);
  };

  events: for await (const batch of eventsOf(file)) {
    for (const event of batch) {
      if (event.ch === 'error') {
        bad++;
        // Until the first good line it may turn out that the file is no trace.
        if (start !== undefined) await print(event);
        else if (early.push(event) === HOPELESS) break events;
        continue;
      }
      if (start === undefined) {
        start = event.t;
        // The ladder's clock begins with the first event, shown or not.
        ladder.startAt(start);
        if (!json) await output.print(title + ladder.header());
        for (const error of early) await print(error);
      }
      // As the ladder shows it: to the microsecond.
      const offset = Math.round((event.t - start) * 1e6) / 1e6;
      if (options.to !== undefined && offset > options.to) break events;
      if (options.from !== undefined && offset < options.from) continue;
      if (options.only === undefined || options.only.has(event.ch)) {
        const full = print(event);
        if (full) await full;
      }
    }
    // What is read from a pipe may be a session that runs.
    await output.flush();
  }

  const [first] = early;
  if (start === undefined && first !== undefined) {
    throw new CliError(
      'usage',
      `${nameOf(file)} is not a trace: ${describe(first).headline}.`,
      hintFor(first.error),
    );
  }
  if (bad === 0) return 'good';
  output.say(`sapwood: ${nameOf(file)}: ${bad === 1 ? '1 line' : `${bad} lines`} could not be read.`);
  return 'bad';
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
