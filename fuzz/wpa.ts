/**
 * Fuzzes what is read from wpa_supplicant's control socket, and from the journal of what was changed there.
 *
 *     npm run fuzz -- wpa --runs 1000000 --seed 1
 *
 * Must hold in every case: nothing throws but BRIDGE_ERR_FORMAT of the journal; numbers, addresses and names are such;
 * what is taken from a journal can be put into one command each, for the few fields that there are.
 */
import { isEvent, parseEvent } from '../netlink-bridge/wpa/events.ts';
import { changesOf } from '../netlink-bridge/wpa/limits.ts';
import {
  isPlain,
  parseFrequencies,
  parseNetworkIds,
  parseSsid,
  parseStatus,
} from '../netlink-bridge/wpa/text.ts';
import { hexOf } from '../sap/index.ts';
import { mutate } from './mutate.ts';
import { type FuzzReport, fuzzCases } from './report.ts';

const INPUT_MAX = 400;
const INT_MAX = 2 ** 31 - 1;

/** What wpa_supplicant says, and a journal. */
const GOOD = [
  '<3>CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:01:00 completed [id=0 id_str=]',
  '<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:01:00 reason=3 locally_generated=1',
  '<3>CTRL-EVENT-ASSOC-REJECT bssid=02:00:00:00:01:00 status_code=17 timeout=assoc',
  '<3>CTRL-EVENT-AUTH-REJECT 02:00:00:00:01:00 auth_type=3 auth_transaction=1 status_code=1',
  '<3>CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid="corp-ap" auth_failures=1 duration=10 reason=WRONG_KEY',
  '<3>CTRL-EVENT-NETWORK-NOT-FOUND ',
  'network id / ssid / bssid / flags\n0\tcorp-ap\tany\t[CURRENT]\n17\thome\t02:00:00:00:01:00\t[DISABLED]\n',
  'bssid=02:00:00:00:01:00\nfreq=2437\nssid=corp-ap\nid=0\nwpa_state=COMPLETED\naddress=02:00:00:00:00:00\n',
  '"corp-ap"',
  '636f72702d6170',
  '2412 2437 5180',
  JSON.stringify({
    supplicant: 'wpa',
    version: 1,
    changes: [
      { network: null, field: 'update_config', before: '1', after: '0' },
      { network: 0, ssid: '"a"', field: 'bssid', before: null, after: '02:00:00:00:01:00' },
      { network: 3, ssid: '00ff', field: 'disabled', before: '0', after: '1' },
    ],
  }),
];

export function fuzzWpa(runs: number, seed: number): FuzzReport {
  const buffer = new Uint8Array(INPUT_MAX);
  return fuzzCases('wpa', runs, seed, (random) => {
    const good = Buffer.from(GOOD[random.below(GOOD.length)]!, 'latin1');
    buffer.set(good);
    const length = mutate(buffer, good.length, INPUT_MAX, random);
    const input = Buffer.from(buffer.subarray(0, length));
    return { hex: () => hexOf(input), ask: () => problemOf(input.toString('latin1')) };
  });
}

function problemOf(text: string): string | undefined {
  const event = parseEvent(text);
  if (event !== undefined && !isEvent(text)) return 'an answer is read as an event';
  for (const [name, value] of Object.entries(event ?? {})) {
    if (!fitting(name, value)) return `${name} of an event is ${value}`;
  }
  const status = parseStatus(text);
  for (const [name, value] of Object.entries({ ...status, state: undefined })) {
    if (!fitting(name, value)) return `${name} of a status is ${value}`;
  }
  for (const number of [...parseNetworkIds(text), ...parseFrequencies(text)]) {
    if (!fitting('network', number)) return `${number} in a list`;
  }
  const ssid = parseSsid(text);
  if (ssid !== undefined && (ssid.length < 1 || ssid.length > 32)) return `an SSID of ${ssid.length} bytes`;
  return journalProblem(text);
}

function fitting(name: string, value: unknown): boolean {
  if (value === undefined || typeof value === 'boolean') return true;
  if (typeof value === 'string') return /^[A-Za-z_]+$/.test(value);
  const most = name === 'bssid' ? 2 ** 48 - 1 : INT_MAX;
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

const FIELDS = ['update_config', 'bssid', 'scan_freq', 'mac_addr', 'disabled'];

function journalProblem(text: string): string | undefined {
  let entry: unknown;
  try {
    entry = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return undefined;
  try {
    for (const { field, before, after } of changesOf(entry as Record<string, unknown>)) {
      if (!FIELDS.includes(field)) return `a journal may change ${field}`;
      if (!isPlain(after) || !isPlain(before ?? '')) return `a journal has a command of its own: ${before}`;
    }
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'BRIDGE_ERR_FORMAT') throw error;
  }
  return undefined;
}
