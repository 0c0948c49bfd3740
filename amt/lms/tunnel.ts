/** A way to AMT's local ports for one program, without a listener: an LME session of its own. */
import type { Duplex } from 'node:stream';
import { type Clock, type MeiCalls, systemClock } from '../../transport/index.ts';
import { APF_TIMERS } from '../protocol/index.ts';
import { LmsError } from './errors.ts';
import { Lme, type LmeNews } from './lme.ts';
import { connectedPair } from './pair.ts';

export interface TunnelOptions {
  /** Ends the attempt to open with MEI_ERR_CANCELLED. */
  readonly signal?: AbortSignal | undefined;
  /** The native calls; the addon's when left out. */
  readonly calls?: MeiCalls | undefined;
  readonly clock?: Clock | undefined;
}

export interface Tunnel {
  /**
   * Connects to a port of AMT, 16992 for example, and resolves when AMT has taken the connection. Rejects with an
   * LmsError: AMT does not offer the port, takes no connection now, or the session has ended. The stream is one as a TCP
   * connection is; it is closed with the error ECONNRESET when AMT's end is gone before everything was read.
   */
  connect(port: number): Promise<Duplex>;
  /** Ends every connection, and the session; resolves when all is closed. Twice is once. */
  close(): Promise<void>;
}

/**
 * Opens LME of the device at `path`, /dev/mei0 for example. Rejects with a MeiError: MEI_ERR_BUSY where a management
 * service runs, which then listens on 127.0.0.1; MEI_ERR_NO_CLIENT where AMT is absent or disabled.
 */
export async function openTunnel(path: string, options: TunnelOptions = {}): Promise<Tunnel> {
  const tunnel = new LmeTunnel(path, options);
  await tunnel.open(options.signal);
  return tunnel;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: LmsError) => void;
}

class LmeTunnel implements Tunnel {
  readonly #lme: Lme;
  readonly #clock: Clock;
  readonly #offered = new Set<number>();
  /** Who waits for a port to be offered; called when there is a reason to look. */
  readonly #hopeful = new Set<() => void>();
  /** Connections that AMT has not answered yet. */
  readonly #asked = new Map<number, Waiting>();
  #over: string | undefined;

  constructor(path: string, { calls, clock }: TunnelOptions) {
    this.#clock = clock ?? systemClock;
    this.#lme = new Lme({
      path,
      calls,
      clock,
      retry: false,
      onNews: (news) => this.#hear(news),
      ports: {
        listen: async () => true,
        unlisten: (port) => void this.#offered.delete(port),
        reach: async () => undefined,
        send: () => {},
      },
    });
    void this.#lme.ended.then((why) => {
      this.#over = why;
      this.#lookAgain();
    });
  }

  open(signal: AbortSignal | undefined): Promise<void> {
    return this.#lme.start(signal);
  }

  async connect(port: number): Promise<Duplex> {
    await this.#offer(port);
    const [ours, theirs] = connectedPair();
    // Nobody may have it yet, or any more, when the session ends.
    theirs.on('error', () => {});
    const connection = this.#lme.add(ours);
    return new Promise((resolve, reject) => {
      this.#asked.set(connection, { resolve: () => resolve(theirs), reject });
      // A program that is in this process has no port: the number tells its connections apart in the firmware's log.
      const originatorPort = EPHEMERAL + (connection % EPHEMERAL_COUNT);
      this.#lme.accept(connection, { port, originatorAddress: '127.0.0.1', originatorPort });
    });
  }

  close(): Promise<void> {
    return this.#lme.stop(0);
  }

  /** Resolves when AMT offers the port; it asks for its ports one by one. */
  async #offer(port: number): Promise<void> {
    const deadline = this.#clock.now() + APF_TIMERS.start.ms;
    while (!this.#offered.has(port)) {
      if (this.#over !== undefined) throw new LmsError('LMS_ERR_ENDED', this.#over);
      if (this.#clock.now() >= deadline) throw new LmsError('LMS_ERR_NOT_OFFERED', `(${port})`);
      await this.#change(deadline);
    }
  }

  #change(deadline: number): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        this.#clock.cancel(timer);
        this.#hopeful.delete(look);
        resolve();
      };
      const timer = this.#clock.schedule(deadline, look);
      this.#hopeful.add(look);
    });
  }

  #lookAgain(): void {
    for (const look of this.#hopeful) look();
  }

  #hear(news: LmeNews): void {
    switch (news.type) {
      case 'listening':
        this.#offered.add(news.port);
        return this.#lookAgain();
      case 'opened':
        return this.#answered(news.connection)?.resolve();
      case 'refused':
        return this.#answered(news.connection)?.reject(new LmsError('LMS_ERR_REFUSED', news.reason));
      case 'over':
        return this.#answered(news.connection)?.reject(new LmsError('LMS_ERR_ENDED'));
      default:
    }
  }

  #answered(connection: number): Waiting | undefined {
    const waiting = this.#asked.get(connection);
    this.#asked.delete(connection);
    return waiting;
  }
}

/** Ports of programs that connect. Source: RFC 6335 §6. */
const EPHEMERAL = 49152;
const EPHEMERAL_COUNT = 16384;
