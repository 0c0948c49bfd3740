/** What the WLAN driver, the bus and the clock may do to the host in the search. */
import { type accessPoint, EXAMPLE_AP } from '../../../csme/index.ts';
import {
  type Association,
  type CommandName,
  type Commands,
  type HostState,
  type MachineEvent,
  TIMER_NAMES,
  type TimerName,
  TRANSITIONS,
} from '../../../ownership/index.ts';

export interface HostEvent {
  readonly enabled: (s: HostState) => boolean;
  readonly event: (s: HostState) => MachineEvent;
}

/** Nobody waits under this number: such a call must return at once. */
const AT_ONCE = 99;
const ASKERS = [1, 2] as const;
const NVM_ASKER = 10;
const PLDR_ASKER = 20;

const STATION_ADDRESS = 0x02_00_5e_00_53_20;
const OTHER_BSSID = 0x02_00_5e_00_53_66;
const POWER_LIMITS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

const always = () => true;
const registered = (s: HostState) => s.driver === 'registered';
/** A driver on its way out sets nothing that goes with it. */
const staying = (s: HostState) => s.driver !== 'leaving';

function call<N extends CommandName>(
  name: N,
  args: Commands[N]['args'],
  enabled: (s: HostState) => boolean = always,
  token: (s: HostState) => number = () => AT_ONCE,
): HostEvent {
  return { enabled, event: (s) => ({ type: name, token: token(s), args }) as MachineEvent };
}

const freeAsker = (s: HostState) => ASKERS.find((t) => !s.ownershipWaits.some((w) => w.token === t));
const asksAlone = (s: HostState) => s.ownershipWaits.every((w) => w.token === null);

const COMMANDS: Readonly<Record<string, HostEvent>> = {
  register: call('register', {}, (s) => s.driver !== 'leaving'),
  start_unregister: call('start_unregister', {}, registered),
  unregister_complete: call('unregister_complete', {}, (s) => s.driver === 'leaving'),
  get_ownership: call('get_ownership', {}, asksAlone, () => ASKERS[0]),
  'get_ownership by two': call(
    'get_ownership',
    {},
    (s) => freeAsker(s) !== undefined,
    (s) => freeAsker(s)!,
  ),
  get_nvm: call(
    'get_nvm',
    {},
    (s) => s.nvmWaits.length === 0,
    () => NVM_ASKER,
  ),
  'get_nvm by two': call(
    'get_nvm',
    {},
    (s) => s.nvmWaits.length < 2,
    (s) => NVM_ASKER + (s.nvmWaits[0] === NVM_ASKER ? 1 : 0),
  ),
  pldr: call('pldr', {}, always, (s) => (s.pldr ? AT_ONCE : PLDR_ASKER)),
  alive: call('alive', { success: true }),
  'alive not': call('alive', { success: false }),
  'device up': call('device_state', { up: true }),
  'device down': call('device_state', { up: false }),
  'associated to AP': call('associated', association(EXAMPLE_AP), staying),
  'associated elsewhere': call('associated', association({ ...EXAMPLE_AP, bssid: OTHER_BSSID }), staying),
  disassociated: call('disassociated', {}),
  'rfkill on': call('set_rfkill', { hw: false, sw: true }),
  'rfkill off': call('set_rfkill', { hw: false, sw: false }),
  'country 1': call('country', { mcc: 0x4445 }),
  'country 2': call('country', { mcc: 0x5553 }),
  power_limit: call('power_limit', { limits: POWER_LIMITS }, staying),
  nic_info: call('nic_info', { macAddress: STATION_ADDRESS, nvmAddress: STATION_ADDRESS }),
  is_connected: call('is_connected', {}),
};

const BUS: Readonly<Record<string, HostEvent>> = {
  probe: { enabled: (s) => TRANSITIONS[s.phase].probe !== undefined, event: () => ({ type: 'probe' }) },
  mapped: {
    enabled: (s) => s.phase === 'mapping',
    event: () => ({ type: 'mapped', memory: new ArrayBuffer(0) }),
  },
  mapRefused: { enabled: (s) => s.phase === 'mapping', event: () => ({ type: 'mapRefused', errno: 14 }) },
  remove: { enabled: (s) => TRANSITIONS[s.phase].remove !== undefined, event: () => ({ type: 'remove' }) },
  lost: { enabled: (s) => TRANSITIONS[s.phase].lost !== undefined, event: () => ({ type: 'lost' }) },
};

const TIMERS: Readonly<Record<string, HostEvent>> = Object.fromEntries(
  TIMER_NAMES.map((name) => [
    name,
    { enabled: (s: HostState) => s.timers[name] !== null, event: () => ({ type: name }) as MachineEvent },
  ]),
);

export const HOST_EVENTS: Readonly<Record<string, HostEvent>> = { ...COMMANDS, ...BUS, ...TIMERS };
export type HostEventName = string;
export const HOST_TIMERS: readonly TimerName[] = TIMER_NAMES.filter((name) => name !== 'bellThrottle');

function association(ap: ReturnType<typeof accessPoint>): Association {
  const { ssid, ssidLen, authMode, pairwiseCipher, channel, band, bssid } = ap;
  return { ssid: ssid.subarray(0, ssidLen), authMode, pairwiseCipher, channel, band, bssid };
}
