/**
 * Fuzzes the reading, writing and printing of traces.
 *
 *     npm run fuzz -- trace --runs 10000000 --seed 1
 *
 * Must hold in every case: nothing throws; where chunks end makes no difference; the fast reader and the thorough one
 * agree on every line; what was read and written reads back the same; a ladder keeps to its width and gives the
 * terminal no control character; no case takes a second of the processor.
 */
import { hexOf } from '../sap/index.ts';
import {
  eventToJson,
  formatEvent,
  Ladder,
  MAX_LINE,
  parseTrace,
  type TraceEvent,
  TraceParser,
} from '../trace/index.ts';
import { lineTooLong, parseLine } from '../trace/line.ts';
import { widthOf } from '../trace/text.ts';
import { Random } from './random.ts';
import type { FuzzFinding, FuzzReport } from './report.ts';
import { damagedTrace } from './trace-inputs.ts';

const FINDINGS_MAX = 20;
const FILE = 'trace';
const WIDTH = 80;
const SLOW_MS = 1000;

/** Case `n` has the seed `seed + n`: `fuzzTrace(1, finding.seed)` repeats a finding. */
export function fuzzTrace(iterations: number, seed: number): FuzzReport {
  const findings: FuzzFinding[] = [];
  const from = performance.now();
  let executions = 0;
  let last = from;
  while (executions < iterations && findings.length < FINDINGS_MAX) {
    const caseSeed = (seed + executions) >>> 0;
    let what = runCase(caseSeed);
    const now = performance.now();
    // A busy machine may have kept the case waiting: only time of the processor counts.
    if (now - last > SLOW_MS) what ??= slowCase(caseSeed);
    last = now;
    if (what !== undefined) findings.push({ seed: caseSeed, hex: hexOf(inputOf(caseSeed).input), what });
    executions++;
  }
  return { target: 'trace', executions, seconds: (performance.now() - from) / 1000, findings };
}

function inputOf(caseSeed: number): { input: Uint8Array; random: Random } {
  const random = new Random(Math.imul(caseSeed, 0x9e3779b1));
  return { input: damagedTrace(random), random };
}

function runCase(caseSeed: number): string | undefined {
  const { input, random } = inputOf(caseSeed);
  return verdict(input, random);
}

function slowCase(caseSeed: number): string | undefined {
  const from = process.cpuUsage();
  runCase(caseSeed);
  const { user, system } = process.cpuUsage(from);
  const ms = (user + system) / 1000;
  return ms > SLOW_MS ? `takes ${Math.round(ms)} ms` : undefined;
}

function verdict(input: Uint8Array, random: Random): string | undefined {
  try {
    const maxLine = random.oneIn(4) ? 20 + random.below(200) : MAX_LINE;
    const events = parseTrace(input, { file: FILE, maxLine });
    return (
      difference('in chunks', events, parseInChunks(input, maxLine, random)) ??
      difference('line by line', events, parseThoroughly(input, maxLine)) ??
      badRoundTrip(events) ??
      (random.oneIn(8) ? badPrint(events, random) : undefined)
    );
  } catch (error) {
    return `thrown: ${error instanceof Error ? error.stack : error}`;
  }
}

function parseInChunks(input: Uint8Array, maxLine: number, random: Random): TraceEvent[] {
  const events: TraceEvent[] = [];
  const parser = new TraceParser((event) => events.push(event), { file: FILE, maxLine });
  const most = random.oneIn(20) ? 1 : 1 + random.below(600);
  for (let at = 0; at < input.length; ) {
    const to = at + 1 + random.below(most);
    // A copy, scribbled over afterwards: the parser must not keep the chunk.
    const chunk = input.slice(at, to);
    parser.push(chunk);
    chunk.fill(0x7b);
    at = to;
  }
  parser.finish();
  return events;
}

function parseThoroughly(input: Uint8Array, maxLine: number): TraceEvent[] {
  const events: TraceEvent[] = [];
  let line = 0;
  for (let at = 0; at < input.length; ) {
    const newline = input.indexOf(10, at);
    const end = newline < 0 ? input.length : newline;
    const bytes = input.subarray(at, end);
    line++;
    const event =
      bytes.length > maxLine ? lineTooLong(bytes, maxLine, FILE, line) : parseLine(bytes, FILE, line);
    if (event) events.push(event);
    at = end + 1;
  }
  return events;
}

function badRoundTrip(events: readonly TraceEvent[]): string | undefined {
  const good = events.filter((event) => event.ch !== 'error');
  const again = parseTrace(good.map(formatEvent).join('\n'));
  for (const [i, event] of again.entries()) if (event.ch !== 'error') event.line = good[i]?.line ?? 0;
  return difference('written and read', good, again);
}

function badPrint(events: readonly TraceEvent[], random: Random): string | undefined {
  const ladder = new Ladder({ width: WIDTH, verbose: random.oneIn(2), unicode: random.oneIn(2) });
  for (const event of events) {
    JSON.stringify(eventToJson(event));
    for (const line of ladder.line(event)?.split('\n') ?? []) {
      if (widthOf(line) > WIDTH) return `the ladder is ${widthOf(line)} wide: ${line}`;
      if (/[\p{Cc}\u202a-\u202e]/u.test(line))
        return `the ladder has a control character: ${JSON.stringify(line)}`;
    }
  }
  return undefined;
}

function difference(how: string, a: readonly TraceEvent[], b: readonly TraceEvent[]): string | undefined {
  if (a.length !== b.length) return `${how}: ${b.length} events instead of ${a.length}`;
  for (let i = 0; i < a.length; i++) {
    if (!same(a[i]!, b[i]!)) return `${how}: event ${i} is ${text(b[i]!)} instead of ${text(a[i]!)}`;
  }
  return undefined;
}

function same(a: TraceEvent, b: TraceEvent): boolean {
  if (a.ch !== b.ch || a.line !== b.line) return false;
  if (a.ch === 'error' && b.ch === 'error') return a.error.message === b.error.message;
  if ('bytes' in a && 'bytes' in b && !a.extra && !b.extra) {
    return Object.is(a.t, b.t) && a.dir === b.dir && sameBytes(a.bytes, b.bytes);
  }
  return text(a) === text(b);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function text(event: TraceEvent): string {
  return JSON.stringify('bytes' in event ? { ...event, bytes: hexOf(event.bytes) } : event);
}
