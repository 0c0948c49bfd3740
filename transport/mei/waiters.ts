/** Callers that wait for something, first come first served, each with its own patience. */
import { systemClock, type Timer } from '../clock.ts';
import { MeiError } from './errors.ts';

export interface Patience {
  /** Ends the waiting with MEI_ERR_CANCELLED. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the waiting with MEI_ERR_TIMEOUT. Without it there is no limit. */
  readonly timeoutMs?: number | undefined;
}

/** The error of a signal that has been given, or undefined. */
export function cancelled(signal: AbortSignal | undefined, path: string): MeiError | undefined {
  return signal?.aborted ? new MeiError('MEI_ERR_CANCELLED', { path, cause: signal.reason }) : undefined;
}

interface Waiter<T, Item> {
  readonly item: Item;
  resolve(value: T): void;
  reject(error: unknown): void;
}

export class Waiters<T, Item = undefined> {
  readonly #path: string;
  readonly #onGone: () => void;
  readonly #waiting = new Set<Waiter<T, Item>>();

  /** `path` is the device, for errors; `onGone` is told when one has given up. */
  constructor(path: string, onGone: () => void = () => undefined) {
    this.#path = path;
    this.#onGone = onGone;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** What the first one waits with. */
  get first(): Item | undefined {
    const [first] = this.#waiting;
    return first?.item;
  }

  wait(item: Item, { signal, timeoutMs }: Patience = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      let timer: Timer | undefined;
      const leave = (): void => {
        if (timer !== undefined) systemClock.cancel(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#waiting.delete(waiter);
      };
      const giveUp = (error: MeiError): void => {
        waiter.reject(error);
        this.#onGone();
      };
      const onAbort = (): void => giveUp(cancelled(signal, this.#path)!);
      const onLate = (): void =>
        giveUp(new MeiError('MEI_ERR_TIMEOUT', { path: this.#path, detail: `(${timeoutMs} ms)` }));
      const waiter: Waiter<T, Item> = {
        item,
        resolve: (value) => {
          leave();
          resolve(value);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      this.#waiting.add(waiter);
      signal?.addEventListener('abort', onAbort);
      if (timeoutMs !== undefined) timer = systemClock.schedule(systemClock.now() + timeoutMs, onLate);
    });
  }

  /** Gives the first one its value; false when nobody waits. */
  resolveFirst(value: T): boolean {
    const [first] = this.#waiting;
    first?.resolve(value);
    return first !== undefined;
  }

  rejectFirst(error: unknown): boolean {
    const [first] = this.#waiting;
    first?.reject(error);
    return first !== undefined;
  }

  rejectAll(error: unknown): void {
    for (const waiter of this.#waiting) waiter.reject(error);
  }
}
