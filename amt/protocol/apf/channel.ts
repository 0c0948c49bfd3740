/** One channel with the connection that it carries: the whole of its state, and its queue of bytes to send. */

import { channelData } from './codec.ts';
import { APF_DATA_HEADER } from './messages.ts';

/**
 * `waiting`: it was not asked for yet. `opening`: CHANNEL_OPEN was sent. `asked`: the other side's came and was not answered
 * yet. `closing`: our CHANNEL_CLOSE was sent, the other side's is to come.
 */
export type ChannelPhase = 'waiting' | 'opening' | 'asked' | 'open' | 'closing';

export class Channel {
  phase: ChannelPhase;
  /** The connection; undefined when there is none (yet, or any more). */
  connection: number | undefined;
  /** The number that we gave it; 0 while it waits. */
  id = 0;
  /** The number that the other side gave it. */
  peerId = 0;
  /** We opened it. */
  readonly isOurs: boolean;

  /** Bytes that we may still send. */
  txWindow = 0;
  /** Bytes that the other side may still send. */
  rxWindow = 0;
  /** Bytes that were given out and not taken yet. */
  given = 0;
  /** Bytes that were taken and not yet added to the other side's window. */
  owed = 0;

  /** Reading from the connection is paused. */
  paused = false;
  /** The connection sends no more. */
  ended = false;
  /** Nor does it read. */
  isGone = false;
  /** Since the last bytes that we sent, some came back. */
  answered = false;

  /** When the other side, or the connection, will have been waited for long enough. */
  deadline: number | undefined;
  /** It was waited for long enough, and only the other side can end it still. */
  overdue = false;

  #queue: Uint8Array[] = [];
  /** Bytes of the first of the queue that were sent. */
  #sentOfFirst = 0;
  #queued = 0;

  constructor(phase: ChannelPhase, connection: number | undefined) {
    this.phase = phase;
    this.connection = connection;
    this.isOurs = phase === 'waiting';
  }

  /** Bytes that are to be sent. */
  get queued(): number {
    return this.#queued;
  }

  enqueue(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#queue.push(bytes);
    this.#queued += bytes.length;
  }

  /** The next CHANNEL_DATA, of at most `most` bytes of data; undefined when there is nothing to send, or no window. */
  nextMessage(most: number): Uint8Array | undefined {
    const size = Math.min(this.#queued, this.txWindow, most);
    if (size === 0) return undefined;
    const message = channelData(this.peerId, size);
    let at = APF_DATA_HEADER;
    let done = 0;
    while (at < message.length) {
      const first = this.#queue[done]!;
      const end = Math.min(first.length, this.#sentOfFirst + message.length - at);
      message.set(first.subarray(this.#sentOfFirst, end), at);
      at += end - this.#sentOfFirst;
      this.#sentOfFirst = end;
      if (end < first.length) break;
      done++;
      this.#sentOfFirst = 0;
    }
    // All at once: there may be thousands of a byte each.
    if (done > 0) this.#queue.splice(0, done);
    this.#queued -= size;
    this.txWindow -= size;
    this.answered = false;
    return message;
  }

  dropQueue(): void {
    this.#queue = [];
    this.#sentOfFirst = this.#queued = 0;
  }
}
