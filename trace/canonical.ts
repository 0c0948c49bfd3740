/**
 * The fast way through the lines that traces consist of: `{"t": 1.5, "ch": "notif", "dir": "h2m", "hex": "…"}` with or
 * without spaces, read from the bytes themselves. Whatever looks different in any way is left to `parseLine`, which
 * knows the whole format; both give the same event for a line that both can read.
 */
import { HEX_DIGIT } from '../sap/index.ts';
import {
  CALL_DIRS,
  type CallEvent,
  type FrameEvent,
  type JsonValue,
  type TraceArgs,
  type WireChannel,
  type WireDir,
  type WireEvent,
} from './event.ts';
import { isObject, MAX_DEPTH, tooDeep } from './json-value.ts';

const SLAB = 65536;
/** A short trace does not pay for a whole slab. */
const FIRST_SLAB = 1024;
const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const POINT = 46;
const ZERO = 48;
const BRACE = 125;

/** The value of a digit in the upper and in the lower half of a byte; above 255 for what is no digit. */
const HIGH = Uint16Array.from(HEX_DIGIT, (digit) => (digit === 255 ? 256 : digit << 4));
const LOW = Uint16Array.from(HEX_DIGIT, (digit) => (digit === 255 ? 256 : digit));

const literal = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const TIME_KEY = literal('{"t":');
const CHANNEL_KEY = literal('"ch":');
const DIR_KEY = literal('"dir":');
const HEX_KEY = literal('"hex":');
const ME = literal('"me",');
const NOTIF = literal('"notif",');
const DATA = literal('"data",');
const FRAME = literal('"frame",');
const H2M = literal('"h2m",');
const M2H = literal('"m2h",');
const TO_WLAN = literal('"peer0>wlan0",');
const TO_AIR = literal('"wlan0>peer0",');

/** What stands between the channel and the name of a call, in the form that recordings have. */
const CALL_HEADS = Object.entries(CALL_DIRS).flatMap(([ch, dirs]) =>
  dirs.map((dir) => ({ ch, dir, head: literal(`"${ch}", "dir": "${dir}", "name":`) })),
);
const ARGS_KEY = '", "args": ';
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Powers of ten that a double holds exactly; the quotient of two exact doubles is the correctly rounded number. */
const POWER = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);

export class CanonicalReader {
  /** The event of the last line that was read. */
  event: WireEvent | FrameEvent | CallEvent | undefined;

  #t = 0;
  // Events are views of a common slab: a view costs a tenth of what an array of its own does.
  #slab = new ArrayBuffer(FIRST_SLAB);
  #slabBytes = new Uint8Array(this.#slab);
  #used = 0;

  /**
   * Reads the line at `start`. There must be a newline at or behind it in `b`: it is what ends every loop here.
   * Gives the offset behind the newline, or 0 when the line is not canonical.
   */
  read(b: Uint8Array, start: number, line: number): number {
    // A step that fails gives 0, and so does every step that begins at 0.
    let p = this.#time(b, after(b, start, TIME_KEY, true));
    p = after(b, p, CHANNEL_KEY, false);
    let ch: WireChannel | 'frame';
    switch (b[p + 1]) {
      case 0x6e:
        ch = 'notif';
        p = after(b, p, NOTIF, false);
        break;
      case 0x6d:
        ch = 'me';
        p = after(b, p, ME, false);
        break;
      case 0x64:
        ch = 'data';
        p = after(b, p, DATA, false);
        break;
      case 0x66:
        ch = 'frame';
        p = after(b, p, FRAME, false);
        break;
      default:
        return p === 0 ? 0 : this.#call(b, p, line);
    }
    p = after(b, p, DIR_KEY, false);
    let dir: WireDir | FrameEvent['dir'];
    if (ch === 'frame') {
      dir = b[p + 1] === 0x70 ? 'peer0>wlan0' : 'wlan0>peer0';
      p = after(b, p, dir === 'peer0>wlan0' ? TO_WLAN : TO_AIR, false);
    } else {
      dir = b[p + 1] === 0x68 ? 'h2m' : 'm2h';
      p = after(b, p, dir === 'h2m' ? H2M : M2H, false);
    }
    p = after(b, p, HEX_KEY, false);
    return p !== 0 && b[p] === QUOTE ? this.#bytes(b, p + 1, line, ch, dir) : 0;
  }

  /** A plain decimal of so few digits that two exact doubles make it, and the comma behind it. */
  #time(b: Uint8Array, start: number): number {
    if (start === 0) return 0;
    let p = start;
    let mantissa = 0;
    let digit = b[p]! - ZERO;
    while (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digit = b[++p]! - ZERO;
    }
    const whole = p - start;
    if (whole === 0 || (whole > 1 && b[start] === ZERO)) return 0;
    let places = 0;
    if (b[p] === POINT) {
      const point = p;
      digit = b[++p]! - ZERO;
      while (digit >= 0 && digit <= 9) {
        mantissa = mantissa * 10 + digit;
        digit = b[++p]! - ZERO;
      }
      places = p - point - 1;
      if (places === 0 || places > 22) return 0;
    }
    if (mantissa > Number.MAX_SAFE_INTEGER || mantissa / POWER[places]! > MAX_TIME) return 0;
    this.#t = mantissa / POWER[places]!;
    if (b[p] !== COMMA) return 0;
    return b[p + 1] === SPACE ? p + 2 : p + 1;
  }

  #bytes(
    b: Uint8Array,
    start: number,
    line: number,
    ch: WireEvent['ch'] | 'frame',
    dir: WireDir | FrameEvent['dir'],
  ): number {
    let out = this.#slabBytes;
    let from = this.#used;
    let at = from;
    let p = start;
    for (;;) {
      const value = HIGH[b[p]!]! | LOW[b[p + 1]!]!;
      if (value > 255) break;
      if (at === out.length) {
        if (from === 0 && at === SLAB) return 0;
        at = this.#renew(from);
        from = 0;
        out = this.#slabBytes;
      }
      out[at++] = value;
      p += 2;
    }
    if (b[p] !== QUOTE || b[p + 1] !== BRACE) return 0;
    p += 2;
    if (b[p] === RETURN) p++;
    if (b[p] !== NEWLINE) return 0;
    this.#used = at;
    const bytes = new Uint8Array(this.#slab, from, at - from);
    this.event = { t: this.#t, ch, dir, bytes, line } as WireEvent | FrameEvent;
    return p + 1;
  }

  /** A call: its head as bytes, its arguments as JSON. */
  #call(b: Uint8Array, start: number, line: number): number {
    for (const { ch, dir, head } of CALL_HEADS) {
      const p = after(b, start, head, false);
      if (p === 0 || b[p] !== QUOTE) continue;
      const next = b.indexOf(NEWLINE, p) + 1;
      const call = callOf(b.subarray(p + 1, b[next - 2] === RETURN ? next - 2 : next - 1));
      if (call === undefined) return 0;
      this.event = { t: this.#t, ch, dir, name: call.name, args: call.args, line } as CallEvent;
      return next;
    }
    return 0;
  }

  /** A fresh slab that begins with what the old one holds from `from` on; gives the number of these bytes. */
  #renew(from: number): number {
    const kept = this.#slabBytes.subarray(from);
    this.#slab = new ArrayBuffer(SLAB);
    this.#slabBytes = new Uint8Array(this.#slab);
    this.#slabBytes.set(kept);
    this.#used = 0;
    return kept.length;
  }
}

/** Name and arguments from `NAME", "args": {…}}`; undefined for anything else. */
function callOf(bytes: Uint8Array): { name: string; args: TraceArgs } | undefined {
  try {
    const text = UTF8.decode(bytes);
    const end = text.indexOf('"');
    const name = text.slice(0, end);
    if (!/^[\w.]+$/.test(name) || !text.startsWith(ARGS_KEY, end) || !text.endsWith('}')) return undefined;
    const args = text.slice(end + ARGS_KEY.length, -1);
    if (args === '{}') return { name, args: {} };
    const value = JSON.parse(args) as JsonValue;
    return isObject(value) && !tooDeep(value, MAX_DEPTH - 1) ? { name, args: value } : undefined;
  } catch {
    return undefined;
  }
}

/** The latest time that is taken: a double still tells milliseconds apart there. */
export const MAX_TIME = 2 ** 43;

/** The offset behind `text` and at most one space, or 0 when it does not stand at `p`. */
function after(b: Uint8Array, p: number, text: Uint8Array, atStart: boolean): number {
  if (p === 0 && !atStart) return 0;
  for (let i = 0; i < text.length; i++) if (b[p + i] !== text[i]) return 0;
  const end = p + text.length;
  return b[end] === SPACE ? end + 1 : end;
}
