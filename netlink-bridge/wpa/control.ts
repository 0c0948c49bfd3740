/** wpa_supplicant's control socket: commands one after the other, each with its answer, and events in between. */
import { type Native, NativeError, native, POLLIN, type Watch } from '../../native/index.ts';
import { BridgeError } from '../errors.ts';
import { controlError } from './errors.ts';
import { isEvent } from './events.ts';

export interface ControlOptions {
  /** Of the socket, such as /run/wpa_supplicant/wlan0. */
  readonly path: string;
  /** Every event, as wpa_supplicant wrote it. Those that come are not heard before `ATTACH`. */
  onEvent(text: string): void;
  /** It cannot be used any more; said once, and not behind a `close`. What was asked rejects with the same. */
  onEnd(error: BridgeError): void;
  readonly timeoutMs?: number;
}

/** The native calls that it is made of. */
type ControlCalls = Pick<Native, 'unixDatagram' | 'unixSend' | 'unixReceive' | 'unixClose' | 'watch'>;

/** As wpa_supplicant's own client waits. */
const REQUEST_TIMEOUT_MS = 10_000;
/** Answers of 2.10 have 8192 bytes at most; older ones less. */
const DATAGRAM_MAX = 16_384;
/** What wpa_supplicant reads of a command. */
const COMMAND_MAX = 4096;
/** How soon a command is sent again for which wpa_supplicant had no room. */
const FULL_RETRY_MS = 20;
/** So many datagrams are read in one turn of the loop. */
const TURN_DATAGRAMS = 64;

interface Request {
  readonly bytes: Uint8Array;
  resolve(reply: string): void;
  reject(error: BridgeError): void;
}

/** Connects at once: the constructor throws a BridgeError when nobody is there. It keeps the process alive. */
export class Control {
  readonly #calls: ControlCalls = native();
  readonly #options: ControlOptions;
  readonly #fd: number;
  readonly #watch: Watch;
  readonly #buffer = new Uint8Array(DATAGRAM_MAX);
  readonly #descriptors = new Int32Array(1);
  readonly #waiting: Request[] = [];
  #current: Request | undefined;
  /** Ends the current request, or sends it once more. */
  #timeout: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #ended: BridgeError | undefined;

  constructor(options: ControlOptions) {
    this.#options = options;
    try {
      this.#fd = this.#calls.unixDatagram(options.path);
    } catch (cause) {
      throw controlError(cause, options.path);
    }
    try {
      this.#watch = this.#calls.watch(this.#fd, POLLIN, () => this.#onReady());
    } catch (cause) {
      this.#calls.unixClose(this.#fd);
      throw controlError(cause, options.path);
    }
  }

  /** Sends a command and gives the answer. Rejects with BRIDGE_ERR_TIMEOUT, BRIDGE_ERR_GONE or BRIDGE_ERR_CLOSED. */
  ask(command: string): Promise<string> {
    const bytes = Buffer.from(command, 'latin1');
    if (bytes.length === 0 || bytes.length > COMMAND_MAX || bytes.includes(0)) {
      const detail = `A command has 1 to ${COMMAND_MAX} bytes without a zero.`;
      return Promise.reject(new BridgeError('BRIDGE_ERR_OPTION', { detail }));
    }
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      this.#waiting.push({ bytes, resolve, reject });
      this.#next();
    });
  }

  /** Sends a command that nobody waits for, and closes. Twice is once. */
  close(farewell?: string): void {
    if (this.#ended !== undefined) return;
    if (farewell !== undefined) {
      try {
        const bytes = Buffer.from(farewell, 'latin1');
        this.#calls.unixSend(this.#fd, bytes, 0, bytes.length);
      } catch (error) {
        if (!(error instanceof NativeError)) throw error;
      }
    }
    this.#release(
      new BridgeError('BRIDGE_ERR_CLOSED', { detail: 'The connection to wpa_supplicant was closed here.' }),
    );
  }

  #next(): void {
    if (this.#current !== undefined) return;
    this.#current = this.#waiting.shift();
    if (this.#current === undefined) return;
    const timeoutMs = this.#options.timeoutMs ?? REQUEST_TIMEOUT_MS;
    this.#timeout = setTimeout(() => {
      const seconds = timeoutMs / 1000;
      const detail = `wpa_supplicant said nothing for ${seconds} s (${this.#options.path}): is it stopped or stuck?`;
      // Its answer may still come: it must not be taken for that to another command.
      this.#end(new BridgeError('BRIDGE_ERR_TIMEOUT', { detail }));
    }, timeoutMs);
    this.#send(this.#current);
  }

  #send({ bytes }: Request): void {
    try {
      const sent = this.#calls.unixSend(this.#fd, bytes, 0, bytes.length);
      if (sent === 0) this.#retry = setTimeout(() => this.#again(), FULL_RETRY_MS);
    } catch (cause) {
      this.#end(controlError(cause, this.#options.path));
    }
  }

  #again(): void {
    if (this.#current !== undefined) this.#send(this.#current);
  }

  #onReady(): void {
    for (let count = 0; count < TURN_DATAGRAMS && this.#ended === undefined; count++) {
      let length: number;
      try {
        length = this.#calls.unixReceive(this.#fd, this.#buffer, 0, DATAGRAM_MAX, this.#descriptors);
      } catch (cause) {
        this.#end(controlError(cause, this.#options.path));
        return;
      }
      if (length < 0) return;
      this.#take(Buffer.from(this.#buffer.buffer, 0, length).toString('latin1'));
    }
  }

  #take(text: string): void {
    if (isEvent(text)) {
      this.#options.onEvent(text);
      return;
    }
    const answered = this.#current;
    // Nothing was asked.
    if (answered === undefined) return;
    this.#idle();
    answered.resolve(text);
    this.#next();
  }

  #idle(): void {
    clearTimeout(this.#timeout);
    clearTimeout(this.#retry);
    this.#current = undefined;
  }

  #end(error: BridgeError): void {
    if (this.#ended !== undefined) return;
    this.#release(error);
    this.#options.onEnd(error);
  }

  #release(error: BridgeError): void {
    this.#ended = error;
    this.#watch.close();
    this.#calls.unixClose(this.#fd);
    const left = [this.#current, ...this.#waiting.splice(0)];
    this.#idle();
    for (const request of left) request?.reject(error);
  }
}
