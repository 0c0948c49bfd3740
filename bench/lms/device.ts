/** A MEI device with nothing but LME in this process: what a kernel and a bus cost is not measured. */
import type { MeClient, MeLink, MeService } from '../../csme/mei/index.ts';
import { type MeiClientProperties, POLLIN, POLLOUT, type Watch } from '../../native/index.ts';
import { type MeiCalls, systemClock, type Timer } from '../../transport/index.ts';

const FD = 3;

export class LmeDevice implements MeiCalls {
  readonly #client: MeClient;
  readonly #outbox: Uint8Array[] = [];
  readonly #watches = new Set<(ready: number) => void>();
  #service: MeService | undefined;
  #wake: Timer | undefined;
  #isPolling = false;

  constructor(client: MeClient) {
    this.#client = client;
  }

  deviceOpen(): number {
    return FD;
  }

  async meiConnect(): Promise<MeiClientProperties> {
    const accepted = this.#client.accept(this.#link());
    if ('status' in accepted) throw new Error(`LME refuses: ${accepted.status}`);
    this.#service = accepted;
    return {
      maxMessageLength: this.#client.maxMessageLength,
      protocolVersion: this.#client.protocolVersion,
    };
  }

  deviceRead(_fd: number, into: Uint8Array, at: number): number {
    const message = this.#outbox.shift();
    if (message === undefined) return -1;
    into.set(message, at);
    if (this.#outbox.length === 0) this.#service?.onTaken?.();
    return message.length;
  }

  deviceWrite(_fd: number, from: Uint8Array, start: number, end: number): number {
    this.#service?.onMessage?.(from.slice(start, end), 0);
    return end - start;
  }

  async deviceClose(): Promise<void> {
    this.#service?.onClose?.();
    this.#service = undefined;
  }

  async meiNotifySet(): Promise<void> {}

  meiNotifyGet(): boolean {
    return false;
  }

  watch(_fd: number, events: number, onReady: (ready: number) => void): Watch {
    const look = () => {
      const ready = (this.#outbox.length > 0 ? POLLIN : 0) | POLLOUT;
      if (ready & events) onReady(ready & events);
    };
    this.#watches.add(look);
    this.#poll();
    return { close: () => void this.#watches.delete(look) };
  }

  /** Level-triggered, once in each turn of the event loop. */
  #poll(): void {
    if (this.#isPolling) return;
    this.#isPolling = true;
    setImmediate(() => {
      this.#isPolling = false;
      for (const look of this.#watches) look(0);
      if (this.#outbox.length > 0) this.#poll();
    });
  }

  #link(): MeLink {
    const later = (): never => {
      throw new Error('LME does nothing of the kind');
    };
    return {
      get nowMs() {
        return systemClock.now();
      },
      send: (message) => {
        this.#outbox.push(message);
        this.#poll();
      },
      wakeAt: (atMs) => {
        if (this.#wake !== undefined) systemClock.cancel(this.#wake);
        this.#wake =
          atMs === undefined ? undefined : systemClock.schedule(atMs, () => this.#service?.onWake?.());
      },
      disconnect: later,
      notify: later,
      busy: later,
      resetFirmware: later,
    };
  }
}
