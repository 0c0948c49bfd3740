/** The switches of a machine, as the records of /dev/rfkill tell of them. */
import { type RfkillReason, type RfkillRecord, type RfkillType, reasonsOf } from './record.ts';

export interface RfkillSwitch {
  readonly index: number;
  readonly type: RfkillType;
  /** What its driver calls it: `phy0`, `hci0`. Undefined where sysfs does not show it. */
  readonly name: string | undefined;
  readonly soft: boolean;
  /** Blocked by hardware or firmware, for at least one of `reasons`. */
  readonly hard: boolean;
  readonly reasons: ReadonlySet<RfkillReason>;
  /** Index of the wiphy that it belongs to; undefined for the switch of something else, a laptop's key for example. */
  readonly wiphy: number | undefined;
}

/** `change` comes only when something is different. */
export interface RfkillEvent {
  readonly type: 'add' | 'change' | 'del';
  /** As it is now; behind `del` as it was. */
  readonly switch: RfkillSwitch;
}

/** What sysfs knows of a switch and the records do not tell. */
export interface RfkillFacts {
  readonly name: string | undefined;
  readonly wiphy: number | undefined;
  readonly reasonBits: number | undefined;
}

export class RfkillSwitches {
  readonly byIndex = new Map<number, RfkillSwitch>();
  readonly #factsOf: (index: number) => RfkillFacts;

  constructor(factsOf: (index: number) => RfkillFacts) {
    this.#factsOf = factsOf;
  }

  /** What a record changes; undefined when that is nothing. */
  take(record: RfkillRecord): RfkillEvent | undefined {
    const last = this.byIndex.get(record.index);
    // Those are orders to the kernel; it sends none.
    if (record.op === 'change-all') return undefined;
    if (record.op === 'del') return this.remove(record.index);
    // A radio that came from another network namespace shows in sysfs later than in the records.
    const known = last?.wiphy !== undefined && record.reasonBits !== undefined;
    const facts = known ? undefined : this.#factsOf(record.index);
    const { index, type, soft, hard } = record;
    const next = {
      index,
      type,
      name: facts?.name ?? last?.name,
      soft,
      hard,
      reasons: reasonsOf(hard, record.reasonBits ?? facts?.reasonBits),
      wiphy: facts?.wiphy ?? last?.wiphy,
    };
    if (last !== undefined && isSame(last, next)) return undefined;
    this.byIndex.set(index, next);
    return { type: last === undefined ? 'add' : 'change', switch: next };
  }

  remove(index: number): RfkillEvent | undefined {
    const last = this.byIndex.get(index);
    this.byIndex.delete(index);
    return last && { type: 'del', switch: last };
  }
}

/** The switch of a wiphy, among those of other radios and of the machine. */
export function switchOfWiphy(
  switches: ReadonlyMap<number, RfkillSwitch>,
  wiphy: number,
): RfkillSwitch | undefined {
  for (const one of switches.values()) if (one.wiphy === wiphy) return one;
  return undefined;
}

function isSame(a: RfkillSwitch, b: RfkillSwitch): boolean {
  return (
    a.type === b.type &&
    a.name === b.name &&
    a.wiphy === b.wiphy &&
    a.soft === b.soft &&
    a.hard === b.hard &&
    a.reasons.size === b.reasons.size &&
    [...a.reasons].every((reason) => b.reasons.has(reason))
  );
}
