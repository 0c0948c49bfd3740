/** The end of a link: HOST_GOES_DOWN, the device, rfkill, whoever waits. */
import { u32At } from '../../../sap/index.ts';
import type { BusEvent, CommandEvent, OperationEvent } from '../../event.ts';
import type { Case, Located, Read } from '../case.ts';
import { AT_ONCE_MS, BELL_LATE_MS, EARLY_MS } from '../tolerance.ts';
import type { Monitor } from './monitor.ts';

/** The WLAN driver has this long to take the device down. */
const DEVICE_DOWN_MS = 50;
/** CSME has 200 ms to read what is left; what comes earlier says that nothing was left. */
const DRAIN_MS = 160;
/** Who waits is woken with the link's end. */
const WAKE_MS = 250;
const WAITING = ['get_ownership', 'get_nvm', 'pldr'] as const;

export class RemovalMonitor implements Monitor {
  readonly #case: Case;
  #goodbye: { readonly seqNum: number } | undefined;
  #removal: BusEvent | undefined;
  #bellsBefore = 0;
  /** Calls that wait, by name. */
  readonly #waits = new Map<string, CommandEvent>();
  /** Calls that the end of the link had to wake. */
  readonly #sleepers = new Map<string, { readonly call: CommandEvent; readonly event: Located }>();

  constructor(c: Case) {
    this.#case = c;
  }

  bus(event: BusEvent): void {
    if (event.dir === 'ctl' && event.name === 'remove') this.#removed(event);
    if (event.dir === 'drv' && event.name === 'unmap') this.#unmapped(event);
  }

  read({ message, event }: Read): void {
    const { ledger } = this.#case;
    const seqNum = u32At(event.bytes, 4);
    if (this.#goodbye) {
      ledger.asked('removal.goes-down-last');
      if (seqNum > this.#goodbye.seqNum) {
        this.#case.find('removal.goes-down-last', event, 'nothing behind HOST_GOES_DOWN');
        this.#goodbye = { seqNum };
      }
    }
    if (message.name !== 'HOST_GOES_DOWN') return;
    ledger.asked('removal.goes-down-last');
    this.#goodbye = { seqNum };
  }

  unasked({ message }: Read): boolean {
    return message.name === 'HOST_GOES_DOWN';
  }

  command(event: CommandEvent): void {
    if (event.name === 'device_state' && event.args.up === 0) {
      this.#case.tells.drop(({ kind }) => kind === 'nic_stolen');
    }
    if ((WAITING as readonly string[]).includes(event.name)) this.#waits.set(event.name, event);
  }

  returned(event: CommandEvent): void {
    const name = event.name.replace(/\.ret$/, '');
    this.#waits.delete(name);
    const sleeper = this.#sleepers.get(name);
    this.#sleepers.delete(name);
    if (!sleeper) return;
    const { nowMs } = this.#case;
    const lateMs = nowMs - sleeper.event.t * 1000;
    if (lateMs <= WAKE_MS) return;
    const seen = `${name} returned ${Math.round(lateMs)} ms after the link had ended`;
    this.#case.find('removal.wakes', event, `${name} to return when the link ends`, seen, [
      sleeper.call,
      sleeper.event,
    ]);
  }

  told(event: OperationEvent): void {
    if (event.name !== 'nic_stolen' || !this.#removal) return;
    const { link, nowMs, ledger } = this.#case;
    ledger.asked('removal.stolen');
    const removal = this.#removal;
    if (link.deviceUp === false) {
      this.#case.find('removal.stolen', event, 'nothing: the device is down', undefined, [removal]);
    } else if (nowMs - removal.t * 1000 < DEVICE_DOWN_MS - EARLY_MS) {
      this.#case.find('removal.stolen', event, '50 ms for the device to come down', undefined, [removal]);
    }
  }

  linkEnded(): void {
    this.#goodbye = undefined;
    this.#removal = undefined;
  }

  #removed(event: BusEvent): void {
    const { link, settings, tells, nowMs, bells } = this.#case;
    if (link.phase !== 'started' && link.phase !== 'connected') return;
    // The host is on its way out already.
    if (this.#removal !== undefined) return;
    this.#removal = event;
    this.#bellsBefore = bells.lastMs;
    if (settings.driver !== 'registered') return;
    tells.add({
      kind: 'rfkill',
      need: 'must',
      rule: 'removal.rfkill',
      expected: 'rfkill released',
      differs: (args) => (args.blocked === 0 ? undefined : 'rfkill released'),
      cause: [event],
      atMs: nowMs,
    });
    if (link.deviceUp !== true || link.deaf || link.phase !== 'connected') return;
    tells.add({
      kind: 'nic_stolen',
      need: 'must',
      rule: 'removal.stolen',
      expected: 'nic_stolen after 50 ms',
      cause: [event],
      atMs: nowMs,
    });
  }

  /** How long ago the first bell since the removal was. */
  #signalledMs(removal: BusEvent): number {
    const { bells, nowMs } = this.#case;
    const removalMs = removal.t * 1000;
    return nowMs - removalMs - bells.signalled(removalMs, nowMs).firstMs;
  }

  #unmapped(event: BusEvent): void {
    const { link, ledger, bells, nowMs } = this.#case;
    for (const [name, call] of this.#waits) this.#sleepers.set(name, { call, event });
    this.#waits.clear();
    if (this.#sleepers.size > 0) ledger.asked('removal.wakes');
    if (link.phase !== 'connected' || link.deaf) return;
    ledger.asked('removal.goes-down');
    if (this.#goodbye) return;
    const rang = bells.lastMs > this.#bellsBefore;
    const readSince = bells.readMs > this.#bellsBefore && bells.readMs >= bells.lastMs;
    const before = this.#removal ? [this.#removal] : [];
    // CSME did not look, in all of its 200 ms: that it was written cannot be seen.
    if (this.#removal && rang && !readSince && this.#signalledMs(this.#removal) > DRAIN_MS) return;
    if (!this.#removal && bells.lastMs > bells.readMs && nowMs - bells.lastMs < BELL_LATE_MS + AT_ONCE_MS)
      return;
    this.#case.find(
      'removal.goes-down',
      event,
      'HOST_GOES_DOWN, signalled at once',
      'the area went without it',
      before,
    );
  }
}
