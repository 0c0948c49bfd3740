/** What the WLAN driver tells about itself: kept always, sent to CSME while AMT is enabled. */
import { HostLinkDownType, type SapDraft, SSID_MAX_LEN, sapError } from '../../sap/index.ts';
import type { Effects } from '../effects.ts';
import type { Association, CommandName, Commands } from '../events.ts';
import type { HostState } from '../state.ts';
import type { Args } from './common.ts';

export function keepCountry(s: HostState, e: Args<'country'>): void {
  s.settings.mcc = e.args.mcc;
}

export function keepPowerLimit(s: HostState, e: Args<'power_limit'>): void {
  s.settings.powerLimits = [...e.args.limits];
}

export function keepNicInfo(s: HostState, e: Args<'nic_info'>): void {
  s.settings.macAddress = e.args.macAddress;
  s.settings.nvmAddress = e.args.nvmAddress;
}

const SW_RFKILL_DEASSERTED = 1;
const HW_RFKILL_DEASSERTED = 2;
export function keepRadioState(s: HostState, e: Args<'set_rfkill'>): void {
  s.settings.radioState = (e.args.sw ? 0 : SW_RFKILL_DEASSERTED) | (e.args.hw ? 0 : HW_RFKILL_DEASSERTED);
}

export function keepAssociation(s: HostState, e: { args: Association }): void {
  const { collocated } = e.args;
  s.settings.association = {
    ...e.args,
    ssid: e.args.ssid.slice(),
    ...(collocated && { collocated: { ...collocated } }),
  };
}

export function forgetAssociation(s: HostState): void {
  s.settings.association = null;
}

export function refuseAssociation(_: HostState, e: { args: Association }, fx: Effects): void {
  fx.problem(
    sapError('SAP_ERR_VALUE', {
      fault: 'local',
      message: 'HOST_LINK_UP',
      field: 'connectionInfo.ssid',
      needed: e.args.ssid.length,
      available: SSID_MAX_LEN,
      detail: 'the association is not reported',
    }),
  );
}

export function keepNetdev(s: HostState, e: Args<'set_netdev'>): void {
  s.netdev = e.args.dev;
}

export const sendCountry = whileEnabled((s) => countryCode(s.settings));
export const sendPowerLimit = whileEnabled(
  (s) => s.settings.powerLimits && sarLimits(s.settings.powerLimits),
);
export const sendNicInfo = whileEnabled((s) => nicInfo(s.settings));
export const sendRadioState = whileEnabled(radioState);
export const sendLinkUp = whileEnabled((s) => s.settings.association && linkUp(s.settings.association, true));
export const sendLinkDown = whileEnabled(() => ({
  name: 'HOST_LINK_DOWN',
  type: HostLinkDownType.TEMPORARY,
  reasonValid: 0,
  reason: 0,
}));

// --- AMT on and off ---

export function amtOn(s: HostState): void {
  s.amtEnabled = true;
}

export function amtOff(s: HostState): void {
  s.amtEnabled = false;
}

export function sendDriverUp(s: HostState, _: unknown, fx: Effects): void {
  if (s.driver === 'registered') fx.send({ name: 'WIFIDR_UP' });
}

export function tellConnected(s: HostState, _: unknown, fx: Effects): void {
  if (s.driver === 'registered') fx.tell('sap_connected', {});
}

export function sendInitialConfiguration(s: HostState, _: unknown, fx: Effects): void {
  const { association, powerLimits, macAddress } = s.settings;
  fx.send({ name: 'WHO_OWNS_NIC' });
  if (association) fx.send(linkUp(association, !fx.quirks['collocated-ap-forgotten']));
  fx.send(countryCode(s.settings));
  if (powerLimits) fx.send(sarLimits(powerLimits));
  if (isStationAddress(macAddress)) fx.send(nicInfo(s.settings));
  fx.send(radioState(s));
}

// --- the messages ---

function whileEnabled(draft: (s: HostState) => SapDraft | null) {
  return (s: HostState, _: unknown, fx: Effects): void => {
    const message = s.amtEnabled ? draft(s) : null;
    if (message) fx.send(message);
  };
}

/**
 * The message that carries the arguments of a setting, `null` for a command that is none. Encoding it tells whether
 * they can be carried at all, before they are kept.
 */
export function messageOf<N extends CommandName>(name: N, args: Commands[N]['args']): SapDraft | null {
  switch (name) {
    case 'country':
      return countryCode(args as Commands['country']['args']);
    case 'power_limit':
      return sarLimits((args as Commands['power_limit']['args']).limits);
    case 'nic_info':
      return nicInfo(args as Commands['nic_info']['args']);
    case 'associated':
      return linkUp(args as Commands['associated']['args'], true);
    default:
      return null;
  }
}

function countryCode({ mcc }: { mcc: number }): SapDraft {
  return { name: 'COUNTRY_CODE', mcc, sourceId: 0, diffTime: 0 };
}

function nicInfo({ macAddress, nvmAddress }: Commands['nic_info']['args']): SapDraft {
  return { name: 'NIC_INFO', macAddress, nvmAddress };
}

function radioState(s: HostState): SapDraft {
  return { name: 'RADIO_STATE', state: s.settings.radioState };
}

const BANDS = 5;
function sarLimits(limits: readonly number[]): SapDraft {
  return { name: 'SAR_LIMITS', sarChainInfoTable: [limits.slice(0, BANDS), limits.slice(BANDS)] };
}

const LAST_2_4_GHZ_CHANNEL = 14;
function linkUp(a: Association, withCollocated: boolean): SapDraft {
  const ssid = new Uint8Array(SSID_MAX_LEN);
  ssid.set(a.ssid.subarray(0, SSID_MAX_LEN));
  const collocated = withCollocated ? a.collocated : undefined;
  return {
    name: 'HOST_LINK_UP',
    connectionInfo: {
      ssidLen: a.ssid.length,
      ssid,
      authMode: a.authMode,
      pairwiseCipher: a.pairwiseCipher,
      channel: a.channel,
      band: a.band,
      reserved46: 0,
      bssid: a.bssid,
      reserved54: 0,
    },
    collocChannel: collocated?.channel ?? 0,
    collocBand: collocated && collocated.channel > LAST_2_4_GHZ_CHANNEL ? 1 : 0,
    collocBssid: collocated?.bssid ?? 0,
  };
}

const MULTICAST_BIT = 2 ** 40;
/** An address that a station can have: not a multicast one, not zero. */
function isStationAddress(mac: number): boolean {
  return mac !== 0 && Math.floor(mac / MULTICAST_BIT) % 2 === 0;
}
