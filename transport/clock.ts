/** Time, as transports and runners use it: the machine's own, or one that a test moves. */
import { TransportError } from './errors.ts';
import { type Timer, TimerHeap } from './heap.ts';

export type { Timer } from './heap.ts';

export interface Clock {
  /** Milliseconds of any epoch; never goes back. */
  now(): number;
  /**
   * Runs `task` at `atMs`, or as soon as possible when that has passed; never from inside of this call. Tasks of the
   * same time run in the order in which they were scheduled.
   */
  schedule(atMs: number, task: () => void): Timer;
  /** A timer that has fired or was cancelled is left alone. */
  cancel(timer: Timer): void;
}

/**
 * The monotonic clock of the process. All users share one heap and one armed timer of Node, so that ten thousand
 * runners cost as many entries in an array and nothing else.
 */
class SystemClock implements Clock {
  readonly #heap = new TimerHeap();
  #running = false;
  #armedAt = Number.POSITIVE_INFINITY;
  #timeout: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  now(): number {
    return performance.now();
  }

  schedule(atMs: number, task: () => void): Timer {
    const timer = this.#heap.add(atMs, task);
    this.#arm();
    return timer;
  }

  cancel(timer: Timer): void {
    this.#heap.remove(timer);
    if (this.#heap.size === 0) this.#disarm();
  }

  #arm(): void {
    if (this.#running) return;
    const next = this.#heap.nextAt();
    if (next === undefined || next >= this.#armedAt) return;
    this.#disarm();
    this.#armedAt = next;
    const wait = next - performance.now();
    if (wait <= 0) this.#immediate = setImmediate(this.#run);
    else this.#timeout = setTimeout(this.#run, Math.min(Math.ceil(wait), LONGEST_TIMEOUT_MS));
  }

  #disarm(): void {
    clearTimeout(this.#timeout);
    clearImmediate(this.#immediate);
    this.#timeout = undefined;
    this.#immediate = undefined;
    this.#armedAt = Number.POSITIVE_INFINITY;
  }

  readonly #run = (): void => {
    this.#disarm();
    this.#running = true;
    // What is due when the turn begins runs in this turn; what its tasks add waits for the next, and I/O gets between.
    const now = performance.now();
    let turn = this.#heap.size;
    try {
      for (let task = this.#heap.takeDue(now); task !== undefined; task = this.#heap.takeDue(now)) {
        task();
        if (--turn <= 0) break;
      }
    } finally {
      this.#running = false;
      this.#arm();
    }
  };
}

/** `setTimeout` takes no longer time; a longer wait is armed again when this one is over. */
const LONGEST_TIMEOUT_MS = 0x7fffffff;

export const systemClock: Clock = new SystemClock();

/** A clock that stands still until it is moved. Nothing of real time in it: the same calls give the same run. */
export class VirtualClock implements Clock {
  readonly #heap = new TimerHeap();
  #now: number;

  constructor(nowMs = 0) {
    this.#now = nowMs;
  }

  now(): number {
    return this.#now;
  }

  schedule(atMs: number, task: () => void): Timer {
    return this.#heap.add(Math.max(atMs, this.#now), task);
  }

  cancel(timer: Timer): void {
    this.#heap.remove(timer);
  }

  /** When the next task is due. */
  nextAt(): number | undefined {
    return this.#heap.nextAt();
  }

  /** Tasks that wait. */
  get pending(): number {
    return this.#heap.size;
  }

  /** Goes to the next task and runs it; false when there is none. */
  step(): boolean {
    const next = this.#heap.nextAt();
    if (next === undefined) return false;
    this.#now = next;
    this.#heap.takeDue(next)?.();
    return true;
  }

  /** Runs what is due up to `atMs`, in order, each task at its own time, and ends at `atMs`. */
  advanceTo(atMs: number, maxTasks = MAX_TASKS): void {
    let left = maxTasks;
    for (let next = this.#heap.nextAt(); next !== undefined && next <= atMs; next = this.#heap.nextAt()) {
      if (left-- <= 0) throw notIdle(maxTasks, this.#now);
      this.step();
    }
    this.#now = Math.max(this.#now, atMs);
  }

  advanceBy(ms: number, maxTasks = MAX_TASKS): void {
    this.advanceTo(this.#now + ms, maxTasks);
  }

  /** Runs what is due now, and what that adds for now; time stands still. */
  runDue(maxTasks = MAX_TASKS): void {
    this.advanceTo(this.#now, maxTasks);
  }

  /**
   * Runs until no task waits, going through time as needed. Throws TRANSPORT_ERR_NOT_IDLE after `maxTasks` tasks:
   * something feeds itself.
   */
  runUntilIdle(maxTasks = MAX_TASKS): void {
    for (let left = maxTasks; this.#heap.size > 0; left--) {
      if (left <= 0) throw notIdle(maxTasks, this.#now);
      this.step();
    }
  }
}

const MAX_TASKS = 1_000_000;

function notIdle(tasks: number, nowMs: number): TransportError {
  return new TransportError('TRANSPORT_ERR_NOT_IDLE', { detail: `${tasks} tasks, now at ${nowMs} ms.` });
}
