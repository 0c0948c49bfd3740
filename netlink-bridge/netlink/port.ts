/**
 * A way to ask the kernel by netlink, and to hear what it tells. It stands on the sockets of the package `netlink`; what
 * that lacks is here: answers with their error numbers and words, listings that fail in the middle, events between them.
 */
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { NativeError, native, nativeProblem } from '../../native/index.ts';
import { BridgeError } from '../errors.ts';
import { type Ending, Exchange, type NetlinkRequest } from './exchange.ts';
import { type NetlinkMessage, NLMSG_MIN_TYPE, splitMessages } from './message.ts';
import { Turns } from './turns.ts';

export interface NetlinkPort {
  /**
   * The answers to one request, without what ends them. Requests are carried out one after the other; a `long` one, which
   * the kernel takes its time for, only waits for listings and is only waited for by them. Rejects with the error of the
   * kernel, with BRIDGE_ERR_TIMEOUT, and with BRIDGE_ERR_CLOSED.
   */
  request(request: NetlinkRequest): Promise<readonly NetlinkMessage[]>;
  /** Listens to a multicast group from now on. Throws a BridgeError. */
  join(group: number): void;
  /** Ends everything. Twice is once. */
  close(): void;
}

export interface NetlinkPortOptions {
  /** The protocol of the family AF_NETLINK. */
  readonly protocol: number;
  /** What the groups tell. What it throws is not caught. */
  readonly onMessage?: (message: NetlinkMessage) => void;
  /** Something was lost or cannot be read; it goes on. */
  readonly onProblem?: (error: BridgeError) => void;
  /** Milliseconds until a request that the kernel leaves unanswered is given up. */
  readonly timeoutMs?: number;
}

export const NETLINK_ROUTE = 0;
export const NETLINK_GENERIC = 16;

const TIMEOUT_MS = 5000;
/** How often a listing is begun anew that changed while it was made. */
const DUMP_TRIES = 5;

/** Throws BRIDGE_ERR_ABSENT where the package has no sockets for this machine, or the kernel has no such protocol. */
export function openNetlinkPort(options: NetlinkPortOptions): NetlinkPort {
  return new SocketPort(options);
}

interface Waiting {
  readonly resolve: (ending: Ending) => void;
  readonly timer: NodeJS.Timeout;
}

class SocketPort implements NetlinkPort {
  readonly #options: NetlinkPortOptions;
  readonly #socket: PackageSocket;
  readonly #exchange: Exchange;
  /** The addon's descriptor of the socket, where there is an addon. */
  readonly #descriptor: number | undefined;
  /** Groups have a socket of their own: what floods it does not push answers out of the other one. */
  #groups: PackageSocket | undefined;
  readonly #waiting = new Map<number, Waiting>();
  readonly #turns = new Turns();
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: NetlinkPortOptions) {
    this.#options = options;
    this.#socket = this.#open((datagram) => this.#answered(datagram));
    const { port } = this.#socket.address();
    this.#exchange = new Exchange(port);
    this.#descriptor = attached(options.protocol, port);
  }

  request(request: NetlinkRequest): Promise<readonly NetlinkMessage[]> {
    if (request.long) return this.#answersTo(request);
    const answers = this.#last.then(() => this.#answersTo(request));
    this.#last = answers.catch(() => {});
    return answers;
  }

  join(group: number): void {
    if (this.#closed) throw closed();
    this.#groups ??= this.#open((datagram) => this.#heard(datagram));
    try {
      this.#groups.addMembership(group);
    } catch (cause) {
      throw socketError(`group ${group}`, cause);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#descriptor !== undefined) native().close(this.#descriptor);
    this.#socket.close();
    this.#groups?.close();
    for (const sequence of [...this.#waiting.keys()]) this.#end({ sequence, error: closed() });
  }

  async #answersTo(request: NetlinkRequest): Promise<readonly NetlinkMessage[]> {
    const turn = request.dump ? 'listing' : request.long ? 'long' : undefined;
    for (let left = DUMP_TRIES; left > 0; left--) {
      if (turn !== undefined) await this.#turns.begin(turn);
      const ending = await this.#ask(request);
      if (turn !== undefined) this.#turns.end(turn);
      if ('error' in ending) throw ending.error;
      if (!ending.interrupted) return ending.answers;
    }
    const detail = `${request.what}: what is listed changes all the time.`;
    throw new BridgeError('BRIDGE_ERR_KERNEL', { detail, errno: constants.errno.EINTR });
  }

  #ask(request: NetlinkRequest): Promise<Ending> {
    if (this.#closed) return Promise.resolve({ sequence: 0, error: closed() });
    const { sequence, bytes } = this.#exchange.begin(request);
    return new Promise((resolve) => {
      const timeoutMs = this.#options.timeoutMs ?? TIMEOUT_MS;
      const timer = setTimeout(() => {
        const detail = `${request.what}: the kernel says nothing for ${timeoutMs} ms.`;
        this.#end({ sequence, error: new BridgeError('BRIDGE_ERR_TIMEOUT', { detail }) });
      }, timeoutMs);
      this.#waiting.set(sequence, { resolve, timer });
      this.#send(bytes).catch((cause) => this.#end({ sequence, error: socketError(request.what, cause) }));
    });
  }

  /** The kernel carries a request out inside of the sending call: with the addon that is another thread's time. */
  async #send(bytes: Uint8Array): Promise<void> {
    if (this.#descriptor !== undefined) {
      await native().netlinkSend(this.#descriptor, bytes);
    } else {
      await new Promise<void>((resolve, reject) => {
        this.#socket.send(Buffer.from(bytes), undefined, (cause) => (cause ? reject(cause) : resolve()));
      });
    }
  }

  #answered(datagram: Uint8Array): void {
    for (const ending of this.#exchange.receive(datagram)) this.#end(ending);
  }

  #end(ending: Ending): void {
    const waiting = this.#waiting.get(ending.sequence);
    this.#waiting.delete(ending.sequence);
    this.#exchange.forget(ending.sequence);
    clearTimeout(waiting?.timer);
    waiting?.resolve(ending);
  }

  #heard(datagram: Uint8Array): void {
    for (const message of splitMessages(datagram)) {
      if (message.type >= NLMSG_MIN_TYPE) this.#options.onMessage?.(message);
    }
  }

  #open(onDatagram: (datagram: Uint8Array) => void): PackageSocket {
    const socket = packageSocket(this.#options.protocol);
    const onProblem = (error: BridgeError) => this.#options.onProblem?.(error);
    socket.on('message', (datagram, { port }) => {
      // Only the kernel has port 0.
      if (port !== 0 || this.#closed) return;
      // It is a Buffer, and so would be all that is cut out of it.
      const bytes = new Uint8Array(datagram.buffer, datagram.byteOffset, datagram.byteLength);
      guarded(() => onDatagram(bytes), onProblem);
    });
    socket.on('error', (cause) => guarded(() => onProblem(socketError('receiving', cause)), onProblem));
    return socket;
  }
}

/**
 * Runs what a datagram leads to. The package would end the process for whatever it throws: an error of ours is told, and
 * anything else is thrown where Node.js can handle it.
 */
function guarded(run: () => void, onProblem: (error: BridgeError) => void): void {
  try {
    try {
      run();
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
      onProblem(error);
    }
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** Undefined without an addon, or for a kernel that cannot: requests are sent then by the package, and errors have no words. */
function attached(protocol: number, port: number): number | undefined {
  if (nativeProblem() !== undefined) return undefined;
  try {
    return native().netlinkAttach(protocol, port);
  } catch (error) {
    if (error instanceof NativeError) return undefined;
    throw error;
  }
}

function closed(): BridgeError {
  return new BridgeError('BRIDGE_ERR_CLOSED', { detail: 'The netlink port was closed.' });
}

/** The errors of the package and of the addon have a positive `errno`. */
function socketError(what: string, cause: unknown): BridgeError {
  const { errno, message } = cause as Partial<NodeJS.ErrnoException>;
  const lost = errno === constants.errno.ENOBUFS ? ' Messages were lost.' : '';
  const detail = `netlink, ${what}: ${message?.replace(/\.$/, '')}.${lost}`;
  return new BridgeError(
    'BRIDGE_ERR_KERNEL',
    errno === undefined ? { detail, cause } : { detail, errno, cause },
  );
}

/**
 * What is used of the package's RawNetlinkSocket. Its own declarations bring those of Node.js 12 with them.
 */
interface PackageSocket {
  on(event: 'message', listener: (datagram: Uint8Array, from: { readonly port: number }) => void): void;
  on(event: 'error', listener: (error: unknown) => void): void;
  send(bytes: Buffer, options: undefined, onSent: (error?: unknown) => void): void;
  addMembership(group: number): void;
  address(): { readonly port: number };
  close(): void;
}

/** Loaded when it is needed: it throws where it has no binary for the machine. */
function packageSocket(protocol: number): PackageSocket {
  try {
    const { RawNetlinkSocket } = createRequire(import.meta.url)('netlink') as {
      RawNetlinkSocket: new (protocol: number) => PackageSocket;
    };
    return new RawNetlinkSocket(protocol);
  } catch (cause) {
    const detail = `Netlink is for Linux, and needs the package netlink: ${(cause as Error).message}.`;
    throw new BridgeError('BRIDGE_ERR_ABSENT', { detail, cause });
  }
}
