/** A ring between canaries, in memory whose every access can be watched and answered differently each time. */
import type { RingLayout, RingMemory } from '../sap/index.ts';
import type { Random } from './random.ts';

const CANARY = 0xc5;
const CONTROL_AT = 64;
const RING_AT = 128;
const BEHIND = 64;
const LARGEST_RING = 9000;

/** Memory of one kind, used again for every case. */
export class Arena implements RingMemory {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly #before: Uint8Array;
  #used = 0;

  constructor(memory: ArrayBufferLike) {
    this.bytes = new Uint8Array(memory);
    this.words = new Int32Array(memory);
    this.#before = new Uint8Array(memory.byteLength);
  }

  static bytesNeeded(): number {
    return RING_AT + 4 + LARGEST_RING + BEHIND;
  }

  /** Lays out a ring of any size at any alignment; everything around it is canary. */
  layOut(random: Random): RingLayout {
    const size = random.oneIn(200) ? 4096 + random.below(LARGEST_RING - 4096) : 9 + random.below(200);
    const at = RING_AT + random.below(4);
    const h2m = random.oneIn(2);
    const queue = random.oneIn(2) ? 'notif' : 'data';
    this.#used = at + size + BEHIND;
    this.bytes.fill(CANARY, 0, this.#used);
    return {
      name: h2m ? `h2m-${queue}` : `m2h-${queue}`,
      dir: h2m ? 'h2m' : 'm2h',
      queue,
      writer: h2m ? 'host' : 'csme',
      reader: h2m ? 'csme' : 'host',
      wrAt: CONTROL_AT,
      rdAt: CONTROL_AT + 4,
      sizeAt: CONTROL_AT + 8,
      at,
      size,
    };
  }

  remember(): void {
    this.#before.set(this.bytes.subarray(0, this.#used));
  }

  /** The byte as it was when `remember` was called. */
  before(at: number): number {
    return this.#before[at]!;
  }

  /** The first byte outside of `[from, to)` that is not what it was; -1 for none. */
  changedOutside(from: number, to: number): number {
    for (let i = 0; i < from; i++) if (this.bytes[i] !== this.#before[i]) return i;
    for (let i = to; i < this.#used; i++) if (this.bytes[i] !== this.#before[i]) return i;
    return -1;
  }

  image(): Uint8Array {
    return this.#before.slice(0, this.#used);
  }
}

export interface Watched {
  readonly memory: RingMemory;
  /** What a reader did that it must not do. */
  readonly broken: string[];
}

/**
 * The arena as a reader sees it whose other side writes after every single load: no byte says the same twice. Notes a
 * load outside of the ring, and a second load of one byte.
 */
export function watched(arena: Arena, ring: RingLayout, random: Random, disturb: () => void): Watched {
  const broken: string[] = [];
  const seen = new Uint8Array(ring.size);
  const note = (from: number, to: number) => {
    if (from < ring.at || to > ring.at + ring.size) {
      broken.push(`read of ${from}..${to}`);
      return;
    }
    for (let i = from - ring.at; i < to - ring.at; i++) {
      if (seen[i]) broken.push(`second read of ring byte ${i}`);
      seen[i] = 1;
    }
  };
  const subarray = (from: number, to: number) => {
    note(from, to);
    const copy = arena.bytes.slice(from, to);
    disturb();
    return copy;
  };
  const bytes = new Proxy(arena.bytes, {
    get(target, key) {
      if (key === 'subarray') return subarray;
      if (typeof key === 'string' && /^\d+$/.test(key)) {
        const at = Number(key);
        note(at, at + 1);
        const value = target[at];
        if (!random.oneIn(3)) disturb();
        return value;
      }
      if (key !== 'length') broken.push(`use of ${String(key)}`);
      return Reflect.get(target, key, target);
    },
    set(_target, key) {
      broken.push(`write of ${String(key)}`);
      return true;
    },
  });
  return { memory: { bytes, words: arena.words }, broken };
}
