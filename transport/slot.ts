/** The handler of an end: keeps what comes before there is one, and calls it for one event at a time. */

type Handler<Event> = (event: Event) => void;

export class EventSlot<Event> {
  readonly #defer: (task: () => void) => void;
  #handler: Handler<Event> | undefined;
  #held: Event[] = [];
  #busy = false;
  #closed = false;

  /** `defer` runs a task soon, but not from inside of its own call. */
  constructor(defer: (task: () => void) => void) {
    this.#defer = defer;
  }

  get handler(): Handler<Event> {
    return this.#handler ?? ignore;
  }

  set handler(handler: Handler<Event>) {
    this.#handler = handler;
    if (this.#held.length > 0) this.#defer(this.#drain);
  }

  /** Hands the event over now, or keeps it while there is no handler or the handler is at work. */
  emit(event: Event): void {
    if (this.#closed) return;
    this.#held.push(event);
    this.#drain();
  }

  /** Nothing is handed over any more. */
  close(): void {
    this.#closed = true;
    this.#held = [];
  }

  readonly #drain = (): void => {
    if (this.#busy || this.#handler === undefined) return;
    this.#busy = true;
    try {
      for (let event = this.#held.shift(); event !== undefined; event = this.#held.shift()) {
        this.#handler(event);
      }
    } finally {
      this.#busy = false;
    }
  };
}

/** An end that events come out of, for whoever has set `onEvent`. */
export abstract class EventSource<Event> {
  protected readonly events: EventSlot<Event>;

  constructor(defer: (task: () => void) => void) {
    this.events = new EventSlot(defer);
  }

  get onEvent(): (event: Event) => void {
    return this.events.handler;
  }

  set onEvent(handler: (event: Event) => void) {
    this.events.handler = handler;
  }
}

function ignore(): void {}
