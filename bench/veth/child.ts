/** A process of the bench that does what it is told, one order at a time. */
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { once } from 'node:events';

/** How such a process must be started. */
export const CHILD_OPTIONS: SpawnOptions = {
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  serialization: 'advanced',
};

export class Child<Order extends object, Answer> {
  readonly #process: ChildProcess;

  /** Takes a process that was started with `CHILD_OPTIONS` and calls `obey`. */
  constructor(process: ChildProcess) {
    this.#process = process;
  }

  get pid(): number {
    return this.#process.pid!;
  }

  /** Resolves with the answer; throws an Error with what went wrong there. */
  async order(order: Order): Promise<Answer> {
    const done = new AbortController();
    const { signal } = done;
    const gone = once(this.#process, 'exit', { signal }).then(([status, by]) => {
      throw new Error(`A process of the bench ended: ${by ?? `status ${status}`}.`);
    });
    const reply = once(this.#process, 'message', { signal });
    this.#process.send(order);
    try {
      const [{ answer, error }] = await Promise.race([reply, gone]);
      if (error !== undefined) throw new Error(error);
      return answer as Answer;
    } finally {
      for (const loser of [reply, gone]) loser.catch(() => {});
      done.abort();
    }
  }

  end(): void {
    this.#process.kill('SIGKILL');
  }
}

/** In such a process: what it does about orders. */
export function obey<Order, Answer>(carryOut: (order: Order) => Answer | Promise<Answer>): void {
  process.on('message', async (order: Order) => {
    try {
      process.send!({ answer: await carryOut(order) });
    } catch (error) {
      process.send!({ error: error instanceof Error ? error.message : String(error) });
    }
  });
  process.on('disconnect', () => process.exit());
}
