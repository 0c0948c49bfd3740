/**
 * Between the kernel's requests and the MEI device: what a program does with the device file becomes a call, the
 * device's answer becomes a reply.
 *
 * A sans-IO machine: requests in, bytes for the kernel out. It answers whatever it is sent, and never throws because of
 * it; what was wrong is told as a `problem`.
 */
import {
  EBADF,
  EINVAL,
  type MeiDevice,
  type MeiInput,
  type MeiOutput,
  type MeiTell,
  type MeiView,
} from '../mei/index.ts';
import {
  cuseInitOut,
  decodeFuseRequest,
  encodePollWake,
  encodeReply,
  FUSE_MAJOR,
  FUSE_MINOR,
  FUSE_MINOR_OLDEST,
  type FuseRequest,
  ioctlOut,
  openOut,
  POLL_SCHEDULE_NOTIFY,
  pollOut,
  WRITE_HEADER_BYTES,
  writeOut,
} from './fuse.ts';

export type SessionInput =
  | { readonly type: 'request'; readonly bytes: Uint8Array }
  /** What happens to the firmware. */
  | Exclude<MeiInput, { readonly token: bigint }>;

export type SessionOutput =
  /** To be written to the kernel in one piece. */
  | { readonly type: 'write'; readonly bytes: Uint8Array }
  /** The kernel has the device file now. */
  | { readonly type: 'served' }
  /** The kernel sent what it should not, or speaks another version; the session goes on. */
  | { readonly type: 'problem'; readonly problem: string }
  | ({ readonly type: 'tell' } & MeiTell);

export class CuseSession {
  readonly #device: MeiDevice;
  readonly #name: string;
  /** Requests that wait for the device's answer, by the number that names them. */
  readonly #pending = new Map<bigint, FuseRequest>();
  readonly #files = new Map<number, File>();
  #outputs: SessionOutput[] = [];
  #polled = 0;

  /** `name`: of the device file under /dev. */
  constructor(device: MeiDevice, name: string) {
    this.#device = device;
    this.#name = name;
  }

  /** Handles that are open. */
  get openFiles(): number {
    return this.#files.size;
  }

  view(): MeiView {
    return this.#device.view();
  }

  handle(nowMs: number, input: SessionInput): void {
    if (input.type === 'request') this.#request(nowMs, input.bytes);
    else this.#device.handle(nowMs, input);
    this.#drain();
  }

  handleTimeout(nowMs: number): void {
    this.#device.handleTimeout(nowMs);
    this.#drain();
  }

  nextTimeoutAt(): number | undefined {
    return this.#device.nextTimeoutAt();
  }

  poll(): SessionOutput | undefined {
    if (this.#polled < this.#outputs.length) return this.#outputs[this.#polled++];
    this.#outputs = [];
    this.#polled = 0;
    return undefined;
  }

  #request(nowMs: number, bytes: Uint8Array): void {
    const request = decodeFuseRequest(bytes);
    if ('problem' in request) {
      this.#problem(request.problem);
      if (request.header !== undefined && !this.#pending.has(request.header.unique))
        this.#reply(request.header.unique, EINVAL);
      return;
    }
    // One number names one request at a time: a second reply to it would be one too many.
    if (this.#pending.has(request.unique)) return this.#problem(`request ${request.unique} is sent twice`);
    switch (request.name) {
      case 'CUSE_INIT':
        return this.#init(request);
      case 'INTERRUPT':
        // It has no reply of its own; of one that is answered already nothing is left to do.
        return this.#device.handle(nowMs, { type: 'interrupt', token: request.target });
      case 'OPEN':
        this.#pending.set(request.unique, request);
        return this.#device.handle(nowMs, { type: 'open', token: request.unique });
      case 'FLUSH':
      case 'UNKNOWN':
        return this.#reply(request.unique, ENOSYS);
      default:
        return this.#call(nowMs, request);
    }
  }

  #init({ unique, major, minor }: Extract<FuseRequest, { name: 'CUSE_INIT' }>): void {
    if (major !== FUSE_MAJOR || minor < FUSE_MINOR_OLDEST) {
      this.#problem(`the kernel speaks FUSE ${major}.${minor}, 7.11 or later is needed`);
      return this.#reply(unique, EPROTO);
    }
    const init = {
      minor: Math.min(minor, FUSE_MINOR),
      maxRead: MAX_TRANSFER_BYTES,
      maxWrite: MAX_TRANSFER_BYTES,
      name: this.#name,
    };
    this.#reply(unique, 0, cuseInitOut(init));
    this.#outputs.push({ type: 'served' });
  }

  #call(nowMs: number, request: Extract<FuseRequest, { fh: bigint }>): void {
    const handle = request.fh <= Number.MAX_SAFE_INTEGER ? Number(request.fh) : 0;
    const file = this.#files.get(handle);
    if (file === undefined) return this.#reply(request.unique, EBADF);
    this.#pending.set(request.unique, request);
    this.#device.handle(nowMs, callOf(request, handle, file));
  }

  #drain(): void {
    for (let output = this.#device.poll(); output !== undefined; output = this.#device.poll()) {
      if (output.type === 'reply') this.#answer(output);
      else if (output.type === 'wake') this.#wake(output.handle);
      else this.#outputs.push(output);
    }
  }

  #wake(handle: number): void {
    const kh = this.#files.get(handle)?.kh;
    if (kh !== undefined) this.#outputs.push({ type: 'write', bytes: encodePollWake(kh) });
  }

  #answer({ token, errno, value, bytes }: Extract<MeiOutput, { type: 'reply' }>): void {
    const request = this.#pending.get(token);
    if (request === undefined) return;
    this.#pending.delete(token);
    if (errno !== 0) return this.#reply(token, errno);
    switch (request.name) {
      case 'OPEN':
        this.#files.set(value, { nonblock: isNonblock(request.flags), kh: undefined });
        return this.#reply(token, 0, openOut(BigInt(value)));
      case 'RELEASE':
        this.#files.delete(Number(request.fh));
        return this.#reply(token, 0);
      case 'READ':
        return this.#reply(token, 0, bytes.subarray(0, request.size));
      case 'WRITE':
        return this.#reply(token, 0, writeOut(value));
      case 'IOCTL':
        return this.#reply(token, 0, ioctlOut(), bytes.subarray(0, request.outSize));
      case 'POLL':
        return this.#reply(token, 0, pollOut(value));
      default:
        return this.#reply(token, 0);
    }
  }

  #reply(unique: bigint, errno: number, ...parts: readonly (ArrayBuffer | Uint8Array)[]): void {
    this.#outputs.push({ type: 'write', bytes: encodeReply(unique, errno, ...parts) });
  }

  #problem(problem: string): void {
    this.#outputs.push({ type: 'problem', problem });
  }
}

/** What is known of an open file. */
interface File {
  /** As the last request that carried the file's flags had it: an ioctl does not. */
  nonblock: boolean;
  /** Names it in a wake-up. */
  kh: bigint | undefined;
}

function callOf(request: Extract<FuseRequest, { fh: bigint }>, handle: number, file: File): MeiInput {
  const to = { token: request.unique, handle };
  switch (request.name) {
    case 'READ':
      file.nonblock = isNonblock(request.flags);
      return { ...to, type: 'read', size: request.size, nonblock: file.nonblock };
    case 'WRITE':
      file.nonblock = isNonblock(request.flags);
      return { ...to, type: 'write', bytes: request.data.slice(), nonblock: file.nonblock };
    case 'IOCTL':
      return {
        ...to,
        type: 'ioctl',
        number: request.number,
        argument: request.data,
        nonblock: file.nonblock,
      };
    case 'POLL':
      file.kh = request.kh;
      return {
        ...to,
        type: 'poll',
        events: request.events,
        wake: (request.flags & POLL_SCHEDULE_NOTIFY) !== 0,
      };
    case 'RELEASE':
      return { ...to, type: 'release' };
    default:
      return { ...to, type: 'fsync' };
  }
}

function isNonblock(flags: number): boolean {
  return (flags & O_NONBLOCK) !== 0;
}

/** Source: fcntl.h of every architecture that has a MEI. */
const O_NONBLOCK = 0o4000;
const ENOSYS = 38;
const EPROTO = 71;
/**
 * Bytes of one read or write. The kernel cuts a longer one into pieces, which would be messages of their own: no
 * client's messages may be longer than what is always one piece, 32 pages less one for a buffer between two pages.
 */
const MAX_TRANSFER_BYTES = 128 * 1024;
export const MAX_MESSAGE_BYTES = 31 * 4096;
/** Bytes of the buffer for one request. */
export const REQUEST_BUFFER_BYTES = WRITE_HEADER_BYTES + MAX_TRANSFER_BYTES;
