/** Lets few calls that block in the kernel run at once. */

type Task = () => void;

class Gate {
  readonly #waiting: Task[] = [];
  #free: number;

  constructor(places: number) {
    this.#free = places;
  }

  /** Runs `call` when there is a place; calls go in the order in which they came. */
  async pass<T>(call: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await call();
    } finally {
      // The place goes to whoever waits, without being free in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

/**
 * For every call of this thread that waits in the kernel for firmware: connect, notify set, close. Each holds a thread
 * of the thread pool, which has four for the whole process and serves the file system too.
 */
export const firmwareGate = new Gate(2);
