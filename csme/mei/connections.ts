/** Connections: made, shared by tag, refused, given up, ended. */
import { CONNECT_STATUS, type MeClient } from './client.ts';
import type { MeiTell, MeiToken } from './contract.ts';
import type { Core } from './core.ts';
import { EBUSY, EFAULT, EINVAL, ENODEV, ENOTTY, EOPNOTSUPP } from './errno.ts';
import type { Handle, HostClient, KnownClient, Waiting } from './host-client.ts';
import { encodeConnected } from './ioctl.ts';
import type { Traffic } from './traffic.ts';

export class Connections {
  readonly #core: Core;
  readonly #traffic: Traffic;
  /** The bus protocol is too old to drop one connect request: the whole device is reset. */
  readonly #onStuck: () => void;

  constructor(core: Core, traffic: Traffic, onStuck: () => void) {
    this.#core = core;
    this.#traffic = traffic;
    this.#onStuck = onStuck;
  }

  /** IOCTL_MEI_CONNECT_CLIENT. A client with tags is connected as with tag 0. */
  connect(handle: Handle, token: MeiToken, guid: string): void {
    const errno = this.#vtagProblem(guid);
    if (errno === ENOTTY) this.#core.reply(token, ENOTTY);
    else if (errno === 0) this.#connectTagged(handle, token, guid, 0);
    else this.#connectOwn(handle, token, guid);
  }

  /** IOCTL_MEI_CONNECT_CLIENT_VTAG. */
  connectVtag(handle: Handle, token: MeiToken, guid: string, vtag: number): void {
    const errno = this.#vtagProblem(guid) || (vtag === 0 ? EINVAL : 0);
    if (errno !== 0) this.#core.reply(token, errno);
    else this.#connectTagged(handle, token, guid, vtag);
  }

  /** The firmware answered a connect request. */
  answered(host: HostClient, status: number): void {
    if (host.state !== 'connecting') return;
    const errno = CONNECT_ERRNO[status] ?? EINVAL;
    if (status === CONNECT_STATUS.NOT_FOUND && host.known !== undefined) this.#core.forget(host.known);
    this.#finish(host, errno);
  }

  /** Ends the connection at this end, and with it every call that waits for it. */
  drop(host: HostClient, by: Extract<MeiTell, { name: 'disconnected' }>['by']): void {
    if (host.idle) return;
    if (host.state === 'connecting') return this.#finish(host, this.#core.enabled ? EFAULT : ENODEV);
    const client = host.known?.client.name ?? '';
    this.#close(host);
    this.#core.tell({ name: 'disconnected', client, by });
  }

  /** The handle is closed: the connection ends with its last user. */
  release(handle: Handle): void {
    const { host } = handle;
    for (const waiting of [...host.waiting]) {
      if (waiting.handle !== handle) continue;
      if (waiting.call.type === 'connect') this.#finish(host, ENODEV);
      else this.#core.settle(waiting, ENODEV);
    }
    host.handles.delete(handle);
    host.pendingRead.delete(handle);
    host.received = host.received.filter((message) => message.handle !== handle);
    const tag = host.tags.findIndex((t) => t.handle === handle);
    if (tag >= 0) host.tags.splice(tag, 1);
    if (host.handles.size > 0) return;
    this.drop(host, 'host');
    this.#core.hosts.delete(host);
  }

  /** ENOTTY: no such client; EOPNOTSUPP: it, or the bus, has no tags; 0: it has. */
  #vtagProblem(guid: string): number {
    if (!this.#core.hbmAtLeast(2, 2)) return EOPNOTSUPP;
    const known = this.#core.known.get(guid);
    if (known === undefined) return ENOTTY;
    return known.client.vtags ? 0 : EOPNOTSUPP;
  }

  #connectTagged(handle: Handle, token: MeiToken, guid: string, vtag: number): void {
    const core = this.#core;
    const { host } = handle;
    if (!host.idle) return core.reply(token, EBUSY);
    if (host.state === 'initializing') {
      const sharers = [...core.hosts].filter((other) => other.known?.client.guid === guid);
      if (sharers.some((other) => other.handleOf(vtag) !== undefined)) return core.reply(token, EINVAL);
      if (sharers[0] !== undefined) this.#join(handle, sharers[0]);
      handle.host.tags.push({ vtag, handle });
    } else if (host.vtagOf(handle) !== vtag) {
      return core.reply(token, EINVAL);
    }
    if (handle.host.connected) this.#replyConnected(handle, token, vtag);
    else if (handle.host.state === 'connecting') core.wait(handle, token, { type: 'join', guid });
    else this.#connectOwn(handle, token, guid);
  }

  #join(handle: Handle, host: HostClient): void {
    this.#core.hosts.delete(handle.host);
    handle.host = host;
    host.handles.add(handle);
  }

  #connectOwn(handle: Handle, token: MeiToken, guid: string): void {
    const core = this.#core;
    const { host } = handle;
    if (!host.idle) return core.reply(token, EBUSY);
    const known = core.known.get(guid);
    if (known === undefined) return core.reply(token, ENOTTY);
    const { fixedAddress = false } = known.client;
    if (fixedAddress && !core.hbmAtLeast(2, 0)) return core.reply(token, ENOTTY);
    if (fixedAddress && [...core.hosts].some((other) => other.known === known))
      return core.reply(token, EBUSY);
    host.known = known;
    host.state = 'connecting';
    const expire = () => this.#finish(host, EFAULT);
    core.wait(handle, token, { type: 'connect' }, CONNECT_TIMEOUT_MS, expire);
    if (fixedAddress) {
      host.link = core.firmware.connect(known.client, host);
      this.#finish(host, 0);
    } else if (known.connecting.push(host) === 1) this.#request(known);
  }

  /** Sends the connect request of the first that waits for this client. */
  #request(known: KnownClient): void {
    const core = this.#core;
    const host = known.connecting[0];
    if (host === undefined) return;
    host.guard = core.schedule.add(core.nowMs + CONNECT_GUARD_MS, () => {
      if (core.hbmAtLeast(2, 0)) this.#finish(host, EFAULT);
      else this.#onStuck();
    });
    host.link = core.firmware.connect(known.client, host);
  }

  /** The attempt of this connection is over: answers who made it and who would share it, and lets the next one try. */
  #finish(host: HostClient, errno: number): void {
    const core = this.#core;
    const { known } = host;
    core.schedule.cancel(host.guard);
    host.guard = undefined;
    const first = known?.connecting[0] === host;
    const place = known?.connecting.indexOf(host) ?? -1;
    if (place >= 0) known?.connecting.splice(place, 1);

    const waiting = host.waiting.find(({ call }) => call.type === 'connect');
    const client = known?.client;
    if (errno === 0 && client !== undefined) this.#open(host, client);
    else this.#close(host);
    if (waiting !== undefined && errno === 0) this.#settleConnected(waiting);
    else if (waiting !== undefined) core.settle(waiting, errno);
    if (errno !== 0 && client !== undefined) core.tell({ name: 'refused', client: client.name, errno });

    if (first && known !== undefined) this.#request(known);
    for (const joining of host.waiting.filter(({ call }) => call.type === 'join')) this.#rejoin(joining);
  }

  #open(host: HostClient, client: MeClient): void {
    host.state = 'connected';
    host.notifyStatus = 0;
    // The firmware has room for the first message.
    if (!client.fixedAddress) host.txCredits = 1;
  }

  /** Everything that a connection is, back to nothing. What was received stays for its readers. */
  #close(host: HostClient): void {
    const { link } = host;
    host.state = 'disconnected';
    host.known = undefined;
    host.link = undefined;
    host.txCredits = 0;
    host.rxCredits = 0;
    host.pendingRead.clear();
    host.writes = [];
    if (link !== undefined) this.#core.firmware.close(link);
    this.#traffic.settle(host);
    this.#core.wake(host);
  }

  /** Whom this one waited for is done: it shares the connection, or makes its own attempt, or waits for that of another. */
  #rejoin(joining: Waiting): void {
    const { handle, token, call } = joining;
    if (call.type !== 'join' || handle.host.state === 'connecting') return;
    if (handle.host.connected) return this.#settleConnected(joining);
    if (!this.#core.enabled) return this.#core.settle(joining, ENODEV);
    handle.host.waiting.splice(handle.host.waiting.indexOf(joining), 1);
    this.#connectOwn(handle, token, call.guid);
  }

  #settleConnected(waiting: Waiting): void {
    const { handle } = waiting;
    const client = handle.host.known!.client;
    const result = encodeConnected(client.maxMessageLength, client.protocolVersion);
    this.#core.settle(waiting, 0, 0, result);
    this.#core.tell({ name: 'connected', client: client.name, vtag: handle.host.vtagOf(handle) });
  }

  #replyConnected(handle: Handle, token: MeiToken, vtag: number): void {
    const client = handle.host.known!.client;
    this.#core.reply(token, 0, 0, encodeConnected(client.maxMessageLength, client.protocolVersion));
    this.#core.tell({ name: 'connected', client: client.name, vtag });
  }
}

/** Errno by the status of a connect answer. Source: HBM and the kernel's driver. */
const CONNECT_ERRNO: readonly number[] = [0, ENOTTY, EBUSY, EBUSY, EINVAL, EBUSY];
/** How long the caller waits, for others that connect to the same client as well. */
const CONNECT_TIMEOUT_MS = 15_000;
/** How long the firmware may take to answer: three ticks of two seconds. */
const CONNECT_GUARD_MS = 6_000;
