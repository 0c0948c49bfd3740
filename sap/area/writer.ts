/** The writing side of a ring. */
import { type SapError, sapError } from '../errors.ts';
import type { RingMemory } from './area.ts';
import type { RingLayout } from './layout.ts';
import { copyBytes, loadPointer, pointerError, ringPending, usedBytes } from './ring.ts';

export interface RingWriterOptions {
  /**
   * Quirk `full-ring-reads-empty`: a message may fill the ring to the last byte, as the reference writes it. The ring
   * then reads as empty and its whole content is lost. Off, one byte stays free.
   */
  readonly fillCompletely?: boolean;
}

const NOTHING = new Uint8Array(0);

export class RingWriter {
  readonly ring: RingLayout;
  readonly #memory: RingMemory;
  readonly #spare: number;

  constructor(memory: RingMemory, ring: RingLayout, options: RingWriterOptions = {}) {
    this.#memory = memory;
    this.ring = ring;
    this.#spare = options.fillCompletely ? 0 : 1;
  }

  /**
   * Writes one whole message, header included, and publishes it.
   *
   * Returns SAP_ERR_RING_FULL when there is too little room (fault: the side that does not read; `local` when the
   * message is larger than the ring) and SAP_ERR_RING_POINTER when a pointer stands outside of the ring (fault: the
   * side that owns it); nothing is written then.
   */
  write(message: Uint8Array): SapError | undefined {
    return this.writeParts(message, NOTHING, 0, 0);
  }

  /** Like `write`, for the message that is `header` followed by `body[bodyStart..bodyEnd)`: frames are copied once. */
  writeParts(header: Uint8Array, body: Uint8Array, bodyStart: number, bodyEnd: number): SapError | undefined {
    const { bytes, words } = this.#memory;
    const { wrAt, rdAt, at, size } = this.ring;
    const wr = loadPointer(words, wrAt, size);
    const rd = loadPointer(words, rdAt, size);
    if (wr > size || rd > size) return pointerError(this.ring, wr, rd);
    const bodyLen = bodyEnd - bodyStart;
    const total = header.length + bodyLen;
    const room = size - usedBytes(wr, rd, size) - this.#spare;
    if (room < total) return this.#full(total, room);

    let to = wr;
    to = put(bytes, at, size, to, header, 0, header.length);
    if (bodyLen > 0) to = put(bytes, at, size, to, body, bodyStart, bodyEnd);
    Atomics.store(words, wrAt >> 2, to);
    return undefined;
  }

  /** The largest message that can be written now, in bytes; 0 when a pointer is damaged. */
  free(): number {
    const { wrAt, rdAt, size } = this.ring;
    const wr = loadPointer(this.#memory.words, wrAt, size);
    const rd = loadPointer(this.#memory.words, rdAt, size);
    if (wr > size || rd > size) return 0;
    return size - usedBytes(wr, rd, size) - this.#spare;
  }

  /** Whether the other side has something to read. */
  pending(): boolean {
    return ringPending(this.#memory, this.ring);
  }

  #full(needed: number, available: number): SapError {
    const { name, reader, size } = this.ring;
    const fault = needed > size - this.#spare ? 'local' : reader;
    return sapError('SAP_ERR_RING_FULL', { fault, message: name, needed, available });
  }
}

/** Copies into the ring behind offset `to`, around its end where needed; returns the offset behind. */
function put(
  bytes: Uint8Array,
  at: number,
  size: number,
  to: number,
  from: Uint8Array,
  start: number,
  end: number,
): number {
  const behind = to + end - start;
  if (behind <= size) {
    copyBytes(bytes, at + to, from, start, end);
    return behind === size ? 0 : behind;
  }
  const split = start + size - to;
  copyBytes(bytes, at + to, from, start, split);
  copyBytes(bytes, at, from, split, end);
  return behind - size;
}
