/** The findings of a replay in words. */
import type { QuirkName } from '../ownership/index.ts';
import { type Mismatch, palette, type ReplayReport } from '../trace/index.ts';
import type { Terminal } from './output.ts';
import { count, wrapWords } from './words.ts';

/** What several replays found together. */
export interface Sum {
  messages: number;
  compared: number;
  mismatches: number;
  quirks: QuirkName[];
}

export function sum(reports: readonly ReplayReport[]): Sum {
  const total: Sum = { messages: 0, compared: 0, mismatches: 0, quirks: [] };
  for (const report of reports) {
    total.messages += report.messages;
    total.compared += report.compared;
    total.mismatches += report.mismatches.length + report.omitted;
    for (const name of report.quirks) if (!total.quirks.includes(name)) total.quirks.push(name);
  }
  return total;
}

/** Signs for good and bad. */
export function signs(terminal: Terminal): { good: string; bad: string } {
  return terminal.unicode ? { good: '✓', bad: '✗' } : { good: 'ok', bad: 'BAD' };
}

/** `✓   57 messages   34 compared  NAME`; what was found stands behind the name. */
export function verdictLine(report: ReplayReport, terminal: Terminal): string {
  const { good, bad } = palette(terminal.colours);
  const mark = signs(terminal);
  const findings = findingsOf(report);
  const figures = `${pad(report.messages)} messages ${pad(report.compared)} compared`;
  const name = findings === '' ? report.file : `${report.file}: ${findings}`;
  return `${findings === '' ? good(mark.good) : bad(mark.bad)} ${figures}  ${name}`;
}

function findingsOf(report: ReplayReport): string {
  const found = report.mismatches.length + report.omitted;
  const words = [];
  if (found > 0) words.push(`${found} ${found === 1 ? 'mismatch' : 'mismatches'}`);
  const unread = report.errors.length + report.errorsOmitted;
  if (unread > 0) words.push(`${count(unread, 'line')} not read`);
  return words.join(', ');
}

const NUMBER = 7;

function pad(n: number): string {
  return String(n).padStart(NUMBER);
}

const KINDS: Readonly<Record<Mismatch['kind'], string>> = {
  different: 'the host did something else',
  missing: 'the host did it, the recording has nothing of it',
  unexpected: 'the recording has it, the host did not do it',
};

/**
 * Where, when, what was recorded and what the host did, one below the other. A message is shown in words, then as
 * bytes, and the bytes that differ are marked.
 */
export function mismatchLines(file: string, mismatch: Mismatch, terminal: Terminal): string[] {
  const paint = palette(terminal.colours);
  const { line, t, stream, kind } = mismatch;
  const recorded = split(mismatch.recorded);
  const host = split(mismatch.host);
  const lines = [`  ${paint.strong(`${file}:${line}`)}  t ${t.toFixed(6)}  ${stream}: ${KINDS[kind]}`];
  const room = Math.max(MIN_ROOM, terminal.width - LABEL) & ~1;
  if (recorded.words !== '') lines.push(...labelled('recorded', wrapWords(recorded.words.split(' '), room)));
  if (host.words !== '') lines.push(...labelled('our host', wrapWords(host.words.split(' '), room)));
  const both = recorded.hex !== '' && host.hex !== '';
  for (let at = 0; at < Math.max(recorded.hex.length, host.hex.length); at += room) {
    const a = recorded.hex.slice(at, at + room);
    const b = host.hex.slice(at, at + room);
    if (a !== '') lines.push(...labelled(at === 0 ? 'recorded' : '', [a]));
    if (b !== '') lines.push(...labelled(at === 0 ? 'our host' : '', [b]));
    if (both && a !== b) lines.push(' '.repeat(LABEL) + paint.bad(marks(a, b)));
  }
  return lines;
}

const LABEL = 4 + 8 + 2;
const MIN_ROOM = 40;

/** `words [hex]`, `hex` or `words`. */
function split(text = ''): { words: string; hex: string } {
  const match = /^(?:(.*) )?\[?((?:[0-9a-f]{2})+)\]?$/s.exec(text);
  return match === null ? { words: text, hex: '' } : { words: match[1] ?? '', hex: match[2] ?? '' };
}

function labelled(label: string, lines: readonly string[]): string[] {
  return lines.map((line, i) => `    ${(i === 0 ? label : '').padEnd(8)}  ${line}`);
}

/** A caret below each digit that differs. */
function marks(a: string, b: string): string {
  let line = '';
  for (let i = 0; i < Math.max(a.length, b.length); i++) line += a[i] === b[i] ? ' ' : '^';
  return line.trimEnd();
}
