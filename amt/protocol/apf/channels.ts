/**
 * The channels of a session and the connections that they carry: how they open and close. Either side has the same; who
 * opens what and why is the session's, and what goes through them is `flow.ts`.
 */
import type { AmtErrorCode } from '../errors.ts';
import { Channel, type ChannelPhase } from './channel.ts';
import { encodeApf } from './codec.ts';
import type { CarrierOutput, ConnectionInput, ConnectionOutput } from './contract.ts';
import { Flow, type FlowOptions } from './flow.ts';
import { APF_OPEN_FAILURE, type ApfMessage, type ApfMessageOf, type ApfName } from './messages.ts';
import { APF_TIMERS } from './timers.ts';

/** The session, as its channels see it. */
export interface ChannelsOwner {
  put(output: ConnectionOutput | CarrierOutput): void;
  /** The other side has accepted a channel that we opened. */
  opened(channel: Channel): void;
  /**
   * A channel that we opened, or wanted to, cannot be had: the owner makes it wait again or forgets it. `code`: the other
   * side's reason.
   */
  refused(nowMs: number, channel: Channel, why: string, code?: number): void;
  /** A channel is free again. */
  freed(nowMs: number): void;
  /** The other side did what it should not, which is ignored. */
  problem(code: AmtErrorCode, message: ApfName, detail: string): void;
  /** The session cannot go on. */
  broken(nowMs: number, why: string): void;
}

export interface ChannelsOptions extends FlowOptions {
  /** Bytes that the other side may send before they were taken. */
  readonly window: number;
}

export interface OpenTarget {
  readonly connectedAddress: string;
  readonly connectedPort: number;
  readonly originatorAddress: string;
  readonly originatorPort: number;
}

const ID_MAX = 0xffff;

export class Channels {
  readonly #owner: ChannelsOwner;
  readonly #window: number;
  readonly #flow: Flow;
  readonly #byId = new Map<number, Channel>();
  readonly #byConnection = new Map<number, Channel>();
  #lastId = 0;

  constructor(owner: ChannelsOwner, options: ChannelsOptions) {
    this.#owner = owner;
    this.#window = options.window;
    this.#flow = new Flow(options, {
      put: (output) => owner.put(output),
      end: (nowMs, channel) => this.#end(nowMs, channel),
    });
  }

  /** A carrier for messages of this length is there. */
  start(maxMessageLength: number): void {
    this.#flow.start(maxMessageLength);
  }

  /** Channels that one side opened and that are not closed by both. */
  count(ours: boolean): number {
    let count = 0;
    for (const channel of this.#byId.values()) if (channel.isOurs === ours) count++;
    return count;
  }

  /** Bytes that wait to be sent. */
  get queued(): number {
    let bytes = 0;
    for (const channel of this.#byConnection.values()) bytes += channel.queued;
    return bytes;
  }

  /** Whether the other side has not answered in time about any channel that we opened. */
  get areOursOverdue(): boolean {
    for (const channel of this.#byId.values()) if (channel.isOurs && !channel.overdue) return false;
    return true;
  }

  byConnection(connection: number): Channel | undefined {
    return this.#byConnection.get(connection);
  }

  byId(id: number): Channel | undefined {
    return this.#byId.get(id);
  }

  /** A connection for which a channel will be opened. */
  add(connection: number): Channel {
    const channel = new Channel('waiting', connection);
    this.#byConnection.set(connection, channel);
    return channel;
  }

  /** Asks the other side for it. */
  open(nowMs: number, channel: Channel, type: string, target: OpenTarget): void {
    channel.phase = 'opening';
    this.#number(channel);
    channel.deadline = nowMs + APF_TIMERS.open.ms;
    channel.rxWindow = this.#window;
    this.#send({
      name: 'CHANNEL_OPEN',
      channelType: type,
      senderChannel: channel.id,
      initialWindow: channel.rxWindow,
      ...target,
    });
  }

  /** The other side asks for one: it is `accept`ed or `deny`ed later. */
  ask(message: ApfMessageOf<'CHANNEL_OPEN'>, deadline?: number): Channel {
    const channel = new Channel('asked', undefined);
    this.#number(channel);
    channel.peerId = message.senderChannel;
    channel.txWindow = message.initialWindow;
    channel.rxWindow = this.#window;
    channel.deadline = deadline;
    return channel;
  }

  /** Gives it its connection, if it has none yet. */
  name(channel: Channel, connection: number): void {
    channel.connection = connection;
    this.#byConnection.set(connection, channel);
  }

  accept(nowMs: number, channel: Channel): void {
    channel.phase = 'open';
    this.#send({
      name: 'CHANNEL_OPEN_CONFIRMATION',
      recipientChannel: channel.peerId,
      senderChannel: channel.id,
      initialWindow: channel.rxWindow,
    });
    this.#flow.flush(nowMs, channel);
  }

  deny(nowMs: number, channel: Channel, reason: number): void {
    this.refuse(channel.peerId, reason);
    this.forget(channel);
    this.#free(nowMs, channel);
  }

  /** Answers a CHANNEL_OPEN for which there is no channel. */
  refuse(recipientChannel: number, reason: number): void {
    this.#send({ name: 'CHANNEL_OPEN_FAILURE', recipientChannel, reason });
  }

  /** Its connection is over. */
  forget(channel: Channel): void {
    if (channel.connection !== undefined) this.#byConnection.delete(channel.connection);
    channel.connection = undefined;
    channel.dropQueue();
  }

  /** Everything ends; nothing is sent about it. */
  endAll(nowMs: number, why: string): void {
    const connected = [...this.#byConnection.values()];
    this.#byId.clear();
    this.#byConnection.clear();
    for (const channel of connected) {
      channel.dropQueue();
      if (channel.phase === 'waiting' || channel.phase === 'opening')
        this.#owner.refused(nowMs, channel, why);
      else this.#owner.put({ type: 'closed', connection: channel.connection! });
    }
  }

  handle(nowMs: number, input: ConnectionInput): void {
    const channel = this.#byConnection.get(input.connection);
    if (channel === undefined) return;
    switch (input.type) {
      case 'data':
        return this.#flow.enqueue(nowMs, channel, input.bytes);
      case 'taken':
        return this.#flow.taken(nowMs, channel, input.byteCount);
      case 'end':
        channel.ended = true;
        channel.isGone ||= input.isGone === true;
        return this.#flow.settle(nowMs, channel);
      case 'abort':
        if (channel.phase === 'open') this.#close(nowMs, channel);
        else if (channel.phase === 'asked') this.deny(nowMs, channel, APF_OPEN_FAILURE.CONNECT_FAILED);
        else this.forget(channel);
    }
  }

  congested(nowMs: number, yes: boolean): void {
    this.#flow.congested(nowMs, yes, this.#byConnection.values());
  }

  /** A message about a channel that there should be. */
  receive(nowMs: number, message: ApfChannelMessage): void {
    const channel = this.#byId.get(message.recipientChannel);
    const due: readonly ChannelPhase[] = DUE_IN[message.name];
    if (channel === undefined || !due.includes(channel.phase)) {
      const where = channel === undefined ? 'there is no such channel' : `the channel is ${channel.phase}`;
      this.#owner.problem(
        'AMT_ERR_UNEXPECTED',
        message.name,
        `Channel ${message.recipientChannel}: ${where}.`,
      );
      return;
    }
    switch (message.name) {
      case 'CHANNEL_DATA': {
        if (this.#flow.receive(nowMs, channel, message.data)) return;
        const detail = `${message.data.length} bytes, ${channel.rxWindow} were allowed: the channel is closed.`;
        this.#owner.problem('AMT_ERR_LENGTH', message.name, detail);
        return this.#end(nowMs, channel);
      }
      case 'CHANNEL_WINDOW_ADJUST':
        if (this.#flow.adjust(nowMs, channel, message.bytesToAdd)) return;
        return this.#owner.broken(nowMs, 'A window was made larger than it can be.');
      case 'CHANNEL_OPEN_CONFIRMATION':
        return this.#confirmed(nowMs, channel, message);
      case 'CHANNEL_OPEN_FAILURE':
        this.#byId.delete(channel.id);
        if (channel.connection === undefined) return this.#owner.freed(nowMs);
        return this.#owner.refused(nowMs, channel, 'It was refused.', message.reason);
      case 'CHANNEL_CLOSE': {
        if (channel.phase === 'open') this.#send({ name: 'CHANNEL_CLOSE', recipientChannel: channel.peerId });
        this.#detach(channel);
        this.#free(nowMs, channel);
      }
    }
  }

  nextTimeoutAt(): number | undefined {
    let next: number | undefined;
    for (const { deadline } of this.#byId.values()) {
      if (deadline !== undefined && (next === undefined || deadline < next)) next = deadline;
    }
    return next;
  }

  handleTimeout(nowMs: number): void {
    for (const channel of [...this.#byId.values()]) {
      if (channel.deadline === undefined || channel.deadline > nowMs) continue;
      channel.deadline = undefined;
      if (channel.phase === 'open') this.#end(nowMs, channel);
      else if (channel.phase === 'asked') this.deny(nowMs, channel, APF_OPEN_FAILURE.CONNECT_FAILED);
      else {
        channel.overdue = true;
        if (channel.connection !== undefined)
          this.#owner.refused(nowMs, channel, 'It was not answered in time.');
      }
    }
  }

  #confirmed(nowMs: number, channel: Channel, message: ApfMessageOf<'CHANNEL_OPEN_CONFIRMATION'>): void {
    channel.peerId = message.senderChannel;
    channel.txWindow = message.initialWindow;
    channel.deadline = undefined;
    channel.overdue = false;
    if (channel.connection === undefined) return this.#close(nowMs, channel);
    channel.phase = 'open';
    channel.paused = false;
    this.#owner.opened(channel);
    this.#flow.flush(nowMs, channel);
  }

  /** Closes it and lets the connection know. */
  #end(nowMs: number, channel: Channel): void {
    this.#detach(channel);
    this.#close(nowMs, channel);
  }

  #close(nowMs: number, channel: Channel): void {
    this.forget(channel);
    channel.phase = 'closing';
    channel.deadline = nowMs + APF_TIMERS.close.ms;
    this.#send({ name: 'CHANNEL_CLOSE', recipientChannel: channel.peerId });
  }

  #detach(channel: Channel): void {
    const { connection } = channel;
    this.forget(channel);
    if (connection !== undefined) this.#owner.put({ type: 'closed', connection });
  }

  #free(nowMs: number, channel: Channel): void {
    this.#byId.delete(channel.id);
    this.#owner.freed(nowMs);
  }

  /** Numbers go round: one that was just closed is not used again soon. */
  #number(channel: Channel): void {
    do this.#lastId = (this.#lastId % ID_MAX) + 1;
    while (this.#byId.has(this.#lastId));
    channel.id = this.#lastId;
    this.#byId.set(channel.id, channel);
  }

  #send(message: ApfMessage): void {
    this.#owner.put({ type: 'send', bytes: encodeApf(message) });
  }
}

/** The messages that name a channel of their receiver, and the phases of it in which they may come. */
const DUE_IN = {
  CHANNEL_OPEN_CONFIRMATION: ['opening'],
  CHANNEL_OPEN_FAILURE: ['opening'],
  // What was on its way when we closed.
  CHANNEL_WINDOW_ADJUST: ['open', 'closing'],
  CHANNEL_DATA: ['open', 'closing'],
  CHANNEL_CLOSE: ['open', 'closing'],
} as const satisfies { readonly [N in ApfName]?: readonly ChannelPhase[] };
export type ApfChannelMessage = Extract<ApfMessage, { name: keyof typeof DUE_IN }>;

export function isAboutChannel(message: ApfMessage): message is ApfChannelMessage {
  return message.name in DUE_IN;
}
