/** What both servers of the bench do, one behind LME and one behind plain TCP, and what is checked of it. */

/** A connection begins with one byte that says what is wanted. */
export const WANTED = { download: 1, upload: 2, echo: 3 } as const;

/** Bytes of one transfer. */
export const TRANSFER_BYTES = 100_000_000;

const BLOCK_BYTES = 65_536;
/** Twice what is sent again and again: bytes from any place of it are one piece. */
const PATTERN = Buffer.alloc(2 * BLOCK_BYTES, Buffer.from(Array.from({ length: 251 }, (_, n) => n)));
PATTERN.copy(PATTERN, BLOCK_BYTES, 0, BLOCK_BYTES);

/** The bytes of a transfer from `offset` on, `length` at most. */
export function bytesAt(offset: number, length: number): Buffer {
  const start = offset % BLOCK_BYTES;
  return PATTERN.subarray(start, start + Math.min(length, BLOCK_BYTES, TRANSFER_BYTES - offset));
}

/** Checks the bytes of a transfer as they come. */
export class Checker {
  offset = 0;

  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const wanted = bytesAt(this.offset, bytes.length - at);
      if (wanted.length === 0 || wanted.compare(bytes, at, at + wanted.length) !== 0) {
        throw new Error(`byte ${this.offset} of the transfer, or one behind it, is wrong`);
      }
      this.offset += wanted.length;
      at += wanted.length;
    }
  }

  get isDone(): boolean {
    return this.offset === TRANSFER_BYTES;
  }
}
