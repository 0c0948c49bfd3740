/**
 * The kernel's FUSE protocol, as far as a character device in user space (CUSE) speaks it: requests in, replies and
 * poll wake-ups out. Numbers are those of the machine's own byte order, which is little endian wherever there is a MEI.
 *
 * Source: linux/fuse.h (struct names are given with each layout), version 7.38.
 */

/** `struct fuse_in_header`. */
export interface FuseHeader {
  /** Names the request in its reply. */
  readonly unique: bigint;
  readonly opcode: number;
}

export type FuseRequest = FuseHeader &
  (
    | { readonly name: 'CUSE_INIT'; readonly major: number; readonly minor: number; readonly flags: number }
    | { readonly name: 'OPEN'; readonly flags: number }
    | { readonly name: 'RELEASE'; readonly fh: bigint }
    | { readonly name: 'READ'; readonly fh: bigint; readonly size: number; readonly flags: number }
    | { readonly name: 'WRITE'; readonly fh: bigint; readonly data: Uint8Array; readonly flags: number }
    | {
        readonly name: 'IOCTL';
        readonly fh: bigint;
        readonly flags: number;
        readonly number: number;
        /** Room for what is given back. */
        readonly outSize: number;
        readonly data: Uint8Array;
      }
    | {
        readonly name: 'POLL';
        readonly fh: bigint;
        /** Names the file in a wake-up. */
        readonly kh: bigint;
        readonly flags: number;
        readonly events: number;
      }
    | { readonly name: 'FSYNC'; readonly fh: bigint }
    | { readonly name: 'FLUSH'; readonly fh: bigint }
    /** `target`: the request whose caller has a signal. */
    | { readonly name: 'INTERRUPT'; readonly target: bigint }
    | { readonly name: 'UNKNOWN' }
  );

/** What is wrong with bytes that are no request. With a header there is somebody to answer. */
export interface FuseProblem {
  readonly problem: string;
  readonly header: FuseHeader | undefined;
}

/**
 * One request as one read of the device gives it. Nothing is copied: `data` is a part of `bytes`.
 *
 * Every length is checked: that of the whole against the header's, that of each part against what is there.
 */
export function decodeFuseRequest(bytes: Uint8Array): FuseRequest | FuseProblem {
  if (bytes.length < IN_HEADER_BYTES) {
    return { problem: `${bytes.length} bytes, a header has ${IN_HEADER_BYTES}`, header: undefined };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const header = { opcode: view.getUint32(4, true), unique: view.getBigUint64(8, true) };
  // A reply with this number is no reply but a notification.
  if (header.unique === 0n) return { problem: 'the number of the request is 0', header: undefined };
  const length = view.getUint32(0, true);
  if (length !== bytes.length) {
    return { problem: `${bytes.length} bytes, but the header says ${length}`, header };
  }
  const decoder = DECODERS[header.opcode];
  if (decoder === undefined) return { ...header, name: 'UNKNOWN' };
  const body = bytes.subarray(IN_HEADER_BYTES);
  if (body.length < decoder.bytes) {
    return {
      problem: `opcode ${header.opcode} has ${body.length} bytes, at least ${decoder.bytes} are needed`,
      header,
    };
  }
  const fields = decoder.decode(new DataView(body.buffer, body.byteOffset, body.length), body);
  return typeof fields === 'string' ? { problem: fields, header } : { ...header, ...fields };
}

type Fields = FuseRequest extends infer Request
  ? Request extends FuseHeader
    ? Omit<Request, keyof FuseHeader>
    : never
  : never;

interface Decoder {
  /** Of the fixed part behind the header. */
  readonly bytes: number;
  /** The fields, or what is wrong with them. */
  decode(view: DataView, body: Uint8Array): Fields | string;
}

const DECODERS: Readonly<Record<number, Decoder>> = {
  // struct cuse_init_in
  4096: {
    bytes: 16,
    decode: (v) => ({
      name: 'CUSE_INIT',
      major: v.getUint32(0, true),
      minor: v.getUint32(4, true),
      flags: v.getUint32(12, true),
    }),
  },
  // struct fuse_open_in
  14: { bytes: 8, decode: (v) => ({ name: 'OPEN', flags: v.getUint32(0, true) }) },
  // struct fuse_release_in
  18: { bytes: 24, decode: (v) => ({ name: 'RELEASE', fh: v.getBigUint64(0, true) }) },
  // struct fuse_read_in
  15: {
    bytes: 40,
    decode: (v) => ({
      name: 'READ',
      fh: v.getBigUint64(0, true),
      size: v.getUint32(16, true),
      flags: v.getUint32(32, true),
    }),
  },
  // struct fuse_write_in, then the data
  16: {
    bytes: 40,
    decode: (v, body) =>
      counted('WRITE', v.getUint32(16, true), body.subarray(40), (data) => ({
        name: 'WRITE',
        fh: v.getBigUint64(0, true),
        data,
        flags: v.getUint32(32, true),
      })),
  },
  // struct fuse_ioctl_in, then the argument
  39: {
    bytes: 32,
    decode: (v, body) =>
      counted('IOCTL', v.getUint32(24, true), body.subarray(32), (data) => ({
        name: 'IOCTL',
        fh: v.getBigUint64(0, true),
        flags: v.getUint32(8, true),
        number: v.getUint32(12, true),
        outSize: v.getUint32(28, true),
        data,
      })),
  },
  // struct fuse_poll_in
  40: {
    bytes: 24,
    decode: (v) => ({
      name: 'POLL',
      fh: v.getBigUint64(0, true),
      kh: v.getBigUint64(8, true),
      flags: v.getUint32(16, true),
      events: v.getUint32(20, true),
    }),
  },
  // struct fuse_fsync_in
  20: { bytes: 16, decode: (v) => ({ name: 'FSYNC', fh: v.getBigUint64(0, true) }) },
  // struct fuse_flush_in
  25: { bytes: 24, decode: (v) => ({ name: 'FLUSH', fh: v.getBigUint64(0, true) }) },
  // struct fuse_interrupt_in
  36: { bytes: 8, decode: (v) => ({ name: 'INTERRUPT', target: v.getBigUint64(0, true) }) },
};

/** The number of bytes that a request gives for its data must be that of the data. */
function counted(
  name: string,
  size: number,
  data: Uint8Array,
  make: (data: Uint8Array) => Fields,
): Fields | string {
  return size === data.length ? make(data) : `${name} says ${size} bytes of data, ${data.length} are there`;
}

/** A reply: an errno (positive; 0: done), and what follows the header when it is done. */
export function encodeReply(
  unique: bigint,
  errno: number,
  ...parts: readonly (ArrayBuffer | Uint8Array)[]
): Uint8Array {
  const body =
    errno === 0 ? parts.map((part) => (part instanceof Uint8Array ? part : new Uint8Array(part))) : [];
  const length = body.reduce((sum, part) => sum + part.length, OUT_HEADER_BYTES);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length, true);
  view.setInt32(4, -errno, true);
  view.setBigUint64(8, unique, true);
  let at = OUT_HEADER_BYTES;
  for (const part of body) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** FUSE_NOTIFY_POLL with `struct fuse_notify_poll_wakeup_out`: who sleeps in a poll of this file looks again. */
export function encodePollWake(kh: bigint): Uint8Array {
  const bytes = encodeReply(0n, 0, words([kh]));
  new DataView(bytes.buffer).setInt32(4, NOTIFY_POLL, true);
  return bytes;
}

/** `struct cuse_init_out`, then the name of the device. */
export function cuseInitOut(init: {
  readonly minor: number;
  readonly maxRead: number;
  readonly maxWrite: number;
  readonly name: string;
}): Uint8Array {
  const bytes = new Uint8Array(CUSE_INIT_OUT_BYTES + init.name.length + 'DEVNAME=\0'.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, FUSE_MAJOR, true);
  view.setUint32(4, init.minor, true);
  // No flag: the kernel copies the arguments of ioctls, whose numbers say how long they are.
  view.setUint32(16, init.maxRead, true);
  view.setUint32(20, init.maxWrite, true);
  // Major and minor number of the device stay 0: the kernel chooses.
  const text = `DEVNAME=${init.name}\0`;
  for (let i = 0; i < text.length; i++) bytes[CUSE_INIT_OUT_BYTES + i] = text.charCodeAt(i);
  return bytes;
}

/** `struct fuse_open_out`. */
export function openOut(fh: bigint): ArrayBuffer {
  return words([fh, 0n]);
}

/** `struct fuse_write_out`. */
export function writeOut(size: number): ArrayBuffer {
  return words([BigInt(size)]);
}

/** `struct fuse_ioctl_out` of an ioctl that returns 0; what it gives back follows. */
export function ioctlOut(): ArrayBuffer {
  return words([0n, 0n]);
}

/** `struct fuse_poll_out`. */
export function pollOut(events: number): ArrayBuffer {
  return words([BigInt(events)]);
}

function words(values: readonly bigint[]): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  for (const [i, value] of values.entries()) view.setBigUint64(8 * i, value, true);
  return view.buffer;
}

export const FUSE_MAJOR = 7;
/** The newest version of which the layouts here are. */
export const FUSE_MINOR = 38;
/** Older kernels have other layouts; CUSE came with this one. */
export const FUSE_MINOR_OLDEST = 11;
const IN_HEADER_BYTES = 40;
const OUT_HEADER_BYTES = 16;
/** What a WRITE has before its data, header included. */
export const WRITE_HEADER_BYTES = IN_HEADER_BYTES + 40;
/** FUSE_POLL_SCHEDULE_NOTIFY: somebody sleeps on the answer. */
export const POLL_SCHEDULE_NOTIFY = 1;
const CUSE_INIT_OUT_BYTES = 72;
const NOTIFY_POLL = 1;
