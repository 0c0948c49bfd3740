/** One connection from end to end: what either program gave, what the other got, and who ended it how. */

export type Side = 'host' | 'firmware';

/** Bytes of one direction: which they are follows from where they stand, so that none can be lost or moved unseen. */
export interface Stream {
  given: number;
  got: number;
  /** When bytes were last given. */
  givenAtMs: number;
}

/** One of the two programs. */
export interface End {
  readonly side: Side;
  /** At its session; undefined while there is none. */
  connection: number | undefined;
  state: 'pending' | 'open' | 'over';
  paused: boolean;
  ended: boolean;
  isGone: boolean;
  aborted: boolean;
  /** Bytes that it was given and has not taken. */
  held: number;
}

export interface Link {
  readonly id: number;
  /** The firmware reaches a service of the host. */
  readonly isDirect: boolean;
  readonly host: End;
  readonly firmware: End;
  readonly up: Stream;
  readonly down: Stream;
  /** The session was lost under it. */
  lost: boolean;
}

export function newLink(id: number, isDirect = false): Link {
  return {
    id,
    isDirect,
    host: newEnd('host'),
    firmware: newEnd('firmware'),
    up: newStream(),
    down: newStream(),
    lost: false,
  };
}

/** The next `count` bytes of a stream. */
export function give(link: Link, stream: Stream, count: number, nowMs: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) bytes[i] = byteOf(link, stream.given + i);
  stream.given += count;
  stream.givenAtMs = nowMs;
  return bytes;
}

/** Whether these are the next bytes of a stream. */
export function get(link: Link, stream: Stream, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== byteOf(link, stream.got + i)) return false;
  stream.got += bytes.length;
  return stream.got <= stream.given;
}

/** What is wrong with the end of a connection, if anything: bytes that should have come first, or no reason at all. */
export function unjustClose(link: Link, side: Side, nowMs: number): string | undefined {
  const [own, other] = side === 'host' ? [link.host, link.firmware] : [link.firmware, link.host];
  if (link.lost || other.aborted) return undefined;
  // Who serves a connection ends all of it, and so does who is gone.
  if (own.ended && (side === 'firmware' || link.isDirect || own.isGone)) return undefined;
  const end = `connection ${link.id} of the ${side} is closed`;
  if (!own.ended && !other.ended) return `${end}, and nobody wanted that`;
  const { given, got, givenAtMs } = side === 'host' ? link.down : link.up;
  // The host's side gives up on silence: what the firmware says at that very moment comes too late.
  const isRecent = own.ended && nowMs - givenAtMs < TRAVEL_MS;
  return given === got || isRecent ? undefined : `${end} with ${given - got} bytes that did not arrive`;
}

export function isLeft({ state, connection }: End): boolean {
  return state !== 'over' && connection !== undefined;
}

export function isHeldBack({ state, paused }: End): boolean {
  return state === 'open' && paused;
}

/** No byte is on its way for longer. */
const TRAVEL_MS = 1_000;

function byteOf({ id }: Link, at: number): number {
  return (id * 89 + at * 7 + (at >> 8) * 13) & 0xff;
}

function newEnd(side: Side): End {
  return {
    side,
    connection: undefined,
    state: 'pending',
    paused: false,
    ended: false,
    isGone: false,
    aborted: false,
    held: 0,
  };
}

function newStream(): Stream {
  return { given: 0, got: 0, givenAtMs: 0 };
}
