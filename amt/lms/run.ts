/** The local management service: AMT's ports on this machine's loopback addresses. */
import type { Duplex } from 'node:stream';
import { type Clock, type MeiCalls, systemClock } from '../../transport/index.ts';
import { LmsError } from './errors.ts';
import { type AmtEvent, EventChannel } from './events.ts';
import { isTaken, Listeners, type ListenFailure } from './listeners.ts';
import { type Datagram, Lme, type LmeNews, type ReachRequest } from './lme.ts';
import { isAllowed, Rate, reach, sendDatagram, type Target } from './targets.ts';

export interface RunLmsOptions {
  /** The device: /dev/mei0. */
  readonly path: string;
  readonly onNews: (news: LmsNews) => void;
  /** Where the firmware may connect to by TCP; nowhere when left out. */
  readonly tcpTargets?: readonly Target[];
  /** Where it may send datagrams to; nowhere when left out. */
  readonly udpTargets?: readonly Target[];
  /** Who listens on one of these ports is another management service; AMT's web ports when left out. */
  readonly lookedAtFirst?: readonly number[];
  /** Ends the attempt to start with MEI_ERR_CANCELLED. */
  readonly signal?: AbortSignal | undefined;
  /** The native calls; the addon's when left out. */
  readonly calls?: MeiCalls | undefined;
  readonly clock?: Clock | undefined;
}

/** What is worth a line in a log. */
export type LmsNews =
  | LmeNews
  /** A local program has connected to a port of AMT. */
  | { readonly type: 'accepted'; readonly connection: number; readonly port: number }
  | ({ readonly type: 'notListening'; readonly port: number } & ListenFailure)
  | { readonly type: 'notListeningAnyMore'; readonly port: number }
  /** AMT tells something itself. */
  | ({ readonly type: 'event' } & AmtEvent)
  /** The firmware wanted something of this machine. */
  | {
      readonly type: 'wanted';
      readonly protocol: 'TCP' | 'UDP';
      readonly target: Target;
      readonly outcome: 'done' | 'failed' | 'not allowed' | 'too many';
    };

export interface RunningLms {
  /** Says goodbye to the firmware and ends every connection; resolves when all is closed. Twice is once. */
  stop(): Promise<void>;
}

/**
 * Serves AMT's ports until it is stopped. Rejects where only a person can help: with an LmsError when another management
 * service listens already, which is asked before the firmware is; with a MeiError when the device is not there
 * (MEI_ERR_NO_DEVICE), not permitted, or AMT's connection is another program's (MEI_ERR_BUSY). A firmware that is not
 * ready, is reset or has AMT disabled is waited for.
 */
export async function runLms(options: RunLmsOptions): Promise<RunningLms> {
  for (const port of options.lookedAtFirst ?? AMT_WEB_PORTS) {
    if (await isTaken(port)) throw new LmsError('LMS_ERR_PORT_TAKEN', `(It listens on port ${port}.)`);
  }
  const service = new Service(options);
  await service.start();
  return service;
}

class Service implements RunningLms {
  readonly #options: RunLmsOptions;
  readonly #clock: Clock;
  readonly #listeners: Listeners;
  readonly #events: EventChannel;
  readonly #lme: Lme;
  /** Streams to services that the firmware has reached: they may outlive their channels for a while. */
  readonly #reached = new Set<Duplex>();
  readonly #datagrams = new Rate(DATAGRAMS_PER_SECOND);

  constructor(options: RunLmsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { onNews, path, calls, clock } = options;
    this.#events = new EventChannel((event) => onNews({ type: 'event', ...event }));
    this.#lme = new Lme({
      path,
      calls,
      clock,
      onNews,
      retry: true,
      ports: {
        listen: (port) => this.#listen(port),
        unlisten: (port) => this.#unlisten(port),
        reach: (request) => this.#reach(request),
        send: (datagram) => void this.#send(datagram),
      },
    });
    this.#listeners = new Listeners((socket, port) => {
      const { remoteAddress: originatorAddress = '', remotePort: originatorPort = 0 } = socket;
      const connection = this.#lme.add(socket);
      onNews({ type: 'accepted', connection, port });
      this.#lme.accept(connection, { port, originatorAddress, originatorPort });
    });
  }

  start(): Promise<void> {
    return this.#lme.start(this.#options.signal);
  }

  async stop(): Promise<void> {
    this.#listeners.closeAll();
    await this.#lme.stop(STOP_MS);
  }

  async #listen(port: number): Promise<boolean> {
    const failure = await this.#listeners.listen(port);
    if (failure !== undefined) this.#options.onNews({ type: 'notListening', port, ...failure });
    return failure === undefined;
  }

  #unlisten(port: number): void {
    this.#listeners.close(port);
    this.#options.onNews({ type: 'notListeningAnyMore', port });
  }

  async #reach({ address, port }: ReachRequest) {
    const target = { address, port };
    if (this.#reached.size >= REACHED_MAX) {
      this.#wanted('TCP', target, 'too many');
      return undefined;
    }
    if (port === EVENTS) return this.#keep(this.#events.open());
    if (!isAllowed(this.#options.tcpTargets ?? [], target)) {
      this.#wanted('TCP', target, 'not allowed');
      return undefined;
    }
    const stream = await reach(target);
    this.#wanted('TCP', target, stream === undefined ? 'failed' : 'done');
    return stream && this.#keep(stream);
  }

  #keep(stream: Duplex): Duplex {
    this.#reached.add(stream);
    stream.once('close', () => this.#reached.delete(stream));
    return stream;
  }

  async #send(datagram: Datagram): Promise<void> {
    const target = { address: datagram.address, port: datagram.port };
    if (!isAllowed(this.#options.udpTargets ?? [], target)) return this.#wanted('UDP', target, 'not allowed');
    if (!this.#datagrams.pass(this.#clock.now())) return this.#wanted('UDP', target, 'too many');
    this.#wanted('UDP', target, (await sendDatagram(datagram)) ? 'done' : 'failed');
  }

  #wanted(
    protocol: 'TCP' | 'UDP',
    target: Target,
    outcome: Extract<LmsNews, { type: 'wanted' }>['outcome'],
  ): void {
    this.#options.onNews({ type: 'wanted', protocol, target, outcome });
  }
}

/** The ports that every management service listens on, one or the other. */
const AMT_WEB_PORTS = [16992, 16993] as const;
/** Where the firmware connects to with its events. */
const EVENTS = 0;
/** Local programs get so long to take what was sent to them. */
const STOP_MS = 3_000;
/** Channels to services can be eight at a time. */
const REACHED_MAX = 32;
/** Alerts are few. */
const DATAGRAMS_PER_SECOND = 10;
