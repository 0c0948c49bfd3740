/**
 * Reads a ring without taking part: with a read pointer of its own that nobody else sees. It writes nothing into the
 * area, and what it hands over are copies.
 */
import { type RingLayout, type RingMemory, SAP_HEADER_LEN } from '../sap/index.ts';

/** What a look at a ring has found. */
export interface ShadowScan {
  /** Whole messages, header included, in the order in which they were written. */
  readonly messages: readonly Uint8Array[];
  /** What stands behind them and is no whole message; it reaches to where the writer stood. */
  readonly rest: Uint8Array | undefined;
  /** Why nothing could be read: a pointer outside of the ring, or the writer was faster than the copy. */
  readonly trouble: string | undefined;
}

const NOTHING: ShadowScan = Object.freeze({ messages: [], rest: undefined, trouble: undefined });

export class ShadowReader {
  readonly ring: RingLayout;
  readonly #memory: RingMemory;
  #at = 0;
  #outside = false;

  /** Starts where a ring of a fresh area starts. */
  constructor(memory: RingMemory, ring: RingLayout) {
    this.#memory = memory;
    this.ring = ring;
  }

  /** What has been written since the last look; with `read`, only as far as the real reader has read it. */
  scan(upTo: 'written' | 'read' = 'written'): ShadowScan {
    const { size } = this.ring;
    const wr = this.#pointer(this.ring.wrAt);
    if (wr > size) {
      if (this.#outside) return NOTHING;
      this.#outside = true;
      return { ...NOTHING, trouble: `wr_ptr is ${wr}, outside of the ring of ${size} bytes` };
    }
    this.#outside = false;
    const from = this.#at;
    const end = upTo === 'written' ? wr : this.#pointer(this.ring.rdAt);
    const used = distance(from, end, size);
    // A reader that is behind this one, or outside of the ring, has nothing new.
    if (used === 0 || end > size || used > distance(from, wr, size)) return NOTHING;
    this.#at = end;
    const copy = this.#copy(from, used);
    // The other threads go on: had the writer come round to where the copy began, it would not be what was written.
    const moved = distance(end, Math.min(this.#pointer(this.ring.wrAt), size) % size, size);
    if (moved > size - used) return { ...NOTHING, trouble: `${used} bytes or more were overwritten` };
    return split(copy);
  }

  /** A pointer at the very end is one at the start. */
  #pointer(at: number): number {
    const pointer = Atomics.load(this.#memory.words, at >> 2) >>> 0;
    return pointer === this.ring.size ? 0 : pointer;
  }

  #copy(from: number, used: number): Uint8Array {
    const { bytes } = this.#memory;
    const { at, size } = this.ring;
    const copy = new Uint8Array(used);
    const first = Math.min(used, size - from);
    copy.set(bytes.subarray(at + from, at + from + first));
    if (first < used) copy.set(bytes.subarray(at, at + used - first), first);
    return copy;
  }
}

function split(bytes: Uint8Array): ShadowScan {
  const messages: Uint8Array[] = [];
  let at = 0;
  while (bytes.length - at >= SAP_HEADER_LEN) {
    const end = at + SAP_HEADER_LEN + (bytes[at + 2]! | (bytes[at + 3]! << 8));
    if (end > bytes.length) break;
    messages.push(bytes.subarray(at, end));
    at = end;
  }
  return { messages, rest: at < bytes.length ? bytes.subarray(at) : undefined, trouble: undefined };
}

/** Bytes from one ring offset on to another. */
function distance(from: number, to: number, size: number): number {
  return to >= from ? to - from : size - from + to;
}
