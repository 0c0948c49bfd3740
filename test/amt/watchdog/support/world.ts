/**
 * A machine whose watchdog is kept, in one thread and with a clock that the test moves: the keeper, one of the two ways
 * to the firmware, and the emulated firmware. What crosses the bus and what the firmware and the keeper tell are lines
 * with their seconds.
 */
import {
  AmtError,
  decodeFromFirmware,
  decodeFromHost,
  type KeeperNews,
  keepWatchdog,
  type OpenWatchdog,
  type WatchdogKeeping,
} from '../../../../amt/index.ts';
import { Amt, type AmtOptions } from '../../../../csme/amt/index.ts';
import {
  type MeClient,
  type MeLink,
  type WatchdogClient,
  type WatchdogOptions,
  watchdogClient,
} from '../../../../csme/mei/index.ts';
import { settled } from '../../../transport/mei/support/driver.ts';
import { ManualClock } from './clock.ts';

/** What is between the keeper and the firmware. */
export interface Way {
  open(signal: AbortSignal): Promise<OpenWatchdog>;
  /** Lets its side of the bus live up to this time. */
  advanceTo(nowMs: number): void;
  nextTimeoutAt(): number | undefined;
  /** The machine sleeps: the kernel's drivers go; and is awake: they come back. */
  suspend(): void;
  resume(): void;
  /** The firmware starts again, and is there after this time. */
  reset(readyAfterMs: number): void;
  close(): Promise<void>;
}

export type WayOf = (world: World, client: MeClient) => Way;

export interface WorldOptions {
  readonly timeoutS?: number;
  readonly amt?: Partial<AmtOptions>;
  readonly firmware?: WatchdogOptions;
}

export class World {
  readonly clock = new ManualClock();
  readonly amt: Amt;
  readonly client: WatchdogClient;
  readonly way: Way;
  keeping!: WatchdogKeeping;
  /** Of the firmware, from now on. */
  answerAfterMs: number;
  readonly lines: string[] = [];
  readonly #timeoutS: number | undefined;

  constructor(wayOf: WayOf, { timeoutS, amt, firmware }: WorldOptions = {}) {
    this.#timeoutS = timeoutS;
    this.amt = new Amt(amt);
    this.answerAfterMs = firmware?.answerAfterMs ?? 0;
    const world = this;
    this.client = watchdogClient(this.amt, {
      ...firmware,
      get answerAfterMs() {
        return world.answerAfterMs;
      },
      onEvent: ({ type, atMs }) => {
        if (type === 'expired' || type === 'rearmed') this.#line(`firmware: ${type}`, atMs);
      },
    });
    this.way = wayOf(this, this.#tapped());
  }

  async start(): Promise<void> {
    this.keeping = keepWatchdog({
      ...(this.#timeoutS !== undefined && { timeoutS: this.#timeoutS }),
      clock: this.clock,
      open: (signal) => this.way.open(signal),
      onNews: (news) => this.#tell(news),
    });
    await settled();
  }

  /** Lets time pass, everything at its time. */
  async pass(seconds: number): Promise<void> {
    const until = this.clock.now() + seconds * 1000;
    for (;;) {
      const due = Math.min(this.clock.nextAt() ?? Infinity, this.way.nextTimeoutAt() ?? Infinity);
      const next = Math.max(due, this.clock.now());
      if (next > until) break;
      this.way.advanceTo(next);
      this.clock.jump(next);
      await settled();
    }
    this.way.advanceTo(until);
    this.clock.jump(until);
    await settled();
  }

  /** Lets time pass in which this process is not run; the firmware is. */
  async freeze(seconds: number): Promise<void> {
    const until = this.clock.now() + seconds * 1000;
    for (
      let next = this.way.nextTimeoutAt();
      next !== undefined && next <= until;
      next = this.way.nextTimeoutAt()
    ) {
      this.way.advanceTo(next);
    }
    this.way.advanceTo(until);
    this.clock.jump(until);
    await settled();
  }

  async do(what: () => unknown): Promise<void> {
    what();
    this.way.advanceTo(this.clock.now());
    await settled();
  }

  /** A machine that logind puts to sleep, for so long. */
  async sleepFor(seconds: number): Promise<void> {
    await this.do(() => this.keeping.sleep());
    await this.suspendFor(seconds);
    await this.do(() => this.keeping.wake());
  }

  /** The same, and nobody tells. The firmware knows that the machine sleeps. */
  async suspendFor(seconds: number): Promise<void> {
    await this.do(() => this.way.suspend());
    this.client.watchdog.sleep(this.clock.now());
    await this.pass(seconds);
    this.client.watchdog.wake(this.clock.now());
    await this.do(() => this.way.resume());
  }

  /** Stops it; time passes until that is done, at most so long. */
  async stop(withinS = 0): Promise<void> {
    let done = false;
    const stopping = this.keeping.stop().then(() => this.way.close());
    void stopping.then(() => {
      done = true;
    });
    await settled();
    for (let seconds = 0; !done && seconds < withinS; seconds++) await this.pass(1);
    await stopping;
    await settled();
  }

  /** The lines so far, which are forgotten. */
  taken(): string[] {
    return this.lines.splice(0);
  }

  #tell(news: KeeperNews): void {
    if (news.name === 'beat' || news.name === 'stopped') return;
    this.#line(`keeper: ${news.name}${news.name === 'late' ? ` by ${news.byMs / 1000}` : ''}`);
  }

  #line(text: string, atMs = this.clock.now()): void {
    this.lines.push(`${atMs / 1000} ${text}`);
  }

  /** Shows what crosses the bus at the time at which it is said. */
  #tapped(): MeClient {
    const { client } = this;
    return {
      ...client,
      accept: (link) => {
        const tapped: MeLink = {
          get nowMs() {
            return link.nowMs;
          },
          send: (bytes, how) => {
            const atMs = link.nowMs + (how?.delayMs ?? 0);
            if (atMs !== Number.POSITIVE_INFINITY) this.#line(fromFirmware(bytes), atMs);
            link.send(bytes, how);
          },
          notify: (delayMs) => {
            this.#line('notification');
            link.notify(delayMs);
          },
          disconnect: (delayMs) => link.disconnect(delayMs),
          busy: (forMs) => link.busy(forMs),
          wakeAt: (atMs) => link.wakeAt(atMs),
          resetFirmware: (readyAfterMs) => link.resetFirmware(readyAfterMs),
        };
        const service = client.accept(tapped);
        if ('status' in service) return service;
        return {
          ...service,
          onMessage: (bytes, vtag) => {
            this.#line(fromHost(bytes), link.nowMs);
            service.onMessage?.(bytes, vtag);
          },
        };
      },
    };
  }
}

function fromHost(bytes: Uint8Array): string {
  const message = decodeFromHost(bytes);
  if (message instanceof AmtError) return message.message;
  return message.name === 'START' ? `START ${message.timeoutS}` : message.name;
}

function fromFirmware(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'empty';
  const message = decodeFromFirmware(bytes);
  if (message instanceof AmtError) return message.message;
  return message.wdstate === 0 ? 'required' : 'not required';
}
