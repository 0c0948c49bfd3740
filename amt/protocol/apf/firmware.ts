/**
 * The firmware's side of APF over LME: asks the host for ports, serves the connections to them, and reaches services of the
 * host. Without I/O: see `contract.ts`.
 */
import type { Channel } from './channel.ts';
import type { FirmwareInput, FirmwareOutput } from './contract.ts';
import {
  APF_CHANNEL_TYPE,
  APF_DISCONNECT,
  APF_OPEN_FAILURE,
  APF_SERVICE,
  APF_TRIGGER,
  type ApfMessage,
  type ApfMessageOf,
} from './messages.ts';
import { ApfSession } from './session.ts';

export interface FirmwareOptions {
  /** Of the machine, as text. */
  readonly uuid?: string;
  /** Channels that the host may have at the same time. */
  readonly channels?: number;
  /** Bytes that the host may send before they were taken, in each channel. */
  readonly window?: number;
}

interface Forward {
  readonly address: string;
  readonly port: number;
}
interface Request extends Forward {
  readonly isCancel: boolean;
}

const MAJOR = 1;
const MINOR = 0;

export class FirmwareSession extends ApfSession<FirmwareOutput> {
  readonly #uuid: string;
  readonly #channelsMax: number;
  /** What the host is to listen on. */
  #forwards: Forward[] = [];
  /** Requests that the host has not answered, in their order. */
  #requests: Request[] = [];
  /** Connections that were asked for by `openDirect`, with its id. */
  readonly #direct = new Map<number, number>();
  #lastConnection = 0;

  constructor(options: FirmwareOptions = {}) {
    super('host', { window: options.window ?? 4096, adjustAt: 1, halfClose: false });
    this.#uuid = options.uuid ?? '00000000-0000-0000-0000-000000000000';
    this.#channelsMax = options.channels ?? 8;
  }

  /** Something happened. Then drain `poll`. */
  handle(nowMs: number, input: FirmwareInput): void {
    switch (input.type) {
      case 'forward':
        return this.#forward(input);
      case 'cancel':
        return this.#cancel(input);
      case 'accepted':
      case 'denied': {
        const channel = this.channels.byConnection(input.connection);
        if (channel?.phase !== 'asked') return;
        if (input.type === 'accepted') return this.channels.accept(nowMs, channel);
        return this.channels.deny(nowMs, channel, input.reason);
      }
      case 'openDirect':
        return this.#openDirect(nowMs, input);
      case 'udpSend': {
        if (this.phase !== 'started') return;
        const { type: _, ...datagram } = input;
        return this.send({ name: 'UDP_SEND_TO', wantReply: false, ...datagram });
      }
      default:
        return this.handleCommon(nowMs, input);
    }
  }

  /** When `handleTimeout` is to be called at the latest, on the clock of `handle`. */
  nextTimeoutAt(): number | undefined {
    return this.channels.nextTimeoutAt();
  }

  /** Time has passed. Then drain `poll`. */
  handleTimeout(nowMs: number): void {
    this.channels.handleTimeout(nowMs);
  }

  opened({ connection }: Channel): void {
    const id = this.#direct.get(connection!)!;
    this.#direct.delete(connection!);
    this.put({ type: 'reached', id, connection: connection! });
  }

  refused(_nowMs: number, channel: Channel): void {
    const id = this.#direct.get(channel.connection!)!;
    this.#direct.delete(channel.connection!);
    this.channels.forget(channel);
    this.put({ type: 'reached', id, connection: undefined });
  }

  freed(): void {}

  protected override onConnected(): void {
    const { LOCAL } = APF_TRIGGER;
    this.send({ name: 'PROTOCOLVERSION', major: MAJOR, minor: MINOR, trigger: LOCAL, uuid: this.#uuid });
  }

  protected override onOver(_nowMs: number, why: string | undefined): void {
    this.#requests = [];
    if (why !== undefined) this.put({ type: 'disconnect', why, retryAfterMs: undefined });
  }

  protected override onMessage(nowMs: number, message: ApfMessage): void {
    switch (message.name) {
      case 'PROTOCOLVERSION':
        return this.#onVersion(nowMs, message);
      case 'SERVICE_ACCEPT':
        return this.#onAccept(nowMs, message);
      case 'REQUEST_SUCCESS':
      case 'REQUEST_FAILURE':
        return this.#onAnswer(message);
      case 'GLOBAL_REQUEST':
      case 'TCPIP_FORWARD':
      case 'CANCEL_TCPIP_FORWARD':
      case 'UDP_SEND_TO':
        if (message.wantReply) this.send({ name: 'REQUEST_FAILURE' });
        return this.problem('AMT_ERR_UNEXPECTED', message.name, 'It is refused.');
      case 'CHANNEL_OPEN':
        if (this.phase === 'started') return this.#onOpen(message);
        return this.broken(nowMs, 'CHANNEL_OPEN came before the service was started.');
      case 'KEEPALIVE_OPTIONS_REQUEST':
        return this.send({ ...message, name: 'KEEPALIVE_OPTIONS_REPLY' });
      default:
        this.problem('AMT_ERR_UNEXPECTED', message.name, 'It is ignored.');
    }
  }

  #onVersion(nowMs: number, { major }: ApfMessageOf<'PROTOCOLVERSION'>): void {
    if (major !== MAJOR) {
      const why = `The host speaks version ${major} of APF, which is not known.`;
      return this.fail(nowMs, APF_DISCONNECT.VERSION_NOT_SUPPORTED, why);
    }
    if (this.phase !== 'version') return;
    this.enter('agreed');
    this.send({ name: 'SERVICE_REQUEST', service: APF_SERVICE.PFWD });
  }

  #onAccept(nowMs: number, { service }: ApfMessageOf<'SERVICE_ACCEPT'>): void {
    if (this.phase === 'version') return this.broken(nowMs, 'SERVICE_ACCEPT came too early.');
    if (this.phase !== 'agreed' || service.toLowerCase() !== APF_SERVICE.PFWD)
      return this.problem('AMT_ERR_UNEXPECTED', 'SERVICE_ACCEPT', 'It is ignored.');
    this.enter('started');
    this.put({ type: 'started' });
    for (const forward of this.#forwards) this.#request({ ...forward, isCancel: false });
  }

  #onAnswer({ name }: ApfMessage): void {
    const request = this.#requests.shift();
    if (request === undefined) return this.problem('AMT_ERR_UNEXPECTED', name, 'Nothing was requested.');
    const { address, port, isCancel } = request;
    if (!isCancel) this.put({ type: 'forwarded', address, port, ok: name === 'REQUEST_SUCCESS' });
  }

  /** A program of the host wants a port. */
  #onOpen(message: ApfMessageOf<'CHANNEL_OPEN'>): void {
    const { channelType, senderChannel, connectedPort, originatorAddress, originatorPort } = message;
    if (channelType.toLowerCase() !== APF_CHANNEL_TYPE.FORWARDED)
      return this.channels.refuse(senderChannel, APF_OPEN_FAILURE.UNKNOWN_TYPE);
    if (connectedPort > 0xffff) return this.channels.refuse(senderChannel, APF_OPEN_FAILURE.CONNECT_FAILED);
    if (this.channels.count(false) >= this.#channelsMax)
      return this.channels.refuse(senderChannel, APF_OPEN_FAILURE.RESOURCE_SHORTAGE);
    const connection = ++this.#lastConnection;
    this.channels.name(this.channels.ask(message), connection);
    this.put({ type: 'opened', connection, port: connectedPort, originatorAddress, originatorPort });
  }

  #forward({ address, port }: Forward): void {
    if (this.#forwards.some((known) => known.address === address && known.port === port)) return;
    this.#forwards.push({ address, port });
    if (this.phase === 'started') this.#request({ address, port, isCancel: false });
  }

  #cancel({ address, port }: Forward): void {
    const left = this.#forwards.filter((known) => known.address !== address || known.port !== port);
    if (left.length === this.#forwards.length) return;
    this.#forwards = left;
    if (this.phase === 'started') this.#request({ address, port, isCancel: true });
  }

  #request(request: Request): void {
    const { isCancel, ...forward } = request;
    this.#requests.push(request);
    this.send({
      name: isCancel ? 'CANCEL_TCPIP_FORWARD' : 'TCPIP_FORWARD',
      wantReply: true,
      ...forward,
    });
  }

  #openDirect(nowMs: number, wanted: Extract<FirmwareInput, { type: 'openDirect' }>): void {
    const { id, address, port, originatorAddress, originatorPort } = wanted;
    if (this.phase !== 'started') return this.put({ type: 'reached', id, connection: undefined });
    const connection = ++this.#lastConnection;
    this.#direct.set(connection, id);
    this.channels.open(nowMs, this.channels.add(connection), APF_CHANNEL_TYPE.DIRECT, {
      connectedAddress: address,
      connectedPort: port,
      originatorAddress,
      originatorPort,
    });
  }
}
