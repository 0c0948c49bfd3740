/**
 * CSME's look at a ring that the host writes, one message at a time: a recording says message by message what was read.
 */
import { type RingLayout, type RingMemory, SAP_HEADER_LEN } from '../../sap/index.ts';

export class RingTap {
  readonly layout: RingLayout;
  readonly #memory: RingMemory;

  constructor(memory: RingMemory, layout: RingLayout) {
    this.#memory = memory;
    this.layout = layout;
  }

  get #rd(): number {
    return Atomics.load(this.#memory.words, this.layout.rdAt >> 2) % this.layout.size;
  }

  #used(): number {
    const wr = Atomics.load(this.#memory.words, this.layout.wrAt >> 2);
    const rd = this.#rd;
    return wr >= rd ? wr - rd : this.layout.size - rd + wr;
  }

  /** Bytes of the next message, header included; 0 when there is none. */
  nextLength(): number {
    const used = this.#used();
    if (used < SAP_HEADER_LEN) return 0;
    return Math.min(used, SAP_HEADER_LEN + (this.#byte(2) | (this.#byte(3) << 8)));
  }

  /** Whether the next message is exactly `bytes`, but for a sequence number that is `shift` lower. */
  matches(bytes: Uint8Array, shift: number): boolean {
    const length = this.nextLength();
    if (length !== bytes.length) return false;
    const { at, size } = this.layout;
    const memory = this.#memory.bytes;
    if (shift !== 0) return this.#matchesShifted(bytes, shift);
    let from = at + this.#rd;
    const end = at + size;
    for (let i = 0; i < length; i++) {
      if (memory[from] !== bytes[i]) return false;
      if (++from === end) from = at;
    }
    return true;
  }

  #matchesShifted(bytes: Uint8Array, shift: number): boolean {
    const message = this.copy();
    const view = new DataView(message.buffer);
    view.setUint32(4, view.getUint32(4, true) + shift, true);
    return message.every((byte, i) => byte === bytes[i]);
  }

  /** A copy of the next message. */
  copy(): Uint8Array {
    const out = new Uint8Array(this.nextLength());
    for (let i = 0; i < out.length; i++) out[i] = this.#byte(i);
    return out;
  }

  /** CSME has read the next message. */
  advance(): void {
    const rd = (this.#rd + this.nextLength()) % this.layout.size;
    Atomics.store(this.#memory.words, this.layout.rdAt >> 2, rd);
  }

  /** Puts CSME's pointer past the end of the ring, as a recorded tampering did; gives what undoes it. */
  damage(): () => void {
    const { words } = this.#memory;
    const index = this.layout.rdAt >> 2;
    const before = Atomics.load(words, index);
    Atomics.store(words, index, this.layout.size + 1);
    return () => Atomics.store(words, index, before);
  }

  #byte(i: number): number {
    return this.#memory.bytes[this.layout.at + ((this.#rd + i) % this.layout.size)]!;
  }
}
