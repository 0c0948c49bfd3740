/** `sapwood replay`: drives our host with recordings and compares what it does with what was recorded. */
import type { QuirkName } from '../../ownership/index.ts';
import { type Mismatch, type ReplayReport, replay } from '../../trace/index.ts';
import type { Context, Define } from '../command.ts';
import { CliError, type ExitName, worse } from '../exit.ts';
import { eventsOf, hintFor, nameOf } from '../input.ts';
import type { Terminal } from '../output.ts';
import { QUIRK_NAMES, quirkNames } from '../quirks.ts';
import { mismatchLines, sum, verdictLine } from '../replay-text.ts';
import { count, list, wrapWords } from '../words.ts';

interface Options {
  quirk?: readonly QuirkName[];
}

/** So many bad lines are named; the others are counted. */
const ERRORS_SHOWN = 5;

export const defineReplay: Define = (program, bind) => {
  const command = program
    .command('replay')
    .summary('drive our host with recordings and compare')
    .description(
      "Drives our host with CSME's side of recordings: CSME's messages, the WLAN driver's calls, the bus and the times. Compares all that the host sends, tells and returns with what was recorded.",
    )
    .argument('<file...>', 'traces; - for stdin')
    .option(
      '--quirk <names>',
      'behaviours of the reference to imitate, separated by commas, besides those of the driver that the trace names',
      quirkNames,
    )
    .addHelpText(
      'after',
      `
Quirks (docs/replay.md tells what each does):
${wrapWords(list(QUIRK_NAMES), 76)
  .map((line) => `  ${line}`)
  .join('\n')}

Examples:
  $ sapwood replay recordings/*.jsonl
  $ sapwood replay --quirk stale-nvm session.jsonl
  $ sapwood replay --json *.jsonl | jq -r 'select(.mismatches != []) | .file'`,
    );
  bind(command, replayFiles);
};

async function replayFiles(context: Context, options: Options, files: string[]): Promise<ExitName> {
  const { output, json } = context;
  const reports: ReplayReport[] = [];
  let end: ExitName = 'good';
  for (const file of files) {
    try {
      const report = await replayFile(file, options.quirk ?? []);
      reports.push(report);
      end = worse(end, report.mismatches.length > 0 || report.errors.length > 0 ? 'bad' : 'good');
      if (json) await output.print(JSON.stringify(report));
      else await printReport(context, report);
    } catch (error) {
      if (!(error instanceof CliError) || files.length === 1) throw error;
      output.say(`sapwood: ${error.message}`);
      end = worse(end, error.exit);
    }
  }
  if (!json) await printSummary(context, reports, files.length);
  return end;
}

/** Replays a file as it streams in. A `CliError` when it cannot be read or holds nothing of a trace. */
export async function replayFile(file: string, quirks: readonly QuirkName[] = []): Promise<ReplayReport> {
  const name = nameOf(file);
  const report = await replay(eventsOf(file), { file: name, quirks });
  const [first] = report.errors;
  if (report.compared === 0 && first) {
    throw new CliError('usage', `${name} is not a trace: ${first.message}.`, hintFor(first));
  }
  if (report.compared === 0 && report.messages === 0) {
    throw new CliError('usage', `${name} holds no message and nothing to compare.`);
  }
  return report;
}

async function printReport({ output }: Context, report: ReplayReport): Promise<void> {
  const { terminal } = output;
  await output.print(verdictLine(report, terminal));
  for (const mismatch of report.mismatches) await printMismatch(output, report.file, mismatch, terminal);
  if (report.omitted > 0) await output.print(`  and ${report.omitted} more mismatches`);
  for (const error of report.errors.slice(0, ERRORS_SHOWN)) output.say(`sapwood: ${error.message}`);
  const more = report.errors.length + report.errorsOmitted - ERRORS_SHOWN;
  if (more > 0) output.say(`sapwood: ${report.file}: ${count(more, 'more line')} could not be read.`);
}

async function printMismatch(
  output: Context['output'],
  file: string,
  mismatch: Mismatch,
  terminal: Terminal,
): Promise<void> {
  for (const line of mismatchLines(file, mismatch, terminal)) await output.print(line);
}

async function printSummary(
  { output }: Context,
  reports: readonly ReplayReport[],
  files: number,
): Promise<void> {
  const total = sum(reports);
  if (files > 1) {
    const read = reports.length < files ? `, ${files - reports.length} not read` : '';
    const found = total.mismatches === 0 ? 'no mismatch' : `mismatches: ${total.mismatches}`;
    await output.print(
      `\n${count(reports.length, 'file')}${read}, ${total.messages} messages, ${total.compared} compared, ${found}`,
    );
  }
  if (total.quirks.length > 0) {
    const names = list(total.quirks).join(' ');
    const text =
      total.mismatches > 0 ? `: ${names}` : ` (--json names them): ${count(total.quirks.length, 'quirk')}`;
    const words = `Imitated of the recorded driver${text}`.split(' ');
    for (const line of wrapWords(words, output.terminal.width)) await output.print(line);
  }
}
