/** Tasks in the order of their times: what both clocks are made of. */

/** A task that waits. Opaque to who scheduled it, except for cancelling. */
export interface Timer {
  /** Milliseconds of the clock. */
  readonly at: number;
}

interface Entry extends Timer {
  readonly seq: number;
  readonly task: () => void;
  /** Its place in the heap; -1 when it is not in there. */
  index: number;
}

/** A binary heap that can drop any of its entries. Tasks of the same time come out in the order they went in. */
export class TimerHeap {
  readonly #entries: Entry[] = [];
  #seq = 0;

  get size(): number {
    return this.#entries.length;
  }

  nextAt(): number | undefined {
    return this.#entries[0]?.at;
  }

  add(at: number, task: () => void): Timer {
    const entry: Entry = { at, seq: this.#seq++, task, index: this.#entries.length };
    this.#entries.push(entry);
    this.#up(entry.index);
    return entry;
  }

  /** Drops a task; one that has run or was dropped already is left alone. */
  remove(timer: Timer): void {
    const entry = timer as Entry;
    if (this.#entries[entry.index] !== entry) return;
    this.#removeAt(entry.index);
  }

  /** Takes the first task out, if it is due at `now`. */
  takeDue(now: number): (() => void) | undefined {
    const first = this.#entries[0];
    if (first === undefined || first.at > now) return undefined;
    this.#removeAt(0);
    return first.task;
  }

  #removeAt(index: number): void {
    const entries = this.#entries;
    const gone = entries[index]!;
    const last = entries.pop()!;
    gone.index = -1;
    if (last === gone) return;
    entries[index] = last;
    last.index = index;
    this.#up(index);
    this.#down(last.index);
  }

  #up(index: number): void {
    const entries = this.#entries;
    const entry = entries[index]!;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = entries[parent]!;
      if (!before(entry, above)) break;
      entries[index] = above;
      above.index = index;
      index = parent;
    }
    entries[index] = entry;
    entry.index = index;
  }

  #down(index: number): void {
    const entries = this.#entries;
    const entry = entries[index]!;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= entries.length) break;
      if (child + 1 < entries.length && before(entries[child + 1]!, entries[child]!)) child++;
      const below = entries[child]!;
      if (!before(below, entry)) break;
      entries[index] = below;
      below.index = index;
      index = child;
    }
    entries[index] = entry;
    entry.index = index;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.seq < b.seq);
}
