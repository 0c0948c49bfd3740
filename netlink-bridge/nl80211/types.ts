/** What nl80211 tells, as plain values. */
import type { MacAddress } from '../../sap/index.ts';

export interface WlanInterface {
  readonly ifindex: number;
  readonly name: string;
  /** The index N of its phyN. */
  readonly wiphy: number;
  readonly wdev: bigint;
  readonly mac: MacAddress;
  /** NL80211_IFTYPE: 2 is a station, 3 an access point. */
  readonly type: number;
  /** Of an access point, and of a station that is connected. Up to 32 bytes. */
  readonly ssid?: Uint8Array;
  readonly frequencyMhz?: number;
}

export interface WlanFrequency {
  readonly mhz: number;
  readonly disabled: boolean;
  /** Nothing may be sent there unless somebody else is heard: no active scan. */
  readonly noIr: boolean;
  readonly radar: boolean;
}

/** A command or an event of a vendor: its OUI, and the vendor's number. */
export interface VendorCommand {
  readonly vendorId: number;
  readonly subcommand: number;
}

export interface Wiphy {
  readonly index: number;
  readonly name: string;
  readonly frequencies: readonly WlanFrequency[];
  readonly vendorCommands: readonly VendorCommand[];
  readonly vendorEvents: readonly VendorCommand[];
}

/** The access point that a station is associated with. */
export interface WlanLink {
  readonly bssid: MacAddress;
  readonly frequencyMhz: number;
}

export interface RegulatoryRule {
  readonly startKhz: number;
  readonly endKhz: number;
  readonly maxBandwidthKhz: number;
  /** NL80211_RRF_…: bits. */
  readonly flags: number;
  /** In 1/100 dBm. */
  readonly maxEirpMbm: number;
}

/** The rules that hold for all radios that have none of their own. */
export interface Regulatory {
  /** Two letters; 00 the world, 98 an intersection of several, 99 what a driver built. */
  readonly country: string;
  /** NL80211_DFS_…: 0 unset, 1 FCC, 2 ETSI, 3 Japan. */
  readonly dfsRegion: number;
  readonly rules: readonly RegulatoryRule[];
}

/** What the kernel tells by itself. */
export type Nl80211Event =
  /** `status` is that of 802.11; 0: it is connected. */
  | {
      readonly type: 'connect';
      readonly ifindex: number;
      readonly bssid?: MacAddress;
      readonly status?: number;
    }
  | { readonly type: 'roam'; readonly ifindex: number; readonly bssid?: MacAddress; readonly status?: number }
  /** `reason` is that of 802.11. */
  | { readonly type: 'disconnect'; readonly ifindex: number; readonly reason?: number }
  /** Intel's: there is a remote session, or there is none any more. `mac` is that of the interface. */
  | {
      readonly type: 'roamingForbidden';
      readonly ifindex: number;
      readonly mac: MacAddress;
      readonly forbidden: boolean;
    }
  /** Both lists as the kernel has them; a full scan has every frequency. */
  | {
      readonly type: 'scanStarted';
      readonly ifindex: number;
      readonly frequenciesMhz: readonly number[];
      readonly ssids: readonly Uint8Array[];
    }
  | { readonly type: 'scanDone'; readonly ifindex: number; readonly aborted: boolean }
  | { readonly type: 'regulatory'; readonly country: string }
  | {
      readonly type: 'interface';
      readonly change: 'new' | 'del';
      readonly ifindex: number;
      readonly name: string;
    }
  | { readonly type: 'wiphy'; readonly change: 'new' | 'del'; readonly index: number };
