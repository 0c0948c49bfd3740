/**
 * Intel's vendor commands and event, as iwlwifi has them where iwlmei is its way to CSME.
 * Source of names and numbers: linux/nl80211-vnd-intel.h.
 */
import { Band, type MacAddress } from '../../sap/index.ts';
import type { Target } from '../agent/types.ts';
import { BridgeError } from '../errors.ts';
import {
  type AttributePair,
  Attributes,
  attributeIds,
  encodeAttributes,
  required,
} from '../netlink/attributes.ts';
import { SSID_MAX } from './constants.ts';

export const INTEL_OUI = 0x001735;

export const INTEL_COMMANDS = {
  GET_CSME_CONN_INFO: 0x2d,
  HOST_GET_OWNERSHIP: 0x30,
} as const;

export const ROAMING_FORBIDDEN_EVENT = 0x32;

const ATTR = attributeIds('IWL_MVM_VENDOR_ATTR_', {
  VIF_ADDR: 0x02,
  ADDR: 0x0a,
  SSID: 0x3d,
  STA_CIPHER: 0x51,
  ROAMING_FORBIDDEN: 0x64,
  AUTH_MODE: 0x65,
  CHANNEL_NUM: 0x66,
  BAND: 0x69,
});

/** The access point that CSME is connected to. */
export interface CsmeConnInfo {
  /** Firmware numbers: `AuthMode` of `sap`. */
  readonly authMode: number;
  /** Up to 32 bytes. */
  readonly ssid: Uint8Array;
  /** Firmware numbers: `PairwiseCipher` of `sap`. */
  readonly cipher: number;
  /** The number of the channel in its band. */
  readonly channel: number;
  readonly bssid: MacAddress;
  /** `Band` of `sap`. The drivers of today leave it out. */
  readonly band?: number;
}

/** The vendor data of the answer to GET_CSME_CONN_INFO, in the driver's order. */
export function encodeCsmeConnInfo({
  authMode,
  ssid,
  cipher,
  channel,
  bssid,
  band,
}: CsmeConnInfo): Uint8Array {
  const pairs: AttributePair[] = [
    [ATTR.AUTH_MODE, authMode],
    [ATTR.SSID, ssid],
    [ATTR.STA_CIPHER, cipher],
    [ATTR.CHANNEL_NUM, { u8: channel }],
    [ATTR.ADDR, { mac: bssid }],
  ];
  if (band !== undefined) pairs.push([ATTR.BAND, { u8: band }]);
  return encodeAttributes(pairs);
}

/** Throws BRIDGE_ERR_FORMAT. */
export function decodeCsmeConnInfo(data: Uint8Array): CsmeConnInfo {
  const a = new Attributes(data);
  const band = a.u8(ATTR.BAND);
  return {
    authMode: required(a.u32(ATTR.AUTH_MODE), ATTR.AUTH_MODE),
    ssid: required(a.bytes(ATTR.SSID, SSID_MAX), ATTR.SSID),
    cipher: required(a.u32(ATTR.STA_CIPHER), ATTR.STA_CIPHER),
    channel: required(a.u8(ATTR.CHANNEL_NUM), ATTR.CHANNEL_NUM),
    bssid: required(a.mac(ATTR.ADDR), ATTR.ADDR),
    ...(band !== undefined && { band }),
  };
}

/** What ROAMING_FORBIDDEN_EVENT says: with a remote session the host may not roam. */
export interface RoamingForbidden {
  /** Of the interface. */
  readonly mac: MacAddress;
  readonly forbidden: boolean;
}

export function encodeRoamingForbidden({ mac, forbidden }: RoamingForbidden): Uint8Array {
  return encodeAttributes([
    [ATTR.VIF_ADDR, { mac }],
    [ATTR.ROAMING_FORBIDDEN, { u8: forbidden ? 1 : 0 }],
  ]);
}

/** Throws BRIDGE_ERR_FORMAT. */
export function decodeRoamingForbidden(data: Uint8Array): RoamingForbidden {
  const a = new Attributes(data);
  return {
    mac: required(a.mac(ATTR.VIF_ADDR), ATTR.VIF_ADDR),
    forbidden: required(a.u8(ATTR.ROAMING_FORBIDDEN), ATTR.ROAMING_FORBIDDEN) !== 0,
  };
}

/** What the agent takes over. BRIDGE_ERR_FORMAT: CSME's access point cannot be looked for by its address on one frequency. */
export function targetOf(info: CsmeConnInfo): Target | BridgeError {
  const { ssid, bssid, authMode, cipher, channel, band } = info;
  if (ssid.length === 0) return unusable('has an empty SSID');
  if (bssid === 0 || isGroup(bssid)) return unusable('has an address that no access point has');
  const frequencyMhz = frequencyOf(channel, band);
  if (frequencyMhz === undefined) {
    return unusable(
      `is on channel ${channel}${band === undefined ? '' : ` of band ${band}`}, which there is not`,
    );
  }
  return { ssid, bssid, frequencyMhz, authMode, cipher };
}

/**
 * The middle of a channel in MHz. Without a band it is told from the number: 1 to 14 are of 2.4 GHz, 36 to 177 of 5 GHz;
 * those of 6 GHz have the same numbers. Source: IEEE 802.11, annex E.
 */
function frequencyOf(channel: number, band: number | undefined): number | undefined {
  switch (band ?? (channel < FIRST_OF_5_GHZ ? Band.GHZ_2_4 : Band.GHZ_5)) {
    case Band.GHZ_2_4:
      if (channel === 14) return 2484;
      return channel >= 1 && channel <= 13 ? 2407 + 5 * channel : undefined;
    case Band.GHZ_5:
      return channel >= FIRST_OF_5_GHZ && channel <= 177 ? 5000 + 5 * channel : undefined;
    case Band.GHZ_6:
      return channel >= 1 && channel <= 233 ? 5950 + 5 * channel : undefined;
    default:
      return undefined;
  }
}

const FIRST_OF_5_GHZ = 36;

/** The first bit on the wire says that an address is one of many. */
const isGroup = (mac: MacAddress): boolean => Math.floor(mac / 2 ** 40) % 2 === 1;

function unusable(how: string): BridgeError {
  return new BridgeError('BRIDGE_ERR_FORMAT', { detail: `CSME's access point ${how}.` });
}
