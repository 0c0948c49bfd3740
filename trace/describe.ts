/** Events in words: a headline each, and what stands behind it. */
import {
  AREA_LAYOUTS,
  CONTROL_BLOCK_LEN,
  CONTROL_BLOCK_SIZE_AT,
  decodeMe,
  decodeSap,
  errnoName,
  formatMe,
  formatSap,
  headlineMe,
  headlineSap,
  hexOf,
  ringsOf,
  SapError,
  u32At,
} from '../sap/index.ts';
import type { AreaEvent, CallEvent, JsonValue, TraceArgs, TraceEvent, WireEvent } from './event.ts';
import { describeFrame } from './frame-text.ts';
import { hexdump, printable } from './text.ts';

export interface Description {
  headline: string;
  /** The event says that something is wrong: bytes that are no message, a call that failed, a line that cannot be read. */
  bad: boolean;
  /** The fields, a line each; then what no field explains, as a dump. */
  details(): string[];
}

const NOTHING = () => [];

export function describe(event: TraceEvent): Description {
  switch (event.ch) {
    case 'me':
      return describeMe(event);
    case 'notif':
    case 'data':
      return describeSap(event);
    case 'frame':
      return { headline: describeFrame(event.bytes), bad: false, details: () => hexdump(event.bytes) };
    case 'area': {
      const whole = event.control.length >= CONTROL_BLOCK_LEN && event.trailer.length === 4;
      return {
        headline: describeArea(event),
        bad: !whole,
        details: () => [...hexdump(event.control), '  trailer:', ...hexdump(event.trailer)],
      };
    }
    case 'wifi-cmd':
    case 'wifi-op':
    case 'bus':
      return {
        headline: describeCall(event),
        bad: errnoOf(event) !== undefined,
        details: () => argLines(event.args),
      };
    case 'note': {
      const driver = event.driver === undefined ? '' : ` (${event.driver})`;
      return { headline: printable(event.text + driver), bad: false, details: NOTHING };
    }
    case 'unknown':
      return { headline: printable(`${event.channel}: ${event.raw}`), bad: false, details: NOTHING };
    case 'error': {
      const { line, offset, expected, excerpt } = event.error;
      const headline = printable(
        `line ${line}, byte ${offset}: expected ${expected}, found ${excerpt || 'its end'}`,
      );
      return { headline, bad: true, details: NOTHING };
    }
  }
}

/** The control block as the words that it is read by: pointers and sizes of the four rings. */
function describeArea({ size, control, trailer }: AreaEvent): string {
  if (control.length < CONTROL_BLOCK_LEN)
    return `area of ${size} bytes, control block cut to ${control.length}`;
  const rings = ringsOf(AREA_LAYOUTS[4]).map(({ name, wrAt, rdAt, sizeAt }) => {
    return `${name} ${u32At(control, wrAt)}/${u32At(control, rdAt)}/${u32At(control, sizeAt)}`;
  });
  const ids = `${tag(control)} ${u32At(control, CONTROL_BLOCK_SIZE_AT)} … ${tag(trailer)}`;
  return `area of ${size} bytes, ${ids}, wr/rd/size ${rings.join(', ')}`;
}

/** Four letters, or the bytes that are none. */
function tag(bytes: Uint8Array): string {
  const four = bytes.subarray(0, 4);
  return printable(
    four.every((byte) => byte >= 0x20 && byte < 0x7f) ? `"${String.fromCharCode(...four)}"` : hexOf(four),
  );
}

const SIDE = { h2m: 'host', m2h: 'csme' } as const;

function describeSap(event: WireEvent): Description {
  const message = decodeSap(event.bytes, 0, event.bytes.length, SIDE[event.dir]);
  if (message instanceof SapError) return broken(message, event.bytes);
  let headline = headlineSap(message);
  if (message.name === 'DATA_PACKET' || message.name === 'CB_DATA_PACKET') {
    headline = `${message.name} ${describeFrame(message.frame)}`;
  }
  const details = () => {
    if (message.name === 'UNKNOWN') return hexdump(message.payload);
    if (message.name === 'DATA_PACKET') return hexdump(message.frame);
    const lines = formatSap(message).split('\n');
    if (message.tail.length === 0) return lines;
    const tail = lines.findIndex((line) => line.startsWith('  tail '));
    return [...lines.slice(0, tail), `  tail, ${message.tail.length} bytes:`, ...hexdump(message.tail)];
  };
  return { headline, bad: false, details };
}

function describeMe(event: WireEvent): Description {
  const message = decodeMe(event.bytes, SIDE[event.dir]);
  if (message instanceof SapError) return broken(message, event.bytes);
  const details = () => (message.name === 'UNKNOWN' ? hexdump(event.bytes) : formatMe(message).split('\n'));
  return { headline: headlineMe(message), bad: false, details };
}

function broken(error: SapError, bytes: Uint8Array): Description {
  const { messageName, needed, available } = error;
  const short = needed === undefined ? error.message : `needs ${needed} bytes, has ${available}`;
  const headline = printable(`bad ${messageName ?? 'message'}: ${short}`);
  return { headline, bad: true, details: () => [error.message, ...hexdump(bytes)] };
}

/** `associated(ssid="home", channel=6)` for a call, `get_ownership = -110 ETIMEDOUT` for a return. */
function describeCall(event: CallEvent): string {
  const { name, args } = event;
  const shown = printable(name);
  if (!name.endsWith('.ret')) {
    if (event.ch === 'bus' && event.dir === 'drv' && typeof args.ret === 'number') {
      const { ret, ...rest } = args;
      return `${shown}(${words(rest)}) = ${result(ret!)}`;
    }
    return `${shown}(${words(args)})`;
  }
  const call = shown.slice(0, -'.ret'.length);
  const { ret, ...rest } = args;
  const more = words(rest);
  if (ret === undefined) return more === '' ? `${call} returns` : `${call} = ${more}`;
  return `${call} = ${result(ret)}${more === '' ? '' : ` ${more}`}`;
}

function words(args: TraceArgs): string {
  return Object.entries(args)
    .filter(([key]) => !(key.endsWith('_len') && key.slice(0, -4) in args))
    .map(([key, value]) => `${printable(key)}=${key === 'ssid' ? ssid(args) : plain(value)}`)
    .join(', ');
}

function plain(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(plain).join(' ')}]`;
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return printable(String(value));
}

/** The bytes that count, as text if they are. */
function ssid(args: TraceArgs): string {
  const { ssid: hex = null, ssid_len: length } = args;
  if (typeof hex !== 'string' || !/^([0-9a-f]{2})*$/i.test(hex)) return plain(hex);
  const bytes = (hex.match(/../g) ?? []).slice(0, Number(length));
  if (bytes.length !== length) return plain(hex);
  const text = bytes.map((pair) => String.fromCharCode(Number.parseInt(pair, 16))).join('');
  return /^[\x20-\x7e]*$/.test(text) ? JSON.stringify(text) : bytes.join('');
}

function argLines(args: TraceArgs): string[] {
  return Object.entries(args).map(([key, value]) => `  ${printable(key)}: ${plain(value)}`);
}

function errnoOf(event: CallEvent): number | undefined {
  const ret = event.args.ret;
  return typeof ret === 'number' && ret < 0 ? -ret : undefined;
}

function result(ret: JsonValue): string {
  if (typeof ret !== 'number' || ret >= 0) return ret === null ? 'nothing' : plain(ret);
  const name = errnoName(ret);
  return name === undefined ? `${ret}` : `${ret} ${name}`;
}
