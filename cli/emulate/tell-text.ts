/** What the emulated CSME tells of itself, as sentences. */
import type { FirmwareTell } from '../../csme/index.ts';
import { formatMac } from '../../sap/index.ts';

type Texts = {
  readonly [N in FirmwareTell['name']]: (args: Extract<FirmwareTell, { name: N }>['args']) => string;
};

const TEXTS: Texts = {
  hostUp: ({ version }) => `SAP is up, version ${version}`,
  hostDown: ({ reason }) => `SAP is down: ${reason}`,
  amt: ({ enabled }) => `AMT is ${enabled ? 'enabled' : 'disabled'}`,
  session: ({ active, bssid }) =>
    active ? `a remote session runs over ${formatMac(bssid)}` : 'no remote session',
  owner: ({ owner, reason }) => `${owner === 'csme' ? 'CSME' : 'the host'} has the card (${reason})`,
  asked: ({ granted }) => `the host asks for the card: ${granted ? 'granted' : 'refused'}`,
  taking: ({ reason }) => `CSME takes the card (${reason})`,
  offered: () => 'CSME offers the card',
  register: ({ granted }) => `the host sets the ownership bit: ${granted ? 'granted' : 'refused'}`,
  windowOpen: ({ bssid }) => `the host has 3 s to connect to ${formatMac(bssid)}`,
  windowMet: () => 'the host is connected in time',
  windowMissed: () => 'the host is not connected in time',
  wrongAp: ({ bssid, wanted }) =>
    `the host is at ${formatMac(bssid)}, the session needs ${formatMac(wanted)}`,
  hostLink: ({ up, bssid }) =>
    up ? `the host is associated with ${formatMac(bssid)}` : 'the host is not associated',
  driver: ({ up }) => `the WLAN driver is ${up ? 'there' : 'gone'}`,
  radio: ({ on }) => `the radio is ${on ? 'on' : 'off'}`,
  hostAsleep: ({ asleep }) => `the host ${asleep ? 'suspends' : 'resumes'}`,
  silent: ({ missed }) => `the host has not answered ${missed} PINGs`,
  alive: () => 'the host answers PING',
  pldr: ({ active, status }) =>
    active ? 'product reset begins' : `product reset ends with status ${status}`,
  late: ({ message }) => `${message} comes too late`,
  unknown: ({ id }) => `a message of unknown type ${id}`,
  noEffect: ({ command, state }) => `${command} has no effect now (${state})`,
  reset: () => 'the firmware resets',
};

export function tellText({ name, args }: FirmwareTell): string {
  return (TEXTS[name] as (args: FirmwareTell['args']) => string)(args);
}
