/**
 * The firmware's side of the bus: its clients, the connections to them, and what they have to say to the host.
 *
 * What clients do comes out as events, in order, for the host's side (`device.ts`) to take up one by one.
 */
import {
  CONNECT_STATUS,
  type MeClient,
  type MeLink,
  type MeRefusal,
  type MeService,
  type MeTimer,
  type SendOptions,
} from './client.ts';
import { Schedule, type Scheduled } from './schedule.ts';

/** A message on its way to the host. */
export interface FirmwareMessage {
  readonly bytes: Uint8Array;
  readonly vtag: number;
  readonly broken: boolean;
}

export type FirmwareEvent<Owner> =
  | { readonly type: 'reset'; readonly readyAfterMs: number | undefined }
  | ({ readonly link: Link<Owner> } & (
      | { readonly type: 'answer'; readonly status: number }
      | { readonly type: 'message'; readonly message: FirmwareMessage }
      | { readonly type: 'notification' }
      | { readonly type: 'notifications'; readonly on: boolean; readonly agreed: boolean }
      /** The host may send one message more. */
      | { readonly type: 'credit' }
      | { readonly type: 'disconnect' }
    ));

export class Firmware<Owner> {
  nowMs = 0;
  readonly #clients = new Map<string, MeClient>();
  readonly #links = new Set<Link<Owner>>();
  readonly #schedule = new Schedule();
  #events: FirmwareEvent<Owner>[] = [];

  constructor(clients: readonly MeClient[]) {
    for (const client of clients) this.addClient(client);
  }

  /** What enumeration tells. */
  get clients(): Iterable<MeClient> {
    return this.#clients.values();
  }

  addClient(client: MeClient): void {
    this.#clients.set(client.guid, client);
    if (client.onAttach !== undefined) client.onAttach(this.#timerOf(client));
  }

  removeClient(guid: string): void {
    this.#clients.delete(guid);
  }

  /** The host connects; the answer is an event. `owner`: whose connection it is. */
  connect(client: MeClient, owner: Owner): Link<Owner> {
    const link = new Link<Owner>(this, client, owner);
    const accepted = this.#accept(client, link);
    if ('status' in accepted) {
      this.#after(link, accepted.afterMs, { type: 'answer', link, status: accepted.status });
    } else {
      link.service = accepted;
      const answer = { type: 'answer', link, status: CONNECT_STATUS.SUCCESS } as const;
      this.#after(link, accepted.afterMs, answer);
    }
    this.#links.add(link);
    return link;
  }

  /** A whole message of the host. The credit for its next one is an event. */
  receive(link: Link<Owner>, message: Uint8Array, vtag: number): void {
    link.busyMs = 0;
    link.service?.onMessage?.(message, vtag);
    if (!link.client.fixedAddress) this.#after(link, link.busyMs, { type: 'credit', link });
  }

  setNotifications(link: Link<Owner>, on: boolean): void {
    const agreed = link.service?.onNotifications?.(on) ?? false;
    const delayMs = typeof agreed === 'number' ? agreed : 0;
    this.#after(link, delayMs, { type: 'notifications', link, on, agreed: agreed !== false });
  }

  /** The connection is over; what its client has still to say is lost. */
  close(link: Link<Owner>): void {
    if (!this.#links.delete(link)) return;
    link.open = false;
    link.wakeAt(undefined);
    link.service?.onClose?.();
  }

  reset(): void {
    for (const link of this.#links) this.close(link);
    this.#events = [];
    this.#schedule.clear();
    for (const client of this.#clients.values()) client.onReset?.();
  }

  /** The next event; those of connections that are over are passed over. */
  nextEvent(): FirmwareEvent<Owner> | undefined {
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
      if (event.type === 'reset' || event.link.open) return event;
    }
    return undefined;
  }

  nextTimeoutAt(): number | undefined {
    return this.#schedule.nextAt();
  }

  /** Does the next thing that is due; false when none is. */
  runNext(nowMs: number): boolean {
    return this.#schedule.runNext(nowMs);
  }

  push(event: FirmwareEvent<Owner>): void {
    this.#events.push(event);
  }

  at(atMs: number, task: () => void): Scheduled {
    return this.#schedule.add(atMs, task);
  }

  cancel(scheduled: Scheduled | undefined): void {
    this.#schedule.cancel(scheduled);
  }

  #timerOf(client: MeClient): MeTimer {
    const firmware = this;
    let wake: Scheduled | undefined;
    return {
      get nowMs() {
        return firmware.nowMs;
      },
      wakeAt(atMs) {
        firmware.cancel(wake);
        wake = atMs === undefined ? undefined : firmware.at(atMs, () => client.onTimer?.());
      },
    };
  }

  #accept(client: MeClient, link: Link<Owner>): MeService | MeRefusal {
    if (this.#clients.get(client.guid) !== client) return { status: CONNECT_STATUS.NOT_FOUND };
    const others = [...this.#links].filter((other) => other.client === client && other.service !== undefined);
    if (others.length >= client.maxConnections && !client.fixedAddress) {
      return { status: CONNECT_STATUS.OUT_OF_RESOURCES };
    }
    return client.accept(link);
  }

  #after(link: Link<Owner>, delayMs = 0, event: FirmwareEvent<Owner>): void {
    if (delayMs <= 0) this.push(event);
    else link.later(delayMs, event);
  }
}

/** One connection. */
export class Link<Owner> implements MeLink {
  readonly client: MeClient;
  readonly owner: Owner;
  service: MeService | undefined;
  open = true;
  /** What `busy` said about the message that is being handled. */
  busyMs = 0;
  /** Messages that the host has no room for yet. */
  readonly outbox: FirmwareMessage[] = [];
  readonly #firmware: Firmware<Owner>;
  #wake: Scheduled | undefined;

  constructor(firmware: Firmware<Owner>, client: MeClient, owner: Owner) {
    this.#firmware = firmware;
    this.client = client;
    this.owner = owner;
  }

  get nowMs(): number {
    return this.#firmware.nowMs;
  }

  send(message: Uint8Array, { vtag = 0, delayMs = 0, broken = false }: SendOptions = {}): void {
    this.#say(delayMs, { type: 'message', link: this, message: { bytes: message.slice(), vtag, broken } });
  }

  notify(delayMs = 0): void {
    this.#say(delayMs, { type: 'notification', link: this });
  }

  disconnect(delayMs = 0): void {
    this.#say(delayMs, { type: 'disconnect', link: this });
  }

  busy(forMs: number): void {
    this.busyMs = forMs;
  }

  wakeAt(atMs: number | undefined): void {
    this.#firmware.cancel(this.#wake);
    this.#wake =
      atMs === undefined || atMs === Number.POSITIVE_INFINITY || !this.open
        ? undefined
        : this.#firmware.at(atMs, () => {
            this.#wake = undefined;
            this.service?.onWake?.();
          });
  }

  resetFirmware(readyAfterMs?: number): void {
    this.#firmware.push({ type: 'reset', readyAfterMs });
  }

  later(delayMs: number, event: FirmwareEvent<Owner>): void {
    if (delayMs === Number.POSITIVE_INFINITY) return;
    this.#firmware.at(this.nowMs + delayMs, () => {
      if (this.open) this.#firmware.push(event);
    });
  }

  #say(delayMs: number, event: FirmwareEvent<Owner>): void {
    if (!this.open) return;
    if (delayMs > 0) this.later(delayMs, event);
    else this.#firmware.push(event);
  }
}
