/** The states that were visited: four numbers each, found by hash, with the step that led to each for the first time. */

const WORDS = 4;
const EMPTY = 0xffffffff;
const FIRST_CAPACITY = 1 << 16;
/** How full the table of slots may get. */
const LOAD = 0.6;

export class StateStore {
  size = 0;
  #words = new Uint32Array(FIRST_CAPACITY * WORDS);
  #parents = new Uint32Array(FIRST_CAPACITY);
  #events = new Uint16Array(FIRST_CAPACITY);
  #slots = new Uint32Array(FIRST_CAPACITY * 2).fill(EMPTY);

  /** The state's number; it is new when that is the old `size`. */
  add(host: number, csme: number, down: number, up: number, parent: number, event: number): number {
    const mask = this.#slots.length - 1;
    let at = hash(host, csme, down, up) & mask;
    for (;;) {
      const i = this.#slots[at]!;
      if (i === EMPTY) break;
      const w = i * WORDS;
      if (
        this.#words[w] === host &&
        this.#words[w + 1] === csme &&
        this.#words[w + 2] === down &&
        this.#words[w + 3] === up
      )
        return i;
      at = (at + 1) & mask;
    }
    const i = this.size++;
    if (i * WORDS >= this.#words.length) this.#growRows();
    const w = i * WORDS;
    this.#words[w] = host;
    this.#words[w + 1] = csme;
    this.#words[w + 2] = down;
    this.#words[w + 3] = up;
    this.#parents[i] = parent;
    this.#events[i] = event;
    this.#slots[at] = i;
    if (this.size > this.#slots.length * LOAD) this.#growSlots();
    return i;
  }

  word(state: number, which: 0 | 1 | 2 | 3): number {
    return this.#words[state * WORDS + which]!;
  }

  /** The state that it was first reached from; itself for one to begin with. */
  parent(state: number): number {
    return this.#parents[state]!;
  }

  event(state: number): number {
    return this.#events[state]!;
  }

  get bytes(): number {
    return (
      this.#words.byteLength + this.#parents.byteLength + this.#events.byteLength + this.#slots.byteLength
    );
  }

  #growRows(): void {
    this.#words = grown(this.#words, new Uint32Array(this.#words.length * 2));
    this.#parents = grown(this.#parents, new Uint32Array(this.#parents.length * 2));
    this.#events = grown(this.#events, new Uint16Array(this.#events.length * 2));
  }

  #growSlots(): void {
    const slots = new Uint32Array(this.#slots.length * 2).fill(EMPTY);
    const mask = slots.length - 1;
    for (let i = 0; i < this.size; i++) {
      const w = i * WORDS;
      let at = hash(this.#words[w]!, this.#words[w + 1]!, this.#words[w + 2]!, this.#words[w + 3]!) & mask;
      while (slots[at] !== EMPTY) at = (at + 1) & mask;
      slots[at] = i;
    }
    this.#slots = slots;
  }
}

function grown<T extends Uint32Array | Uint16Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function hash(a: number, b: number, c: number, d: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d) ^ Math.imul(c, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 13), 0x297a2d39) ^ Math.imul(d, 0x27d4eb2f);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return (h ^ (h >>> 15)) >>> 0;
}
