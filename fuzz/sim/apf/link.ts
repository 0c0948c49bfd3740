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
