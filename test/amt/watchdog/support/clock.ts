/** A clock that a test moves, also so that what was due in between comes late: as in a process that was not let run. */

import { TimerHeap } from '../../../../transport/heap.ts';
import type { Clock, Timer } from '../../../../transport/index.ts';

export class ManualClock implements Clock {
  readonly #heap = new TimerHeap();
  #now = 0;

  now(): number {
    return this.#now;
  }

  schedule(atMs: number, task: () => void): Timer {
    return this.#heap.add(atMs, task);
  }

  cancel(timer: Timer): void {
    this.#heap.remove(timer as never);
  }

  nextAt(): number | undefined {
    return this.#heap.nextAt();
  }

  /** It is this time now; then everything that is due runs. */
  jump(nowMs: number): void {
    this.#now = Math.max(this.#now, nowMs);
    for (let task = this.#heap.takeDue(nowMs); task !== undefined; task = this.#heap.takeDue(nowMs)) task();
  }
}
