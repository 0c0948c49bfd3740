/** What a script waits for: patterns over the lines of the conversation. */
import {
  decodeMe,
  decodeSap,
  hexOf,
  type MeMessage,
  SapError,
  type SapMessage,
  type SapName,
} from '../sap/index.ts';
import { describe, type JsonValue, type TraceArgs, type TraceEvent } from '../trace/index.ts';

/** A line of the conversation, decoded when it is a message. */
export interface Seen {
  readonly event: TraceEvent;
  readonly atMs: number;
  readonly message: SapMessage | undefined;
  readonly me: MeMessage | undefined;
  /** A script has taken it for what it waited for. */
  taken: boolean;
}

export interface Pattern {
  /** What is waited for, in words. */
  readonly words: string;
  /** Lines that are about the same thing: the last of them is shown when none fits. */
  readonly about: (seen: Seen) => boolean;
  readonly fits: (seen: Seen) => boolean;
}

export function seenOf(event: TraceEvent, atMs: number): Seen {
  let message: SapMessage | undefined;
  let me: MeMessage | undefined;
  if ((event.ch === 'notif' || event.ch === 'data') && event.dir === 'h2m') {
    const decoded = decodeSap(event.bytes, 0, event.bytes.length, 'host');
    if (!(decoded instanceof SapError)) message = decoded;
  } else if (event.ch === 'me' && event.dir === 'h2m') {
    const decoded = decodeMe(event.bytes, 'host');
    if (!(decoded instanceof SapError)) me = decoded;
  }
  return { event, atMs, message, me, taken: false };
}

type Fields<N extends SapName> = Extract<SapMessage, { name: N }>;

/** A SAP message of the driver, with fields that hold. `words` tell which. */
export function message<N extends SapName>(name: N, holds?: (m: Fields<N>) => boolean, words = ''): Pattern {
  const about = (s: Seen) => s.message?.name === name;
  return {
    words: words === '' ? name : `${name} ${words}`,
    about,
    fits: (s) => about(s) && (holds === undefined || holds(s.message as Fields<N>)),
  };
}

export function me(name: MeMessage['name'], holds?: (m: MeMessage) => boolean, words = ''): Pattern {
  const about = (s: Seen) => s.me?.name === name;
  return {
    words: words === '' ? name : `${name} ${words}`,
    about,
    fits: (s) => about(s) && (holds === undefined || holds(s.me!)),
  };
}

export const bell = me('CHECK_SHARED_AREA');

/** The driver's host side tells its WLAN side. */
export function op(name: string, args: TraceArgs = {}): Pattern {
  return call('wifi-op', name, args);
}

/** A call of the WLAN side has returned. */
export function ret(name: string, args: TraceArgs = {}, holds?: (args: TraceArgs) => boolean): Pattern {
  return call('wifi-cmd', `${name}.ret`, args, holds);
}

/** The driver uses the bus. */
export function bus(name: string, args: TraceArgs = {}): Pattern {
  return call('bus', name, args);
}

function call(
  ch: 'wifi-cmd' | 'wifi-op' | 'bus',
  name: string,
  args: TraceArgs,
  holds: (args: TraceArgs) => boolean = () => true,
): Pattern {
  const about = ({ event }: Seen) =>
    event.ch === ch && event.name === name && (event.dir === 'drv>wifi' || event.dir === 'drv');
  const given = Object.entries(args).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return {
    words: `${name}(${given.join(', ')})`,
    about,
    fits: (s) =>
      about(s) &&
      has((s.event as { args: TraceArgs }).args, args) &&
      holds((s.event as { args: TraceArgs }).args),
  };
}

function has(args: TraceArgs, wanted: TraceArgs): boolean {
  return Object.entries(wanted).every(([key, value]: [string, JsonValue]) => same(args[key], value));
}

function same(a: JsonValue | undefined, b: JsonValue): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A frame that left for the air, or that the host's stack got: exactly these bytes. */
export function frame(dir: 'wlan0>peer0' | 'wlan0>stack', bytes: Uint8Array): Pattern {
  const wanted = hexOf(bytes);
  const about = ({ event }: Seen) => event.ch === 'frame' && event.dir === dir;
  return {
    words: `the frame ${dir === 'wlan0>stack' ? "in the host's stack" : 'on the air'}, ${bytes.length} bytes`,
    about,
    fits: (s) => about(s) && hexOf((s.event as { bytes: Uint8Array }).bytes) === wanted,
  };
}

/** CSME's copy of a frame: exactly these bytes. */
export function copy(name: 'DATA_PACKET' | 'CB_DATA_PACKET', bytes: Uint8Array): Pattern {
  const wanted = hexOf(bytes);
  return message(name, (m) => hexOf(m.frame) === wanted, `with the frame of ${bytes.length} bytes`);
}

export function anyOf(words: string, ...patterns: readonly Pattern[]): Pattern {
  return {
    words,
    about: (s) => patterns.some((p) => p.about(s)),
    fits: (s) => patterns.some((p) => p.fits(s)),
  };
}

/** The line in words, for what was seen instead. */
export function wordsOf({ event }: Seen): string {
  return describe(event).headline;
}
