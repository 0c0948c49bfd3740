/** The reading side of a ring. */
import { type SapError, type SapErrorCode, type SapErrorInfo, sapError } from '../errors.ts';
import { CbDataPacket, DataPacket } from '../messages/both.ts';
import type { RingMemory } from './area.ts';
import type { RingLayout } from './layout.ts';
import { copyBytes, loadPointer, pointerError, ringPending, usedBytes } from './ring.ts';

/** The largest notification, header included: the reference copies it into one page. */
export const NOTIF_MAX = 4096;

const HEADER = 8;
const DATA_PACKET = DataPacket.id;
const CB_DATA_PACKET = CbDataPacket.id;

/**
 * Gets one message: `bytes[start..end)`, header included, and the type that its header had when it was read.
 *
 * A notification is a private copy that may be kept. A data message may lie in the ring: it is valid during the call
 * only, and the other side may change it meanwhile. Its extent is `end - start`; the length in its header, read again,
 * may be any number.
 */
export type OnMessage = (bytes: Uint8Array, start: number, end: number, id: number) => void;

export interface RingReaderOptions {
  /**
   * Data rings: the types that are handed over; any other is an error for that message. By default DATA_PACKET, and
   * in the direction to CSME also CB_DATA_PACKET. Not asked on notif rings, where unknown types are legal.
   */
  readonly supported?: (id: number) => boolean;
  /**
   * Quirk: after an unsupported data message the reference goes on behind its header, inside of its payload, but
   * counts the payload as read; so as many bytes of the batch's end are lost. Recorded in
   * test/data/traces/malformed.jsonl.
   */
  readonly unsupportedDataNotSkipped?: boolean;
}

export interface RingRead {
  /** Messages that were handed over. */
  readonly messages: number;
  /** The first error. */
  readonly error: SapError | undefined;
  /** All errors, in the order of their messages. */
  readonly errors: readonly SapError[];
}

const NO_ERRORS: readonly SapError[] = Object.freeze([]);
const EMPTY: RingRead = Object.freeze({ messages: 0, error: undefined, errors: NO_ERRORS });

export class RingReader {
  readonly ring: RingLayout;
  readonly #memory: RingMemory;
  readonly #supported: (id: number) => boolean;
  readonly #skipUnsupported: boolean;
  /** For data messages that wrap; made upon the first one. */
  #scratch: Uint8Array | undefined;

  constructor(memory: RingMemory, ring: RingLayout, options: RingReaderOptions = {}) {
    this.#memory = memory;
    this.ring = ring;
    this.#supported = options.supported ?? (ring.dir === 'h2m' ? isDataToCsme : isDataToHost);
    this.#skipUnsupported = !options.unsupportedDataNotSkipped;
  }

  /** Whether there is something to read. */
  pending(): boolean {
    return ringPending(this.#memory, this.ring);
  }

  /**
   * Hands over everything from rd_ptr to the wr_ptr of this moment, then sets rd_ptr to that wr_ptr in one step; also
   * after an error, and when the callback throws. Not to be called from inside the callback.
   *
   * Errors, never thrown: SAP_ERR_RING_POINTER, nothing is touched, not even rd_ptr; SAP_ERR_LENGTH (a message claims
   * more than is left), SAP_ERR_TOO_BIG (a notification above NOTIF_MAX) and SAP_ERR_RING_REST (1 to 7 bytes behind the
   * last message) end the batch, and what is left is dropped; SAP_ERR_WRONG_QUEUE is for that message alone. Offsets in
   * errors count from the start of the ring.
   */
  read(onMessage: OnMessage): RingRead {
    const { words } = this.#memory;
    const { wrAt, rdAt, size } = this.ring;
    const wr = loadPointer(words, wrAt, size);
    const rd = loadPointer(words, rdAt, size);
    if (wr > size || rd > size) {
      const error = pointerError(this.ring, wr, rd);
      return { messages: 0, error, errors: [error] };
    }
    if (wr === rd) return EMPTY;
    try {
      return this.ring.queue === 'data'
        ? this.#readData(rd, usedBytes(wr, rd, size), onMessage)
        : this.#readNotif(rd, usedBytes(wr, rd, size), onMessage);
    } finally {
      Atomics.store(words, rdAt >> 2, wr);
    }
  }

  #readNotif(rd: number, used: number, onMessage: OnMessage): RingRead {
    const { bytes } = this.#memory;
    const { at, size } = this.ring;
    let messages = 0;
    let pos = rd;
    let left = used;
    while (left >= HEADER) {
      const head = loadHead(bytes, at, size, pos);
      const id = head & 0xffff;
      const total = (head >>> 16) + HEADER;
      if (total > left) return failed(messages, this.#truncated(pos, id, total, left));
      if (total > NOTIF_MAX) return failed(messages, this.#tooBig(pos, id, total, left));
      const copy = new Uint8Array(total);
      this.#copyOut(copy, pos, head, total);
      onMessage(copy, 0, total, id);
      messages++;
      left -= total;
      pos += total;
      if (pos >= size) pos -= size;
    }
    if (left > 0) return failed(messages, this.#leftover(pos, left));
    return { messages, error: undefined, errors: NO_ERRORS };
  }

  #readData(rd: number, used: number, onMessage: OnMessage): RingRead {
    const { bytes } = this.#memory;
    const { at, size } = this.ring;
    const supported = this.#supported;
    let errors: SapError[] | undefined;
    let messages = 0;
    let pos = rd;
    let left = used;
    while (left >= HEADER) {
      const head = loadHead(bytes, at, size, pos);
      const id = head & 0xffff;
      const total = (head >>> 16) + HEADER;
      let step = total;
      if (total > left) {
        errors = added(errors, this.#truncated(pos, id, total, left));
        left = 0;
        break;
      }
      if (!supported(id)) {
        errors = added(errors, this.#unsupported(pos, id, total));
        if (!this.#skipUnsupported) step = HEADER;
      } else if (pos + total <= size) {
        onMessage(bytes, at + pos, at + pos + total, id);
        messages++;
      } else {
        this.#scratch ??= new Uint8Array(size);
        this.#copyOut(this.#scratch, pos, head, total);
        onMessage(this.#scratch, 0, total, id);
        messages++;
      }
      left -= total;
      pos += step;
      if (pos >= size) pos -= size;
    }
    if (left > 0) errors = added(errors, this.#leftover(pos, left));
    return { messages, error: errors?.[0], errors: errors ?? NO_ERRORS };
  }

  /** Copies a message out of the ring: its first word as it was judged, and the rest as it is now. */
  #copyOut(to: Uint8Array, pos: number, head: number, total: number): void {
    const { bytes } = this.#memory;
    const { at, size } = this.ring;
    to[0] = head;
    to[1] = head >>> 8;
    to[2] = head >>> 16;
    to[3] = head >>> 24;
    const from = pos + 4;
    const behind = pos + total;
    if (behind <= size) {
      copyBytes(to, 4, bytes, at + from, at + behind);
    } else if (from >= size) {
      copyBytes(to, 4, bytes, at + from - size, at + behind - size);
    } else {
      copyBytes(to, 4, bytes, at + from, at + size);
      copyBytes(to, 4 + size - from, bytes, at, at + behind - size);
    }
  }

  #truncated(offset: number, id: number, needed: number, available: number): SapError {
    const detail = `type ${id}; ${available} bytes dropped`;
    return this.#error('SAP_ERR_LENGTH', { offset, needed, available, detail });
  }

  #tooBig(offset: number, id: number, needed: number, left: number): SapError {
    const detail = `type ${id}; ${left} bytes dropped`;
    return this.#error('SAP_ERR_TOO_BIG', { offset, needed, available: NOTIF_MAX, detail });
  }

  #leftover(offset: number, left: number): SapError {
    const detail = `${left} bytes dropped`;
    return this.#error('SAP_ERR_RING_REST', { offset, needed: HEADER, available: left, detail });
  }

  #unsupported(offset: number, id: number, total: number): SapError {
    return this.#error('SAP_ERR_WRONG_QUEUE', { offset, detail: `type ${id}, ${total} bytes` });
  }

  #error(code: SapErrorCode, info: Omit<SapErrorInfo, 'fault' | 'message'>): SapError {
    const { name, writer } = this.ring;
    return sapError(code, { fault: writer, message: name, ...info });
  }
}

/** Type and length of the message at ring offset `pos`, each byte read once: type in the low half, length in the high. */
function loadHead(bytes: Uint8Array, at: number, size: number, pos: number): number {
  if (pos + 4 <= size) {
    const o = at + pos;
    return bytes[o]! | (bytes[o + 1]! << 8) | (bytes[o + 2]! << 16) | (bytes[o + 3]! << 24);
  }
  let head = 0;
  for (let i = 0; i < 4; i++) {
    const o = pos + i;
    head |= bytes[at + (o < size ? o : o - size)]! << (8 * i);
  }
  return head;
}

function isDataToHost(id: number): boolean {
  return id === DATA_PACKET;
}

function isDataToCsme(id: number): boolean {
  return id === DATA_PACKET || id === CB_DATA_PACKET;
}

function failed(messages: number, error: SapError): RingRead {
  return { messages, error, errors: [error] };
}

function added(errors: SapError[] | undefined, error: SapError): SapError[] {
  if (errors === undefined) return [error];
  errors.push(error);
  return errors;
}
