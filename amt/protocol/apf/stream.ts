/**
 * APF over a stream of bytes, as CIRA carries it: bytes in, messages out, wherever the stream is cut.
 *
 *     const stream = new ApfStream({ from: 'firmware' });
 *     stream.push(chunk);
 *     for (let message = stream.poll(); message !== undefined; message = stream.poll()) …
 *
 * The first error ends it: where the next message begins is not known then. At most one message is kept, and no text or
 * payload above the limits of the messages (`APF_TEXT_MAX`, `APF_DATA_MAX`).
 */
import { AmtError } from '../errors.ts';
import { type ApfSender, apfLength, decodeApf } from './codec.ts';
import type { ApfMessage } from './messages.ts';

export interface ApfStreamOptions {
  /** Who writes the stream. */
  readonly from: ApfSender;
  /**
   * Whether the REQUEST_SUCCESS that comes next has a port in it, which it does not say itself: true when it answers a
   * `tcpip-forward`. Only the firmware's side must know; left out: it has.
   */
  readonly successHasPort?: () => boolean;
}

export class ApfStream {
  readonly #from: ApfSender;
  readonly #successHasPort: () => boolean;
  /** What came last and was not looked at yet. */
  #chunk: Uint8Array = NOTHING;
  #at = 0;
  /** The start of a message whose end was not in the chunk before. */
  #begun: Uint8Array = NOTHING;
  #begunLength = 0;
  /** MPS ends USERAUTH_FAILURE with one byte more than others. */
  #mayPad = false;
  #error: AmtError | undefined;

  constructor(options: ApfStreamOptions) {
    this.#from = options.from;
    this.#successHasPort = options.successHasPort ?? (() => true);
  }

  /** Bytes of a message that is not whole yet. */
  get pending(): number {
    return this.#begunLength + this.#chunk.length - this.#at;
  }

  /** The next bytes. They are kept until `poll` gives undefined, which must be before the next `push`. */
  push(bytes: Uint8Array): void {
    if (this.#error !== undefined) return;
    if (this.#at < this.#chunk.length)
      throw new Error('ApfStream: poll until there is nothing left, then push');
    this.#chunk = bytes;
    this.#at = 0;
  }

  /** The next message, whose data and payloads are views; undefined: more bytes are needed. An error comes again and again. */
  poll(): ApfMessage | AmtError | undefined {
    if (this.#error !== undefined) return this.#error;
    const bytes = this.#begunLength > 0 ? this.#continued() : this.#whole();
    if (bytes === undefined) return undefined;
    if (bytes instanceof AmtError) return this.#fail(bytes);
    const message = decodeApf(bytes, this.#from);
    if (message instanceof AmtError) return this.#fail(message);
    this.#mayPad = message.name === 'USERAUTH_FAILURE';
    return message;
  }

  /** A message that begins in the chunk. */
  #whole(): Uint8Array | AmtError | undefined {
    const chunk = this.#chunk;
    if (this.#mayPad && this.#at < chunk.length) {
      this.#mayPad = false;
      if (chunk[this.#at] === 0) this.#at++;
    }
    const at = this.#at;
    if (at === chunk.length) return undefined;
    const length = this.#lengthOf(chunk, at, chunk.length);
    if (length instanceof AmtError) return length;
    if (length <= chunk.length - at) {
      this.#at += length;
      return chunk.subarray(at, at + length);
    }
    this.#keep(length);
    return undefined;
  }

  /** A message that began in a chunk before. */
  #continued(): Uint8Array | AmtError | undefined {
    for (;;) {
      const length = this.#lengthOf(this.#begun, 0, this.#begunLength);
      if (length instanceof AmtError) return length;
      if (length <= this.#begunLength) break;
      if (this.#at === this.#chunk.length) return undefined;
      this.#keep(length);
    }
    const message = this.#begun.subarray(0, this.#begunLength);
    this.#begun = NOTHING;
    this.#begunLength = 0;
    return message;
  }

  /** Moves from the chunk what belongs to a message of at least `length` bytes. */
  #keep(length: number): void {
    if (length > this.#begun.length) {
      const larger = new Uint8Array(length);
      larger.set(this.#begun.subarray(0, this.#begunLength));
      this.#begun = larger;
    }
    const end = Math.min(this.#chunk.length, this.#at + length - this.#begunLength);
    this.#begun.set(this.#chunk.subarray(this.#at, end), this.#begunLength);
    this.#begunLength += end - this.#at;
    this.#at = end;
  }

  #lengthOf(bytes: Uint8Array, start: number, end: number): number | AmtError {
    return apfLength(bytes, start, end, this.#from, this.#successHasPort());
  }

  #fail(error: AmtError): AmtError {
    this.#error = error;
    this.#chunk = this.#begun = NOTHING;
    this.#at = this.#begunLength = 0;
    return error;
  }
}

const NOTHING = new Uint8Array(0);
