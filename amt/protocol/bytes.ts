/** Reading and writing of bytes in either order, by the fields of `declare.ts`. */
import { AmtError, type AmtErrorCode } from './errors.ts';

export type ByteOrder = 'le' | 'be';

/** Whose message it is, for errors. */
export interface MessageOf {
  /** `GET_UUID response`. */
  readonly message: string;
  readonly fault: 'host' | 'firmware';
}

/**
 * Takes a message apart from front to back, never outside of it. What does not fit is an `AmtError` that is thrown:
 * `decodeWith` returns it.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #littleEndian: boolean;
  readonly #of: MessageOf;
  readonly #path: (string | number)[] = [];
  #at: number;

  /** Begins `at` bytes into the message; offsets of errors count from the message's start. */
  constructor(bytes: Uint8Array, order: ByteOrder, of: MessageOf, at = 0) {
    this.#bytes = bytes;
    this.#littleEndian = order === 'le';
    this.#of = of;
    this.#at = Math.min(at, bytes.length);
  }

  /** Bytes from the start of the message. */
  get at(): number {
    return this.#at;
  }

  /** Bytes that are still there. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  uint(size: 1 | 2 | 4): number {
    const at = this.#take(size);
    const b = this.#bytes;
    if (size === 1) return b[at]!;
    const [first, second] = [b[at]!, b[at + 1]!];
    if (size === 2) return this.#littleEndian ? first | (second << 8) : (first << 8) | second;
    const [third, fourth] = [b[at + 2]!, b[at + 3]!];
    const word = this.#littleEndian
      ? first | (second << 8) | (third << 16) | (fourth << 24)
      : (first << 24) | (second << 16) | (third << 8) | fourth;
    return word >>> 0;
  }

  /** A view of the message. */
  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  /** From here on errors are about this field, or this item of a list, of the one before. */
  enter(part: string | number): void {
    this.#path.push(part);
  }

  leave(): void {
    this.#path.pop();
  }

  /** A message that goes on behind its layout is an error. */
  expectEnd(): void {
    if (this.left > 0) throw this.misfit('AMT_ERR_LENGTH', `${this.left} bytes are left over.`);
  }

  misfit(code: AmtErrorCode, detail?: string): AmtError {
    const field = this.#path.length === 0 ? undefined : pathOf(this.#path);
    return new AmtError(code, { ...this.#of, field, offset: this.#at, detail });
  }

  #take(count: number): number {
    if (count > this.left) {
      throw this.misfit('AMT_ERR_TRUNCATED', `${count} bytes are needed, ${this.left} are there.`);
    }
    const at = this.#at;
    this.#at += count;
    return at;
  }
}

/** What `read` makes of the whole message, or the error in it. */
export function decodeWith<T>(reader: Reader, read: (reader: Reader) => T): T | AmtError {
  try {
    const value = read(reader);
    reader.expectEnd();
    return value;
  } catch (error) {
    if (error instanceof AmtError) return error;
    throw error;
  }
}

/** Puts a message together. A value that its field cannot carry is our own mistake: RangeError, without the value. */
export class Writer {
  readonly #littleEndian: boolean;
  readonly #path: (string | number)[] = [];
  #bytes: Uint8Array;
  #length = 0;

  constructor(order: ByteOrder, room = 64) {
    this.#littleEndian = order === 'le';
    this.#bytes = new Uint8Array(room);
  }

  uint(size: 1 | 2 | 4, value: number): void {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * size)) {
      throw this.unfit(`is no number of ${size} ${size === 1 ? 'byte' : 'bytes'}`);
    }
    const at = this.#grow(size);
    for (let i = 0; i < size; i++) {
      this.#bytes[at + i] = value >>> (8 * (this.#littleEndian ? i : size - 1 - i));
    }
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
  }

  zeros(count: number): void {
    this.#grow(count);
  }

  enter(part: string | number): void {
    this.#path.push(part);
  }

  leave(): void {
    this.#path.pop();
  }

  /** The error of a value that the field does not take. */
  unfit(why: string): RangeError {
    return new RangeError(`${pathOf(this.#path) || 'value'} ${why}`);
  }

  done(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return at;
  }
}

/** `versions[3].name`. */
function pathOf(parts: readonly (string | number)[]): string {
  let path = '';
  for (const part of parts) path += typeof part === 'number' ? `[${part}]` : `${path && '.'}${part}`;
  return path;
}
