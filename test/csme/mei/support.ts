/** A MEI device with programs that call it: calls are lines of a test, answers are values. */
import {
  IOCTL_MEI_CONNECT_CLIENT,
  IOCTL_MEI_CONNECT_CLIENT_VTAG,
  IOCTL_MEI_NOTIFY_GET,
  IOCTL_MEI_NOTIFY_SET,
  type MeiCall,
  MeiDevice,
  type MeiDeviceOptions,
  type MeiInput,
  type MeiOutput,
  POLL,
  standardClients,
  testClients,
} from '../../../csme/mei/index.ts';
import { parseGuid } from '../../../sap/index.ts';

export interface Reply {
  readonly errno: number;
  readonly value: number;
  readonly bytes: Uint8Array;
}

/** One call: its answer, when there is one. */
export interface Call {
  readonly token: bigint;
  readonly reply: Reply | undefined;
}

export const ALL = POLL.IN | POLL.OUT | POLL.PRI;

export class Rig {
  readonly device: MeiDevice;
  nowMs = 0;
  readonly wakes: number[] = [];
  readonly tells: MeiOutput[] = [];
  readonly #replies = new Map<bigint, Reply>();
  #token = 0n;

  constructor(options: MeiDeviceOptions = {}) {
    this.device = new MeiDevice({ clients: [...standardClients(), ...testClients()], ...options });
  }

  /** Lets something happen now. */
  feed(input: MeiInput): void {
    this.device.handle(this.nowMs, input);
    this.#drain();
  }

  /** Lets time pass. */
  pass(ms: number): void {
    const until = this.nowMs + ms;
    for (
      let at = this.device.nextTimeoutAt();
      at !== undefined && at <= until;
      at = this.device.nextTimeoutAt()
    ) {
      this.nowMs = at;
      this.device.handleTimeout(at);
      this.#drain();
    }
    this.nowMs = until;
    this.device.handleTimeout(until);
    this.#drain();
  }

  call(handle: number, call: MeiCall): Call {
    const token = ++this.#token;
    const replies = this.#replies;
    this.feed({ ...call, token, handle });
    return {
      token,
      get reply() {
        return replies.get(token);
      },
    };
  }

  /** Opens a handle, which must work. */
  open(): number {
    const { errno, value } = this.tryOpen();
    if (errno !== 0) throw new Error(`open: ${errno}`);
    return value;
  }

  tryOpen(): Reply {
    const token = ++this.#token;
    this.feed({ type: 'open', token });
    return this.#replies.get(token) as Reply;
  }

  /** Opens a handle and connects it, which must work at once. */
  connected(guid: string, vtag?: number): number {
    const handle = this.open();
    const { reply } = this.connect(handle, guid, vtag);
    if (reply?.errno !== 0) throw new Error(`connect: ${reply?.errno}`);
    return handle;
  }

  ioctl(handle: number, number: number, argument: Uint8Array, nonblock = false): Call {
    return this.call(handle, { type: 'ioctl', number, argument, nonblock });
  }

  connect(handle: number, guid: string, vtag?: number): Call {
    const id = parseGuid(guid)!;
    if (vtag === undefined) return this.ioctl(handle, IOCTL_MEI_CONNECT_CLIENT, id);
    return this.ioctl(handle, IOCTL_MEI_CONNECT_CLIENT_VTAG, Uint8Array.of(...id, vtag, 0, 0, 0));
  }

  notifySet(handle: number, value: number): Call {
    return this.ioctl(handle, IOCTL_MEI_NOTIFY_SET, Uint8Array.of(value, 0, 0, 0));
  }

  notifyGet(handle: number, nonblock = false): Call {
    return this.ioctl(handle, IOCTL_MEI_NOTIFY_GET, new Uint8Array(0), nonblock);
  }

  read(handle: number, size = 5120, nonblock = false): Call {
    return this.call(handle, { type: 'read', size, nonblock });
  }

  write(handle: number, message: string | Uint8Array, nonblock = false): Call {
    const bytes = typeof message === 'string' ? new Uint8Array(Buffer.from(message)) : message;
    return this.call(handle, { type: 'write', bytes, nonblock });
  }

  /** What can be done now. */
  poll(handle: number, events = ALL, wake = false): number | undefined {
    return this.call(handle, { type: 'poll', events, wake }).reply?.value;
  }

  release(handle: number): Call {
    return this.call(handle, { type: 'release' });
  }

  #drain(): void {
    for (let output = this.device.poll(); output !== undefined; output = this.device.poll()) {
      if (output.type === 'tell') this.tells.push(output);
      else if (output.type === 'wake') this.wakes.push(output.handle);
      else if (this.#replies.has(output.token)) throw new Error(`call ${output.token} is answered twice`);
      else this.#replies.set(output.token, output);
    }
  }
}

/** What a read gave: the text, a negative errno, or undefined while it waits. */
export function got(call: Call): string | number | undefined {
  if (call.reply === undefined) return undefined;
  return call.reply.errno !== 0 ? -call.reply.errno : Buffer.from(call.reply.bytes).toString('latin1');
}

/** What a call gave: its value, a negative errno, or undefined while it waits. */
export function result(call: Call): number | undefined {
  if (call.reply === undefined) return undefined;
  return call.reply.errno !== 0 ? -call.reply.errno : call.reply.value;
}
