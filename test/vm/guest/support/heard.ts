/** What was told, and waiting for what will be. */

interface Waiter {
  readonly wanted: object;
  readonly resolve: (event: never) => void;
}

/** In the guest everything takes long. */
const PATIENCE_MS = 60_000;

export class Heard<Event extends object> {
  readonly events: Event[] = [];
  readonly #waiters = new Set<Waiter>();

  /** Give this as `onEvent`. */
  readonly take = (event: Event): void => {
    this.events.push(event);
    for (const waiter of this.#waiters) {
      if (fits(event, waiter.wanted)) waiter.resolve(event as never);
    }
  };

  /** The first event with these values, of those that were told since event number `from` or will be. */
  until(wanted: Partial<Event>, from = 0): Promise<Event> {
    const there = this.events.slice(from).find((event) => fits(event, wanted));
    if (there !== undefined) return Promise.resolve(there);
    return new Promise<Event>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`${text(wanted)} was not told, but ${this.events.map(text).join(' ')}`));
      }, PATIENCE_MS);
      const waiter: Waiter = {
        wanted,
        resolve: (event) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve(event);
        },
      };
      this.#waiters.add(waiter);
    });
  }
}

function fits(event: object, wanted: object): boolean {
  return Object.entries(wanted).every(([key, value]) => (event as Record<string, unknown>)[key] === value);
}

function text(value: object): string {
  return JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? String(item) : item));
}
