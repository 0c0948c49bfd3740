/**
 * The native calls of a MEI connection on an emulated device in this thread: `MeiDevice` behind the kernel's rules for
 * descriptors, duplicates, `epoll` and blocking calls. Time stands still until `advance`.
 */
import { constants } from 'node:os';
import {
  IOCTL_MEI_CONNECT_CLIENT,
  IOCTL_MEI_CONNECT_CLIENT_VTAG,
  IOCTL_MEI_NOTIFY_GET,
  IOCTL_MEI_NOTIFY_SET,
  MeiDevice,
  type MeiDeviceOptions,
  type MeiInput,
  type MeiOutput,
  type MeiToken,
  testClients,
} from '../../../../csme/mei/index.ts';
import { systemError } from '../../../../native/errors.ts';
import {
  type MeiClientProperties,
  POLLERR,
  POLLIN,
  POLLOUT,
  POLLPRI,
  type Watch,
} from '../../../../native/index.ts';
import { u32At } from '../../../../sap/index.ts';
import type { MeiCalls } from '../../../../transport/mei/connection.ts';

type Reply = Extract<MeiOutput, { type: 'reply' }>;
type Call<Input = MeiInput> = Input extends { token: MeiToken } ? Omit<Input, 'token'> : never;

/** An open handle of the device, and the descriptors and running calls that hold it. */
interface OpenFile {
  readonly handle: number;
  holders: number;
  notifying: boolean;
}

interface Poll {
  readonly file: OpenFile;
  readonly events: number;
  /** Whether the kernel wakes it for notifications: only when they were on as it began. */
  readonly hearsNotifications: boolean;
  readonly onReady: (events: number) => void;
  /** What is over gets nothing any more. */
  over: boolean;
}

export class MeiDriver implements MeiCalls {
  readonly device: MeiDevice;
  /** The next call of this name fails with this errno. */
  failNext: { call: 'open' | 'read' | 'write' | 'notifyGet' | 'watch'; errno: number } | undefined;
  /** Replaces what the firmware says of a client. */
  properties: MeiClientProperties | undefined;
  readonly #files = new Map<number, OpenFile>();
  readonly #polls = new Set<Poll>();
  readonly #replies = new Map<MeiToken, Reply>();
  readonly #waiting = new Map<MeiToken, (reply: Reply) => void>();
  #nowMs = 0;
  #lastToken = 0n;
  #polling = false;

  constructor(options: MeiDeviceOptions = { clients: testClients() }) {
    this.device = new MeiDevice(options);
  }

  get descriptors(): number {
    return this.#files.size;
  }

  get watches(): number {
    return this.#polls.size;
  }

  /** Lets time pass; what happens then shows in the next turns of the loop. */
  advance(ms: number): void {
    this.#nowMs += ms;
    this.device.handleTimeout(this.#nowMs);
    this.#drain();
  }

  happen(
    input: Extract<MeiInput, { type: 'reset' | 'ready' | 'remove' | 'addClient' | 'removeClient' }>,
  ): void {
    this.device.handle(this.#nowMs, input);
    this.#drain();
  }

  deviceOpen(path: string): number {
    this.#mayFail('open', 'open');
    const { errno, value } = this.#now({ type: 'open' });
    if (errno !== 0) throw systemError('open', errno, `device ${path}`);
    return this.#descriptorOf({ handle: value, holders: 0, notifying: false });
  }

  deviceRead(fd: number, into: Uint8Array, at: number): number {
    this.#mayFail('read', 'read');
    const file = this.#fileOf(fd, 'read');
    const size = into.length - at;
    const { errno, bytes } = this.#now({ type: 'read', handle: file.handle, size, nonblock: true });
    if (errno === constants.errno.EAGAIN) return -1;
    if (errno !== 0) throw systemError('read', errno, 'device');
    into.set(bytes, at);
    return bytes.length;
  }

  deviceWrite(fd: number, from: Uint8Array, start: number, end: number): number {
    this.#mayFail('write', 'write');
    const file = this.#fileOf(fd, 'write');
    const bytes = from.slice(start, end);
    const { errno, value } = this.#now({ type: 'write', handle: file.handle, bytes, nonblock: true });
    if (errno === constants.errno.EAGAIN) return -1;
    if (errno !== 0) throw systemError('write', errno, 'device');
    return value;
  }

  async deviceClose(fd: number): Promise<void> {
    const file = this.#fileOf(fd, 'close');
    this.#files.delete(fd);
    await this.#release(file);
  }

  async meiConnect(fd: number, guid: Uint8Array, vtag?: number): Promise<MeiClientProperties> {
    const number = vtag === undefined ? IOCTL_MEI_CONNECT_CLIENT : IOCTL_MEI_CONNECT_CLIENT_VTAG;
    const name = vtag === undefined ? 'IOCTL_MEI_CONNECT_CLIENT' : 'IOCTL_MEI_CONNECT_CLIENT_VTAG';
    const argument = new Uint8Array(vtag === undefined ? 16 : 20);
    argument.set(guid);
    if (vtag !== undefined) argument[16] = vtag;
    const { bytes } = await this.#blocking(fd, `ioctl ${name}`, number, argument);
    return this.properties ?? { maxMessageLength: u32At(bytes, 0), protocolVersion: bytes[4]! };
  }

  async meiNotifySet(fd: number, value: number): Promise<void> {
    const file = this.#fileOf(fd, 'ioctl IOCTL_MEI_NOTIFY_SET');
    const argument = Uint8Array.of(value, 0, 0, 0);
    await this.#blocking(fd, 'ioctl IOCTL_MEI_NOTIFY_SET', IOCTL_MEI_NOTIFY_SET, argument);
    file.notifying = value === 1;
  }

  meiNotifyGet(fd: number): boolean {
    this.#mayFail('notifyGet', 'ioctl IOCTL_MEI_NOTIFY_GET');
    const { handle } = this.#fileOf(fd, 'ioctl IOCTL_MEI_NOTIFY_GET');
    const { errno } = this.#now({
      type: 'ioctl',
      handle,
      number: IOCTL_MEI_NOTIFY_GET,
      argument: new Uint8Array(4),
      nonblock: true,
    });
    if (errno === constants.errno.EAGAIN) return false;
    if (errno !== 0) throw systemError('ioctl IOCTL_MEI_NOTIFY_GET', errno, 'device');
    return true;
  }

  watch(fd: number, events: number, onReady: (events: number) => void): Watch {
    this.#mayFail('watch', 'fcntl F_DUPFD_CLOEXEC');
    const file = this.#fileOf(fd, 'fcntl F_DUPFD_CLOEXEC');
    const poll: Poll = { file, events, hearsNotifications: file.notifying, onReady, over: false };
    file.holders++;
    this.#polls.add(poll);
    this.#pollSoon();
    return {
      close: () => {
        if (!this.#polls.delete(poll)) return;
        poll.over = true;
        void this.#release(file);
      },
    };
  }

  #descriptorOf(file: OpenFile): number {
    let fd = 3;
    while (this.#files.has(fd)) fd++;
    file.holders++;
    this.#files.set(fd, file);
    return fd;
  }

  #fileOf(fd: number, syscall: string): OpenFile {
    const file = this.#files.get(fd);
    if (file === undefined) throw systemError(syscall, constants.errno.EBADF, 'device');
    return file;
  }

  #mayFail(call: NonNullable<MeiDriver['failNext']>['call'], syscall: string): void {
    const failing = this.failNext;
    if (failing?.call !== call) return;
    this.failNext = undefined;
    throw systemError(syscall, failing.errno, 'device');
  }

  /** An ioctl that waits for the firmware, on a duplicate of the descriptor. */
  async #blocking(fd: number, syscall: string, number: number, argument: Uint8Array): Promise<Reply> {
    const file = this.#fileOf(fd, syscall);
    file.holders++;
    const { handle } = file;
    const reply = await this.#later({ type: 'ioctl', handle, number, argument, nonblock: true });
    await this.#release(file);
    if (reply.errno !== 0) throw systemError(syscall, reply.errno, 'device');
    return reply;
  }

  async #release(file: OpenFile): Promise<void> {
    if (--file.holders > 0) return;
    await this.#later({ type: 'release', handle: file.handle });
  }

  #now(call: Call): Reply {
    const token = this.#start(call);
    const reply = this.#replies.get(token);
    if (reply === undefined) throw new Error(`${call.type} waits`);
    this.#replies.delete(token);
    return reply;
  }

  #later(call: Call): Promise<Reply> {
    const token = this.#start(call);
    const reply = this.#replies.get(token);
    this.#replies.delete(token);
    if (reply !== undefined) return new Promise((resolve) => setImmediate(resolve, reply));
    return new Promise((resolve) => this.#waiting.set(token, resolve));
  }

  #start(call: Call): MeiToken {
    const token = ++this.#lastToken;
    this.device.handle(this.#nowMs, { ...call, token } as MeiInput);
    this.#drain();
    return token;
  }

  #drain(): void {
    for (let output = this.device.poll(); output !== undefined; output = this.device.poll()) {
      if (output.type !== 'reply') continue;
      const waiting = this.#waiting.get(output.token);
      this.#waiting.delete(output.token);
      if (waiting === undefined) this.#replies.set(output.token, output);
      else setImmediate(waiting, output);
    }
    this.#pollSoon();
  }

  #pollSoon(): void {
    if (this.#polling || this.#polls.size === 0) return;
    this.#polling = true;
    setImmediate(() => {
      this.#polling = false;
      for (const poll of this.#polls) this.#poll(poll);
    });
  }

  /** Level-triggered, as epoll is here. */
  #poll(poll: Poll): void {
    if (poll.over) return;
    const { events, hearsNotifications, file } = poll;
    const { value } = this.#now({ type: 'poll', handle: file.handle, events, wake: false });
    // Nothing wakes a sleeper that is on none of the driver's queues.
    const heard = (events & (POLLIN | POLLOUT)) | (hearsNotifications ? events & POLLPRI : 0);
    const ready = heard === 0 ? 0 : value & (heard | POLLERR);
    if (ready === 0) return;
    if (ready & POLLERR) poll.over = true;
    else this.#pollSoon();
    poll.onReady(ready & POLLERR ? POLLERR : ready);
  }
}

/** Enough turns of the event loop for everything that is under way without time passing. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
}
