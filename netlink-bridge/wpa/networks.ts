/** The networks that wpa_supplicant has, and which of them fits an access point. Of a secret it says `*`, no more. */
import { AuthMode, formatMac, parseMac } from '../../sap/index.ts';
import type { Target } from '../agent/types.ts';
import { BridgeError } from '../errors.ts';
import { isRefusal, parseFrequencies, parseNetworkIds, parseSsid } from './text.ts';

/** Sends a command and gives the answer. Rejects with a BridgeError. */
export type Ask = (command: string) => Promise<string>;

/** More are not looked at. */
const NETWORKS_MAX = 1000;

/** The ids of all networks, ascending. */
export async function networkIds(ask: Ask): Promise<number[]> {
  const ids: number[] = [];
  // An answer has room for some of them: what is behind its last one is asked for, until there is nothing.
  for (let last = -1; ids.length < NETWORKS_MAX; ) {
    const page = parseNetworkIds(await ask(`LIST_NETWORKS LAST_ID=${last}`)).filter((id) => id > last);
    if (page.length === 0) return ids;
    ids.push(...page);
    last = Math.max(...page);
  }
  return ids.slice(0, NETWORKS_MAX);
}

/** A field of a network; undefined: it is not set, or there is no such network. */
export async function networkField(ask: Ask, id: number, field: string): Promise<string | undefined> {
  const reply = await ask(`GET_NETWORK ${id} ${field}`);
  return isRefusal(reply) ? undefined : reply;
}

/** The network to connect to the target with, by priority and then order, as wpa_supplicant itself would choose. */
export async function findNetwork(
  ask: Ask,
  target: Target,
): Promise<{ id: number; ssid: Uint8Array } | undefined> {
  let best: { id: number; ssid: Uint8Array; priority: number } | undefined;
  for (const id of await networkIds(ask)) {
    const ssid = parseSsid((await networkField(ask, id, 'ssid')) ?? '');
    if (ssid === undefined || !sameBytes(ssid, target.ssid)) continue;
    if (!(await fits(ask, id, target))) continue;
    const priority = Number((await networkField(ask, id, 'priority')) ?? 0);
    if (best === undefined || priority > best.priority) best = { id, ssid, priority };
  }
  return best;
}

/** Whether a network with the right SSID may be used, has what it takes, and is not meant for another access point. */
async function fits(ask: Ask, id: number, target: Target): Promise<boolean> {
  const field = (name: string) => networkField(ask, id, name);
  // A network that somebody switched off stays off. 2 is a group of Wi-Fi Direct.
  if ((await field('disabled')) !== '0') return false;
  if (((await field('mode')) ?? '0') !== '0') return false;
  const bssid = await field('bssid');
  if (bssid !== undefined && parseMac(bssid) !== target.bssid) return false;
  const frequencies = await field('freq_list');
  if (frequencies !== undefined && !parseFrequencies(frequencies).includes(target.frequencyMhz)) return false;
  const way = WAYS[target.authMode];
  if (way === undefined) return false;
  const managements = ((await field('key_mgmt')) ?? '').split(' ');
  if (!managements.some((name) => way.keyManagement.includes(name))) return false;
  return way.hasCredentials(async (name) => ((await field(name)) ?? '') !== '');
}

type HasField = (name: string) => Promise<boolean>;

/** What a network needs for an authentication mode: one of these words in key_mgmt, and credentials of its own. */
const WAYS: Readonly<
  Record<
    number,
    { readonly keyManagement: readonly string[]; hasCredentials(has: HasField): Promise<boolean> }
  >
> = {
  [AuthMode.OPEN]: {
    keyManagement: ['NONE', 'OWE'],
    // With a WEP key it is not open.
    hasCredentials: async (has) => !(await has('wep_key0')),
  },
  [AuthMode.RSNA]: {
    keyManagement: [
      'WPA-EAP',
      'WPA-EAP-SHA256',
      'FT-EAP',
      'FT-EAP-SHA384',
      'WPA-EAP-SUITE-B',
      'WPA-EAP-SUITE-B-192',
    ],
    hasCredentials: async (has) =>
      (await has('eap')) && ((await has('password')) || (await has('private_key')) || (await has('pin'))),
  },
  [AuthMode.RSNA_PSK]: {
    keyManagement: ['WPA-PSK', 'WPA-PSK-SHA256', 'FT-PSK'],
    hasCredentials: (has) => has('psk'),
  },
  [AuthMode.SAE]: {
    keyManagement: ['SAE', 'FT-SAE', 'SAE-EXT-KEY', 'FT-SAE-EXT-KEY'],
    hasCredentials: async (has) => (await has('sae_password')) || (await has('psk')),
  },
};

/** Refuses what cannot be put into a command or does not exist on the air. */
export function checkTarget(target: Target): { bssid: string; frequency: string } {
  const { frequencyMhz } = target;
  if (!Number.isInteger(frequencyMhz) || frequencyMhz < 1 || frequencyMhz > FREQUENCY_MAX_MHZ) {
    throw new BridgeError('BRIDGE_ERR_OPTION', { detail: `${frequencyMhz} MHz is no frequency of WLAN.` });
  }
  return { bssid: formatMac(target.bssid), frequency: String(frequencyMhz) };
}

const FREQUENCY_MAX_MHZ = 100_000;

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
