/** A path at which drivers connect: claimed, listened at, and given back. */
import { lstatSync, unlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { native, POLLIN, type Watch } from '../../native/index.ts';
import { TransportError } from '../errors.ts';
import { errnoOf, systemFailure } from './failure.ts';

const { EADDRINUSE, ECONNREFUSED, ENOENT } = constants.errno;
/** Bytes of a path in struct sockaddr_un, without the zero behind it. */
const PATH_MAX = 107;

/** Throws TRANSPORT_ERR_PATH for a path that no socket can have. */
export function checkPath(path: string): void {
  const length = Buffer.byteLength(path);
  if (length > 0 && length <= PATH_MAX && !path.includes('\0')) return;
  throw new TransportError('TRANSPORT_ERR_PATH', {
    detail: `"${path}" has ${length} bytes; a socket's path has 1 to ${PATH_MAX}.`,
  });
}

export class UnixListener {
  readonly #path: string;
  /** -1: the path is not ours. */
  #fd = -1;
  /** The file that is ours; what somebody else puts in its place is theirs. */
  #inode = 0n;
  #watch: Watch | undefined;

  /**
   * Claims the path; who connects is refused until `listen`. A socket of somebody who is gone is replaced. Throws
   * TRANSPORT_ERR_IN_USE when somebody listens, TRANSPORT_ERR_PATH when there can be no socket.
   */
  constructor(path: string) {
    checkPath(path);
    this.#path = path;
    this.#claim();
  }

  /**
   * Calls `onConnection` with the socket of each driver that connects; the socket is the handler's to close. Throws like
   * the constructor if the path was lost.
   */
  listen(onConnection: (fd: number) => void): void {
    if (this.#fd < 0) this.#claim();
    native().unixListen(this.#fd);
    this.#watch = native().watch(this.#fd, POLLIN, () => {
      // One at a time: who connects again and again shall not keep the driver that is served waiting.
      const fd = this.#accept();
      if (fd >= 0) onConnection(fd);
    });
  }

  /** Drivers are refused again until `listen`. Throws like the constructor if somebody else was faster. */
  refuse(): void {
    this.close();
    this.#claim();
  }

  /** The path is given back. Twice is once. */
  close(): void {
    if (this.#fd < 0) return;
    this.#watch?.close();
    this.#watch = undefined;
    native().unixClose(this.#fd);
    this.#fd = -1;
    if (inodeOf(this.#path) === this.#inode) unlinkSync(this.#path);
  }

  #claim(): void {
    this.#fd = claim(this.#path);
    this.#inode = inodeOf(this.#path);
  }

  #accept(): number {
    if (this.#watch === undefined) return -1;
    try {
      return native().unixAccept(this.#fd);
    } catch {
      // Too many open files, or no memory: the driver waits, and the event loop calls again.
      return -1;
    }
  }
}

function claim(path: string): number {
  try {
    return native().unixBind(path);
  } catch (cause) {
    if (errnoOf(cause) !== EADDRINUSE) throw noSuchPlace(cause, path);
  }
  removeStale(path);
  try {
    return native().unixBind(path);
  } catch (cause) {
    throw systemFailure('TRANSPORT_ERR_IN_USE', cause, `Path: "${path}".`);
  }
}

function noSuchPlace(cause: unknown, path: string): TransportError {
  const text = `Path: "${path}". It must be in a folder that is there and may be written.`;
  return systemFailure('TRANSPORT_ERR_PATH', cause, text);
}

function removeStale(path: string): void {
  // To connect to a file that is no socket is refused as well.
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false) {
    throw new TransportError('TRANSPORT_ERR_PATH', { detail: `"${path}" is there and is no socket.` });
  }
  try {
    native().unixClose(native().unixConnect(path));
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === ENOENT) return;
    if (errno !== ECONNREFUSED) throw systemFailure('TRANSPORT_ERR_IN_USE', cause, `Path: "${path}".`);
    return unlinkSync(path);
  }
  throw new TransportError('TRANSPORT_ERR_IN_USE', {
    detail: `"${path}": end that program, or choose another path.`,
  });
}

/** 0n when nothing is there. */
function inodeOf(path: string): bigint {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? 0n;
}
