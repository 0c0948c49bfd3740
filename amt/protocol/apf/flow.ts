/** What goes through open channels: bytes within the windows of either side, and how long silence may last. */
import type { Channel } from './channel.ts';
import { encodeApf } from './codec.ts';
import type { CarrierOutput, ConnectionOutput } from './contract.ts';
import { APF_DATA_HEADER, APF_WINDOW_MAX } from './messages.ts';
import { APF_TIMERS } from './timers.ts';

export interface FlowOptions {
  /** Bytes that were taken after which the other side may send as many more. */
  readonly adjustAt: number;
  /** A connection that sends no more may still get an answer. */
  readonly halfClose: boolean;
}

export interface FlowOwner {
  put(output: ConnectionOutput | CarrierOutput): void;
  /** Nothing more goes through it. */
  end(nowMs: number, channel: Channel): void;
}

/** Bytes in the queue of a channel at which its connection is paused, and below which it is resumed. */
const PAUSE_AT = 0x8000;
const RESUME_BELOW = 0x4000;

export class Flow {
  readonly #options: FlowOptions;
  readonly #owner: FlowOwner;
  #congested = false;
  /** Bytes of data in one message. */
  #dataMax = 0;

  constructor(options: FlowOptions, owner: FlowOwner) {
    this.#options = options;
    this.#owner = owner;
  }

  start(maxMessageLength: number): void {
    this.#dataMax = maxMessageLength - APF_DATA_HEADER;
    this.#congested = false;
  }

  /** Bytes of the connection. */
  enqueue(nowMs: number, channel: Channel, bytes: Uint8Array): void {
    if (channel.ended) return;
    channel.enqueue(bytes);
    if (channel.phase === 'open') this.flush(nowMs, channel);
    if (channel.paused || channel.queued < PAUSE_AT || channel.connection === undefined) return;
    channel.paused = true;
    this.#owner.put({ type: 'pause', connection: channel.connection });
  }

  /** Sends what may be sent. */
  flush(nowMs: number, channel: Channel): void {
    while (this.#sendNext(channel));
    this.settle(nowMs, channel);
  }

  congested(nowMs: number, yes: boolean, channels: Iterable<Channel>): void {
    this.#congested = yes;
    const hungry = new Set([...channels].filter(({ queued }) => queued > 0));
    // One message of each in turn, by putting it behind the others: the many bytes of one are not before the few of another.
    for (const channel of hungry) {
      hungry.delete(channel);
      if (this.#sendNext(channel)) hungry.add(channel);
      else this.settle(nowMs, channel);
    }
  }

  /** The connection has taken bytes that were given to it. */
  taken(nowMs: number, channel: Channel, byteCount: number): void {
    const count = Math.min(byteCount, channel.given);
    channel.given -= count;
    channel.owed += count;
    if (channel.phase !== 'open') return;
    if (channel.owed >= this.#options.adjustAt && channel.owed > 0) {
      const bytesToAdd = channel.owed;
      channel.owed = 0;
      channel.rxWindow += bytesToAdd;
      const bytes = encodeApf({
        name: 'CHANNEL_WINDOW_ADJUST',
        recipientChannel: channel.peerId,
        bytesToAdd,
      });
      this.#owner.put({ type: 'send', bytes });
    }
    this.settle(nowMs, channel);
  }

  /** Bytes of the other side. False when they are more than it may send. */
  receive(nowMs: number, channel: Channel, data: Uint8Array): boolean {
    if (channel.phase !== 'open' || channel.connection === undefined || data.length === 0) return true;
    if (data.length > channel.rxWindow) return false;
    channel.rxWindow -= data.length;
    channel.given += data.length;
    channel.answered = true;
    this.#owner.put({ type: 'data', connection: channel.connection, bytes: data });
    this.settle(nowMs, channel);
    return true;
  }

  /** The other side takes more. False when it cannot be so many. */
  adjust(nowMs: number, channel: Channel, bytesToAdd: number): boolean {
    if (channel.phase !== 'open') return true;
    if (channel.txWindow + bytesToAdd > APF_WINDOW_MAX) return false;
    channel.txWindow += bytesToAdd;
    this.flush(nowMs, channel);
    return true;
  }

  /** After anything that happened to a channel: how long it may stay as it is. */
  settle(nowMs: number, channel: Channel): void {
    if (channel.phase !== 'open') return;
    channel.deadline = undefined;
    if (channel.queued > 0) {
      if (channel.txWindow === 0 || this.#congested) channel.deadline = nowMs + APF_TIMERS.stall.ms;
    } else if (channel.ended) {
      // A service that the other side has reached ends when all is said: no answer is to come.
      const isOver = channel.isGone || !this.#options.halfClose || !channel.isOurs;
      if (isOver) return this.#owner.end(nowMs, channel);
      // While the program has not read what is there, the silence is its own.
      if (channel.given > 0) return;
      const { ms } = channel.answered ? APF_TIMERS.answered : APF_TIMERS.unanswered;
      channel.deadline = nowMs + ms;
    }
  }

  #sendNext(channel: Channel): boolean {
    if (this.#congested || channel.phase !== 'open') return false;
    const bytes = channel.nextMessage(this.#dataMax);
    if (bytes === undefined) return false;
    this.#owner.put({ type: 'send', bytes });
    if (channel.paused && channel.queued < RESUME_BELOW && channel.connection !== undefined) {
      channel.paused = false;
      if (!channel.ended) this.#owner.put({ type: 'resume', connection: channel.connection });
    }
    return true;
  }
}
