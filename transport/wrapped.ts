/** An end around another one: what every wrapper has in common. */
import type { Clock } from './clock.ts';
import type { End } from './contract.ts';
import { EventSlot } from './slot.ts';

export abstract class WrappedEnd<Request, Event> implements End<Request, Event> {
  abstract readonly side: 'host' | 'csme';
  readonly name: string;
  protected readonly inner: End<Request, Event>;
  protected readonly events: EventSlot<Event>;

  constructor(inner: End<Request, Event>, clock: Clock) {
    this.name = inner.name;
    this.inner = inner;
    this.events = new EventSlot((task) => clock.schedule(clock.now(), task));
    inner.onEvent = (event) => this.received(event);
  }

  get onEvent(): (event: Event) => void {
    return this.events.handler;
  }

  set onEvent(handler: (event: Event) => void) {
    this.events.handler = handler;
  }

  abstract perform(request: Request): number;

  /** An event of the inner end; what is to go on goes to `events`. */
  protected abstract received(event: Event): void;

  close(): void {
    this.events.close();
    this.inner.close();
  }
}
