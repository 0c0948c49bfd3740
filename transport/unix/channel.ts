/** One connection: a conversation on its socket. */
import { constants } from 'node:os';
import { native, POLLIN, type Watch } from '../../native/index.ts';
import type { Clock, Timer } from '../clock.ts';
import { TransportError } from '../errors.ts';
import { Conversation, type Outgoing } from './conversation.ts';
import { errnoOf, systemFailure } from './failure.ts';
import { encodeAnnouncement, encodeFrame, FRAME_HEADER_LEN, FRAME_MAX } from './framing.ts';

export interface ChannelOptions {
  readonly clock: Clock;
  readonly ackTimeoutMs: number;
  /** The other side is the driver, which announces an area first. */
  readonly expectsArea: boolean;
  /**
   * A descriptor that goes with each acknowledgement. One call never reads on behind a descriptor (unix(7)), and one that
   * does not ask for descriptors loses it. That nothing is unread says no more than that the call has taken the bytes:
   * it may still be looking for others.
   */
  readonly stop?: number | undefined;
}

export interface ChannelHandlers {
  onMessage(bytes: Uint8Array): void;
  /** The area that the other side announced; the descriptor is the handler's to close. */
  onArea(size: number, offset: bigint, descriptor: number): void;
  /** The connection is over, and the channel closed; told once, and not after `close`. */
  onLost(error: TransportError): void;
}

/**
 * Whether the other side has read everything is asked so often in turns of the event loop before a timer asks: that is
 * the time in which a side that is awake reads.
 */
const SPIN_TURNS = 200;
const RECHECK_MS = 1;
/**
 * So many turns at most the event loop stays awake after an acknowledgement: the other side may write now, and often does
 * so at once. To sleep and be woken would take longer.
 */
const LINGER_MAX = 64;

/** Owns the socket. Calls no handler from inside of its methods. */
export class UnixChannel {
  readonly #fd: number;
  readonly #clock: Clock;
  readonly #handlers: ChannelHandlers;
  readonly #conversation: Conversation;
  readonly #watch: Watch;
  readonly #bytes = new Uint8Array(FRAME_MAX);
  readonly #descriptors = new Int32Array(2);
  readonly #stop: number | undefined;
  #closed = false;
  #muted = false;
  #timer: Timer | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #lingering: NodeJS.Immediate | undefined;
  #lingerLeft = 0;
  /** How many turns the next time; 1 to LINGER_MAX, as it was worth the last times. */
  #patience = LINGER_MAX;
  #timeout: NodeJS.Timeout | undefined;
  #spins = 0;

  constructor(fd: number, options: ChannelOptions, handlers: ChannelHandlers) {
    this.#fd = fd;
    this.#clock = options.clock;
    this.#handlers = handlers;
    this.#conversation = new Conversation(options.ackTimeoutMs, options.expectsArea);
    this.#stop = options.stop;
    this.#watch = native().watch(fd, POLLIN, this.#onReadable);
  }

  /** The other side has closed, whether everything of it was read or not. */
  get hungUp(): boolean {
    return this.#closed || native().unixHungUp(this.#fd);
  }

  sendMessage(bytes: Uint8Array): void {
    this.#send(encodeFrame(bytes));
  }

  /** The descriptor is closed when it was sent, or cannot be any more. */
  announce(size: number, offset: bigint, descriptor: number): void {
    this.#send(encodeAnnouncement(size, offset), descriptor);
  }

  /** Ends the connection for a reason that is told. */
  fail(error: TransportError): void {
    if (this.#closed) return;
    this.#end();
    queueMicrotask(() => {
      if (!this.#muted) this.#handlers.onLost(error);
    });
  }

  close(): void {
    this.#muted = true;
    this.#end();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.close();
    if (this.#timer !== undefined) this.#clock.cancel(this.#timer);
    clearImmediate(this.#immediate);
    clearImmediate(this.#lingering);
    clearTimeout(this.#timeout);
    native().unixClose(this.#fd);
    for (const descriptor of this.#conversation.end()) native().close(descriptor);
  }

  #send(bytes: Uint8Array, descriptor?: number): void {
    if (this.#closed) {
      if (descriptor !== undefined) native().close(descriptor);
      return;
    }
    const error = this.#conversation.send(this.#clock.now(), bytes, descriptor);
    if (error === undefined) this.#write();
    else this.fail(error);
  }

  /**
   * One message for each call: what its handler asks for has happened before the next one. The event loop calls again
   * while there is more.
   */
  readonly #onReadable = (): void => {
    if (this.#closed) return;
    this.#rewarded();
    // A header, and then what it says.
    for (let parts = 0; parts < 2; parts++) {
      const length = this.#receive();
      if (length === undefined) break;
      const [came, descriptor] = this.#descriptors;
      const frame = this.#conversation.handleBytes(
        this.#clock.now(),
        this.#bytes,
        0,
        length,
        came!,
        came! > 0 ? descriptor : undefined,
      );
      if (frame instanceof TransportError) return this.fail(frame);
      if (frame === undefined) continue;
      // The acknowledgement goes out before the message is handled.
      this.#write();
      if (frame.type === 'ack') {
        for (const given of this.#conversation.takeDescriptors()) native().close(given);
        this.#linger();
      } else if (frame.type === 'me') this.#handlers.onMessage(frame.bytes);
      else this.#handlers.onArea(frame.size, frame.offset, frame.descriptor);
      return;
    }
    this.#arm();
  };

  /** Bytes that were read; undefined when there are none, or there is no connection any more. */
  #receive(): number | undefined {
    try {
      const wanted = this.#conversation.wanted;
      const length = native().unixReceive(this.#fd, this.#bytes, 0, wanted, this.#descriptors);
      if (length > 0) return length;
      if (length === 0) this.fail(this.#conversation.handleEnd());
    } catch (cause) {
      const gone = isGone(cause);
      this.fail(gone ? this.#conversation.handleEnd() : systemFailure('TRANSPORT_ERR_SOCKET', cause));
    }
    return undefined;
  }

  #write(): void {
    if (this.#closed) return;
    if (this.#conversation.wantsToWrite) {
      if (this.#conversation.allRead || native().unixUnread(this.#fd) === 0) {
        const outgoing = this.#conversation.poll(this.#clock.now());
        if (outgoing !== undefined) {
          this.#spins = 0;
          this.#put(outgoing);
        }
      }
      // What was written just now has not been read yet.
      if (this.#conversation.wantsToWrite) this.#writeLater();
    }
    this.#arm();
  }

  #put({ bytes, descriptor }: Outgoing): void {
    try {
      const stop = bytes.length === FRAME_HEADER_LEN ? this.#stop : undefined;
      native().unixSend(this.#fd, bytes, 0, bytes.length, descriptor ?? stop);
    } catch (cause) {
      // That the other side is gone is read from the socket, behind what it had sent.
      if (!isGone(cause)) this.fail(systemFailure('TRANSPORT_ERR_SOCKET', cause));
    } finally {
      if (descriptor !== undefined) native().close(descriptor);
    }
  }

  #writeLater(): void {
    if (this.#immediate !== undefined || this.#timeout !== undefined) return;
    if (this.#spins++ < SPIN_TURNS) this.#immediate = setImmediate(this.#writeAgain);
    else this.#timeout = setTimeout(this.#writeAgain, RECHECK_MS);
  }

  readonly #writeAgain = (): void => {
    this.#immediate = undefined;
    this.#timeout = undefined;
    // The other side may be waiting for this very processor.
    native().schedYield();
    this.#write();
  };

  #linger(): void {
    this.#lingerLeft = this.#patience;
    this.#lingering ??= setImmediate(this.#stayAwake);
  }

  readonly #stayAwake = (): void => {
    if (--this.#lingerLeft > 0) {
      this.#lingering = setImmediate(this.#stayAwake);
      return;
    }
    this.#lingering = undefined;
    this.#patience = Math.max(1, this.#patience - 4);
  };

  /** It was worth to stay awake: next time for longer. In vain, on a busy machine, it would keep others from working. */
  #rewarded(): void {
    if (this.#lingering === undefined) return;
    clearImmediate(this.#lingering);
    this.#lingering = undefined;
    this.#patience = Math.min(LINGER_MAX, this.#patience * 2);
  }

  /** The timer is not moved with every message: when it goes off it may be for later. */
  #arm(): void {
    if (this.#timer !== undefined || this.#closed) return;
    const next = this.#conversation.nextTimeoutAt();
    if (next !== undefined) this.#timer = this.#clock.schedule(next, this.#onTimer);
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    if (this.#closed) return;
    const error = this.#conversation.handleTimeout(this.#clock.now());
    if (error === undefined) this.#arm();
    else this.fail(error);
  };
}

/** Closed by the other side; with ECONNRESET it had not read everything. */
function isGone(cause: unknown): boolean {
  const errno = errnoOf(cause);
  return errno === constants.errno.EPIPE || errno === constants.errno.ECONNRESET;
}
