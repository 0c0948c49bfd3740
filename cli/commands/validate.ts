/** `sapwood validate`: judges recorded hosts by the rules of the protocol. */
import { InvalidArgumentError } from 'commander';
import {
  eventToJson,
  type Finding,
  isRule,
  Judge,
  type JudgeReport,
  RULE_IDS,
  type RuleId,
} from '../../trace/index.ts';
import type { Context, Define } from '../command.ts';
import { CliError, type ExitName, worse } from '../exit.ts';
import { eventsOf, hintFor, nameOf } from '../input.ts';
import { findingLines, judgementLine, judgementSummary } from '../judge-text.ts';
import { count, list, wrapWords } from '../words.ts';

interface Options {
  rule?: ReadonlySet<RuleId>;
}

/** What is printed of a file. */
export interface Judgement {
  readonly report: JudgeReport;
  /** Time of the first event: the ladder's 0. */
  readonly from: number;
}

const TOPICS = [...new Set(RULE_IDS.map(topicOf))];
/** So many bad lines are named; the others are counted. */
const ERRORS_SHOWN = 5;

export const defineValidate: Define = (program, bind) => {
  const command = program
    .command('validate')
    .summary('judge recorded hosts by the rules of the protocol')
    .description(
      'Judges the host of each trace: start-up, messages and their numbers, door bells, rings, settings, ownership, frames, removal. A finding names the line, the rule, what was expected and what was seen, and shows the events that matter. What a trace does not record is not judged.',
    )
    .argument('<file...>', 'traces; - for stdin')
    .option('--rule <ids>', 'only these rules, or whole topics, separated by commas', rules)
    .addHelpText(
      'after',
      `
Topics (docs/rules.md has their rules):
${wrapWords(list(TOPICS), 76)
  .map((line) => `  ${line}`)
  .join('\n')}

Examples:
  $ sapwood validate recordings/*.jsonl
  $ sapwood validate --rule ring,bell.throttle session.jsonl
  $ sapwood validate --json *.jsonl | jq -r '.findings[].rule'`,
    );
  bind(command, validateFiles);
};

async function validateFiles(context: Context, options: Options, files: string[]): Promise<ExitName> {
  const { output, json } = context;
  const judgements: Judgement[] = [];
  let end: ExitName = 'good';
  for (const file of files) {
    try {
      const judgement = await judgeFile(file, options.rule);
      judgements.push(judgement);
      end = worse(end, isBad(judgement.report) ? 'bad' : 'good');
      if (json) await output.print(JSON.stringify(reportToJson(judgement.report)));
      else await printJudgement(context, judgement);
    } catch (error) {
      if (!(error instanceof CliError) || files.length === 1) throw error;
      output.say(`sapwood: ${error.message}`);
      end = worse(end, error.exit);
    }
  }
  if (!json && files.length > 1) {
    const reports = judgements.map(({ report }) => report);
    await output.print(`\n${judgementSummary(reports, files.length)}`);
  }
  return end;
}

/** Judges a file as it streams in. A `CliError` when it cannot be read or holds nothing of a trace. */
async function judgeFile(file: string, only?: ReadonlySet<RuleId>): Promise<Judgement> {
  const name = nameOf(file);
  const judge = new Judge({ file: name, ...(only && { rules: only }) });
  let from: number | undefined;
  for await (const batch of eventsOf(file)) {
    for (const event of batch) {
      if (from !== undefined) break;
      if (event.ch !== 'error') from = event.t;
    }
    judge.push(batch);
  }
  const report = judge.finish();
  const [first] = report.errors;
  if (from === undefined && first) {
    throw new CliError('usage', `${name} is not a trace: ${first.message}.`, hintFor(first));
  }
  if (report.messages === 0)
    throw new CliError('usage', `${name} holds no message: there is nothing to judge.`);
  return { report, from: from ?? 0 };
}

async function printJudgement({ output }: Context, { report, from }: Judgement): Promise<void> {
  const { terminal } = output;
  await output.print(judgementLine(report, terminal));
  for (const finding of report.findings) {
    for (const line of findingLines(report.file, finding, terminal, from)) await output.print(line);
  }
  if (report.omitted > 0) await output.print(`  and ${count(report.omitted, 'more finding')}`);
  for (const error of report.errors.slice(0, ERRORS_SHOWN)) output.say(`sapwood: ${error.message}`);
  const more = report.errors.length + report.errorsOmitted - ERRORS_SHOWN;
  if (more > 0) output.say(`sapwood: ${report.file}: ${count(more, 'more line')} could not be read.`);
}

function isBad(report: JudgeReport): boolean {
  return report.failed || report.errors.length > 0;
}

function reportToJson(report: JudgeReport): object {
  return { ...report, findings: report.findings.map(findingToJson) };
}

function findingToJson(finding: Finding): object {
  return { ...finding, excerpt: finding.excerpt.map(eventToJson) };
}

function topicOf(id: RuleId): string {
  return id.slice(0, id.indexOf('.'));
}

function rules(text: string, before: ReadonlySet<RuleId> = new Set()): ReadonlySet<RuleId> {
  const chosen = new Set(before);
  for (const word of text.split(',').map((word) => word.trim())) {
    const ids = isRule(word) ? [word] : RULE_IDS.filter((id) => topicOf(id) === word);
    if (ids.length === 0) {
      throw new InvalidArgumentError(`There is no rule or topic "${word}"; docs/rules.md has all of them.`);
    }
    for (const id of ids) chosen.add(id);
  }
  return chosen;
}
