/** The names and numbers of nl80211 that are used here. Source: linux/nl80211.h. */
import { attributeIds } from '../netlink/attributes.ts';

export const NL80211_CMD = {
  GET_WIPHY: 1,
  NEW_WIPHY: 3,
  DEL_WIPHY: 4,
  GET_INTERFACE: 5,
  NEW_INTERFACE: 7,
  DEL_INTERFACE: 8,
  GET_REG: 31,
  GET_SCAN: 32,
  TRIGGER_SCAN: 33,
  NEW_SCAN_RESULTS: 34,
  SCAN_ABORTED: 35,
  REG_CHANGE: 36,
  CONNECT: 46,
  ROAM: 47,
  DISCONNECT: 48,
  VENDOR: 103,
  WIPHY_REG_CHANGE: 113,
} as const;

export const NL80211_ATTR = attributeIds('NL80211_ATTR_', {
  WIPHY: 1,
  WIPHY_NAME: 2,
  IFINDEX: 3,
  IFNAME: 4,
  IFTYPE: 5,
  MAC: 6,
  WIPHY_BANDS: 22,
  REG_ALPHA2: 33,
  REG_RULES: 34,
  WIPHY_FREQ: 38,
  SCAN_FREQUENCIES: 44,
  SCAN_SSIDS: 45,
  BSS: 47,
  REG_TYPE: 49,
  SSID: 52,
  REASON_CODE: 54,
  STATUS_CODE: 72,
  DFS_REGION: 146,
  WDEV: 153,
  SPLIT_WIPHY_DUMP: 174,
  VENDOR_ID: 195,
  VENDOR_SUBCMD: 196,
  VENDOR_DATA: 197,
  VENDOR_EVENTS: 198,
});

export const NL80211_BAND_ATTR = attributeIds('NL80211_BAND_ATTR_', { FREQS: 1 });

export const NL80211_FREQUENCY_ATTR = attributeIds('NL80211_FREQUENCY_ATTR_', {
  FREQ: 1,
  DISABLED: 2,
  NO_IR: 3,
  RADAR: 5,
});

export const NL80211_BSS = attributeIds('NL80211_BSS_', { BSSID: 1, FREQUENCY: 2, STATUS: 9 });
export const NL80211_BSS_STATUS_ASSOCIATED = 1;

export const NL80211_RULE = attributeIds('NL80211_ATTR_', {
  REG_RULE_FLAGS: 1,
  FREQ_RANGE_START: 2,
  FREQ_RANGE_END: 3,
  FREQ_RANGE_MAX_BW: 4,
  POWER_RULE_MAX_EIRP: 6,
});

/** What a regulatory domain is that is not of a country, by NL80211_REGDOM_TYPE: world, a driver's world, an intersection. */
export const COUNTRY_OF_TYPE: Readonly<Record<number, string>> = { 1: '00', 2: '99', 3: '98' };

export const SSID_MAX = 32;
