/** `memory:`: both ends in one thread, over a clock. */
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import type { CsmePlug, HostEnd } from './contract.ts';
import { CsmeLinkEnd } from './csme-end.ts';
import { type Allocate, HostLinkEnd } from './host-end.ts';
import type { CsmeFrame, HostFrame, Wire } from './wire.ts';

export interface MemoryOptions {
  /** What carries the frames; the machine's clock when not given. */
  readonly clock?: Clock;
  /** Milliseconds that a frame takes, one number or one for each frame; 0 when not given. Frames never overtake. */
  readonly latencyMs?: number | (() => number);
  /** Makes the shared area; an ArrayBuffer when not given. */
  readonly allocate?: Allocate;
}

export interface MemoryPair {
  readonly host: HostEnd;
  readonly csme: CsmePlug;
  /** The client appears: the host gets `probe`. */
  plug(): void;
  /** Firmware reset: both sides get `lost`. */
  unplug(): void;
  close(): void;
}

/** Two ends that are joined, not plugged yet. */
export function memoryPair(options: MemoryOptions = {}): MemoryPair {
  const { clock = systemClock, latencyMs = 0, allocate = (size: number) => new ArrayBuffer(size) } = options;
  const latency = typeof latencyMs === 'number' ? () => latencyMs : latencyMs;
  const fromHost = new MemoryWire<HostFrame, CsmeFrame>(clock, latency);
  const fromCsme = new MemoryWire<CsmeFrame, HostFrame>(clock, latency);
  fromHost.peer = fromCsme;
  fromCsme.peer = fromHost;
  const host = new HostLinkEnd('memory:', fromHost, allocate);
  const csme = new CsmeLinkEnd('memory:', fromCsme);
  return {
    host,
    csme,
    plug: () => csme.plug(),
    unplug: () => csme.unplug(),
    close() {
      host.close();
      csme.close();
    },
  };
}

/** One direction: frames become tasks of the clock. */
class MemoryWire<Outgoing, Incoming> implements Wire<Outgoing, Incoming> {
  onFrame: (frame: Incoming) => void = () => {};
  onGone: () => void = () => {};
  /** The wire that the frames come out of. */
  peer: MemoryWire<Incoming, Outgoing> | undefined;
  readonly #clock: Clock;
  readonly #latency: () => number;
  /** When the frame posted last arrives: no later one may be there before it. */
  #lastAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(clock: Clock, latency: () => number) {
    this.#clock = clock;
    this.#latency = latency;
  }

  post(frame: Outgoing): void {
    const { peer } = this;
    if (this.#closed || peer === undefined) return;
    this.#lastAt = Math.max(this.#lastAt, this.#clock.now() + this.#latency());
    this.#clock.schedule(this.#lastAt, () => peer.#arrive(frame));
  }

  defer(task: () => void): void {
    this.#clock.schedule(this.#clock.now(), task);
  }

  close(): void {
    this.#closed = true;
  }

  #arrive(frame: Incoming): void {
    if (!this.#closed) this.onFrame(frame);
  }
}
