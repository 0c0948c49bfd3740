/** One connection to one ME client: whole messages out and in, notifications, and its end. */
import {
  type MeiClientProperties,
  type Native,
  POLLERR,
  POLLIN,
  POLLOUT,
  POLLPRI,
} from '../../native/index.ts';
import { type MeiCall, MeiError, meiError } from './errors.ts';
import { firmwareGate } from './gate.ts';
import { cancelled, type Patience, Waiters } from './waiters.ts';

/** The native calls that a connection is made of. */
export type MeiCalls = Pick<
  Native,
  | 'deviceOpen'
  | 'deviceRead'
  | 'deviceWrite'
  | 'deviceClose'
  | 'meiConnect'
  | 'meiNotifySet'
  | 'meiNotifyGet'
  | 'watch'
>;

/** A connected handle. */
export interface MeiHandle {
  readonly fd: number;
  readonly path: string;
  readonly properties: MeiClientProperties;
}

/** So many messages are taken from a handle that is in error; the kernel holds one. */
const LAST_MESSAGES_MAX = 16;

/** `openMei` gives one. It keeps the process alive until it is over, as an open socket does. */
export class MeiConnection {
  /** The longest message in bytes, in both directions. */
  readonly maxMessageLength: number;
  readonly protocolVersion: number;
  /**
   * Resolves when the connection is over: to why, or to undefined after `close`. While a message waits to be received
   * that does not show.
   */
  readonly closed: Promise<MeiError | undefined>;

  readonly #calls: MeiCalls;
  readonly #fd: number;
  readonly #path: string;
  /** Of the longest message: with less the rest of a message would come as the next one. */
  readonly #buffer: Uint8Array;
  /** What came while nobody waited: one, then nothing more is read, and the firmware gets no credit for another. */
  readonly #inbox: (Uint8Array | MeiError)[] = [];
  readonly #receivers: Waiters<Uint8Array>;
  readonly #senders: Waiters<void, Uint8Array>;
  readonly #listeners: Waiters<void>;
  #notifying = false;
  #notified = false;
  #settings: Promise<unknown> = Promise.resolve();
  #watch: { close(): void } | undefined;
  #watched = 0;
  #over: MeiError | undefined;
  #released: Promise<void> = Promise.resolve();
  #tellOver!: (why: MeiError | undefined) => void;

  constructor(calls: MeiCalls, { fd, path, properties }: MeiHandle) {
    this.#calls = calls;
    this.#fd = fd;
    this.#path = path;
    this.maxMessageLength = properties.maxMessageLength;
    this.protocolVersion = properties.protocolVersion;
    this.#buffer = new Uint8Array(this.maxMessageLength);
    this.#receivers = new Waiters(path);
    this.#senders = new Waiters(path, () => this.#rewatch());
    this.#listeners = new Waiters(path);
    this.closed = new Promise((resolve) => {
      this.#tellOver = resolve;
    });
    this.#rewatch();
  }

  /**
   * Sends one message; resolves when the kernel has it, which does not say that the firmware has. Messages go in the
   * order of the calls. Given up (`signal`, `timeoutMs`) means that nothing of it was sent.
   */
  async send(bytes: Uint8Array, patience: Patience = {}): Promise<void> {
    if (bytes.length === 0) throw new RangeError('a message has at least one byte');
    this.#mayWait(patience);
    if (this.#senders.size === 0 && this.#write(bytes)) return;
    const sent = this.#senders.wait(bytes.slice(), patience);
    this.#rewatch();
    await sent;
  }

  /**
   * The next message. MEI_ERR_NO_ANSWER is a message without a byte, MEI_ERR_MESSAGE_LOST one that could not be read;
   * after both the connection goes on. What came before the end of the connection is received first.
   */
  async receive(patience: Patience = {}): Promise<Uint8Array> {
    const gaveUp = cancelled(patience.signal, this.#path);
    if (gaveUp !== undefined) throw gaveUp;
    const kept = this.#inbox.shift();
    this.#rewatch();
    if (kept instanceof MeiError) throw kept;
    if (kept !== undefined) return kept;
    this.#mayWait(patience);
    return this.#receivers.wait(undefined, patience);
  }

  /** Asks the firmware to notify, or not to; resolves when it has agreed. */
  setNotifications(on: boolean): Promise<void> {
    const done = this.#settings.then(() => this.#setNotifications(on));
    this.#settings = done.catch(() => undefined);
    return done;
  }

  /** Resolves when the firmware has notified since the last time. Several notifications may be one here. */
  async notification(patience: Patience = {}): Promise<void> {
    this.#mayWait(patience);
    if (!this.#notified) return this.#listeners.wait(undefined, patience);
    this.#notified = false;
  }

  /** Ends the connection; resolves when the firmware has been told. Twice is once. */
  close(): Promise<void> {
    this.#end(undefined);
    return this.#released;
  }

  async #setNotifications(on: boolean): Promise<void> {
    try {
      await firmwareGate.pass(async () => {
        // Another file may have the number of a descriptor that was closed in the meantime.
        if (this.#over !== undefined) throw this.#over;
        await this.#calls.meiNotifySet(this.#fd, on ? 1 : 0);
      });
    } catch (cause) {
      throw this.#failed('notifySet', cause);
    }
    this.#notifying = on;
    if (!on) this.#notified = false;
    // With the watch from before, the kernel would not tell of notifications: it looks when a watch begins.
    this.#rewatch();
  }

  #mayWait({ signal }: Patience): void {
    const gaveUp = this.#over ?? cancelled(signal, this.#path);
    if (gaveUp !== undefined) throw gaveUp;
  }

  #rewatch(): void {
    let events = 0;
    if (this.#over === undefined) {
      if (this.#inbox.length === 0) events |= POLLIN;
      if (this.#notifying) events |= POLLPRI;
      if (this.#senders.size > 0) events |= POLLOUT;
    }
    if (events === this.#watched) return;
    this.#watch?.close();
    this.#watch = undefined;
    this.#watched = events;
    if (events === 0) return;
    try {
      this.#watch = this.#calls.watch(this.#fd, events, (ready) => this.#onReady(ready));
    } catch (cause) {
      this.#end(meiError('watch', cause, this.#path) as MeiError);
    }
  }

  #onReady(events: number): void {
    if (events & POLLERR) {
      this.#takeLast();
    } else {
      if (events & POLLPRI) this.#takeNotification();
      if (events & POLLIN) this.#read();
      if (events & POLLOUT) this.#writeWaiting();
    }
    this.#rewatch();
  }

  /** A handle in error still gives the messages that had come before; the errno behind them says what happened. */
  #takeLast(): void {
    for (let n = 0; n < LAST_MESSAGES_MAX; n++) if (!this.#read()) break;
    this.#end(new MeiError('MEI_ERR_DISCONNECTED', { path: this.#path, detail: '(poll: POLLERR)' }));
  }

  /** Reads one message; false when there is none. */
  #read(): boolean {
    if (this.#over !== undefined) return false;
    let length: number;
    try {
      length = this.#calls.deviceRead(this.#fd, this.#buffer, 0);
    } catch (cause) {
      const error = this.#failed('read', cause);
      if (this.#over === undefined) this.#deliver(error as MeiError);
      return true;
    }
    if (length < 0) return false;
    const path = this.#path;
    this.#deliver(length === 0 ? new MeiError('MEI_ERR_NO_ANSWER', { path }) : this.#buffer.slice(0, length));
    return true;
  }

  #deliver(what: Uint8Array | MeiError): void {
    const taken =
      what instanceof MeiError ? this.#receivers.rejectFirst(what) : this.#receivers.resolveFirst(what);
    if (!taken) this.#inbox.push(what);
  }

  /** False when there is no room. */
  #write(bytes: Uint8Array): boolean {
    try {
      return this.#calls.deviceWrite(this.#fd, bytes, 0, bytes.length) >= 0;
    } catch (cause) {
      throw this.#failed('write', cause);
    }
  }

  #writeWaiting(): void {
    for (let bytes = this.#senders.first; bytes !== undefined; bytes = this.#senders.first) {
      try {
        if (!this.#write(bytes)) return;
        this.#senders.resolveFirst();
      } catch (error) {
        this.#senders.rejectFirst(error);
      }
    }
  }

  #takeNotification(): void {
    if (this.#over !== undefined) return;
    try {
      if (!this.#calls.meiNotifyGet(this.#fd)) return;
    } catch (cause) {
      this.#end(this.#failed('notifyGet', cause) as MeiError);
      return;
    }
    this.#notified = this.#listeners.size === 0;
    while (this.#listeners.resolveFirst());
  }

  /** The named error of a call that failed. Some are the end of the connection. */
  #failed(call: MeiCall, cause: unknown): unknown {
    const error = meiError(call, cause, this.#path);
    if (error instanceof MeiError && isEnd(call, error)) this.#end(error);
    return error;
  }

  #end(why: MeiError | undefined): void {
    if (this.#over !== undefined) return;
    this.#over = why ?? new MeiError('MEI_ERR_CLOSED', { path: this.#path });
    this.#rewatch();
    for (const waiters of [this.#receivers, this.#senders, this.#listeners]) waiters.rejectAll(this.#over);
    this.#released = firmwareGate.pass(() => this.#calls.deviceClose(this.#fd));
    this.#tellOver(why);
  }
}

/** Reading on after an error that the driver does not document could go on for ever. */
function isEnd(call: MeiCall, { code }: MeiError): boolean {
  return code === 'MEI_ERR_DISCONNECTED' || (call === 'read' && code === 'MEI_ERR_SYSTEM');
}
