/** Requests of the kernel to a device in user space, as it writes them. Source: linux/fuse.h. */

/** Builds one request: header, then what the opcode has. */
export class RequestWriter {
  #unique = 0n;

  /** The number of the last request. */
  get last(): bigint {
    return this.#unique;
  }

  init(major = 7, minor = 38): Uint8Array {
    return this.#request(4096, 16, (v) => {
      v.setUint32(0, major, true);
      v.setUint32(4, minor, true);
      v.setUint32(12, 1, true);
    });
  }

  open(flags = 2): Uint8Array {
    return this.#request(14, 8, (v) => v.setUint32(0, flags, true));
  }

  release(fh: bigint): Uint8Array {
    return this.#request(18, 24, (v) => v.setBigUint64(0, fh, true));
  }

  read(fh: bigint, size: number, flags = 2): Uint8Array {
    return this.#request(15, 40, (v) => {
      v.setBigUint64(0, fh, true);
      v.setUint32(16, size, true);
      v.setUint32(32, flags, true);
    });
  }

  write(fh: bigint, data: Uint8Array, flags = 2): Uint8Array {
    return this.#request(
      16,
      40,
      (v) => {
        v.setBigUint64(0, fh, true);
        v.setUint32(16, data.length, true);
        v.setUint32(32, flags, true);
      },
      data,
    );
  }

  ioctl(fh: bigint, number: number, data: Uint8Array, outSize = data.length): Uint8Array {
    return this.#request(
      39,
      32,
      (v) => {
        v.setBigUint64(0, fh, true);
        v.setUint32(12, number, true);
        v.setUint32(24, data.length, true);
        v.setUint32(28, outSize, true);
      },
      data,
    );
  }

  poll(fh: bigint, events: number, sleeps: boolean): Uint8Array {
    return this.#request(40, 24, (v) => {
      v.setBigUint64(0, fh, true);
      v.setBigUint64(8, fh + KH_OFFSET, true);
      v.setUint32(16, sleeps ? 1 : 0, true);
      v.setUint32(20, events, true);
    });
  }

  interrupt(target: bigint): Uint8Array {
    // It has a number of its own, one more than that of its target, which no reply names.
    return this.#request(36, 8, (v) => v.setBigUint64(0, target, true));
  }

  fsync(fh: bigint): Uint8Array {
    return this.#request(20, 16, (v) => v.setBigUint64(0, fh, true));
  }

  flush(fh: bigint): Uint8Array {
    return this.#request(25, 24, (v) => v.setBigUint64(0, fh, true));
  }

  other(opcode: number, bytes: number): Uint8Array {
    return this.#request(opcode, bytes, () => {});
  }

  #request(opcode: number, bytes: number, fill: (body: DataView) => void, data?: Uint8Array): Uint8Array {
    this.#unique += 2n;
    const out = new Uint8Array(40 + bytes + (data?.length ?? 0));
    const view = new DataView(out.buffer);
    view.setUint32(0, out.length, true);
    view.setUint32(4, opcode, true);
    view.setBigUint64(8, this.#unique, true);
    fill(new DataView(out.buffer, 40));
    if (data !== undefined) out.set(data, 40 + bytes);
    return out;
  }
}

/** Keeps the numbers of files for wake-ups apart from those of handles. */
export const KH_OFFSET = 1000n;

export interface FuseReply {
  readonly unique: bigint;
  /** Positive; 0: done. */
  readonly errno: number;
  readonly body: Uint8Array;
}

/** A reply, or the file of a wake-up, or what is wrong with the bytes. */
export function readReply(bytes: Uint8Array): FuseReply | { readonly wake: bigint } | string {
  if (bytes.length < 16) return `${bytes.length} bytes are no reply`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== bytes.length) return 'a reply does not have the length that it says';
  const [error, unique] = [view.getInt32(4, true), view.getBigUint64(8, true)];
  if (unique === 0n)
    return error === 1 && bytes.length === 24
      ? { wake: view.getBigUint64(16, true) }
      : 'a notification that is none';
  if (error > 0 || error < -511) return `errno ${-error}`;
  if (error !== 0 && bytes.length > 16) return 'an error with something behind it';
  return { unique, errno: Math.abs(error), body: bytes.subarray(16) };
}
