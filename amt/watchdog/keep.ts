/** Keeps the watchdog: binds `WatchdogKeeper` to a clock and to what it opens. */
import { type Clock, systemClock, type Timer } from '../../transport/index.ts';
import {
  type KeeperInput,
  type KeeperNews,
  type KeeperOptions,
  type KeeperOutput,
  WatchdogKeeper,
} from '../protocol/index.ts';
import { WatchdogError } from './errors.ts';
import type { OpenWatchdog } from './open-watchdog.ts';

export interface KeepOptions extends KeeperOptions {
  /** Opens the watchdog; the signal is given when nobody wants it any more. */
  readonly open: (signal: AbortSignal) => Promise<OpenWatchdog>;
  /** `watchdog` is what is open, where something is. */
  readonly onNews: (news: KeeperNews, watchdog: OpenWatchdog | undefined) => void;
  readonly clock?: Clock;
}

export interface WatchdogKeeping {
  /** It can be opened now. */
  appeared(): void;
  /** What is open is not there any more. */
  gone(error: Error): void;
  sleep(): void;
  wake(): void;
  /** Stops the watchdog; resolves when it is closed. A firmware that does not answer may keep a call of the kernel's for ever. */
  stop(): Promise<void>;
}

/** Begins at once and goes on until `stop`. What goes wrong is told, and tried again. */
export function keepWatchdog(options: KeepOptions): WatchdogKeeping {
  return new Keeping(options);
}

class Keeping implements WatchdogKeeping {
  readonly #options: KeepOptions;
  readonly #clock: Clock;
  readonly #keeper: WatchdogKeeper;
  readonly #given = new AbortController();
  readonly #stopped: Promise<void>;
  #tellStopped!: () => void;
  #watchdog: OpenWatchdog | undefined;
  #timer: Timer | undefined;

  constructor(options: KeepOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#keeper = new WatchdogKeeper(options);
    this.#stopped = new Promise((resolve) => {
      this.#tellStopped = resolve;
    });
    this.#handle({ type: 'start' });
  }

  appeared(): void {
    this.#handle({ type: 'appeared' });
  }

  gone(error: Error): void {
    this.#handle({ type: 'gone', detail: detailOf(error) });
  }

  sleep(): void {
    this.#handle({ type: 'sleep' });
  }

  wake(): void {
    this.#handle({ type: 'wake' });
  }

  stop(): Promise<void> {
    this.#handle({ type: 'stop' });
    this.#given.abort();
    return this.#stopped;
  }

  #handle(input: KeeperInput): void {
    this.#keeper.handle(this.#clock.now(), input);
    this.#drain();
  }

  #drain(): void {
    for (let output = this.#keeper.poll(); output !== undefined; output = this.#keeper.poll())
      this.#perform(output);
    if (this.#timer !== undefined) this.#clock.cancel(this.#timer);
    const next = this.#keeper.nextTimeoutAt();
    this.#timer = next === undefined ? undefined : this.#clock.schedule(next, () => this.#onTimer());
  }

  #onTimer(): void {
    this.#keeper.handleTimeout(this.#clock.now());
    this.#drain();
  }

  #perform(output: KeeperOutput): void {
    switch (output.type) {
      case 'open':
        return this.#open();
      case 'setTimeout':
        return this.#ask((watchdog) => watchdog.setTimeout(output.timeoutS));
      case 'ping':
        return this.#ask((watchdog) => watchdog.ping());
      case 'close': {
        const watchdog = this.#watchdog;
        this.#watchdog = undefined;
        const closed = (): void => this.#handle({ type: 'closed' });
        void watchdog?.close().then(closed, closed);
        return;
      }
      case 'tell':
        this.#options.onNews(output, this.#watchdog);
        if (output.name === 'stopped') this.#tellStopped();
        return;
    }
  }

  #open(): void {
    this.#options.open(this.#given.signal).then(
      (watchdog) => {
        this.#watchdog = watchdog;
        this.#handle({ type: 'opened' });
      },
      (error: Error) => {
        const notRequired = error instanceof WatchdogError && error.code === 'WATCHDOG_ERR_NOT_REQUIRED';
        const why = notRequired ? 'not required' : 'failed';
        this.#handle({ type: 'unavailable', why, detail: detailOf(error) });
      },
    );
  }

  #ask(call: (watchdog: OpenWatchdog) => Promise<void>): void {
    // A call is over before the `close` behind it is: no answer is taken for one of what is opened next.
    call(this.#watchdog!).then(
      () => this.#handle({ type: 'done' }),
      (error: Error) => {
        const gone = error instanceof WatchdogError && error.code === 'WATCHDOG_ERR_GONE';
        this.#handle({ type: 'failed', gone, detail: detailOf(error) });
      },
    );
  }
}

/** What is wrong; where it is one of ours, without the cure, which the command gives. */
function detailOf(error: Error): string {
  return 'sentence' in error ? String(error.sentence) : error.message;
}
