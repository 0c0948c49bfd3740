/** What the agent is about, and what it asks of a supplicant. Nothing here is a secret: those stay where they are kept. */
import type { MacAddress } from '../../sap/index.ts';

/** The access point that CSME is connected to, from GET_CSME_CONN_INFO, with the one frequency to look for it on. */
export interface Target {
  /** Up to 32 bytes. */
  readonly ssid: Uint8Array;
  readonly bssid: MacAddress;
  readonly frequencyMhz: number;
  /** Firmware numbers: `AuthMode` and `PairwiseCipher` of `sap`. */
  readonly authMode: number;
  readonly cipher: number;
}

/** A profile with credentials for a target, by the names of the supplicant that has it. */
export interface ProfileRef {
  /** A network id of wpa_supplicant, a UUID of NetworkManager. */
  readonly id: string;
  /** For people. */
  readonly name: string;
}

/** What a supplicant tells by itself. */
export type SupplicantEvent =
  /** It is there and knows the interface; said once at the start and again behind every `gone`. */
  | { readonly type: 'up' }
  /** It was stopped, or starts again: whatever was prepared in it is lost or will be restored on `up`. */
  | { readonly type: 'gone' }
  | { readonly type: 'connected'; readonly bssid: MacAddress; readonly frequencyMhz: number | undefined }
  | { readonly type: 'disconnected'; readonly detail: string }
  /** An attempt to connect failed. `detail` is for people. */
  | { readonly type: 'failed'; readonly why: ConnectFailure; readonly detail: string };

/** `ap-gone`: it is not on the air; `rejected`: it, or the key, refuses; `address`: no DHCP; `other`: anything else. */
export type ConnectFailure = 'ap-gone' | 'rejected' | 'address' | 'other';

/**
 * wpa_supplicant or NetworkManager, for one interface. Each call resolves when it is done and rejects with a BridgeError. A
 * call while the supplicant is gone rejects. What it changes stands in a journal before it is changed.
 */
export interface Supplicant {
  /** Who tells that there is an address: NetworkManager does DHCP itself, beside wpa_supplicant somebody else does. */
  readonly addresses: 'own' | 'others';
  /** The profile that has credentials for this target (step 4); undefined: there is none. Changes nothing. */
  find(target: Target): Promise<ProfileRef | undefined>;
  /** Limits BSSID and frequency, and keeps other networks and scans away (step 5). The radio may be blocked. */
  prepare(profile: ProfileRef, target: Target): Promise<void>;
  /** The radio is free: connects as prepared, without a full scan (step 9). Resolves when the attempt is under way. */
  connect(): Promise<void>;
  /** For a `connect` that takes its time: it is not wanted any more, and ends soon. `restore` comes behind it. */
  giveUp?(): void;
  /** Takes the limits away and leaves the connection alone: it may roam again. */
  lift(): Promise<void>;
  /** Puts back everything that `prepare` changed, and lets the supplicant connect as it likes. Also after a kill, from the journal. */
  restore(): Promise<void>;
  /** Stops listening. Changes nothing. */
  close(): Promise<void>;
}
