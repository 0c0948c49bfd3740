/** An end around another one: what every wrapper has in common. */
import type { Clock } from './clock.ts';
import type { End } from './contract.ts';
import { EventSource } from './slot.ts';

export abstract class WrappedEnd<Request, Event> extends EventSource<Event> implements End<Request, Event> {
  abstract readonly side: 'host' | 'csme';
  readonly name: string;
  protected readonly inner: End<Request, Event>;

  constructor(inner: End<Request, Event>, clock: Clock) {
    super((task) => clock.schedule(clock.now(), task));
    this.name = inner.name;
    this.inner = inner;
    inner.onEvent = (event) => this.received(event);
  }

  abstract perform(request: Request): number;

  /** An event of the inner end; what is to go on goes to `events`. */
  protected abstract received(event: Event): void;

  close(): void {
    this.events.close();
    this.inner.close();
  }
}
