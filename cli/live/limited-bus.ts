/** A bus that maps no more than so many bytes, as an older firmware's: the host then offers an older version. */
import { ENOMEM } from '../../sap/index.ts';
import type { Clock, HostEnd, HostEvent, HostRequest } from '../../transport/index.ts';

export class LimitedBus implements HostEnd {
  readonly side = 'host';
  readonly name: string;
  /** The largest size that is granted. */
  maxSize = Number.POSITIVE_INFINITY;
  readonly #inner: HostEnd;
  readonly #clock: Clock;

  constructor(inner: HostEnd, clock: Clock) {
    this.#inner = inner;
    this.#clock = clock;
    this.name = inner.name;
  }

  get onEvent(): (event: HostEvent) => void {
    return this.#inner.onEvent;
  }

  set onEvent(handler: (event: HostEvent) => void) {
    this.#inner.onEvent = handler;
  }

  perform(request: HostRequest): number {
    if (request.type !== 'map' || request.size <= this.maxSize) return this.#inner.perform(request);
    this.#clock.schedule(this.#clock.now(), () => this.onEvent({ type: 'mapRefused', errno: ENOMEM }));
    return 0;
  }

  close(): void {
    this.#inner.close();
  }
}
