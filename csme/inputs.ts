/** What happens to the firmware, and what it answers: messages as values, no bytes. */
import type { ConnectionInfo, OobFilters, SapDraft, SapMessage } from '../sap/messages/index.ts';
import type { NvmDraft } from './profiles/profile.ts';
import type { Owner } from './state.ts';
import type { TimerName } from './timers.ts';

/** What a person, a test or a simulator does to the firmware. */
export type FirmwareCommand = { readonly type: 'command' } & (
  | { readonly name: PlainCommand }
  /** `ap`: the access point of the session; CSME's own when left out. */
  | { readonly name: 'startSession'; readonly ap?: ConnectionInfo }
  /** null: CSME keeps what the host has and wants nothing new at the next start. */
  | { readonly name: 'setFilters'; readonly filters: OobFilters | null }
  /** Unasked; the contents of the profile when left out. */
  | { readonly name: 'sendNvm'; readonly nvm?: NvmDraft }
  /** An Ethernet frame for the air, without FCS; one shorter than its header is not sent. */
  | { readonly name: 'sendFrame'; readonly frame: Uint8Array }
  /** Any message, whatever the state: for tests and scripts, the state does not follow. */
  | { readonly name: 'send'; readonly message: SapDraft }
);
/** Commands without arguments, and what each is. */
export const PLAIN_COMMANDS = {
  enableAmt: "CSME's use of the WLAN is switched on",
  disableAmt: "CSME's use of the WLAN is switched off",
  endSession: 'the remote session ends',
  takeOwnership: 'CSME takes the card from the host',
  offerOwnership: 'CSME can release the card, and says so',
  grantOwnership: 'CSME gives the card to the host, unasked',
  /** The hardware handshake. */
  hostTakesRegister: 'the host sets the ownership bit of the card itself',
  refuseAsks: 'from now on the host gets the card no more when it asks',
  grantAsks: 'from now on the host gets the card when it asks',
  sendConnStatus: 'CSME_CONN_STATUS once more',
  ping: 'a PING',
  refreshIp: 'TRIGGER_IP_REFRESH',
  reset: 'the firmware resets: the link is lost, everything begins anew',
} as const;
export type PlainCommand = keyof typeof PLAIN_COMMANDS;
export type CommandName = FirmwareCommand['name'];

export type FirmwareInput =
  /** The host mapped a shared area of this SAP version. */
  | { readonly type: 'area'; readonly version: number }
  | { readonly type: 'areaGone' }
  | { readonly type: 'lost' }
  /** START came, with the versions that the host speaks. */
  | { readonly type: 'start'; readonly versions: readonly number[] }
  | { readonly type: 'message'; readonly message: SapMessage }
  /** Fires the timer if it is armed, whatever the time is. */
  | { readonly type: 'timer'; readonly timer: TimerName }
  | FirmwareCommand;

/** Why the card changed hands. */
export type OwnerReason =
  | 'granted'
  | 'register'
  | 'confirmed'
  | 'not confirmed'
  | 'nobody to ask'
  | 'driver gone'
  | 'link down'
  | 'suspended'
  | 'AMT enabled'
  | 'AMT disabled';

/** What is worth telling somebody who watches. */
export type FirmwareTell =
  | { name: 'hostUp'; args: { version: number } }
  | { name: 'hostDown'; args: { reason: string } }
  | { name: 'amt'; args: { enabled: boolean } }
  | { name: 'session'; args: { active: boolean; bssid: number } }
  | { name: 'owner'; args: { owner: Owner; reason: OwnerReason } }
  | { name: 'asked'; args: { granted: boolean } }
  | { name: 'taking'; args: { reason: 'asked' | 'host silent' | 'window missed' } }
  | { name: 'offered'; args: Record<never, never> }
  | { name: 'register'; args: { granted: boolean } }
  | { name: 'windowOpen'; args: { bssid: number } }
  | { name: 'windowMet'; args: Record<never, never> }
  | { name: 'windowMissed'; args: Record<never, never> }
  | { name: 'wrongAp'; args: { bssid: number; wanted: number } }
  | { name: 'hostLink'; args: { up: boolean; bssid: number } }
  | { name: 'driver'; args: { up: boolean } }
  | { name: 'radio'; args: { on: boolean } }
  | { name: 'hostAsleep'; args: { asleep: boolean } }
  | { name: 'silent'; args: { missed: number } }
  | { name: 'alive'; args: Record<never, never> }
  | { name: 'pldr'; args: { active: boolean; status: number } }
  /** A confirmation of something that was settled otherwise meanwhile. */
  | { name: 'late'; args: { message: string } }
  | { name: 'unknown'; args: { id: number } }
  /** A command that does nothing in this state. */
  | { name: 'noEffect'; args: { command: string; state: string } }
  | { name: 'reset'; args: Record<never, never> };

export type FirmwareAction =
  | { readonly type: 'startOk'; readonly version: number }
  /** To be written into the ring that the message's declaration names. */
  | { readonly type: 'send'; readonly message: SapDraft }
  | ({ readonly type: 'tell' } & FirmwareTell)
  /** A frame for CSME's network stack; `copy`: one that the host sends (DHCP), not one that it received. */
  | { readonly type: 'frame'; readonly bytes: Uint8Array; readonly copy: boolean }
  /** The host broke a rule: what it sent had no row in the state it met, or says nonsense. */
  | { readonly type: 'violation'; readonly message: string; readonly state: string; readonly why: string }
  /** All pointers of the control block go back to 0. */
  | { readonly type: 'initControlBlock' }
  /** What the rings hold is read to the end, then the area is not touched any more. */
  | { readonly type: 'leaveArea' };
