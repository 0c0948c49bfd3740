/** The MEI device as a device file: /dev/cuse on one side, the session with the machine behind it on the other. */
import { existsSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Native, NativeError, native, POLLIN, type Watch } from '../../native/index.ts';
import { type Clock, systemClock, type Timer } from '../../transport/index.ts';
import {
  type MeClient,
  MeiDevice,
  type MeiDeviceOptions,
  type MeiTell,
  type MeiView,
  standardClients,
} from '../mei/index.ts';
import { DeviceError } from './errors.ts';
import { CuseSession, MAX_MESSAGE_BYTES, REQUEST_BUFFER_BYTES, type SessionInput } from './session.ts';

export interface MeiServerOptions extends MeiDeviceOptions {
  /** Of the file under /dev: `mei0`. */
  readonly name: string;
  /** The system's when left out. */
  readonly clock?: Clock;
  /** Connections made, refused and ended, the device's state. */
  readonly onTell?: (tell: MeiTell) => void;
  /** What the kernel did that it should not; with DEVICE_ERR_LOST the device is at its end. */
  readonly onProblem?: (problem: DeviceError) => void;
}

export interface MeiServer {
  /** `/dev/mei0`. */
  readonly path: string;
  /** Resolves when the device file is gone, for whatever reason. */
  readonly closed: Promise<void>;
  /** What the device is doing. */
  view(): MeiView;
  /** The firmware starts again: every connection ends. Ready after this time; left out: when `ready` is called. */
  reset(readyAfterMs?: number): void;
  ready(): void;
  /** Hot removal: every call fails with ENODEV, and the file goes when the last handle is closed. */
  remove(): void;
  addClient(client: MeClient): void;
  /** The client accepts no more connections; those that there are stay. */
  removeClient(guid: string): void;
  /**
   * Lets `task` act through links of clients, and carries out what comes of it; within a call of a client that is part of
   * what is being done.
   */
  turn(task: () => void): void;
  /** Ends all connections and the device file. Twice is once. */
  close(): Promise<void>;
}

/**
 * Serves a MEI device at /dev/NAME until it is closed; the file is there when the promise resolves.
 *
 * Throws a DeviceError: DEVICE_ERR_NO_CUSE, DEVICE_ERR_PERMISSION, DEVICE_ERR_NAME, DEVICE_ERR_OPTION,
 * DEVICE_ERR_REFUSED; NATIVE_ERR_MISSING without the addon. A program that uses the file must be another process: a
 * blocking call on it in this one would wait for itself.
 */
export async function serveMeiDevice(options: MeiServerOptions): Promise<MeiServer> {
  const clients = options.clients ?? standardClients();
  checkName(options.name);
  for (const client of clients) checkClient(client);
  const path = `/dev/${options.name}`;
  const calls = native();
  if (existsSync(path)) {
    throw new DeviceError('DEVICE_ERR_NAME', {
      detail: `${path}: choose another name, or remove that file.`,
    });
  }
  const session = new CuseSession(new MeiDevice({ ...options, clients }), options.name);
  const server = new Server(calls, openCuse(calls), session, path, options);
  await server.start();
  return server;
}

class Server implements MeiServer {
  readonly path: string;
  readonly closed: Promise<void>;
  readonly #calls: Native;
  readonly #fd: number;
  readonly #session: CuseSession;
  readonly #options: MeiServerOptions;
  readonly #clock: Clock;
  readonly #buffer = new Uint8Array(REQUEST_BUFFER_BYTES);
  #watch: Watch | undefined;
  #timer: Timer | undefined;
  #timerFor: number | undefined;
  #served = false;
  /** The session is at work, and what clients do in this moment is part of that. */
  #handling = false;
  #removed = false;
  #closing = false;
  #resolveClosed: () => void = () => {};

  constructor(calls: Native, fd: number, session: CuseSession, path: string, options: MeiServerOptions) {
    this.#calls = calls;
    this.#fd = fd;
    this.#session = session;
    this.path = path;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /** The kernel asks for the device's name as soon as /dev/cuse is open, and makes the file while it takes the answer. */
  async start(): Promise<void> {
    try {
      for (let turns = 0; !this.#served; turns++) {
        if (turns === START_TURNS_MOST)
          throw new DeviceError('DEVICE_ERR_REFUSED', { detail: 'It asks nothing.' });
        if (!this.#readOne()) await nextTurn();
      }
      // After a refusal there is nothing more to read.
      this.#readOne();
      if (!existsSync(this.path)) {
        const detail = `${this.path} did not appear: /dev must be a devtmpfs.`;
        throw new DeviceError('DEVICE_ERR_REFUSED', { detail });
      }
    } catch (error) {
      await this.close();
      if (error instanceof DeviceError) throw error;
      const detail = 'Is there a device of that name already, in /sys/class/cuse?';
      throw new DeviceError('DEVICE_ERR_REFUSED', { detail, cause: error });
    }
    this.#watch = this.#calls.watch(this.#fd, POLLIN, () => this.#read());
  }

  view(): MeiView {
    return this.#session.view();
  }

  reset(readyAfterMs?: number): void {
    this.#feed(readyAfterMs === undefined ? { type: 'reset' } : { type: 'reset', readyAfterMs });
  }

  ready(): void {
    this.#feed({ type: 'ready' });
  }

  remove(): void {
    this.#removed = true;
    this.#feed({ type: 'remove' });
  }

  addClient(client: MeClient): void {
    checkClient(client);
    this.#feed({ type: 'addClient', client });
  }

  removeClient(guid: string): void {
    this.#feed({ type: 'removeClient', guid });
  }

  turn(task: () => void): void {
    if (this.#closing) return;
    // What is being handled takes up what `task` does.
    if (this.#handling) return task();
    this.#handle(() => {
      this.#session.handleTimeout(this.#clock.now());
      task();
      this.#session.handleTimeout(this.#clock.now());
    });
    this.#flush();
  }

  async close(): Promise<void> {
    if (this.#closing) return this.closed;
    this.#feed({ type: 'remove' });
    await this.#end();
  }

  #feed(input: SessionInput): void {
    if (this.#closing) return;
    this.#handle(() => this.#session.handle(this.#clock.now(), input));
    this.#flush();
  }

  #handle(task: () => void): void {
    this.#handling = true;
    try {
      task();
    } finally {
      this.#handling = false;
    }
  }

  #read(): void {
    try {
      for (let left = REQUESTS_A_TURN; left > 0 && !this.#closing && this.#readOne(); left--);
    } catch (cause) {
      this.#lose(this.path, cause);
    }
  }

  /** Takes one request of the kernel; false when there is none. Throws when there will be none any more. */
  #readOne(): boolean {
    let length: number;
    try {
      length = this.#calls.deviceRead(this.#fd, this.#buffer, 0);
    } catch (error) {
      // The request was taken back while it was read.
      if (error instanceof NativeError && error.errno === ENOENT) return true;
      throw error;
    }
    if (length < 0) return false;
    this.#feed({ type: 'request', bytes: this.#buffer.subarray(0, length) });
    return true;
  }

  #flush(): void {
    for (let output = this.#session.poll(); output !== undefined; output = this.#session.poll()) {
      switch (output.type) {
        case 'write':
          this.#write(output.bytes);
          break;
        case 'served':
          this.#served = true;
          break;
        case 'problem':
          this.#problem(new DeviceError('DEVICE_ERR_REQUEST', { detail: output.problem }));
          break;
        case 'tell':
          this.#options.onTell?.(output);
          break;
      }
    }
    this.#arm();
    if (this.#removed && this.#session.openFiles === 0) void this.#end();
  }

  #write(bytes: Uint8Array): void {
    if (this.#closing) return;
    try {
      this.#calls.deviceWrite(this.#fd, bytes, 0, bytes.length);
    } catch (cause) {
      // Nobody waits for this answer any more: the caller was killed.
      if (cause instanceof NativeError && cause.errno === ENOENT) return;
      this.#lose('An answer was not taken.', cause);
    }
  }

  #lose(detail: string, cause: unknown): void {
    this.#problem(new DeviceError('DEVICE_ERR_LOST', { detail, cause }));
    void this.#end();
  }

  #arm(): void {
    const next = this.#closing ? undefined : this.#session.nextTimeoutAt();
    if (next === this.#timerFor) return;
    this.#timerFor = next;
    if (this.#timer !== undefined) this.#clock.cancel(this.#timer);
    this.#timer = next === undefined ? undefined : this.#clock.schedule(next, this.#onTimer);
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    this.#timerFor = undefined;
    this.#handle(() => this.#session.handleTimeout(this.#clock.now()));
    this.#flush();
  };

  async #end(): Promise<void> {
    if (this.#closing) return this.closed;
    this.#closing = true;
    this.#arm();
    // The watch has a duplicate of the descriptor: the kernel's end is closed with the later of both.
    this.#watch?.close();
    await this.#calls.deviceClose(this.#fd);
    this.#resolveClosed();
  }

  #problem(problem: DeviceError): void {
    this.#options.onProblem?.(problem);
  }
}

function openCuse(calls: Native): number {
  try {
    return calls.deviceOpen('/dev/cuse');
  } catch (cause) {
    const errno = cause instanceof NativeError ? cause.errno : undefined;
    if (errno === EACCES || errno === EPERM) {
      const detail = 'Run as root, or give this user the right to read and write /dev/cuse.';
      throw new DeviceError('DEVICE_ERR_PERMISSION', { detail, errno, cause });
    }
    if (errno === ENOENT || errno === ENODEV || errno === ENXIO) {
      const detail = 'Load the module: `modprobe cuse`. Kernels without it (CONFIG_CUSE) cannot serve one.';
      throw new DeviceError('DEVICE_ERR_NO_CUSE', { detail, errno, cause });
    }
    throw cause;
  }
}

function checkName(name: string): void {
  if (/^[a-zA-Z][\w.-]{0,30}$/.test(name)) return;
  const detail = `name is '${name}': it is the name of a file under /dev, such as mei0.`;
  throw new DeviceError('DEVICE_ERR_OPTION', { detail });
}

function checkClient({ name, maxMessageLength }: MeClient): void {
  if (Number.isInteger(maxMessageLength) && maxMessageLength > 0 && maxMessageLength <= MAX_MESSAGE_BYTES)
    return;
  const detail = `maxMessageLength of ${name} is ${maxMessageLength}: it is 1 to ${MAX_MESSAGE_BYTES}.`;
  throw new DeviceError('DEVICE_ERR_OPTION', { detail });
}

const ENOENT = 2;
const EPERM = 1;
const ENXIO = 6;
const EACCES = 13;
const ENODEV = 19;
/** Requests that are taken before the event loop may do something else. */
const REQUESTS_A_TURN = 64;
/** The kernel's first request is there before /dev/cuse is open. */
const START_TURNS_MOST = 1000;
