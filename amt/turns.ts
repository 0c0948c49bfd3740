/** One question at a time to an ME client that answers each one: what the clients of AMTHI and MKHI share. */
import { type MeiCalls, type MeiConnection, MeiError, openMei } from '../transport/index.ts';
import { AmtError } from './protocol/errors.ts';

export interface AskOptions {
  /** Ends what is under way, and everything that is asked later, with MEI_ERR_CANCELLED. */
  readonly signal?: AbortSignal | undefined;
  /** Left out: the addon's. */
  readonly calls?: MeiCalls | undefined;
  /** How long an answer may take; left out: 15 s. */
  readonly timeoutMs?: number | undefined;
}

/** Why there was no answer that could be read; a MeiError where it was the device. */
export type NoAnswer =
  /** Not what was asked for, or no message of the protocol. */
  | { readonly kind: 'wrong'; readonly cause: AmtError }
  /** A message without a byte. */
  | { readonly kind: 'empty'; readonly cause: MeiError }
  | { readonly kind: 'late'; readonly cause: MeiError };

/** What Intel's LMS gives the firmware. */
const ANSWER_TIMEOUT_MS = 15_000;
const SEND_TIMEOUT_MS = 5_000;

export class Turns {
  readonly #path: string;
  readonly #client: string;
  readonly #options: AskOptions;
  #connection: MeiConnection | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(path: string, client: string, options: AskOptions) {
    this.#path = path;
    this.#client = client;
    this.#options = options;
  }

  /** Connects to `client`, a GUID. Rejects as `openMei` does. */
  static async open(path: string, client: string, options: AskOptions): Promise<Turns> {
    const turns = new Turns(path, client, options);
    await turns.#connected();
    return turns;
  }

  /**
   * Sends `request` when those before it are answered, and gives what `read` makes of the answer. Rejects with the
   * MeiError of the device, or with the error that `failed` makes.
   *
   * After anything but an answer the connection is closed, and the next question opens another one: an answer that
   * comes late could not be told from that to the next question.
   */
  take<T>(
    request: Uint8Array,
    read: (answer: Uint8Array) => T | AmtError,
    failed: (why: NoAnswer) => Error,
  ): Promise<T> {
    const turn = this.#last.then(() => this.#turn(request, read, failed));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Ends the connection; what is not answered yet is rejected with MEI_ERR_CLOSED. Twice is once. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#drop();
    await this.#last;
  }

  async #turn<T>(
    request: Uint8Array,
    read: (answer: Uint8Array) => T | AmtError,
    failed: (why: NoAnswer) => Error,
  ): Promise<T> {
    try {
      const { signal, timeoutMs = ANSWER_TIMEOUT_MS } = this.#options;
      const connection = await this.#connected();
      await connection.send(request, { signal, timeoutMs: SEND_TIMEOUT_MS });
      const value = read(await connection.receive({ signal, timeoutMs }));
      if (!(value instanceof AmtError)) return value;
      await this.#drop();
      throw failed({ kind: 'wrong', cause: value });
    } catch (cause) {
      if (!(cause instanceof MeiError)) throw cause;
      if (cause.code === 'MEI_ERR_NO_ANSWER') throw failed({ kind: 'empty', cause });
      await this.#drop();
      throw cause.code === 'MEI_ERR_TIMEOUT' ? failed({ kind: 'late', cause }) : cause;
    }
  }

  async #connected(): Promise<MeiConnection> {
    const { signal, calls } = this.#options;
    const closed = () => new MeiError('MEI_ERR_CLOSED', { path: this.#path });
    if (this.#closed) throw closed();
    if (this.#connection !== undefined) return this.#connection;
    const connection = await openMei(this.#path, { client: this.#client, signal }, calls);
    if (this.#closed) {
      await connection.close();
      throw closed();
    }
    this.#connection = connection;
    // A reset of the firmware between two questions is none of the second one's business.
    void connection.closed.then(() => {
      if (this.#connection === connection) this.#connection = undefined;
    });
    return connection;
  }

  async #drop(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
  }
}
