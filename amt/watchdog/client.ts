/** The watchdog through the firmware's client itself: `WatchdogDriver` on a MEI connection, in the kernel's place. */
import {
  type Clock,
  MEI_CLIENTS,
  type MeiCalls,
  type MeiConnection,
  MeiError,
  type MeiErrorCode,
  openMei,
  systemClock,
} from '../../transport/index.ts';
import type { AmtError } from '../protocol/index.ts';
import { type DriverOutput, type DriverResult, type OpenerId, WatchdogDriver } from '../protocol/index.ts';
import { WatchdogError, type WatchdogErrorCode } from './errors.ts';
import { holdersOf, type WatchdogFolders, watchdogDriver } from './find.ts';
import type { OpenWatchdog } from './open-watchdog.ts';

export interface ClientWatchdogOptions {
  /** It can be opened now: the firmware notified. */
  readonly onAppeared?: () => void;
  /** What is open is not there any more. */
  readonly onGone?: (error: WatchdogError) => void;
  /** What the firmware sent is wrong; it changes nothing. */
  readonly onMisfit?: (error: AmtError) => void;
  readonly calls?: MeiCalls | undefined;
  readonly clock?: Clock;
  readonly folders?: WatchdogFolders;
}

type Answer = Extract<DriverOutput, { type: 'answer' }>;

/** How long the firmware may take to say whether it requires the watchdog, and to take the last message. */
const PROBE_MS = 15_000;
const LAST_MESSAGE_MS = 1_000;

/** Connects with the first `open`, and stays connected so that the firmware's notification is heard. */
export class ClientWatchdog {
  readonly path: string;
  readonly #options: ClientWatchdogOptions;
  readonly #clock: Clock;
  #driver = new WatchdogDriver();
  #connection: MeiConnection | undefined;
  #opener: OpenerId | undefined;
  /** The firmware has notified since the last START. */
  #notified = false;
  /** A STOP was sent, and the firmware has said nothing since. */
  #stopping = false;
  readonly #answers = new Map<number, (answer: Answer) => void>();
  #lastCall = 0;
  /** Who waits for the firmware to say something. */
  #onWord: (() => void) | undefined;

  constructor(path: string, options: ClientWatchdogOptions = {}) {
    this.path = path;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Rejects with a WatchdogError, or with the MeiError of a device or firmware that cannot be reached. */
  async open(signal?: AbortSignal): Promise<OpenWatchdog> {
    if (this.#connection === undefined) await this.#connect(signal);
    if (this.#driver.state.phase === 'PROBE') await this.#word(PROBE_MS, signal);
    const { state } = this.#driver;
    if (state.phase === 'NOT_REQUIRED')
      throw new WatchdogError('WATCHDOG_ERR_NOT_REQUIRED', { path: this.path });
    if (state.phase === 'PROBE') {
      await this.close();
      throw new MeiError('MEI_ERR_TIMEOUT', {
        path: this.path,
        detail: '(whether it requires the watchdog)',
      });
    }
    const { result, opener } = await this.#call((call) => this.#driver.handle({ type: 'open', call }));
    if (opener === undefined) throw this.#error(result);
    this.#opener = opener;
    return this.#handleOf(opener);
  }

  /** Ends the connection, after a STOP where the watchdog runs. */
  async close(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#driver.handle({ type: 'remove' });
    this.#drain();
    // The kernel forgets what it has not sent yet when the connection is closed; a firmware that answers has it.
    if (this.#stopping) await this.#word(LAST_MESSAGE_MS);
    this.#connection = undefined;
    await connection.close();
  }

  async #connect(signal: AbortSignal | undefined): Promise<void> {
    const connection = await this.#openMei(signal);
    try {
      await connection.setNotifications(true);
    } catch (error) {
      if (!(error instanceof MeiError) || !WITHOUT_NOTIFICATIONS.has(error.code)) {
        await connection.close();
        throw error;
      }
    }
    this.#connection = connection;
    this.#stopping = false;
    this.#driver = new WatchdogDriver();
    void connection.closed.then((why) => this.#lost(connection, why));
    void this.#receive(connection);
    void this.#listen(connection);
    this.#driver.handle({ type: 'connected', protocolVersion: connection.protocolVersion });
    this.#drain();
  }

  async #openMei(signal: AbortSignal | undefined): Promise<MeiConnection> {
    try {
      return await openMei(this.path, { client: MEI_CLIENTS.WATCHDOG.guid, signal }, this.#options.calls);
    } catch (error) {
      if (!(error instanceof MeiError) || error.code !== 'MEI_ERR_BUSY') throw error;
      const driver = watchdogDriver(this.#options.folders);
      if (driver !== undefined) {
        const detail = `The kernel's ${driver} has the firmware's client, and offers no watchdog.`;
        throw new WatchdogError('WATCHDOG_ERR_NOT_REQUIRED', { path: this.path, detail, cause: error });
      }
      const holders = holdersOf(this.path, this.#options.folders);
      const detail = holders.length === 0 ? undefined : `The device is open in ${holders.join(', ')}.`;
      throw new WatchdogError('WATCHDOG_ERR_BUSY', { path: this.path, detail, cause: error });
    }
  }

  async #receive(connection: MeiConnection): Promise<void> {
    for (;;) {
      let bytes: Uint8Array;
      try {
        bytes = await connection.receive();
      } catch (error) {
        if (!(error instanceof MeiError)) throw error;
        // An empty message; what could not be read says as little.
        if (error.code !== 'MEI_ERR_NO_ANSWER' && error.code !== 'MEI_ERR_MESSAGE_LOST') return;
        bytes = new Uint8Array(0);
      }
      if (connection !== this.#connection) return;
      this.#stopping = false;
      this.#driver.handle({ type: 'message', bytes });
      // A device has no order of messages and notifications: this response may be older than the one that came before it.
      if (this.#notified && this.#driver.state.phase === 'NOT_REQUIRED') {
        this.#driver.handle({ type: 'notification' });
      }
      this.#drain();
      this.#onWord?.();
    }
  }

  async #listen(connection: MeiConnection): Promise<void> {
    try {
      for (;;) {
        await connection.notification();
        if (connection !== this.#connection) return;
        this.#notified = true;
        this.#driver.handle({ type: 'notification' });
        this.#drain();
      }
    } catch (error) {
      if (!(error instanceof MeiError)) throw error;
    }
  }

  #lost(connection: MeiConnection, why: MeiError | undefined): void {
    if (connection !== this.#connection) return;
    this.#connection = undefined;
    this.#driver.handle({ type: 'lost' });
    this.#drain(why);
    this.#onWord?.();
  }

  #handleOf(opener: OpenerId): OpenWatchdog {
    const driver = this.#driver;
    const done = async (start: (call: number) => void): Promise<void> => {
      if (driver !== this.#driver) throw this.#error('ENODEV');
      const { result } = await this.#call(start);
      if (result !== 'ok') throw this.#error(result);
    };
    return {
      way: 'client',
      path: this.path,
      unstoppable: false,
      setTimeout: (timeoutS) => done((call) => driver.handle({ type: 'setTimeout', call, opener, timeoutS })),
      ping: () => done((call) => driver.handle({ type: 'ping', call, opener })),
      close: async () => {
        if (this.#opener === opener) this.#opener = undefined;
        driver.handle({ type: 'release', opener });
        if (driver === this.#driver) this.#drain();
      },
    };
  }

  #call(start: (call: number) => void): Promise<Answer> {
    const call = ++this.#lastCall;
    return new Promise((resolve) => {
      this.#answers.set(call, resolve);
      start(call);
      this.#drain();
    });
  }

  #drain(why?: MeiError): void {
    for (let output = this.#driver.poll(); output !== undefined; output = this.#driver.poll()) {
      switch (output.type) {
        case 'send':
          this.#send(output);
          break;
        case 'answer':
          this.#answers.get(output.call)?.(output);
          this.#answers.delete(output.call);
          break;
        case 'registered':
          if (this.#onWord === undefined) this.#options.onAppeared?.();
          break;
        case 'unregistered':
          if (this.#opener === undefined) break;
          this.#opener = undefined;
          this.#options.onGone?.(this.#error('ENODEV', why));
          break;
        case 'misfit':
          this.#options.onMisfit?.(output.error);
          break;
      }
    }
  }

  #send({ name, bytes }: Extract<DriverOutput, { type: 'send' }>): void {
    const driver = this.#driver;
    this.#stopping = name === 'STOP';
    if (name === 'START') this.#notified = false;
    const after = (type: 'sent' | 'sendFailed'): void => {
      if (driver !== this.#driver) return;
      driver.handle({ type, name });
      this.#drain();
    };
    this.#connection?.send(bytes).then(
      () => after('sent'),
      () => after('sendFailed'),
    );
  }

  /** Resolves with the next message, with the end of the connection, or when the time is over. */
  #word(limitMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.#clock.cancel(timer);
        signal?.removeEventListener('abort', end);
        this.#onWord = undefined;
        resolve();
      };
      const timer = this.#clock.schedule(this.#clock.now() + limitMs, end);
      signal?.addEventListener('abort', end);
      this.#onWord = end;
    });
  }

  #error(result: DriverResult, cause?: MeiError): WatchdogError {
    return new WatchdogError(RESULT_CODES[result], {
      path: this.path,
      detail: cause && `(${cause.code})`,
      cause,
    });
  }
}

/** Older firmware has none: a watchdog that is not required stays so until the next connection then. */
const WITHOUT_NOTIFICATIONS: ReadonlySet<MeiErrorCode> = new Set([
  'MEI_ERR_NO_NOTIFICATIONS',
  'MEI_ERR_NOTIFICATIONS_REFUSED',
  'MEI_ERR_NOTIFICATIONS_TIMEOUT',
]);

const RESULT_CODES: Readonly<Record<DriverResult, WatchdogErrorCode>> = {
  ok: 'WATCHDOG_ERR_SYSTEM',
  EBUSY: 'WATCHDOG_ERR_BUSY',
  ENODEV: 'WATCHDOG_ERR_GONE',
  EINVAL: 'WATCHDOG_ERR_TIMEOUT',
  EIO: 'WATCHDOG_ERR_SYSTEM',
};
