/** What a judge says, in words. */
import {
  type Finding,
  type JudgeReport,
  Ladder,
  palette,
  RULES,
  SEVERITIES,
  type Severity,
} from '../trace/index.ts';
import type { Terminal } from './output.ts';
import { signs } from './replay-text.ts';
import { count, wrapWords } from './words.ts';

const NUMBER = 7;
const INDENT = 4;
const LABEL = INDENT + 'expected'.length + 2;
const MIN_ROOM = 40;

/** `✓   57 messages   23 rules asked  NAME`; what was found stands behind the name. */
export function judgementLine(report: JudgeReport, terminal: Terminal): string {
  const paint = palette(terminal.colours);
  const mark = signs(terminal);
  const asked = Object.values(report.rules).filter((rule) => rule.asked > 0).length;
  const figures = `${pad(report.messages)} messages ${pad(asked)} rules asked`;
  const found = findingsOf([report]);
  const unread = report.errors.length + report.errorsOmitted;
  const words = [
    ...(found === '' ? [] : [found]),
    ...(unread > 0 ? [`${count(unread, 'line')} not read`] : []),
  ];
  const name = words.length === 0 ? report.file : `${report.file}: ${words.join(', ')}`;
  const sign = report.failed || unread > 0 ? paint.bad(mark.bad) : paint.good(mark.good);
  return `${sign} ${figures}  ${name}`;
}

/** Where, when, which rule; what was expected and what was seen, one below the other; then the events that matter. */
export function findingLines(file: string, finding: Finding, terminal: Terminal, from: number): string[] {
  const paint = palette(terminal.colours);
  const { rule, severity, line, t, expected, seen, excerpt } = finding;
  const severityText = severity === 'error' ? paint.bad(severity) : severity;
  const lines = [
    `  ${paint.strong(`${file}:${line}`)}  t ${t.toFixed(6)}  ${severityText} ${paint.strong(rule)}: ${RULES[rule].title}`,
    ...labelled('expected', expected, terminal.width),
    ...labelled('seen', seen, terminal.width),
  ];
  const ladder = new Ladder({ ...terminal, width: terminal.width - INDENT, from });
  for (const event of excerpt) {
    const text = ladder.line(event);
    if (text !== undefined) lines.push(...text.split('\n').map((row) => `${' '.repeat(INDENT)}${row}`));
  }
  return lines;
}

/** `40 files, 5217 messages, 3 errors, 12 warnings`. */
export function judgementSummary(reports: readonly JudgeReport[], files: number): string {
  const read = reports.length < files ? `, ${files - reports.length} not read` : '';
  const messages = reports.reduce((sum, report) => sum + report.messages, 0);
  return `${count(reports.length, 'file')}${read}, ${messages} messages, ${findingsOf(reports) || 'no finding'}`;
}

/** `3 errors, 1 note`; nothing when nothing was found. */
function findingsOf(reports: readonly JudgeReport[]): string {
  const sums: Record<Severity, number> = { error: 0, warning: 0, note: 0 };
  for (const { rules } of reports) {
    for (const [id, { findings }] of Object.entries(rules)) {
      sums[RULES[id as keyof typeof RULES].severity] += findings;
    }
  }
  return SEVERITIES.filter((severity) => sums[severity] > 0)
    .map((severity) => count(sums[severity], severity))
    .join(', ');
}

function labelled(label: string, text: string, width: number): string[] {
  const room = Math.max(MIN_ROOM, width - LABEL);
  const words = text.split(' ').flatMap((word) => pieces(word, room));
  return wrapWords(words, room).map(
    (line, i) => `${' '.repeat(INDENT)}${(i === 0 ? label : '').padEnd(LABEL - INDENT)}${line}`,
  );
}

/** A word that is longer than a line is cut: bytes in hex often are. */
function pieces(word: string, room: number): string[] {
  const out: string[] = [];
  for (let at = 0; at < word.length; at += room) out.push(word.slice(at, at + room));
  return out;
}

function pad(n: number): string {
  return String(n).padStart(NUMBER);
}
