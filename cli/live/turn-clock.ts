/**
 * The system's clock, standing still while a turn of the event loop handles one thing: what a machine does because of an
 * input is recorded with the time at which the machine had it, however slow the computer is.
 */
import { type Clock, systemClock, type Timer } from '../../transport/index.ts';

class TurnClock implements Clock {
  #now: number | undefined;

  now(): number {
    if (this.#now === undefined) {
      this.#now = systemClock.now();
      queueMicrotask(() => {
        this.#now = undefined;
      });
    }
    return this.#now;
  }

  schedule(atMs: number, task: () => void): Timer {
    return systemClock.schedule(atMs, task);
  }

  cancel(timer: Timer): void {
    systemClock.cancel(timer);
  }
}

export const turnClock: Clock = new TurnClock();
