/** What goes into the host and what comes out of it: the whole contract. */
import type { ConnectionInfo, MacAddress, Nvm, OobFilters, SapError, SapMessage } from '../sap/index.ts';
import type { TimerName } from './timers.ts';

/**
 * An association, as the WLAN driver reports it. A driver reports only what CSME can join as well: pairwise cipher none,
 * TKIP, CCMP, GCMP or GCMP-256, and open, 802.1X, PSK or SAE; the host passes on what it is given.
 */
export interface Association {
  /** Up to 32 bytes. */
  ssid: Uint8Array;
  authMode: number;
  pairwiseCipher: number;
  channel: number;
  band: number;
  bssid: MacAddress;
  /** The other access point of the same network that the driver sees on another band. */
  collocated?: { channel: number; bssid: MacAddress };
}

/** What the WLAN driver asks of the host: the arguments of each command, and its result. */
export interface Commands {
  register: { args: object; result: { ret: number } };
  start_unregister: { args: object; result: object };
  unregister_complete: { args: object; result: object };
  is_connected: { args: object; result: { ret: number } };
  /** 0; -ETIMEDOUT; -EACCES when CSME refused; -ENODEV when the link was lost meanwhile. */
  get_ownership: { args: object; result: { ret: number } };
  /** `null`: no link, no answer within 2 s, or the link was lost meanwhile. */
  get_nvm: { args: object; result: { nvm: Nvm | null } };
  /** 0; -ETIMEDOUT after three tries; -ENODEV when the link was lost meanwhile. */
  pldr: { args: object; result: { ret: number } };
  /** Whether each rfkill blocks. */
  set_rfkill: { args: { hw: boolean; sw: boolean }; result: object };
  nic_info: { args: { macAddress: MacAddress; nvmAddress: MacAddress }; result: object };
  country: { args: { mcc: number }; result: object };
  /** Ten limits: chain (2) by band (5). */
  power_limit: { args: { limits: readonly number[] }; result: object };
  associated: { args: Association; result: object };
  disassociated: { args: object; result: object };
  device_state: { args: { up: boolean }; result: object };
  /** The card's firmware reported alive, or its wait timed out. */
  alive: { args: { success: boolean }; result: object };
  set_netdev: { args: { dev: string | null }; result: { attached: boolean } };
  /** A frame that the host sends, as Ethernet II; only DHCP client messages are copied to CSME. */
  tx_copy: { args: { frame: Uint8Array }; result: object };
}
export type CommandName = keyof Commands;
export type CommandEvent = {
  [N in CommandName]: { type: N; token: number; args: Commands[N]['args'] };
}[CommandName];

/** What the host tells the WLAN driver. */
export interface Tells {
  /** `csmeTaking`: the driver takes the device down and reports it with `device_state`. */
  rfkill: { blocked: boolean; csmeTaking: boolean };
  roaming_forbidden: { forbidden: boolean };
  me_conn_status: { linkProtState: number; connectionInfo: ConnectionInfo };
  sap_connected: object;
  nic_stolen: object;
}
export type TellName = keyof Tells;

export type BusEvent =
  | { type: 'probe' }
  | { type: 'mapped'; memory: ArrayBufferLike }
  | { type: 'mapRefused'; errno: number }
  /** The client goes away in order (suspend, unload): the bus still works. */
  | { type: 'remove' }
  /** Firmware reset or bus gone: nothing more can be sent. */
  | { type: 'lost' };

export type HostInput =
  | BusEvent
  | { type: 'me'; bytes: Uint8Array }
  /** The bus did not take the last ME message. */
  | { type: 'sendFailed'; errno: number }
  /** A frame from the air; `receive` is the direct way, which also tells the verdict. */
  | { type: 'frame'; bytes: Uint8Array }
  | { type: 'command'; token: number; name: CommandName; args: Commands[CommandName]['args'] }
  /** START once more, on a link that is up (a debugging aid of the reference). */
  | { type: 'restart' };

export type HostOutput =
  | { type: 'map'; size: number }
  | { type: 'enable' }
  | { type: 'me'; bytes: Uint8Array }
  | { type: 'disable' }
  | { type: 'unmap' }
  | { [N in TellName]: { type: 'tell'; name: N; args: Tells[N] } }[TellName]
  | {
      [N in CommandName]: { type: 'return'; token: number; name: N; result: Commands[N]['result'] };
    }[CommandName]
  | { type: 'transmit'; frame: Uint8Array }
  /** CSME wants other frames from now on; null: none. `receive` knows; for who made a pre-filter or tc rules of the last. */
  | { type: 'filters'; filters: OobFilters | null }
  | { type: 'problem'; error: SapError };

/** What the transition table is asked about. */
export type MachineEvent =
  | { [T in BusEvent['type']]: Extract<BusEvent, { type: T }> }[BusEvent['type']]
  | { type: 'START_OK'; supportedVersion: number }
  | { [N in SapMessage['name']]: { type: N; message: Extract<SapMessage, { name: N }> } }[SapMessage['name']]
  | CommandEvent
  | { type: 'restart' }
  | { [N in TimerName]: { type: N } }[TimerName];
export type EventType = MachineEvent['type'];
