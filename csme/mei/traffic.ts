/** Messages, events and credits of connections: read, write, fsync, poll, the notify ioctls. */
import { type MeiToken, POLL } from './contract.ts';
import type { Core } from './core.ts';
import { EAGAIN, EFAULT, EFBIG, EINVAL, EMSGSIZE, ENODEV, ENOTTY, EOPNOTSUPP, EPROTO } from './errno.ts';
import type { FirmwareMessage } from './firmware.ts';
import type { Handle, HostClient, Received, Waiting } from './host-client.ts';
import { NOTIFY_GET_RESULT } from './ioctl.ts';

export class Traffic {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  read(handle: Handle, token: MeiToken, size: number, nonblock: boolean): void {
    const { host } = handle;
    if (!this.#core.enabled) return this.#core.reply(token, ENODEV);
    if (size === 0) return this.#core.reply(token, 0);
    const message = host.messageFor(handle);
    if (message !== undefined) return this.#give(host, message, size, token);
    const errno = this.#grant(handle, size);
    if (errno !== 0 || nonblock) return this.#core.reply(token, errno || EAGAIN);
    this.#core.wait(handle, token, { type: 'read', size });
  }

  write(handle: Handle, token: MeiToken, bytes: Uint8Array, nonblock: boolean): void {
    const { host } = handle;
    if (!this.#core.enabled || !host.connected) return this.#core.reply(token, ENODEV);
    if (!host.known?.active) return this.#core.reply(token, ENOTTY);
    if (bytes.length > host.known.client.maxMessageLength) return this.#core.reply(token, EFBIG);
    if (bytes.length === 0) return this.#core.reply(token, 0);
    if (!this.#full(host)) {
      this.#queue(handle, bytes);
      this.#core.reply(token, 0, bytes.length);
    } else if (nonblock) this.#core.reply(token, EAGAIN);
    else this.#core.wait(handle, token, { type: 'write', bytes });
  }

  fsync(handle: Handle, token: MeiToken): void {
    const { host } = handle;
    if (!this.#core.enabled || !host.connected) this.#core.reply(token, ENODEV);
    else if (host.writes.length === 0) this.#core.reply(token, 0);
    else this.#core.wait(handle, token, { type: 'fsync' });
  }

  poll(handle: Handle, token: MeiToken, events: number, wake: boolean): void {
    const { host } = handle;
    handle.polled ||= wake;
    if (!this.#core.enabled || !host.connected) return this.#core.reply(token, 0, POLL.ERR);
    let mask = 0;
    if ((events & POLL.PRI) !== 0 && host.notifyEnabled && host.event) mask |= POLL.PRI;
    if ((events & (POLL.IN | POLL.RDNORM)) !== 0) {
      if (host.messageFor(handle) !== undefined) mask |= POLL.IN | POLL.RDNORM;
      else if (host.known !== undefined) this.#grant(handle, 0);
    }
    if ((events & (POLL.OUT | POLL.WRNORM)) !== 0 && !this.#full(host)) mask |= POLL.OUT | POLL.WRNORM;
    this.#core.reply(token, 0, mask);
  }

  notifySet(handle: Handle, token: MeiToken, value: number): void {
    const { host } = handle;
    if (value > 1) return this.#core.reply(token, EINVAL);
    if (!this.#core.hbmAtLeast(2, 0)) return this.#core.reply(token, EOPNOTSUPP);
    if (!host.connected || host.link === undefined) return this.#core.reply(token, ENODEV);
    this.#core.firmware.setNotifications(host.link, value === 1);
    const expire = (waiting: Waiting) => {
      host.notifyStatus = EFAULT;
      this.#core.settle(waiting, EFAULT);
    };
    this.#core.wait(handle, token, { type: 'notifySet', on: value === 1 }, NOTIFY_TIMEOUT_MS, expire);
    // What is so already, or failed before, is answered without waiting for the firmware.
    this.settle(host);
  }

  notifyGet(handle: Handle, token: MeiToken, nonblock: boolean): void {
    const { host } = handle;
    if (!this.#core.hbmAtLeast(2, 0)) return this.#core.reply(token, EOPNOTSUPP);
    if (!host.connected) return this.#core.reply(token, ENODEV);
    if (!host.event && nonblock) return this.#core.reply(token, EAGAIN);
    this.#core.wait(handle, token, { type: 'notifyGet' });
    this.settle(host);
  }

  /** Moves what can move in both directions, and answers the calls that waited for it. */
  advance(host: HostClient): void {
    const { link } = host;
    if (link === undefined || !host.connected) return;
    const free = link.client.fixedAddress ?? false;
    const waited = link.outbox.length > 0;
    while (link.outbox.length > 0 && (free || host.rxCredits > 0)) this.#deliver(host, link.outbox.shift()!);
    if (waited && link.outbox.length === 0) link.service?.onTaken?.();
    while (host.writes.length > 0 && (free || host.txCredits > 0) && !this.#unheard(host)) {
      const { bytes, vtag } = host.writes.shift()!;
      if (!free) host.txCredits--;
      this.#core.firmware.receive(link, bytes, vtag);
      this.settle(host);
      this.#core.wake(host);
    }
  }

  /** The firmware answered a notify request. */
  notificationsSet(host: HostClient, on: boolean, agreed: boolean): void {
    if (agreed) host.notifyEnabled = on;
    host.notifyStatus = agreed ? 0 : EINVAL;
    this.settle(host);
  }

  /** An event of the firmware; one more before somebody asks is the same one. */
  notification(host: HostClient): void {
    if (!host.notifyEnabled) return;
    host.event = true;
    this.settle(host);
    this.#core.wake(host);
  }

  /** Answers every call of this connection that has what it waited for. */
  settle(host: HostClient): void {
    for (const waiting of [...host.waiting]) this.#settleOne(host, waiting);
  }

  #settleOne(host: HostClient, waiting: Waiting): void {
    const core = this.#core;
    const { call, handle } = waiting;
    switch (call.type) {
      case 'read': {
        if (!host.connected) return core.settle(waiting, ENODEV);
        const message = host.messageFor(handle);
        if (message !== undefined) this.#give(host, message, call.size, waiting);
        return;
      }
      case 'write':
        if (!host.connected) return core.settle(waiting, ENODEV);
        if (this.#full(host)) return;
        this.#queue(handle, call.bytes);
        return core.settle(waiting, 0, call.bytes.length);
      case 'fsync':
        if (!host.connected) return core.settle(waiting, ENODEV);
        if (host.writes.length === 0) core.settle(waiting, 0);
        return;
      case 'notifyGet':
        // A connection that ends does not end this wait, only an event or a signal does.
        if (!host.event) return;
        host.event = false;
        return core.settle(waiting, 0, 0, NOTIFY_GET_RESULT);
      case 'notifySet':
        if (host.notifyEnabled !== call.on && host.notifyStatus === 0) {
          if (host.connected) return;
          host.notifyStatus = EFAULT;
        }
        return core.settle(waiting, host.notifyStatus);
    }
  }

  /** One credit for the firmware, unless it has one. The errno of why it cannot have one. */
  #grant(handle: Handle, size: number): number {
    const { host } = handle;
    if (!host.connected) return ENODEV;
    if (!host.known?.active) return ENOTTY;
    if (host.known.client.fixedAddress) return 0;
    host.pendingRead.add(handle);
    if (host.rxCredits === 0) {
      host.rxCredits = 1;
      host.rxRoom = Math.max(size, host.known.client.maxMessageLength);
    }
    return 0;
  }

  #deliver(host: HostClient, { bytes, vtag, broken }: FirmwareMessage): void {
    const client = host.known!.client;
    const room = client.fixedAddress ? client.maxMessageLength : host.rxRoom;
    if (!client.fixedAddress) host.rxCredits--;
    const tagged = client.vtags === true && this.#core.hbmAtLeast(2, 2);
    const handle = tagged ? host.handleOf(vtag) : [...host.handles][0];
    if (handle !== undefined) {
      const errno = broken ? EPROTO : bytes.length > room ? EMSGSIZE : 0;
      host.received.push({ handle, bytes, errno, at: 0 });
      host.pendingRead.delete(handle);
      this.settle(host);
      this.#core.wake(host);
    }
    // The credit is used up; who else waits for a message needs another.
    const waits = host.waiting.find((waiting) => waiting.call.type === 'read')?.handle;
    const next = waits ?? host.pendingRead.values().next().value;
    if (next !== undefined) this.#grant(next, 0);
  }

  /** Gives as much of a message as the reader has room for; the rest is for the next read. */
  #give(host: HostClient, message: Received, size: number, to: MeiToken | Waiting): void {
    const end = Math.min(message.at + size, message.bytes.length);
    const bytes = message.errno === 0 ? message.bytes.subarray(message.at, end) : undefined;
    if (message.errno !== 0 || end === message.bytes.length)
      host.received.splice(host.received.indexOf(message), 1);
    else message.at = end;
    if (typeof to === 'bigint') this.#core.reply(to, message.errno, 0, bytes);
    else this.#core.settle(to, message.errno, 0, bytes);
  }

  /** Who reads none of so many messages is not listened to either: what answers take is bounded. */
  #unheard({ link, received }: HostClient): boolean {
    return link !== undefined && link.outbox.length + received.length >= UNREAD_MOST;
  }

  #full(host: HostClient): boolean {
    return host.writes.length >= this.#core.txQueueLimit;
  }

  #queue(handle: Handle, bytes: Uint8Array): void {
    handle.host.writes.push({ bytes, vtag: handle.host.vtagOf(handle) });
  }
}

/** Messages of the firmware that wait for one connection to read them. Chosen: more than LME lets wait. */
const UNREAD_MOST = 64;
/** Source: spec of the driver's interface, time a caller of NOTIFY_SET waits for the firmware. */
const NOTIFY_TIMEOUT_MS = 15_000;
