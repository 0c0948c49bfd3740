/** The report of a conformance run in words. */
import {
  type CheckFinding,
  type CheckResult,
  type Results,
  type ScenarioOutcome,
  type Status,
  SUITE_NAMES,
} from '../../conformance/index.ts';
import { Ladder, palette } from '../../trace/index.ts';
import type { Terminal } from '../output.ts';
import { signs } from '../replay-text.ts';
import { count, wrapWords } from '../words.ts';

/** So many findings of a check are shown; the others are counted. */
const SHOWN = 3;
const NAME = 12;

export function reportLines(results: Results, terminal: Terminal): string[] {
  const checks = results.checks();
  const failed = checks.filter(({ status }) => status === 'failed');
  return [
    ...suiteLines(results, terminal),
    ...failed.flatMap((check) => ['', ...failedLines(check, terminal)]),
    ...notRunLines(results, checks, terminal),
    '',
    ...totalLines(results, terminal),
  ];
}

/** `12/124 ownership-granted: passed, 0.3 s`, and what it found. */
export function outcomeLine(
  { scenario, status, reason, tries, tookMs, findings }: ScenarioOutcome,
  place: string,
): string {
  const took = status === 'not run' ? (reason ?? '') : `${(tookMs / 1000).toFixed(1)} s`;
  const checks = [...new Set(findings.map(({ check }) => check))].join(', ');
  const again = tries === undefined ? '' : `, played ${tries} times`;
  return `${place} ${scenario.id}: ${status}, ${took}${again}${checks === '' ? '' : `: ${checks}`}`;
}

function suiteLines(results: Results, terminal: Terminal): string[] {
  const paint = palette(terminal.colours);
  const mark = signs(terminal);
  return SUITE_NAMES.flatMap((suite) => {
    const outcomes = results.outcomes.filter(({ scenario }) => scenario.suite === suite);
    if (outcomes.length === 0) return [];
    const of = (status: Status) => outcomes.filter((outcome) => outcome.status === status).length;
    const bad = of('failed') > 0;
    const words = [`${of('passed')} passed`];
    if (bad) words.push(`${of('failed')} failed`);
    if (of('not run') > 0) words.push(`${of('not run')} not run`);
    const good = of('passed') > 0 ? paint.good(mark.good) : '-'.padEnd(mark.good.length);
    return `${bad ? paint.bad(mark.bad) : good} ${suite.padEnd(NAME)}${words.join(', ')}`;
  });
}

function failedLines(check: CheckResult, terminal: Terminal): string[] {
  const paint = palette(terminal.colours);
  const { bad } = signs(terminal);
  const lines = [`${paint.bad(bad)} ${paint.strong(check.id)}  ${check.title}`, `  from ${check.source}`];
  for (const finding of check.findings.slice(0, SHOWN)) lines.push(...findingLines(finding, terminal));
  const more = check.findings.length - SHOWN;
  if (more > 0) lines.push(`  and ${count(more, 'more finding')}`);
  return lines;
}

function findingLines({ scenario, expected, seen, excerpt }: CheckFinding, terminal: Terminal): string[] {
  const room = terminal.width - 14;
  const said = (label: string, text: string) =>
    wrapWords(text.split(' '), room).map((line, i) => `    ${(i === 0 ? label : '').padEnd(10)}${line}`);
  const ladder = new Ladder({ ...terminal, width: terminal.width - 2 });
  const drawn = excerpt.flatMap((event) => ladder.line(event)?.split('\n') ?? []);
  return [
    ...said('in', scenario),
    ...said('expected', expected),
    ...said('seen', seen),
    ...drawn.map((line) => `  ${line}`),
  ];
}

/** By their reasons. */
function notRunLines(results: Results, checks: readonly CheckResult[], terminal: Terminal): string[] {
  const reasons = new Map<string, string[]>();
  for (const { scenario, status, reason = '' } of results.outcomes) {
    if (status === 'not run') reasons.set(reason, [...(reasons.get(reason) ?? []), scenario.id]);
  }
  const lines: string[] = [];
  for (const [reason, ids] of reasons) {
    lines.push('', `not run, ${reason}: ${count(ids.length, 'scenario')}`, ...indented(ids, terminal));
  }
  const never = checks.filter(({ status }) => status === 'not run').map(({ id }) => id);
  if (never.length > 0 && never.length < checks.length) {
    lines.push('', `${count(never.length, 'check')} never came up:`, ...indented(never, terminal));
  }
  return lines;
}

function indented(words: readonly string[], terminal: Terminal): string[] {
  return wrapWords(words, terminal.width - 2).map((line) => `  ${line}`);
}

function totalLines(results: Results, terminal: Terminal): string[] {
  const { checks, scenarios, tookMs } = results.totals();
  const said = (of: Readonly<Record<Status, number>>) =>
    `${of.passed} passed, ${of.failed} failed, ${of['not run']} not run`;
  const driver = results.driver === undefined ? '' : ` of ${results.driver}`;
  const words = `checks${driver}: ${said(checks)}; scenarios: ${said(scenarios)}; ${(tookMs / 1000).toFixed(1)} s`;
  return wrapWords(words.split(' '), terminal.width);
}
