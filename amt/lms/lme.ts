/** Runs an `LmsSession`: its carrier is the ME client LME, opened again when it ends; its connections are streams. */
import type { Duplex } from 'node:stream';
import { type Clock, type MeiCalls, type MeiError, systemClock, type Timer } from '../../transport/index.ts';
import {
  type AmtError,
  APF_QUICK_TRIES,
  APF_TIMERS,
  type LmsInput,
  type LmsOutput,
  LmsSession,
} from '../protocol/index.ts';
import { Carrier } from './carrier.ts';
import { type Carried, LocalStreams } from './local.ts';

/** A service of the host that the firmware wants to reach; port 0: AMT's events. */
export type ReachRequest = Omit<Extract<LmsOutput, { type: 'reach' }>, 'type' | 'id'>;
export type Datagram = Omit<Extract<LmsOutput, { type: 'udp' }>, 'type'>;

/** Where a local connection comes from, and to which port. */
export type Origin = Omit<Extract<LmsInput, { type: 'accept' }>, 'type' | 'connection'>;

/** What the session wants from whoever has the ports of this machine. */
export interface LmePorts {
  /** Resolves to whether the port is listened on. */
  listen(port: number): Promise<boolean>;
  unlisten(port: number): void;
  /** Undefined: not to be had. */
  reach(request: ReachRequest): Promise<Duplex | undefined>;
  send(datagram: Datagram): void;
}

export type LmeNews =
  | { readonly type: 'connected' }
  /** The firmware asks for its ports now. */
  | { readonly type: 'started' }
  /** Nothing goes for now; `why` is a sentence. */
  | { readonly type: 'waiting'; readonly why: string; readonly retryAfterMs: number }
  /** Connections to this port can be accepted. */
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'opened'; readonly connection: number }
  | { readonly type: 'refused'; readonly connection: number; readonly reason: string }
  | ({ readonly type: 'over' } & Carried)
  /** The firmware did what it must not, or something that is not known. */
  | { readonly type: 'problem'; readonly error: AmtError };

export interface LmeOptions {
  /** The device: /dev/mei0. */
  readonly path: string;
  readonly ports: LmePorts;
  readonly onNews: (news: LmeNews) => void;
  /** Whether to open LME again when it ends; else `ended` is told. */
  readonly retry: boolean;
  readonly calls?: MeiCalls | undefined;
  readonly clock?: Clock | undefined;
}

export class Lme {
  /** Resolves when it has stopped, or does not go on: to why. */
  readonly ended: Promise<string>;

  readonly #options: LmeOptions;
  readonly #clock: Clock;
  readonly #session = new LmsSession();
  readonly #streams: LocalStreams;
  readonly #carrier: Carrier;
  #inputs: LmsInput[] = [];
  #busy = false;
  #timer: Timer | undefined;
  #timerFor: number | undefined;
  #failures = 0;
  #retry: Timer | undefined;
  #disconnecting: Promise<void> = Promise.resolve();
  #stopping = false;
  #tellEnded!: (why: string) => void;

  constructor(options: LmeOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.ended = new Promise((resolve) => {
      this.#tellEnded = resolve;
    });
    const { path, calls, onNews } = options;
    this.#carrier = new Carrier({
      path,
      calls,
      clock: this.#clock,
      feed: (input) => {
        if (input.type === 'connected') onNews({ type: 'connected' });
        this.#feed(input);
      },
      onLost: (why) => this.#goOnAfterFailure(why),
    });
    this.#streams = new LocalStreams({
      feed: (input) => this.#feed(input),
      onOver: (carried) => onNews({ type: 'over', ...carried }),
    });
  }

  /**
   * Opens LME for the first time. Rejects with the MeiError where only a person can help (`isFinal`), or where there is
   * no retry; other failures are news, and it is tried again. `signal` ends the attempt.
   */
  async start(signal?: AbortSignal): Promise<void> {
    const error = await this.#carrier.open(signal);
    if (error === undefined) return;
    if (!this.#options.retry || isFinal(error)) throw error;
    this.#goOnAfterFailure(error.message);
  }

  /** Takes over the stream of a program that has connected; the number of its connection, for `accept` and in news. */
  add(stream: Duplex): number {
    return this.#streams.add(stream);
  }

  /** Asks the firmware to take the connection. News say what becomes of it: `opened` and `over`, or `refused`. */
  accept(connection: number, origin: Origin): void {
    this.#feed({ type: 'accept', connection, ...origin });
  }

  /**
   * Says goodbye to the firmware and ends every connection; resolves when all is closed. Local programs get so long to
   * take what was sent to them. Twice is once.
   */
  async stop(patienceMs: number): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      this.#carrier.giveUp();
      if (this.#retry !== undefined) this.#clock.cancel(this.#retry);
      if (this.#carrier.isOpen) this.#feed({ type: 'stop' });
      else this.#end('It was stopped.');
    }
    await this.ended;
    await this.#disconnecting;
    await this.#carrier.closed;
    await this.#streams.close(patienceMs, this.#clock);
  }

  // ---- the carrier

  async #disconnect(why: string, retryAfterMs: number | undefined): Promise<void> {
    // It may have been lost with the goodbye, and is opened again for that already.
    if (!this.#carrier.isOpen) return;
    await this.#carrier.close();
    this.#goOn(why, retryAfterMs ?? APF_TIMERS.retry.ms);
  }

  /** After the end of a session, or of an attempt. */
  #goOn(why: string, retryAfterMs: number): void {
    if (this.#stopping || !this.#options.retry) return this.#end(why);
    this.#options.onNews({ type: 'waiting', why, retryAfterMs });
    this.#retry = this.#clock.schedule(this.#clock.now() + retryAfterMs, async () => {
      this.#retry = undefined;
      const error = await this.#carrier.open(undefined);
      if (error !== undefined) this.#goOnAfterFailure(error.message);
    });
  }

  /** The same, for a reason that the session does not count. */
  #goOnAfterFailure(why: string): void {
    const { retry, slowRetry } = APF_TIMERS;
    const quick = ++this.#failures < APF_QUICK_TRIES;
    this.#goOn(why, quick ? retry.ms : slowRetry.ms);
  }

  #end(why: string): void {
    if (this.#timer !== undefined) this.#clock.cancel(this.#timer);
    this.#timer = undefined;
    this.#tellEnded(why);
  }

  // ---- the session

  #feed(input: LmsInput): void {
    this.#inputs.push(input);
    this.#run();
  }

  /** What performing outputs brings about, comes after them. */
  #run(): void {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let input = this.#inputs.shift(); input !== undefined; input = this.#inputs.shift()) {
        this.#session.handle(this.#clock.now(), input);
        this.#drain();
      }
    } finally {
      this.#busy = false;
    }
    this.#rearm();
  }

  #drain(): void {
    for (let output = this.#session.poll(); output !== undefined; output = this.#session.poll()) {
      this.#perform(output);
    }
  }

  #rearm(): void {
    const next = this.#session.nextTimeoutAt();
    if (next === this.#timerFor && this.#timer !== undefined) return;
    if (this.#timer !== undefined) this.#clock.cancel(this.#timer);
    this.#timerFor = next;
    this.#timer = next === undefined ? undefined : this.#clock.schedule(next, this.#onTime);
  }

  readonly #onTime = (): void => {
    this.#timer = undefined;
    this.#busy = true;
    try {
      this.#session.handleTimeout(this.#clock.now());
      this.#drain();
    } finally {
      this.#busy = false;
    }
    this.#run();
  };

  #perform(output: LmsOutput): void {
    const { ports, onNews } = this.#options;
    switch (output.type) {
      case 'send':
        return this.#carrier.send(output.bytes);
      case 'disconnect':
        this.#disconnecting = this.#disconnect(output.why, output.retryAfterMs);
        return;
      case 'problem':
        return onNews({ type: 'problem', error: output.error });
      case 'started':
        return onNews({ type: 'started' });
      case 'listen':
        void this.#listen(output.id, output.port);
        return;
      case 'unlisten':
        return ports.unlisten(output.port);
      case 'reach':
        void this.#reach(output);
        return;
      case 'udp':
        return ports.send(output);
      case 'opened':
        onNews({ type: 'opened', connection: output.connection });
        return this.#streams.perform(output);
      case 'refused':
        onNews({ type: 'refused', connection: output.connection, reason: output.reason });
        return this.#streams.perform(output);
      default:
        return this.#streams.perform(output);
    }
  }

  async #listen(id: number, port: number): Promise<void> {
    const ok = await this.#options.ports.listen(port);
    this.#feed({ type: 'listening', id, ok });
    if (!ok) return;
    this.#failures = 0;
    this.#options.onNews({ type: 'listening', port });
  }

  async #reach({ id, ...request }: ReachRequest & { readonly id: number }): Promise<void> {
    const stream = await this.#options.ports.reach(request);
    if (stream === undefined) return this.#feed({ type: 'reached', id, connection: undefined });
    const connection = this.#streams.add(stream);
    // Before the session has it: what the session says of it must find it open.
    this.#streams.open(connection);
    this.#feed({ type: 'reached', id, connection });
  }
}

/** A failure that does not go away by waiting: somebody has to do something first. */
function isFinal({ code }: MeiError): boolean {
  return FINAL.has(code);
}

const FINAL: ReadonlySet<MeiError['code']> = new Set([
  'MEI_ERR_NO_DEVICE',
  'MEI_ERR_NOT_A_DEVICE',
  'MEI_ERR_PERMISSION',
  'MEI_ERR_BUSY',
  'MEI_ERR_LENGTH',
  'MEI_ERR_CANCELLED',
] as const);
