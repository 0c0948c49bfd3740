/** The answers of nl80211 as values. All of these throw BRIDGE_ERR_FORMAT for what cannot be read. */
import { type Attributes, required, viewOf } from '../netlink/attributes.ts';
import { headed } from '../netlink/message.ts';
import {
  NL80211_ATTR as ATTR,
  COUNTRY_OF_TYPE,
  NL80211_FREQUENCY_ATTR as FREQUENCY,
  NL80211_BAND_ATTR,
  NL80211_BSS,
  NL80211_BSS_STATUS_ASSOCIATED,
  NL80211_RULE as RULE,
  SSID_MAX,
} from './constants.ts';
import type {
  Regulatory,
  RegulatoryRule,
  VendorCommand,
  Wiphy,
  WlanFrequency,
  WlanInterface,
  WlanLink,
} from './types.ts';

/** One part of the answer to NL80211_CMD_GET_INTERFACE. Undefined: a device without an interface, such as for P2P. */
export function interfaceOf(a: Attributes): WlanInterface | undefined {
  const ifindex = a.u32(ATTR.IFINDEX);
  const name = a.text(ATTR.IFNAME);
  if (ifindex === undefined || name === undefined) return undefined;
  const ssid = a.bytes(ATTR.SSID, SSID_MAX);
  const frequencyMhz = a.u32(ATTR.WIPHY_FREQ);
  return {
    ifindex,
    name,
    wiphy: required(a.u32(ATTR.WIPHY), ATTR.WIPHY),
    wdev: required(a.u64(ATTR.WDEV), ATTR.WDEV),
    mac: required(a.mac(ATTR.MAC), ATTR.MAC),
    type: required(a.u32(ATTR.IFTYPE), ATTR.IFTYPE),
    ...(ssid !== undefined && { ssid }),
    ...(frequencyMhz !== undefined && { frequencyMhz }),
  };
}

/** The parts of the answer to NL80211_CMD_GET_WIPHY: many for each, and each may have a bit of everything. */
export function wiphysOf(parts: readonly Attributes[]): Wiphy[] {
  const found = new Map<number, WiphyParts>();
  for (const a of parts) {
    const index = required(a.u32(ATTR.WIPHY), ATTR.WIPHY);
    let wiphy = found.get(index);
    if (wiphy === undefined) {
      wiphy = { index, name: '', frequencies: [], vendorCommands: [], vendorEvents: [] };
      found.set(index, wiphy);
    }
    wiphy.name = a.text(ATTR.WIPHY_NAME) ?? wiphy.name;
    for (const band of a.sets(ATTR.WIPHY_BANDS)) {
      wiphy.frequencies.push(...band.sets(NL80211_BAND_ATTR.FREQS).map(frequencyOf));
    }
    wiphy.vendorCommands.push(...vendorCommandsOf(a.list(ATTR.VENDOR_DATA)));
    wiphy.vendorEvents.push(...vendorCommandsOf(a.list(ATTR.VENDOR_EVENTS)));
  }
  return [...found.values()];
}

/** The parts of the answer to NL80211_CMD_GET_SCAN: of all that was heard, the one that the station is associated with. */
export function linkOf(parts: readonly Attributes[]): WlanLink | undefined {
  for (const part of parts) {
    const bss = part.nested(ATTR.BSS);
    if (bss?.u32(NL80211_BSS.STATUS) !== NL80211_BSS_STATUS_ASSOCIATED) continue;
    return {
      bssid: required(bss.mac(NL80211_BSS.BSSID), NL80211_BSS.BSSID),
      frequencyMhz: required(bss.u32(NL80211_BSS.FREQUENCY), NL80211_BSS.FREQUENCY),
    };
  }
  return undefined;
}

/** The answer to NL80211_CMD_GET_REG. */
export function regulatoryOf(a: Attributes): Regulatory {
  return {
    country: countryOf(a),
    dfsRegion: a.u8(ATTR.DFS_REGION) ?? 0,
    rules: a.sets(ATTR.REG_RULES).map(ruleOf),
  };
}

/** Also of the events about it, where a domain without a country has no letters. */
export function countryOf(a: Attributes): string {
  return required(a.text(ATTR.REG_ALPHA2) ?? COUNTRY_OF_TYPE[a.u8(ATTR.REG_TYPE) ?? 0], ATTR.REG_ALPHA2);
}

type WiphyParts = {
  -readonly [K in keyof Wiphy]: Wiphy[K] extends readonly (infer T)[] ? T[] : Wiphy[K];
};

function frequencyOf(a: Attributes): WlanFrequency {
  return {
    mhz: required(a.u32(FREQUENCY.FREQ), FREQUENCY.FREQ),
    disabled: a.has(FREQUENCY.DISABLED),
    noIr: a.has(FREQUENCY.NO_IR),
    radar: a.has(FREQUENCY.RADAR),
  };
}

/** Each is a struct nl80211_vendor_cmd_info: u32 vendor, u32 number. */
function vendorCommandsOf(values: readonly Uint8Array[] | undefined): VendorCommand[] {
  return (values ?? []).map((value) => {
    const view = viewOf(headed(value, 8));
    return { vendorId: view.getUint32(0, true), subcommand: view.getUint32(4, true) };
  });
}

function ruleOf(a: Attributes): RegulatoryRule {
  const word = (id: (typeof RULE)[keyof typeof RULE]) => required(a.u32(id), id);
  return {
    startKhz: word(RULE.FREQ_RANGE_START),
    endKhz: word(RULE.FREQ_RANGE_END),
    maxBandwidthKhz: word(RULE.FREQ_RANGE_MAX_BW),
    flags: word(RULE.REG_RULE_FLAGS),
    maxEirpMbm: word(RULE.POWER_RULE_MAX_EIRP),
  };
}
