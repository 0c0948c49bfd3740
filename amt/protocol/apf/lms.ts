/**
 * The host's side of APF over LME, as the local management service runs it: listens on the ports that the firmware asks
 * for and carries each connection to them over a channel. Without I/O: see `contract.ts`.
 */
import { enumEntries } from '../../../sap/index.ts';
import type { Channel } from './channel.ts';
import type { LmsInput, LmsOutput } from './contract.ts';
import { Forwards } from './forwards.ts';
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
import { APF_QUICK_TRIES, APF_TIMERS } from './timers.ts';
import { type Accept, Waiting } from './waiting.ts';

export interface LmsOptions {
  /** Channels at the same time. Firmware is said to have 8. */
  readonly channels?: number;
  /** Connections that wait for a channel. */
  readonly waiting?: number;
  /** Ports that are listened on. */
  readonly ports?: number;
}

/** Bytes that the firmware may send before they were taken, in each channel. Source: MPS has the same. */
const WINDOW = 0x8000;
/** Channels of the firmware to services of the host, asked for or open. */
const REACHED_MAX = 8;
/** APF's version. */
const MAJOR = 1;
const MINOR = 0;

export class LmsSession extends ApfSession<LmsOutput> {
  readonly #channelsMax: number;
  readonly #waitingMax: number;
  readonly #forwards: Forwards;
  readonly #waiting = new Waiting();
  /** The firmware had no channel left, and none has become free since. */
  #full = false;
  /** When the firmware must have asked for a port. */
  #startBy: number | undefined;
  #failures = 0;
  #stopping = false;

  constructor(options: LmsOptions = {}) {
    super('firmware', { window: WINDOW, adjustAt: WINDOW / 2, halfClose: true });
    this.#channelsMax = options.channels ?? 8;
    this.#waitingMax = options.waiting ?? 1024;
    this.#forwards = new Forwards(
      {
        put: (output) => this.put(output),
        send: (message) => this.send(message),
        listening: () => {
          this.#failures = 0;
        },
      },
      options.ports ?? 16,
    );
  }

  /** Connections that wait for a channel. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Something happened. Then drain `poll`. */
  handle(nowMs: number, input: LmsInput): void {
    switch (input.type) {
      case 'listening':
        return this.#forwards.listening(input.id, input.ok);
      case 'accept':
        return this.#accept(nowMs, input);
      case 'reached':
        return this.#reached(nowMs, input.id, input.connection);
      case 'stop':
        return this.#stop(nowMs);
      case 'end':
      case 'abort':
        this.handleCommon(nowMs, input);
        return this.#leave(nowMs, input.connection, input.type === 'abort');
      default:
        return this.handleCommon(nowMs, input);
    }
  }

  /** When `handleTimeout` is to be called at the latest, on the clock of `handle`. */
  nextTimeoutAt(): number | undefined {
    const times = [this.channels.nextTimeoutAt(), this.#waiting.untilMs, this.#startBy];
    return times.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a));
  }

  /** Time has passed. Then drain `poll`. */
  handleTimeout(nowMs: number): void {
    if (this.#startBy !== undefined && this.#startBy <= nowMs) {
      const why = 'The firmware asked for no port in time.';
      return this.fail(nowMs, APF_DISCONNECT.BY_APPLICATION, why);
    }
    this.channels.handleTimeout(nowMs);
    for (let late = this.#waiting.overdue(nowMs); late; late = this.#waiting.overdue(nowMs)) {
      this.refused(nowMs, late, 'No channel of the firmware became free in time.');
    }
    if (!this.#hasRoom && this.channels.areOursOverdue)
      this.fail(nowMs, APF_DISCONNECT.BY_APPLICATION, 'The firmware answers no more about its channels.');
  }

  opened({ connection }: Channel): void {
    this.#waiting.remove(connection!);
    this.put({ type: 'opened', connection: connection! });
  }

  refused(nowMs: number, channel: Channel, why: string, code?: number): void {
    const connection = channel.connection!;
    // The firmware has fewer channels than we thought, but some: it is the next one's turn.
    if (code === APF_OPEN_FAILURE.RESOURCE_SHORTAGE && this.channels.count(true) > 0) {
      channel.phase = 'waiting';
      channel.deadline = undefined;
      this.#full = true;
      return this.#waiting.putBack(connection);
    }
    this.#waiting.remove(connection);
    this.channels.forget(channel);
    const reason = code === undefined ? why : `The firmware refused it: ${reasonOf(code)}`;
    this.put({ type: 'refused', connection, reason });
    if (this.channels.count(true) === 0) this.#full = false;
    this.#openNext(nowMs);
  }

  freed(nowMs: number): void {
    this.#full = false;
    this.#openNext(nowMs);
  }

  protected override onConnected(nowMs: number): void {
    this.#startBy = nowMs + APF_TIMERS.start.ms;
  }

  protected override onOver(_nowMs: number, why: string | undefined): void {
    this.#forwards.clear();
    this.#waiting.clear();
    this.#full = false;
    this.#startBy = undefined;
    if (why === undefined) return;
    const { ms } = ++this.#failures <= APF_QUICK_TRIES ? APF_TIMERS.retry : APF_TIMERS.slowRetry;
    this.put({ type: 'disconnect', why, retryAfterMs: this.#stopping ? undefined : ms });
  }

  protected override onMessage(nowMs: number, message: ApfMessage): void {
    switch (message.name) {
      case 'PROTOCOLVERSION':
        return this.#onVersion(nowMs, message);
      case 'SERVICE_REQUEST':
        return this.#onServiceRequest(nowMs, message);
      case 'USERAUTH_PASSWORD':
      case 'USERAUTH_NONE':
      case 'USERAUTH_REQUEST':
        // Who is inside of the same machine need not say who it is.
        if (this.#isTooEarly(nowMs, message, 'agreed')) return;
        return this.send({ name: 'USERAUTH_SUCCESS' });
      case 'TCPIP_FORWARD':
        if (this.#isUnready(nowMs, message)) return;
        this.#startBy = undefined;
        return this.#forwards.request(message);
      case 'CANCEL_TCPIP_FORWARD':
        if (this.#isUnready(nowMs, message)) return;
        return this.#forwards.cancel(message);
      case 'UDP_SEND_TO': {
        if (this.#isTooEarly(nowMs, message, 'started')) return;
        const { name: _, wantReply: __, ...datagram } = message;
        return this.put({ type: 'udp', ...datagram });
      }
      case 'GLOBAL_REQUEST':
        if (this.#isUnready(nowMs, message)) return;
        this.problem('AMT_ERR_UNKNOWN', message.name, `It requests ${JSON.stringify(message.request)}.`);
        if (message.wantReply) this.#forwards.refuse();
        return;
      case 'CHANNEL_OPEN':
        if (this.#isTooEarly(nowMs, message, 'started')) return;
        return this.#onOpen(nowMs, message);
      default:
        this.problem('AMT_ERR_UNEXPECTED', message.name, 'It is ignored.');
    }
  }

  #stop(nowMs: number): void {
    this.#stopping = true;
    const why = 'The local service stops.';
    if (this.phase === 'off') this.onOver(nowMs, why);
    else this.fail(nowMs, APF_DISCONNECT.BY_APPLICATION, why);
    this.enter('stopped');
  }

  #onVersion(nowMs: number, { major }: ApfMessageOf<'PROTOCOLVERSION'>): void {
    if (major !== MAJOR) {
      const why = `The firmware speaks version ${major} of APF, which is not known.`;
      return this.fail(nowMs, APF_DISCONNECT.VERSION_NOT_SUPPORTED, why);
    }
    if (this.phase === 'version') this.enter('agreed');
    const uuid = '00000000-0000-0000-0000-000000000000';
    this.send({ name: 'PROTOCOLVERSION', major: MAJOR, minor: MINOR, trigger: APF_TRIGGER.LOCAL, uuid });
  }

  #onServiceRequest(nowMs: number, message: ApfMessageOf<'SERVICE_REQUEST'>): void {
    if (this.#isTooEarly(nowMs, message, 'agreed')) return;
    const service = Object.values(APF_SERVICE).find((known) => known === message.service.toLowerCase());
    if (service === undefined) {
      const why = `The firmware asked for the service ${JSON.stringify(message.service.slice(0, 40))}, which is not known.`;
      return this.fail(nowMs, APF_DISCONNECT.SERVICE_NOT_AVAILABLE, why);
    }
    this.send({ name: 'SERVICE_ACCEPT', service });
    if (service !== APF_SERVICE.PFWD || this.phase === 'started') return;
    this.enter('started');
    this.put({ type: 'started' });
  }

  #isTooEarly(nowMs: number, { name }: ApfMessage, needs: 'agreed' | 'started'): boolean {
    if (this.phase === 'started' || (this.phase === 'agreed' && needs === 'agreed')) return false;
    this.broken(nowMs, `${name} came too early.`);
    return true;
  }

  /** A request that is answered. */
  #isUnready(nowMs: number, message: ApfMessage): boolean {
    if (this.#isTooEarly(nowMs, message, 'started')) return true;
    if (!this.#forwards.isCrowded) return false;
    this.broken(nowMs, 'The firmware makes more requests than it waits for answers.');
    return true;
  }

  /** The firmware wants to reach a service of the host. */
  #onOpen(nowMs: number, message: ApfMessageOf<'CHANNEL_OPEN'>): void {
    const { channelType, senderChannel, connectedAddress, connectedPort } = message;
    if (channelType.toLowerCase() !== APF_CHANNEL_TYPE.DIRECT)
      return this.channels.refuse(senderChannel, APF_OPEN_FAILURE.UNKNOWN_TYPE);
    if (connectedPort > 0xffff) return this.channels.refuse(senderChannel, APF_OPEN_FAILURE.CONNECT_FAILED);
    if (this.channels.count(false) >= REACHED_MAX)
      return this.channels.refuse(senderChannel, APF_OPEN_FAILURE.RESOURCE_SHORTAGE);
    const { id } = this.channels.ask(message, nowMs + APF_TIMERS.reach.ms);
    this.put({
      type: 'reach',
      id,
      address: connectedAddress,
      port: connectedPort,
      originatorAddress: message.originatorAddress,
      originatorPort: message.originatorPort,
    });
  }

  #reached(nowMs: number, id: number, connection: number | undefined): void {
    const channel = this.channels.byId(id);
    if (channel?.phase !== 'asked') {
      if (connection !== undefined) this.put({ type: 'refused', connection, reason: 'It came too late.' });
    } else if (connection === undefined) {
      this.channels.deny(nowMs, channel, APF_OPEN_FAILURE.CONNECT_FAILED);
    } else {
      this.channels.name(channel, connection);
      this.channels.accept(nowMs, channel);
    }
  }

  #accept(nowMs: number, accept: Accept): void {
    const { connection } = accept;
    const refuse = (reason: string) => this.put({ type: 'refused', connection, reason });
    if (this.phase !== 'started' || !this.#forwards.isOpen(accept.port))
      return refuse(`The firmware does not serve port ${accept.port} now.`);
    if (!this.#hasRoom && this.#waiting.length >= this.#waitingMax)
      return refuse(`${this.#waitingMax} connections wait for a channel of the firmware already.`);
    this.#waiting.add(this.channels.add(connection), accept, nowMs + APF_TIMERS.waiting.ms);
    this.#openNext(nowMs);
  }

  /** Whether the firmware may have a channel for one more. */
  get #hasRoom(): boolean {
    return !this.#full && this.channels.count(true) < this.#channelsMax;
  }

  /** As many as there are channels for. */
  #openNext(nowMs: number): void {
    while (this.phase === 'started' && this.#hasRoom) {
      const next = this.#waiting.next();
      if (next === undefined) return;
      const { originatorAddress: given, originatorPort, port } = next.accept;
      const originatorAddress = given.replace(/^::ffff:(?=\d+\.)/i, '');
      this.channels.open(nowMs, next.channel, APF_CHANNEL_TYPE.FORWARDED, {
        connectedAddress: originatorAddress.includes(':') ? '::1' : '127.0.0.1',
        connectedPort: port,
        originatorAddress,
        originatorPort,
      });
    }
  }

  /** A connection that waits is gone, or has ended without a word: nothing is to be asked for it. */
  #leave(nowMs: number, connection: number, isGone: boolean): void {
    const channel = this.#waiting.find(connection);
    if (isGone) this.#waiting.remove(connection);
    else if (channel?.queued === 0)
      this.refused(nowMs, channel, 'It ended before there was a channel for it.');
  }
}

const OPEN_FAILURES = enumEntries(APF_OPEN_FAILURE);

function reasonOf(code: number): string {
  return OPEN_FAILURES.find(({ value }) => value === code)?.doc ?? `reason ${code}.`;
}
