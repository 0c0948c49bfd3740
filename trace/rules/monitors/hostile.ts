/** What CSME sends that is no good message, and what a host must not make of it. */
import { declOf, type SapName } from '../../../sap/index.ts';
import type { Case, Located, Read } from '../case.ts';
import { type Found, isShortFrame } from '../inbox.ts';
import { AT_ONCE_MS } from '../tolerance.ts';
import type { Monitor } from './monitor.ts';

/** What a host would send if it took a bad message of this type for a good one. */
const EFFECTS: ReadonlyMap<number, readonly SapName[]> = new Map([
  [declOf('PING').id, ['PONG']],
  [
    declOf('AMT_STATE').id,
    ['WIFIDR_UP', 'WHO_OWNS_NIC', 'HOST_LINK_UP', 'COUNTRY_CODE', 'SAR_LIMITS', 'NIC_INFO', 'RADIO_STATE'],
  ],
  [declOf('CSME_REPLY_TO_HOST_OWNERSHIP_REQ').id, ['HOST_OWNERSHIP_CONFIRMED']],
  [declOf('CSME_TAKING_OWNERSHIP').id, ['CSME_OWNERSHIP_CONFIRMED']],
  [declOf('CSME_CAN_RELEASE_OWNERSHIP').id, ['HOST_ASKS_FOR_NIC_OWNERSHIP']],
  [declOf('PLDR_ACK').id, ['PLDR_END']],
]);
/** Bad messages that are remembered. */
const KEPT = 16;

export class HostileMonitor implements Monitor {
  readonly #case: Case;
  #bad: { readonly event: Located; readonly effects: readonly SapName[]; readonly atMs: number }[] = [];

  constructor(c: Case) {
    this.#case = c;
  }

  found(found: Found): void {
    const { message, event, id } = found;
    if (message !== undefined && message.name !== 'UNKNOWN') return;
    const { ledger, nowMs } = this.#case;
    const last = this.#case.hostile;
    const deadly = isShortFrame(found) || (last?.deadly === true && !last.heard);
    // Once it is silent, what silenced it counts.
    if (!last?.deadly || last.heard) this.#case.hostile = { event, deadly, heard: false };
    ledger.asked('hostile.survives');
    if (message !== undefined) return;
    ledger.asked('hostile.ignored');
    if (this.#bad.length >= KEPT) this.#bad.shift();
    this.#bad.push({ event, effects: EFFECTS.get(id) ?? [], atMs: nowMs });
  }

  unasked({ message, event }: Read): boolean {
    const { nowMs } = this.#case;
    const bad = this.#bad.find(
      ({ effects, atMs }) => nowMs - atMs <= AT_ONCE_MS && effects.includes(message.name),
    );
    if (!bad) return false;
    this.#case.find('hostile.ignored', event, 'nothing: the message is no good one', undefined, [bad.event]);
    return true;
  }

  linkEnded(): void {
    this.#bad = [];
  }
}
