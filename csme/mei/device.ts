/**
 * The MEI device as programs see it: the semantics of the kernel's driver over an emulated firmware.
 *
 * A sans-IO machine: `handle` and `handleTimeout` take the time, `poll` gives the answers, `nextTimeoutAt` says when to
 * come back. Every call is answered exactly once, and never throws because of what a program passes.
 *
 *     const device = new MeiDevice({ clients: [mkhiClient()] });
 *     device.handle(0, { type: 'open', token: 1n });
 *     device.poll(); // { type: 'reply', token: 1n, errno: 0, value: 1, … }
 */
import type { MeClient } from './client.ts';
import { standardClients } from './clients/index.ts';
import { Connections } from './connections.ts';
import type { MeiCall, MeiInput, MeiOutput, MeiState, MeiToken } from './contract.ts';
import { Core, type HbmVersion } from './core.ts';
import { EBADF, EINTR, EMFILE, ENODEV } from './errno.ts';
import type { FirmwareEvent } from './firmware.ts';
import { type ConnectState, type Handle, HostClient, type Waiting } from './host-client.ts';
import { decodeIoctl } from './ioctl.ts';
import type { Scheduled } from './schedule.ts';
import { Traffic } from './traffic.ts';

export interface MeiDeviceOptions {
  /** What the firmware has; `standardClients()` when left out. */
  readonly clients?: readonly MeClient[];
  /** 2.2 when left out: tags need 2.2, notifications and fixed addresses 2.0. */
  readonly hbm?: HbmVersion;
  /** Messages that one connection queues, 30 to 255; 50 when left out. */
  readonly txQueueLimit?: number;
}

/** What the device is doing: for lists and tests. */
export interface MeiView {
  readonly state: MeiState;
  readonly handles: readonly HandleView[];
}

export interface HandleView {
  readonly handle: number;
  readonly state: ConnectState;
  /** Of the connection, which others may share. */
  readonly client: string | undefined;
  readonly vtag: number;
  readonly txCredits: number;
  readonly rxCredits: number;
  readonly txQueued: number;
  /** Messages for this handle. */
  readonly received: number;
  /** Calls of this handle that wait. */
  readonly waiting: readonly Waiting['call']['type'][];
}

export class MeiDevice {
  readonly #core: Core;
  readonly #traffic: Traffic;
  readonly #connections: Connections;
  #nextHandle = 1;
  /** Resets since the device was last ready. */
  #resets = 0;
  #ready: Scheduled | undefined;

  constructor(options: MeiDeviceOptions = {}) {
    const { clients = standardClients(), hbm = HBM_2_2, txQueueLimit = TX_QUEUE_LIMIT } = options;
    if (!(txQueueLimit >= TX_QUEUE_LIMIT_LEAST && txQueueLimit <= TX_QUEUE_LIMIT_MOST)) {
      throw new RangeError(`txQueueLimit is ${txQueueLimit}: it is 30 to 255`);
    }
    this.#core = new Core(clients, hbm, txQueueLimit);
    this.#traffic = new Traffic(this.#core);
    this.#connections = new Connections(this.#core, this.#traffic, () => this.#reset(STUCK_RESET_MS));
    this.#enumerate();
  }

  get state(): MeiState {
    return this.#core.state;
  }

  /** Handles that are open. */
  get openHandles(): number {
    return this.#core.handles.size;
  }

  view(): MeiView {
    const handles = [...this.#core.handles.values()].map(viewOf);
    return { state: this.#core.state, handles };
  }

  /** Lets something happen. `nowMs` in milliseconds of any clock that does not go back. */
  handle(nowMs: number, input: MeiInput): void {
    this.handleTimeout(nowMs);
    this.#handle(input);
    this.#settleAll();
  }

  /** Does what is due. */
  handleTimeout(nowMs: number): void {
    this.#setNow(nowMs);
    const { schedule, firmware } = this.#core;
    for (;;) {
      // What clients did outside of a call of the device is taken up first.
      this.#settleAll();
      const hostAt = schedule.nextAt() ?? Number.POSITIVE_INFINITY;
      const firmwareAt = firmware.nextTimeoutAt() ?? Number.POSITIVE_INFINITY;
      if (!(hostAt < firmwareAt ? schedule.runNext(nowMs) : firmware.runNext(nowMs))) return;
    }
  }

  /** When `handleTimeout` is to be called next; undefined: nothing waits for time to pass. */
  nextTimeoutAt(): number | undefined {
    const [hostAt, firmwareAt] = [this.#core.schedule.nextAt(), this.#core.firmware.nextTimeoutAt()];
    if (hostAt === undefined || firmwareAt === undefined) return hostAt ?? firmwareAt;
    return Math.min(hostAt, firmwareAt);
  }

  /** The next thing to do; undefined when all was taken. */
  poll(): MeiOutput | undefined {
    return this.#core.poll();
  }

  #setNow(nowMs: number): void {
    this.#core.nowMs = nowMs;
    this.#core.firmware.nowMs = nowMs;
  }

  #handle(input: MeiInput): void {
    switch (input.type) {
      case 'open':
        return this.#open(input.token);
      case 'interrupt':
        return this.#interrupt(input.token);
      case 'reset':
        return this.#reset(input.readyAfterMs);
      case 'ready':
        return this.#becomeReady();
      case 'remove':
        return this.#remove();
      case 'addClient':
        this.#core.firmware.addClient(input.client);
        if (this.#core.enabled) this.#core.know(input.client);
        return;
      case 'removeClient':
        return this.#core.firmware.removeClient(input.guid);
      default: {
        const handle = this.#core.handles.get(input.handle);
        if (handle === undefined) this.#core.reply(input.token, EBADF);
        else this.#call(handle, input.token, input);
      }
    }
  }

  #call(handle: Handle, token: MeiToken, call: MeiCall): void {
    switch (call.type) {
      case 'read':
        return this.#traffic.read(handle, token, call.size, call.nonblock);
      case 'write':
        return this.#traffic.write(handle, token, call.bytes, call.nonblock);
      case 'poll':
        return this.#traffic.poll(handle, token, call.events, call.wake);
      case 'fsync':
        return this.#traffic.fsync(handle, token);
      case 'ioctl':
        return this.#ioctl(handle, token, call);
      case 'release':
        this.#connections.release(handle);
        this.#core.handles.delete(handle.id);
        return this.#core.reply(token, 0);
    }
  }

  #ioctl(handle: Handle, token: MeiToken, call: Extract<MeiCall, { type: 'ioctl' }>): void {
    if (!this.#core.enabled) return this.#core.reply(token, ENODEV);
    const request = decodeIoctl(call.number, call.argument);
    if (typeof request === 'number') return this.#core.reply(token, request);
    switch (request.name) {
      case 'connect':
        return this.#connections.connect(handle, token, request.guid);
      case 'connectVtag':
        return this.#connections.connectVtag(handle, token, request.guid, request.vtag);
      case 'notifySet':
        return this.#traffic.notifySet(handle, token, request.value);
      case 'notifyGet':
        return this.#traffic.notifyGet(handle, token, call.nonblock);
    }
  }

  #open(token: MeiToken): void {
    const core = this.#core;
    if (!core.enabled) return core.reply(token, ENODEV);
    if (core.hosts.size >= HOST_CLIENTS_MOST) return core.reply(token, EMFILE);
    const host = new HostClient();
    const handle: Handle = { id: this.#nextHandle++, host, polled: false };
    host.handles.add(handle);
    core.hosts.add(host);
    core.handles.set(handle.id, handle);
    core.reply(token, 0, handle.id);
  }

  #interrupt(token: MeiToken): void {
    for (const { waiting } of this.#core.hosts) {
      const found = waiting.find((w) => w.token === token && INTERRUPTIBLE.has(w.call.type));
      if (found !== undefined) return this.#core.settle(found, EINTR);
    }
  }

  #reset(readyAfterMs: number | undefined): void {
    const core = this.#core;
    if (core.state === 'DISABLED' || core.state === 'POWER_DOWN') return;
    this.#stop(++this.#resets > RESETS_MOST ? 'DISABLED' : 'RESETTING');
    core.firmware.reset();
    if (core.state !== 'RESETTING' || readyAfterMs === undefined) return;
    this.#ready = core.schedule.add(core.nowMs + readyAfterMs, () => this.#becomeReady());
  }

  #becomeReady(): void {
    if (this.#core.state !== 'RESETTING') return;
    this.#resets = 0;
    this.#enumerate();
    this.#core.state = 'ENABLED';
    this.#core.tell({ name: 'state', state: 'ENABLED' });
  }

  #remove(): void {
    if (this.#core.state === 'POWER_DOWN') return;
    this.#stop('POWER_DOWN');
    this.#core.firmware.reset();
  }

  /** Every connection ends, and nothing but `release` works any more. */
  #stop(state: MeiState): void {
    const core = this.#core;
    core.schedule.cancel(this.#ready);
    core.state = state;
    core.tell({ name: 'state', state });
    for (const known of core.known.values()) known.connecting.splice(0);
    for (const host of core.hosts) this.#connections.drop(host, 'reset');
    for (const host of core.hosts) core.wake(host);
    core.known.clear();
  }

  #enumerate(): void {
    this.#core.known.clear();
    for (const client of this.#core.firmware.clients) this.#core.know(client);
  }

  /** Lets the firmware react, and the host to that, until both have nothing more to say. */
  #settleAll(): void {
    let event: FirmwareEvent<HostClient> | undefined;
    do {
      for (const host of this.#core.hosts) this.#traffic.advance(host);
      event = this.#core.firmware.nextEvent();
      for (let next = event; next !== undefined; next = this.#core.firmware.nextEvent()) this.#hear(next);
    } while (event !== undefined);
  }

  #hear(event: FirmwareEvent<HostClient>): void {
    if (event.type === 'reset') return this.#reset(event.readyAfterMs);
    const host = event.link.owner;
    switch (event.type) {
      case 'answer':
        this.#connections.answered(host, event.status);
        break;
      case 'message':
        event.link.outbox.push(event.message);
        break;
      case 'notification':
        this.#traffic.notification(host);
        break;
      case 'notifications':
        this.#traffic.notificationsSet(host, event.on, event.agreed);
        break;
      case 'credit':
        host.txCredits++;
        break;
      case 'disconnect':
        this.#connections.drop(host, 'firmware');
        break;
    }
    this.#traffic.advance(host);
  }
}

function viewOf({ id, host }: Handle): HandleView {
  const self = host.waiting.filter((waiting) => waiting.handle.id === id);
  return {
    handle: id,
    state: host.state,
    client: host.known?.client.name,
    vtag: host.tags.find((tag) => tag.handle.id === id)?.vtag ?? 0,
    txCredits: host.txCredits,
    rxCredits: host.rxCredits,
    txQueued: host.writes.length,
    received: host.received.filter((message) => message.handle.id === id).length,
    waiting: self.map((waiting) => waiting.call.type),
  };
}

const HBM_2_2: HbmVersion = { major: 2, minor: 2 };
const TX_QUEUE_LIMIT = 50;
const TX_QUEUE_LIMIT_LEAST = 30;
const TX_QUEUE_LIMIT_MOST = 255;
/** Ids 1 to 255: one for each connection that is open or can be made. */
const HOST_CLIENTS_MOST = 255;
/** Resets in a row that a device survives. */
const RESETS_MOST = 3;
/** How long a firmware takes that is reset because it did not answer. */
const STUCK_RESET_MS = 1_000;
/** Waits that a signal ends; the kernel does not let go of the others. */
const INTERRUPTIBLE: ReadonlySet<Waiting['call']['type']> = new Set(['read', 'write', 'fsync', 'notifyGet']);
