/** One line of a trace, of any form, with everything checked. */
import { HEX_DIGIT } from '../sap/index.ts';
import { MAX_TIME } from './canonical.ts';
import { EXCERPT, excerptOf, TraceError, type TraceErrorCode } from './errors.ts';
import {
  AREA_DIRS,
  CALL_DIRS,
  type CallChannel,
  FRAME_DIRS,
  type JsonValue,
  type TraceArgs,
  type TraceEvent,
} from './event.ts';
import { jsonFaultAt } from './json-fault.ts';
import { isObject, MAX_DEPTH, type Members, tooDeep } from './json-value.ts';

const WIRE_DIRS = ['h2m', 'm2h'] as const;

/**
 * The event of a line without its newline, or an `error` event; `undefined` for a line of white space only.
 * `line` counts from 1.
 */
export function parseLine(bytes: Uint8Array, file: string, line: number): TraceEvent | undefined {
  // A damaged file may have an error in every line, and nobody looks at the reader's stack: it is most of their price.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    const text = decodeText(bytes, line === 1);
    return text.trim() === '' ? undefined : eventOf(text, line);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    const { code, offset, expected, excerpt } = problem;
    return { ch: 'error', line, error: new TraceError(code, { file, line, offset, expected, excerpt }) };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The error of a line that is not read because it is longer than `limit`; `head` is its beginning. */
export function lineTooLong(head: Uint8Array, limit: number, file: string, line: number): TraceEvent {
  const excerpt = excerptOf(new TextDecoder('latin1').decode(head.subarray(0, Math.min(EXCERPT, limit))), 0);
  const expected = `a line of at most ${limit} bytes`;
  const error = new TraceError('TRACE_ERR_LINE_LENGTH', { file, line, offset: limit, expected, excerpt });
  return { ch: 'error', line, error };
}

/** Leaves the reading of a line at any depth; caught in `parseLine` and nowhere else. */
class Problem {
  readonly code: TraceErrorCode;
  readonly offset: number;
  readonly expected: string;
  readonly excerpt: string;

  /** `index` counts characters of `text`. */
  constructor(code: TraceErrorCode, text: string, index: number, expected: string) {
    this.code = code;
    this.offset = new TextEncoder().encode(text.slice(0, index)).length;
    this.expected = expected;
    this.excerpt = excerptOf(text, index);
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeText(bytes: Uint8Array, first: boolean): string {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    const lenient = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    throw new Problem('TRACE_ERR_UTF8', lenient, Math.max(0, lenient.indexOf('\ufffd')), 'UTF-8 text');
  }
  return first && text.startsWith('\ufeff') ? text.slice(1) : text;
}

function eventOf(text: string, line: number): TraceEvent {
  const members = parseJson(text);
  const t = timeOf(text, members);
  const ch = stringOf(text, members, 'ch');
  switch (ch) {
    case 'me':
    case 'notif':
    case 'data': {
      const dir = dirOf(text, members, WIRE_DIRS);
      return withExtra({ t, ch, dir, bytes: hexOf(text, members), line }, members, 4);
    }
    case 'frame': {
      const dir = dirOf(text, members, FRAME_DIRS);
      return withExtra({ t, ch, dir, bytes: hexOf(text, members), line }, members, 4);
    }
    case 'area':
      return areaOf(text, members, t, line);
    case 'wifi-cmd':
    case 'wifi-op':
    case 'bus':
      return callOf(text, members, t, ch, line);
    case 'note':
      return noteOf(text, members, t, line);
    default:
      return { t, ch: 'unknown', channel: ch, raw: text.trimEnd(), line };
  }
}

function callOf(text: string, members: Members, t: number, ch: CallChannel, line: number): TraceEvent {
  const dir = dirOf(text, members, CALL_DIRS[ch]);
  const name = stringOf(text, members, 'name');
  const args = memberOf(text, members, 'args');
  if (!isObject(args))
    throw new Problem('TRACE_ERR_TYPE', text, valueAt(text, 'args'), 'an object of arguments');
  return withExtra({ t, ch, dir, name, args, line } as TraceEvent & { extra?: TraceArgs }, members, 5);
}

function areaOf(text: string, members: Members, t: number, line: number): TraceEvent {
  const dir = dirOf(text, members, AREA_DIRS);
  const size = memberOf(text, members, 'size');
  if (!Number.isSafeInteger(size) || (size as number) < 0) {
    throw new Problem('TRACE_ERR_TYPE', text, valueAt(text, 'size'), 'a number of bytes');
  }
  const control = hexOf(text, members, 'control');
  const trailer = hexOf(text, members, 'trailer');
  return withExtra({ t, ch: 'area', dir, size: size as number, control, trailer, line }, members, 6);
}

function noteOf(text: string, members: Members, t: number, line: number): TraceEvent {
  let known = 3;
  if ('dir' in members) {
    dirOf(text, members, ['-']);
    known++;
  }
  const note = stringOf(text, members, 'text');
  if (!('driver' in members)) return withExtra({ t, ch: 'note', text: note, line }, members, known);
  const driver = stringOf(text, members, 'driver');
  return withExtra({ t, ch: 'note', text: note, driver, line }, members, known + 1);
}

const KNOWN = new Set([
  't',
  'ch',
  'dir',
  'hex',
  'name',
  'args',
  'text',
  'driver',
  'size',
  'control',
  'trailer',
]);

/** `known`: how many members the event took. */
function withExtra<E extends TraceEvent & { extra?: TraceArgs }>(
  event: E,
  members: Members,
  known: number,
): E {
  let count = 0;
  for (const _ in members) count++;
  if (count > known) {
    event.extra = Object.fromEntries(Object.entries(members).filter(([key]) => !taken(event, key)));
  }
  return event;
}

function taken(event: TraceEvent, key: string): boolean {
  if (key === 'hex') return 'bytes' in event;
  if (key === 'dir') return 'dir' in event || event.ch === 'note';
  return KNOWN.has(key) && key in event;
}

function parseJson(text: string): Members {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    throw new Problem('TRACE_ERR_JSON', text, jsonFaultAt(text), 'JSON');
  }
  if (!isObject(value)) throw new Problem('TRACE_ERR_OBJECT', text, 0, 'an object');
  if (tooDeep(value, MAX_DEPTH)) {
    throw new Problem('TRACE_ERR_DEPTH', text, 0, `at most ${MAX_DEPTH} levels of values`);
  }
  return value;
}

function timeOf(text: string, members: Members): number {
  const t = memberOf(text, members, 't');
  if (typeof t !== 'number')
    throw new Problem('TRACE_ERR_TYPE', text, valueAt(text, 't'), 'a number of seconds');
  if (!(t >= 0 && t <= MAX_TIME)) {
    throw new Problem('TRACE_ERR_TIME', text, valueAt(text, 't'), `seconds from 0 to ${MAX_TIME}`);
  }
  return t + 0;
}

function dirOf<const D extends string>(text: string, members: Members, allowed: readonly D[]): D {
  const dir = stringOf(text, members, 'dir') as D;
  if (!allowed.includes(dir)) {
    throw new Problem('TRACE_ERR_DIR', text, valueAt(text, 'dir'), `"${allowed.join('" or "')}"`);
  }
  return dir;
}

function hexOf(text: string, members: Members, key = 'hex'): Uint8Array {
  const hex = stringOf(text, members, key);
  const out = new Uint8Array(hex.length >> 1);
  for (let i = 0; i < hex.length; i++) {
    const code = hex.charCodeAt(i);
    const digit = code < 256 ? HEX_DIGIT[code]! : 255;
    if (digit === 255)
      throw new Problem('TRACE_ERR_HEX', text, valueAt(text, key) + 1 + i, 'a hexadecimal digit');
    out[i >> 1] = (out[i >> 1]! << 4) | digit;
  }
  if (hex.length % 2 === 1) {
    const end = valueAt(text, key) + 1 + hex.length;
    throw new Problem('TRACE_ERR_HEX', text, end, 'an even number of hexadecimal digits');
  }
  return out;
}

function stringOf(text: string, members: Members, key: string): string {
  const value = memberOf(text, members, key);
  if (typeof value !== 'string')
    throw new Problem('TRACE_ERR_TYPE', text, valueAt(text, key), `"${key}" as a string`);
  return value;
}

function memberOf(text: string, members: Members, key: string): JsonValue {
  if (!Object.hasOwn(members, key)) {
    throw new Problem('TRACE_ERR_MISSING', text, Math.max(0, text.trimEnd().length - 1), `a member "${key}"`);
  }
  return members[key]!;
}

/** Where the value of a member begins: exact unless the same key also stands in a value before. */
function valueAt(text: string, key: string): number {
  const match = new RegExp(`"${key}"\\s*:\\s*`).exec(text);
  return match ? match.index + match[0].length : 0;
}
