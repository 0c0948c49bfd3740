/** The carrier of the session: a connection to the ME client LME, one at a time, and how much may wait to be sent over it. */
import {
  type Clock,
  MEI_CLIENTS,
  type MeiCalls,
  type MeiConnection,
  MeiError,
  openMei,
  type Timer,
} from '../../transport/index.ts';
import type { LmsInput } from '../protocol/index.ts';

export interface CarrierOptions {
  /** The device: /dev/mei0. */
  readonly path: string;
  readonly calls: MeiCalls | undefined;
  readonly clock: Clock;
  readonly feed: (input: Extract<LmsInput, { type: 'connected' | 'message' | 'congested' | 'lost' }>) => void;
  /** It has ended by itself, and the session knows; `why` is a sentence. */
  readonly onLost: (why: string) => void;
}

export class Carrier {
  readonly #options: CarrierOptions;
  readonly #giveUp = new AbortController();
  #mei: MeiConnection | undefined;
  #sent: Promise<unknown> = Promise.resolve();
  #unsent = 0;
  #congested = false;
  #closing: Promise<void> = Promise.resolve();

  constructor(options: CarrierOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#mei !== undefined;
  }

  /** Resolves when the last connection is closed. */
  get closed(): Promise<void> {
    return this.#closing;
  }

  /** Opens LME: `connected` is fed. Resolves to why not, or to undefined, which it also does after `giveUp`. */
  async open(given: AbortSignal | undefined): Promise<MeiError | undefined> {
    const { path, calls, feed } = this.#options;
    const signal = AbortSignal.any([this.#giveUp.signal, ...(given === undefined ? [] : [given])]);
    let mei: MeiConnection;
    try {
      mei = await openMei(path, { client: MEI_CLIENTS.LME.guid, signal }, calls);
    } catch (error) {
      if (this.#giveUp.signal.aborted) return undefined;
      if (!(error instanceof MeiError)) throw error;
      return error;
    }
    if (this.#giveUp.signal.aborted) {
      await mei.close();
      return undefined;
    }
    this.#mei = mei;
    this.#unsent = 0;
    this.#congested = false;
    feed({ type: 'connected', maxMessageLength: mei.maxMessageLength });
    void this.#receive(mei);
    return undefined;
  }

  /** Nothing is opened any more. */
  giveUp(): void {
    this.#giveUp.abort();
  }

  send(bytes: Uint8Array): void {
    const mei = this.#mei;
    if (mei === undefined) return;
    this.#unsent++;
    this.#sent = mei.send(bytes).then(
      () => this.#wasSent(mei),
      (error) => this.#lost(mei, error),
    );
    // A firmware that asks and takes no answers would fill the memory.
    if (this.#unsent > UNSENT_MAX) return this.#lost(mei, new Error('The firmware takes no messages.'));
    if (this.#unsent < CONGESTED || this.#congested) return;
    this.#congested = true;
    this.#options.feed({ type: 'congested', yes: true });
  }

  /** Closes it behind what was sent; resolves when it is closed. */
  close(): Promise<void> {
    const mei = this.#mei;
    this.#mei = undefined;
    if (mei !== undefined) this.#closing = this.#sayAndClose(mei);
    return this.#closing;
  }

  async #sayAndClose(mei: MeiConnection): Promise<void> {
    const { clock } = this.#options;
    let timer: Timer | undefined;
    const late = new Promise<void>((resolve) => {
      timer = clock.schedule(clock.now() + FAREWELL_MS, resolve);
    });
    await Promise.race([this.#sent, late]);
    clock.cancel(timer!);
    await mei.close();
  }

  async #receive(mei: MeiConnection): Promise<void> {
    try {
      while (this.#mei === mei) {
        const bytes = await mei.receive();
        // What comes behind the end of a session is nothing any more.
        if (this.#mei === mei) this.#options.feed({ type: 'message', bytes });
      }
    } catch (error) {
      // A message that was lost makes nonsense of the windows: there is no way on but another session.
      this.#lost(mei, error as Error);
    }
  }

  #wasSent(mei: MeiConnection): void {
    if (this.#mei !== mei) return;
    this.#unsent--;
    if (!this.#congested || this.#unsent > CONGESTED / 2) return;
    this.#congested = false;
    this.#options.feed({ type: 'congested', yes: false });
  }

  #lost(mei: MeiConnection, why: Error & { readonly sentence?: string }): void {
    if (this.#mei !== mei) return;
    this.#mei = undefined;
    this.#closing = mei.close();
    this.#options.feed({ type: 'lost' });
    this.#options.onLost(why.sentence ?? why.message);
  }
}

/** So many messages may wait for room in the kernel, which takes 50. */
const CONGESTED = 64;
/** So many in all, of answers above all: data waits from `CONGESTED` on, what was queued of eight channels apart. */
const UNSENT_MAX = 4_096;
/** What was sent last, the goodbye, gets so long to go out. */
const FAREWELL_MS = 1_000;
