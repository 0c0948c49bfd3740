/** Things to do at times to come. */

export interface Scheduled {
  readonly atMs: number;
  readonly task: () => void;
}

export class Schedule {
  /** By time; of the same time, as they were added. */
  readonly #all: Scheduled[] = [];

  add(atMs: number, task: () => void): Scheduled {
    const scheduled = { atMs, task };
    const behind = this.#all.findLastIndex((s) => s.atMs <= atMs);
    this.#all.splice(behind + 1, 0, scheduled);
    return scheduled;
  }

  /** One that is done or was cancelled is left alone. */
  cancel(scheduled: Scheduled | undefined): void {
    const at = scheduled === undefined ? -1 : this.#all.indexOf(scheduled);
    if (at >= 0) this.#all.splice(at, 1);
  }

  nextAt(): number | undefined {
    return this.#all[0]?.atMs;
  }

  /** Does the next thing if it is due; false when none is. */
  runNext(nowMs: number): boolean {
    const first = this.#all[0];
    if (first === undefined || first.atMs > nowMs) return false;
    this.#all.shift();
    first.task();
    return true;
  }

  clear(): void {
    this.#all.length = 0;
  }
}
