/** What the parts of the MEI device share: its state, its tables, and the way out. */

import type { MeClient } from './client.ts';
import type { MeiOutput, MeiState, MeiTell, MeiToken } from './contract.ts';
import { Firmware } from './firmware.ts';
import type { Handle, HostClient, KnownClient, Waiting } from './host-client.ts';
import { Schedule } from './schedule.ts';

/** Version of the bus protocol that host and firmware agreed upon. */
export interface HbmVersion {
  readonly major: number;
  readonly minor: number;
}

export class Core {
  nowMs = 0;
  state: MeiState = 'ENABLED';
  readonly hbm: HbmVersion;
  /** Messages that wait in one connection before a writer has to. */
  readonly txQueueLimit: number;
  readonly firmware: Firmware<HostClient>;
  /** The host's own timers; the firmware has its own, which a reset stops. */
  readonly schedule = new Schedule();
  readonly handles = new Map<number, Handle>();
  readonly hosts = new Set<HostClient>();
  readonly known = new Map<string, KnownClient>();
  #outputs: MeiOutput[] = [];
  #polled = 0;

  constructor(clients: readonly MeClient[], hbm: HbmVersion, txQueueLimit: number) {
    this.hbm = hbm;
    this.txQueueLimit = txQueueLimit;
    this.firmware = new Firmware(clients);
  }

  get enabled(): boolean {
    return this.state === 'ENABLED';
  }

  hbmAtLeast(major: number, minor: number): boolean {
    return this.hbm.major > major || (this.hbm.major === major && this.hbm.minor >= minor);
  }

  know(client: MeClient): void {
    const before = this.known.get(client.guid);
    if (before !== undefined) before.active = false;
    this.known.set(client.guid, { client, active: true, connecting: [] });
  }

  forget(known: KnownClient): void {
    known.active = false;
    if (this.known.get(known.client.guid) === known) this.known.delete(known.client.guid);
  }

  reply(token: MeiToken, errno: number, value = 0, bytes: Uint8Array = NOTHING): void {
    this.#outputs.push({ type: 'reply', token, errno, value, bytes });
  }

  tell(tell: MeiTell): void {
    this.#outputs.push({ type: 'tell', ...tell });
  }

  /** What `poll` said to the users of this connection may have changed. */
  wake(host: HostClient): void {
    for (const handle of host.handles) {
      if (!handle.polled) continue;
      handle.polled = false;
      this.#outputs.push({ type: 'wake', handle: handle.id });
    }
  }

  poll(): MeiOutput | undefined {
    if (this.#polled < this.#outputs.length) return this.#outputs[this.#polled++];
    this.#outputs = [];
    this.#polled = 0;
    return undefined;
  }

  /** Lets a call wait, for ever or until `onDeadline` is called. */
  wait(
    handle: Handle,
    token: MeiToken,
    call: Waiting['call'],
    deadlineMs?: number,
    onDeadline?: (waiting: Waiting) => void,
  ): void {
    const waiting: Waiting = {
      token,
      handle,
      call,
      deadline:
        deadlineMs === undefined
          ? undefined
          : this.schedule.add(this.nowMs + deadlineMs, () => onDeadline?.(waiting)),
    };
    handle.host.waiting.push(waiting);
  }

  /** Ends the wait of a call and answers it. */
  settle(waiting: Waiting, errno: number, value = 0, bytes: Uint8Array = NOTHING): void {
    const { waiting: all } = waiting.handle.host;
    const at = all.indexOf(waiting);
    if (at < 0) return;
    all.splice(at, 1);
    this.schedule.cancel(waiting.deadline);
    this.reply(waiting.token, errno, value, bytes);
  }
}

const NOTHING = new Uint8Array(0);
