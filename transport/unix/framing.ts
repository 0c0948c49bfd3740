/**
 * The framing of Intel's driver simulation: ME messages on a stream socket.
 *
 * A message is {u32 size, little endian; size bytes} with at most 100 bytes; size 0 acknowledges a message. The shared
 * area is announced by a message of 12 bytes {u32 size of the area; u64 offset into the file} that carries the file's
 * descriptor: the descriptor is what tells it from any other message of 12 bytes.
 * Source: backport-iwlwifi, iwlwifi/mei/mei_sim/mei_sim_bus.c.
 */
import { ME_MESSAGE_MAX } from '../../sap/index.ts';
import { TransportError } from '../errors.ts';

/** Bytes of an acknowledgement, and of what stands before a message. */
export const FRAME_HEADER_LEN = 4;
/** Bytes of what an announcement says. */
export const ANNOUNCEMENT_LEN = 12;
/** Bytes of the longest message with its header. */
export const FRAME_MAX = FRAME_HEADER_LEN + ME_MESSAGE_MAX;

export type UnixFrame =
  | { readonly type: 'ack' }
  | { readonly type: 'me'; readonly bytes: Uint8Array }
  /** The descriptor belongs to whoever gets the frame. */
  | { readonly type: 'area'; readonly size: number; readonly offset: bigint; readonly descriptor: number };

/** An ME message of 1 to 100 bytes as it is written; no bytes give an acknowledgement. */
export function encodeFrame(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_LEN + message.length);
  frame[0] = message.length;
  frame.set(message, FRAME_HEADER_LEN);
  return frame;
}

/** What is written, together with the descriptor, to announce an area. */
export function encodeAnnouncement(size: number, offset: bigint): Uint8Array {
  const message = new Uint8Array(ANNOUNCEMENT_LEN);
  const view = new DataView(message.buffer);
  view.setUint32(0, size, true);
  view.setBigUint64(4, offset, true);
  return encodeFrame(message);
}

/** Puts what was read together to frames, however it was cut. It keeps descriptors, and closes none. */
export class FrameReader {
  readonly #fromDriver: boolean;
  readonly #bytes = new Uint8Array(FRAME_MAX);
  readonly #view = new DataView(this.#bytes.buffer);
  #filled = 0;
  #wanted = FRAME_HEADER_LEN;
  /** How many descriptors came with the frame under way, and those of them that are open. */
  #came = 0;
  #descriptors: number[] = [];

  /**
   * `fromDriver`: what is read comes from the driver, of which the announcement alone has a descriptor. CSME's
   * acknowledgements may have one that means nothing; it is taken with `takeDescriptors`.
   */
  constructor(fromDriver: boolean) {
    this.#fromDriver = fromDriver;
  }

  /** How many bytes to read at most: what comes behind them may belong to the next frame, a descriptor as well. */
  get wanted(): number {
    return this.#wanted - this.#filled;
  }

  /** A part of a frame was read, and not yet the whole. */
  get begun(): boolean {
    return this.#filled > 0;
  }

  /** The descriptors that came with a frame that is not whole yet, or is wrong, or acknowledges; they are the taker's to close. */
  takeDescriptors(): number[] {
    const descriptors = this.#descriptors;
    this.#descriptors = [];
    return descriptors;
  }

  /**
   * Takes `bytes[start..end)`, at most `wanted` of them, with which `came` descriptors came; `descriptor` is the one of
   * them that is open.
   * A frame when it is whole. TRANSPORT_ERR_FRAME_SIZE and TRANSPORT_ERR_DESCRIPTOR when the other side is not to be
   * understood any more.
   */
  push(
    bytes: Uint8Array,
    start: number,
    end: number,
    came = 0,
    descriptor?: number,
  ): UnixFrame | TransportError | undefined {
    if (descriptor !== undefined) this.#descriptors.push(descriptor);
    this.#came += came;
    if (this.#came > 1) return wrongDescriptors(`${this.#came} came with one message, one may.`);
    this.#bytes.set(bytes.subarray(start, end), this.#filled);
    this.#filled += end - start;
    if (this.#filled < this.#wanted) return undefined;
    if (this.#filled === FRAME_HEADER_LEN) return this.#afterHeader();
    return this.#whole();
  }

  #afterHeader(): UnixFrame | TransportError | undefined {
    const size = this.#view.getUint32(0, true);
    if (size === 0) return this.#whole();
    if (size <= ME_MESSAGE_MAX) {
      this.#wanted = FRAME_HEADER_LEN + size;
      return undefined;
    }
    // An announcement without a header in front: the bytes are the area's size, and the offset follows.
    if (this.#came > 0) {
      this.#wanted = ANNOUNCEMENT_LEN;
      return undefined;
    }
    return new TransportError('TRANSPORT_ERR_FRAME_SIZE', {
      detail: `The length field says ${size}; an ME message has at most ${ME_MESSAGE_MAX} bytes.`,
    });
  }

  #whole(): UnixFrame | TransportError {
    const first = this.#view.getUint32(0, true);
    const end = this.#filled;
    const [descriptor] = this.#descriptors;
    const came = this.#came;
    this.#filled = 0;
    this.#wanted = FRAME_HEADER_LEN;
    this.#came = 0;
    if (first === 0 && !this.#fromDriver) return { type: 'ack' };
    if (descriptor === undefined) {
      if (came > 0) return wrongDescriptors('It could not be received: too many files are open.');
      return first === 0 ? { type: 'ack' } : { type: 'me', bytes: this.#bytes.slice(FRAME_HEADER_LEN, end) };
    }
    const at = first > ME_MESSAGE_MAX ? 0 : FRAME_HEADER_LEN;
    if (end - at === ANNOUNCEMENT_LEN) {
      const size = this.#view.getUint32(at, true);
      this.#descriptors = [];
      return { type: 'area', size, offset: this.#view.getBigUint64(at + 4, true), descriptor };
    }
    const what = first === 0 ? 'an acknowledgement' : `an ME message of ${first} bytes`;
    return wrongDescriptors(`One came with ${what}; only the announcement of an area has one.`);
  }
}

function wrongDescriptors(detail: string): TransportError {
  return new TransportError('TRANSPORT_ERR_DESCRIPTOR', { detail });
}
