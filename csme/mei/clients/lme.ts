/**
 * LME, the firmware's end of the local management service: AMT's ports for programs of the host, carried as channels of
 * APF over one connection of the bus.
 *
 * Each connection of the bus is a session of its own, and there is one at a time. What serves a port is given from
 * outside: it acts on its channel whenever it likes, through `turn`.
 */
import {
  APF_DATA_HEADER,
  APF_OPEN_FAILURE,
  type FirmwareInput,
  type FirmwareOutput,
  FirmwareSession,
} from '../../../amt/protocol/index.ts';
import type { Amt } from '../../amt/index.ts';
import { CONNECT_STATUS, type MeClient, type MeLink, type MeRefusal, type MeService } from '../client.ts';

export const LME_GUID = '6733a4db-0476-4e7b-b3af-bcfc29bee7a7';

export interface LmeOptions {
  readonly amt: Amt;
  /** AMT's ports for the host, and who serves each. */
  readonly ports: ReadonlyMap<number, LmePort>;
  /** Lets `task` act through links of the device: `turn` of whoever runs it. Left out: it acts at once. */
  readonly turn?: (task: () => void) => void;
}

/** Takes a connection, or does not want it. It says nothing on the channel before it has returned. */
export type LmePort = (channel: LmeChannel) => LmeChannelUser | undefined;

/** A connection as who serves it sees it. After its end everything here is without effect. */
export interface LmeChannel {
  readonly port: number;
  /** The host's program, as the management service says. */
  readonly originatorAddress: string;
  readonly originatorPort: number;
  /** `bytes` are kept until the host has them: leave them alone. */
  send(bytes: Uint8Array): void;
  /** So many bytes of those that came were taken: the host may send as many more. */
  taken(byteCount: number): void;
  /** Nothing more is sent; what is queued still goes. */
  end(): void;
  /** It is over, and what is queued is lost. */
  abort(): void;
}

export interface LmeChannelUser {
  /** `bytes` are valid during the call. */
  onData(bytes: Uint8Array): void;
  /** Enough is queued: nothing is to be sent until `onResume`. */
  onPause(): void;
  onResume(): void;
  /** The connection is over, whoever ended it but `abort`. */
  onEnd(): void;
}

export function lmeClient(options: LmeOptions): MeClient {
  return {
    name: 'LME',
    guid: LME_GUID,
    protocolVersion: 1,
    maxMessageLength: MAX_MESSAGE_LENGTH,
    maxConnections: 1,
    accept(link): MeService | MeRefusal {
      // Without AMT the firmware has no such client.
      if (!options.amt.state.enabled) return { status: CONNECT_STATUS.NOT_FOUND };
      return new LmeSession(link, options);
    },
  };
}

class LmeSession implements MeService {
  readonly #link: MeLink;
  readonly #ports: ReadonlyMap<number, LmePort>;
  readonly #turn: (task: () => void) => void;
  readonly #session: FirmwareSession;
  readonly #users = new Map<number, LmeChannelUser>();
  readonly #forgetAmt: () => void;
  #draining = false;
  /** Messages since the host had room for all. */
  #unsent = 0;
  #congested = false;

  constructor(link: MeLink, { amt, ports, turn = (task) => task() }: LmeOptions) {
    this.#link = link;
    this.#ports = ports;
    this.#turn = turn;
    this.#session = new FirmwareSession({ uuid: amt.state.uuid, window: WINDOW });
    this.#forgetAmt = amt.onChange(({ state }) => {
      if (!state.enabled) this.#turn(() => link.disconnect());
    });
    for (const port of ports.keys()) this.#session.handle(link.nowMs, { type: 'forward', address: '', port });
    this.#handle({ type: 'connected', maxMessageLength: MAX_MESSAGE_LENGTH });
  }

  onMessage(bytes: Uint8Array): void {
    this.#handle({ type: 'message', bytes });
  }

  onTaken(): void {
    this.#unsent = 0;
    if (!this.#congested) return;
    this.#congested = false;
    this.#handle({ type: 'congested', yes: false });
  }

  onWake(): void {
    this.#session.handleTimeout(this.#link.nowMs);
    this.#drain();
  }

  onClose(): void {
    this.#forgetAmt();
    this.#handle({ type: 'lost' });
  }

  #handle(input: FirmwareInput): void {
    this.#session.handle(this.#link.nowMs, input);
    this.#drain();
  }

  /** What one output leads to may make others, which then come after it. */
  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    for (let output = this.#session.poll(); output !== undefined; output = this.#session.poll()) {
      this.#perform(output);
    }
    this.#draining = false;
    this.#link.wakeAt(this.#session.nextTimeoutAt());
  }

  #perform(output: FirmwareOutput): void {
    switch (output.type) {
      case 'send':
        return this.#send(output.bytes);
      case 'disconnect':
        return this.#link.disconnect();
      case 'opened':
        return this.#opened(output);
      case 'data':
        return this.#users.get(output.connection)?.onData(output.bytes);
      case 'pause':
        return this.#users.get(output.connection)?.onPause();
      case 'resume':
        return this.#users.get(output.connection)?.onResume();
      case 'closed': {
        const user = this.#users.get(output.connection);
        this.#users.delete(output.connection);
        return user?.onEnd();
      }
      // Nothing here depends on them; `reached` answers what is never asked.
      case 'started':
      case 'forwarded':
      case 'problem':
      case 'reached':
        return;
    }
  }

  #send(bytes: Uint8Array): void {
    this.#link.send(bytes);
    if (++this.#unsent < UNSENT_MAX || this.#congested) return;
    this.#congested = true;
    this.#session.handle(this.#link.nowMs, { type: 'congested', yes: true });
  }

  #opened(opened: Extract<FirmwareOutput, { type: 'opened' }>): void {
    const { connection } = opened;
    const user = this.#ports.get(opened.port)?.(this.#channel(opened));
    if (user === undefined) {
      const reason = APF_OPEN_FAILURE.CONNECT_FAILED;
      return this.#session.handle(this.#link.nowMs, { type: 'denied', connection, reason });
    }
    this.#users.set(connection, user);
    this.#session.handle(this.#link.nowMs, { type: 'accepted', connection });
  }

  #channel(opened: Extract<FirmwareOutput, { type: 'opened' }>): LmeChannel {
    const { connection, port, originatorAddress, originatorPort } = opened;
    const act = (input: FirmwareInput) =>
      this.#turn(() => {
        if (this.#users.has(connection)) this.#handle(input);
      });
    return {
      port,
      originatorAddress,
      originatorPort,
      send: (bytes) => act({ type: 'data', connection, bytes }),
      taken: (byteCount) => act({ type: 'taken', connection, byteCount }),
      end: () => act({ type: 'end', connection }),
      abort: () => {
        act({ type: 'abort', connection });
        this.#users.delete(connection);
      },
    };
  }
}

const MAX_MESSAGE_LENGTH = 4096;
/** Of each channel: MeshCentral and rpc-go send as much as it lets them in one message. */
const WINDOW = MAX_MESSAGE_LENGTH - APF_DATA_HEADER;
/** Messages that may wait for the host before no more are made. */
const UNSENT_MAX = 32;
