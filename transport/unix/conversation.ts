/**
 * Who may write what when: both directions of one connection. Sans-IO.
 *
 * Each side acknowledges every message when it has read it, and has one message on its way until that is acknowledged.
 * Intel's end reads one message with one call, so that nothing may lie behind a message that has not been read yet,
 * not even an acknowledgement: `poll` is asked only when the other side has read everything.
 */
import { TransportError } from '../errors.ts';
import { ANNOUNCEMENT_LEN, encodeFrame, FrameReader, type UnixFrame } from './framing.ts';

/** One write. */
export interface Outgoing {
  readonly bytes: Uint8Array;
  /** Goes with it; the writer closes it afterwards. */
  readonly descriptor: number | undefined;
}

const ACK = encodeFrame(new Uint8Array(0));
/** So many messages, or acknowledgements, wait at most for a side that does not read. */
export const QUEUE_MAX = 1024;

/**
 * A driver that has read a message may still be looking for more behind it, until it acknowledges it: so often `poll`
 * keeps an acknowledgement back meanwhile. Not for ever: the driver may want this one first.
 */
export const HOLD_POLLS = 250;

export class Conversation {
  readonly #reader: FrameReader;
  readonly #ackTimeoutMs: number;
  #queue: Outgoing[] = [];
  #acksDue = 0;
  /** Written and not acknowledged. */
  #inFlight = false;
  /** How often an acknowledgement was kept back behind the message that is in flight. */
  #held = 0;
  readonly #toDriver: boolean;
  #messageWasLast = false;
  #allRead = true;
  /** The other side is a driver that has not announced its area yet. */
  #expectsArea: boolean;
  /** When the other side last did what we wait for, and when the frame that is not whole began. */
  #movedAt = 0;
  #begunAt: number | undefined;

  constructor(ackTimeoutMs: number, expectsArea: boolean) {
    this.#ackTimeoutMs = ackTimeoutMs;
    this.#toDriver = expectsArea;
    this.#expectsArea = expectsArea;
    this.#reader = new FrameReader(expectsArea);
  }

  /** How many bytes to read at most. */
  get wanted(): number {
    return this.#reader.wanted;
  }

  /** Something is to be written as soon as the other side has read everything. */
  get wantsToWrite(): boolean {
    return this.#acksDue > 0 || (!this.#inFlight && this.#queue.length > 0);
  }

  /** The other side has read everything that was written: it has acknowledged the last of it. Else nobody knows. */
  get allRead(): boolean {
    return this.#allRead;
  }

  /** What was read, as `FrameReader.push` takes it. A message that is returned has an acknowledgement due already. */
  handleBytes(
    nowMs: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    came: number,
    descriptor: number | undefined,
  ): UnixFrame | TransportError | undefined {
    const frame = this.#reader.push(bytes, start, end, came, descriptor);
    if (frame === undefined) {
      this.#begunAt ??= nowMs;
      return undefined;
    }
    this.#begunAt = undefined;
    if (frame instanceof TransportError) return frame;
    if (frame.type === 'ack') return this.#acknowledged(nowMs) ?? frame;
    if (frame.type === 'me' && this.#expectsArea && saysArea(frame.bytes)) {
      return new TransportError('TRANSPORT_ERR_DESCRIPTOR', {
        detail: 'The announcement of the area came without one.',
      });
    }
    if (frame.type === 'area') this.#expectsArea = false;
    if (!this.#waits) this.#movedAt = nowMs;
    this.#acksDue++;
    if (this.#acksDue <= QUEUE_MAX) return frame;
    return new TransportError('TRANSPORT_ERR_FLOOD', {
      detail: `${this.#acksDue} acknowledgements wait for it to read.`,
    });
  }

  /** The other side has closed: what that means. */
  handleEnd(): TransportError {
    if (!this.#reader.begun) return new TransportError('TRANSPORT_ERR_CLOSED');
    return new TransportError('TRANSPORT_ERR_FRAME_CUT', { detail: 'It closed before the rest came.' });
  }

  /** An ME message, or an announcement with its descriptor, as it is written. */
  send(nowMs: number, bytes: Uint8Array, descriptor?: number): TransportError | undefined {
    if (!this.#waits) this.#movedAt = nowMs;
    this.#queue.push({ bytes, descriptor });
    if (this.#queue.length <= QUEUE_MAX) return undefined;
    return new TransportError('TRANSPORT_ERR_FLOOD', {
      detail: `${this.#queue.length} messages wait to be acknowledged.`,
    });
  }

  /** What to write now that the other side has read everything that was written before. */
  poll(nowMs: number): Outgoing | undefined {
    if (this.#toDriver && this.#inFlight && this.#acksDue > 0 && this.#held++ < HOLD_POLLS) return undefined;
    if (this.#acksDue > 0) {
      this.#acksDue--;
      this.#movedAt = nowMs;
      this.#allRead = false;
      this.#messageWasLast = false;
      return { bytes: ACK, descriptor: undefined };
    }
    if (this.#inFlight) return undefined;
    const next = this.#queue.shift();
    if (next === undefined) return undefined;
    this.#inFlight = true;
    this.#held = 0;
    this.#movedAt = nowMs;
    this.#allRead = false;
    this.#messageWasLast = true;
    return next;
  }

  nextTimeoutAt(): number | undefined {
    const since = Math.min(
      this.#waits ? this.#movedAt : Number.POSITIVE_INFINITY,
      this.#begunAt ?? Number.POSITIVE_INFINITY,
    );
    return since === Number.POSITIVE_INFINITY ? undefined : since + this.#ackTimeoutMs;
  }

  /** Why to give up, if the other side was waited for long enough. */
  handleTimeout(nowMs: number): TransportError | undefined {
    const dueAt = this.nextTimeoutAt();
    if (dueAt === undefined || dueAt > nowMs) return undefined;
    const waited = `within ${this.#ackTimeoutMs} ms.`;
    if (this.#begunAt !== undefined && this.#begunAt + this.#ackTimeoutMs <= nowMs) {
      return new TransportError('TRANSPORT_ERR_FRAME_CUT', { detail: `The rest did not come ${waited}` });
    }
    const what = this.#inFlight ? 'It did not acknowledge a message' : 'It did not read what it was sent';
    return new TransportError('TRANSPORT_ERR_ACK_TIMEOUT', { detail: `${what} ${waited}` });
  }

  /** The descriptors that came with an acknowledgement: the caller closes them. */
  takeDescriptors(): readonly number[] {
    return this.#reader.takeDescriptors();
  }

  /** The descriptors that nobody will get any more: the caller closes them. */
  end(): number[] {
    const unsent = this.#queue.map(({ descriptor }) => descriptor);
    this.#queue = [];
    return [...this.#reader.takeDescriptors(), ...unsent.filter((descriptor) => descriptor !== undefined)];
  }

  /** Something depends on the other side. */
  get #waits(): boolean {
    return this.#inFlight || this.#acksDue > 0 || this.#queue.length > 0;
  }

  #acknowledged(nowMs: number): TransportError | undefined {
    if (!this.#inFlight) return new TransportError('TRANSPORT_ERR_ACK');
    this.#inFlight = false;
    this.#movedAt = nowMs;
    this.#allRead = this.#messageWasLast;
    return undefined;
  }
}

/** Twelve bytes that begin with whole pages, which no type of ME message is: the size of an area. */
function saysArea(message: Uint8Array): boolean {
  if (message.length !== ANNOUNCEMENT_LEN) return false;
  const first = new DataView(message.buffer, message.byteOffset).getUint32(0, true);
  return first > 0 && first % PAGE === 0;
}

const PAGE = 4096;
