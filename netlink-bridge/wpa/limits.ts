/**
 * What is changed in wpa_supplicant so that it looks for one access point only, and how that is undone. All changes
 * stand in the journal before the first is made.
 *
 * A change is undone only where the value is still the one that was set: after a restart of wpa_supplicant, or after a
 * change by somebody else, there is nothing to undo.
 */
import type { Target } from '../agent/types.ts';
import { BridgeError } from '../errors.ts';
import type { Journal, JournalEntry } from '../journal.ts';
import { type Ask, checkTarget, networkField, networkIds } from './networks.ts';
import { isOk, isPlain, isRefusal } from './text.ts';

/** One change: a field of a network, or a setting of all (`network` is undefined then). */
export interface Change {
  readonly network: number | undefined;
  /** The SSID of the network as GET_NETWORK gives it: whether the id still means the same one. */
  readonly ssid?: string;
  readonly field: string;
  /** undefined: it was not set. */
  readonly before: string | undefined;
  readonly after: string;
}

/** What clears a field, for those that may be without a value. */
const UNSET: Readonly<Record<string, string>> = { bssid: 'any', scan_freq: '0' };
const NETWORK_FIELDS: readonly string[] = ['bssid', 'scan_freq', 'mac_addr', 'disabled'];
const GLOBAL_FIELDS: readonly string[] = ['update_config'];
const SUPPLICANT = 'wpa';
const VERSION = 1;

/** What must be changed so that only `target` is looked for, with network `id`. Changes nothing. */
export async function planLimits(ask: Ask, id: number, target: Target): Promise<Change[]> {
  const { bssid, frequency } = checkTarget(target);
  const changes: Change[] = [];
  const change = (one: Change) => {
    if (one.before !== one.after) changes.push(one);
  };
  // Nobody can save the limits to the configuration file as long as they stand.
  const update = await globalField(ask, 'update_config');
  if (update !== undefined) {
    change({ network: undefined, field: 'update_config', before: update, after: '0' });
  }
  const ssid = await existing(ask, id);
  const of = async (field: string, after: string) =>
    change({ network: id, ssid, field, before: await networkField(ask, id, field), after });
  await of('bssid', bssid);
  await of('scan_freq', frequency);
  // The remote session lives on the address that CSME used, the card's own.
  const macPolicy = await networkField(ask, id, 'mac_addr');
  const own = macPolicy === '-1' ? await globalField(ask, 'mac_addr') : macPolicy;
  if (own !== undefined && own !== '0') await of('mac_addr', '0');
  // With one network enabled that has no scan_freq, everything would be scanned.
  for (const other of await networkIds(ask)) {
    if (other === id || (await networkField(ask, other, 'disabled')) !== '0') continue;
    const name = await networkField(ask, other, 'ssid');
    if (name === undefined) continue;
    change({ network: other, ssid: name, field: 'disabled', before: '0', after: '1' });
  }
  return changes;
}

/** Makes the changes, in the journal first. */
export async function applyLimits(ask: Ask, journal: Journal, changes: readonly Change[]): Promise<void> {
  journal.write(entryOf(changes));
  for (const { network, field, after } of changes) await set(ask, network, field, after);
}

/**
 * Undoes what stands in the journal and clears it. Nothing of it begins or ends a connection. What the supplicant does
 * not take back stays in the journal, and BRIDGE_ERR_REFUSED names it. Gives what was undone.
 */
export async function undoLimits(ask: Ask, journal: Journal): Promise<Change[]> {
  const entry = journal.read();
  if (entry === undefined) return [];
  const changes = changesOf(entry);
  const undone: Change[] = [];
  const left: Change[] = [];
  for (const one of changes.toReversed()) {
    if ((await presentValue(ask, one)) !== one.after) continue;
    try {
      await set(ask, one.network, one.field, one.before ?? UNSET[one.field]!);
      undone.push(one);
    } catch (error) {
      if (!(error instanceof BridgeError) || error.code !== 'BRIDGE_ERR_REFUSED') throw error;
      left.unshift(one);
    }
  }
  if (left.length > 0) {
    journal.write(entryOf(left));
    const which = left.map(
      ({ network, field }) => `${field}${network === undefined ? '' : ` of ${network}`}`,
    );
    throw new BridgeError('BRIDGE_ERR_REFUSED', {
      detail: `wpa_supplicant does not take back ${which.join(', ')}: restart it, it reads its configuration then.`,
    });
  }
  journal.clear();
  return undone;
}

/** As if there were no limits: their fields as they were before. For questions about networks. */
export function withoutLimits(ask: Ask, journal: Journal): Ask {
  const entry = journal.read();
  if (entry === undefined) return ask;
  const before = new Map(
    changesOf(entry).map((one) => [`GET_NETWORK ${one.network} ${one.field}`, one.before ?? 'FAIL']),
  );
  return async (command) => before.get(command) ?? ask(command);
}

export function entryOf(changes: readonly Change[]): JournalEntry {
  return {
    supplicant: SUPPLICANT,
    version: VERSION,
    changes: changes.map((one) => ({
      ...one,
      network: one.network ?? null,
      before: one.before ?? null,
    })),
  };
}

/** Throws BRIDGE_ERR_FORMAT for an entry that is not ours: what is in it becomes commands. */
export function changesOf(entry: JournalEntry): Change[] {
  const { supplicant, version, changes } = entry;
  if (typeof supplicant === 'string' && supplicant !== SUPPLICANT) {
    throw new BridgeError('BRIDGE_ERR_FORMAT', {
      detail: `The journal is of another supplicant, ${JSON.stringify(supplicant)}: restore with that one first.`,
    });
  }
  const isOurs = supplicant === SUPPLICANT && version === VERSION;
  if (!isOurs || !Array.isArray(changes) || !changes.every(isChange)) {
    throw new BridgeError('BRIDGE_ERR_FORMAT', {
      detail: 'The journal is not one of this program: restart wpa_supplicant and delete it.',
    });
  }
  return changes.map(({ network, before, ...rest }) => ({
    ...rest,
    network: network ?? undefined,
    before: before ?? undefined,
  }));
}

interface WrittenChange {
  readonly network: number | null;
  readonly ssid?: string;
  readonly field: string;
  readonly before: string | null;
  readonly after: string;
}

function isChange(value: unknown): value is WrittenChange {
  if (typeof value !== 'object' || value === null) return false;
  const { network, ssid, field, before, after } = value as Record<string, unknown>;
  if (typeof field !== 'string' || typeof after !== 'string' || !isPlain(after)) return false;
  if (before === null ? UNSET[field] === undefined : typeof before !== 'string' || !isPlain(before)) {
    return false;
  }
  if (network === null) return ssid === undefined && GLOBAL_FIELDS.includes(field);
  return (
    Number.isInteger(network) &&
    (network as number) >= 0 &&
    typeof ssid === 'string' &&
    NETWORK_FIELDS.includes(field)
  );
}

async function globalField(ask: Ask, field: string): Promise<string | undefined> {
  const reply = await ask(`GET ${field}`);
  return isRefusal(reply) ? undefined : reply;
}

/** The present value; undefined also where the network is another one by now. */
async function presentValue(ask: Ask, { network, ssid, field }: Change): Promise<string | undefined> {
  if (network === undefined) return globalField(ask, field);
  if ((await networkField(ask, network, 'ssid')) !== ssid) return undefined;
  return networkField(ask, network, field);
}

async function set(ask: Ask, network: number | undefined, field: string, value: string): Promise<void> {
  const command = commandOf(network, field, value);
  if (isOk(await ask(command))) return;
  throw new BridgeError('BRIDGE_ERR_REFUSED', { detail: `wpa_supplicant refuses ${command}.` });
}

function commandOf(network: number | undefined, field: string, value: string): string {
  if (network === undefined) return `SET ${field} ${value}`;
  if (field !== 'disabled') return `SET_NETWORK ${network} ${field} ${value}`;
  // Neither begins a scan nor moves a connection that there is.
  return value === '0' ? `ENABLE_NETWORK ${network} no-connect` : `DISABLE_NETWORK ${network}`;
}

async function existing(ask: Ask, id: number): Promise<string> {
  const ssid = await networkField(ask, id, 'ssid');
  if (ssid !== undefined) return ssid;
  throw new BridgeError('BRIDGE_ERR_ABSENT', {
    detail: `wpa_supplicant has no network ${id} any more: look for one again.`,
  });
}
