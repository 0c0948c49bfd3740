/** A virtual clock: what is to happen, in the order of its time. */
export class Clock {
  nowMs = 0;
  #queue: { readonly atMs: number; readonly happen: () => void }[] = [];

  after(ms: number, happen: () => void): void {
    const atMs = this.nowMs + ms;
    let i = this.#queue.length;
    while (i > 0 && this.#queue[i - 1]!.atMs > atMs) i--;
    this.#queue.splice(i, 0, { atMs, happen });
  }

  nextAt(): number {
    return this.#queue[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Lets the next thing happen. */
  turn(): void {
    const next = this.#queue.shift()!;
    this.nowMs = next.atMs;
    next.happen();
  }
}
