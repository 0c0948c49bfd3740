/**
 * Everything that can change the state of the emulated CSME.
 *
 * Theory of operation. The firmware is four small machines that run side by side:
 *
 *   link   the way to the host          absent → mapped → up → closing, and asleep
 *   amt    CSME's own use of the WLAN   off, on, session
 *   nic    who has the card             idle, csme, held, host, window, taking
 *   pldr   the card's product reset     none, active
 *
 * An event is offered to each of them that has a row for it in any of its states. In the table a row is a list of
 * steps; the first whose guard (`if`; of several, all) holds is taken: the machine enters `to` (or stays, when it is left
 * out), then the effects (`do`) are carried out in order. What an effect raises (`sapDown`, `enabled`, …) comes after
 * that, as an event of its own.
 *
 * A gap is a rule too. The host sends what has no row, or no step whose guard holds: that is a violation of the
 * protocol, it is reported and changes nothing. A command without a row has no effect and says so. A timer or an event
 * from inside without a row does not matter in that state.
 *
 * Sources: iwlwifi/mei/iwl-mei.h and main.c, documentation comments; docs/csme.md tells which steps are a choice.
 */
import type { SapName } from '../sap/messages/index.ts';
import type { Effect } from './effects.ts';
import type { Guard } from './guards.ts';
import type { CommandName } from './inputs.ts';
import type { AmtState, LinkState, NicState, PldrState } from './state.ts';
import type { TimerName } from './timers.ts';

/** Raised by effects, for the other machines. */
export type InnerEvent =
  | 'sapDown'
  | 'enabled'
  | 'disabled'
  | 'sessionEnded'
  /** Too many PINGs in a row were not answered. */
  | 'hostSilent'
  /** The host goes to sleep and leaves the card to CSME. */
  | 'hostOffers';

/**
 * `area`: the host mapped a shared area; `areaGone`, `lost`: it is gone, by itself or with the bus. START_UNSUPPORTED
 * is a START without the version of the area. `message`: any SAP message that the link has no row of its own for.
 */
export type LinkEvent = 'area' | 'areaGone' | 'lost' | 'START' | 'START_UNSUPPORTED' | 'message';

export type EventName = SapName | CommandName | InnerEvent | LinkEvent | `timer:${TimerName}`;

export interface Step<S extends string = string> {
  readonly if?: Guard | readonly Guard[];
  readonly do?: readonly Effect[];
  readonly to?: S;
}
type Row<S extends string> = { readonly [E in EventName]?: readonly Step<S>[] };
type Machine<S extends string> = Readonly<Record<S, Row<S>>>;

const link = {
  absent: {
    area: [{ to: 'mapped', do: ['adoptArea'] }],
    areaGone: [{}],
    lost: [{}],
    reset: [{ do: ['reset'] }],
  },
  mapped: {
    START: [{ to: 'up', do: ['hostUp', 'sendStartOk', 'sendAmtState', 'startPings'] }],
    area: [{ do: ['adoptArea'] }],
    areaGone: [{ to: 'absent', do: ['leaveArea'] }],
    lost: [{ to: 'absent', do: ['leaveArea'] }],
    reset: [{ to: 'absent', do: ['leaveArea', 'reset'] }],
  },
  up: {
    message: [{}],
    START: [{ do: ['sendStartOk', 'introduceAgain'] }],
    HOST_SUSPENDS: [
      { if: 'offersCard', to: 'asleep', do: ['fallAsleep', 'stopPings', 'raiseHostOffers'] },
      { to: 'asleep', do: ['fallAsleep', 'stopPings'] },
    ],
    HOST_GOES_DOWN: [{ to: 'closing', do: ['leaveArea', 'hostDown'] }],
    ping: [{ do: ['sendPing'] }],
    'timer:ping': [{ if: 'missedTooMany', do: ['pingAgain', 'raiseHostSilent'] }, { do: ['pingAgain'] }],
    area: [{ to: 'mapped', do: ['hostDown', 'adoptArea'] }],
    areaGone: [{ to: 'absent', do: ['leaveArea', 'hostDown'] }],
    lost: [{ to: 'absent', do: ['leaveArea', 'hostDown'] }],
    reset: [{ to: 'absent', do: ['leaveArea', 'reset'] }],
  },
  asleep: {
    HOST_RESUMES: [
      { if: 'reinitialises', to: 'up', do: ['wakeUp', 'initControlBlock', 'introduceAgain', 'startPings'] },
      { to: 'up', do: ['wakeUp', 'introduceAgain', 'startPings'] },
    ],
    HOST_GOES_DOWN: [{ to: 'closing', do: ['leaveArea', 'hostDown'] }],
    area: [{ to: 'mapped', do: ['hostDown', 'adoptArea'] }],
    areaGone: [{ to: 'absent', do: ['leaveArea', 'hostDown'] }],
    lost: [{ to: 'absent', do: ['leaveArea', 'hostDown'] }],
    reset: [{ to: 'absent', do: ['leaveArea', 'reset'] }],
  },
  closing: {
    area: [{ to: 'mapped', do: ['adoptArea'] }],
    areaGone: [{ to: 'absent' }],
    lost: [{ to: 'absent' }],
    reset: [{ to: 'absent', do: ['reset'] }],
  },
} as const satisfies Machine<LinkState>;

const amt = {
  off: {
    enableAmt: [
      { to: 'on', do: ['forgetIntroduction', 'forgetDriver', 'sendAmtState', 'startPings', 'raiseEnabled'] },
    ],
  },
  on: {
    disableAmt: [{ to: 'off', do: ['sendAmtState', 'stopPings', 'raiseDisabled'] }],
    startSession: [{ if: 'hasAp', to: 'session', do: ['rememberAp', 'sessionChanged', 'sendConnStatus'] }],
  },
  session: {
    disableAmt: [
      {
        to: 'off',
        do: ['forgetAp', 'sessionChanged', 'sendConnStatus', 'sendAmtState', 'stopPings', 'raiseDisabled'],
      },
    ],
    startSession: [{ if: 'hasAp', do: ['rememberAp', 'sessionChanged', 'sendConnStatus'] }],
    endSession: [{ to: 'on', do: ['forgetAp', 'sessionChanged', 'sendConnStatus', 'raiseSessionEnded'] }],
  },
} as const satisfies Machine<AmtState>;

const nic = {
  idle: {
    WHO_OWNS_NIC: [{ do: ['sendOwner'] }],
    HOST_ASKS_FOR_NIC_OWNERSHIP: [{ do: ['grant'] }],
    HOST_OWNERSHIP_CONFIRMED: [{ if: 'grantOpen', do: ['grantConfirmed'] }],
    CSME_OWNERSHIP_CONFIRMED: [{ if: 'takingOpen', do: ['confirmedLate'] }],
    HOST_LINK_UP: [{}],
    HOST_LINK_DOWN: [{}],
    WIFIDR_UP: [{}],
    WIFIDR_DOWN: [{}],
    hostTakesRegister: [{ do: ['registerGranted'] }],
    enabled: [{ to: 'host', do: ['ownerAmtEnabled'] }],
  },
  csme: {
    WHO_OWNS_NIC: [{ do: ['sendOwner', 'introduce'] }],
    HOST_ASKS_FOR_NIC_OWNERSHIP: [
      { if: 'refusesAsks', do: ['refuse'] },
      { if: 'session', to: 'window', do: ['grant', 'ownerGranted', 'openWindow'] },
      { to: 'host', do: ['grant', 'ownerGranted'] },
    ],
    HOST_OWNERSHIP_CONFIRMED: [{ if: 'grantOpen', do: ['grantConfirmed'] }],
    CSME_OWNERSHIP_CONFIRMED: [{ if: 'takingOpen', do: ['confirmedLate'] }],
    HOST_LINK_UP: [{}],
    HOST_LINK_DOWN: [{}],
    WIFIDR_UP: [{ do: ['introduceDriver'] }],
    WIFIDR_DOWN: [{}],
    grantOwnership: [
      { if: ['linkUp', 'session'], to: 'window', do: ['grant', 'ownerGranted', 'openWindow'] },
      { if: 'linkUp', to: 'host', do: ['grant', 'ownerGranted'] },
    ],
    hostTakesRegister: [
      { if: 'linkUp', do: ['registerRefused'] },
      { if: 'session', do: ['registerRefused'] },
      { to: 'host', do: ['registerGranted', 'ownerRegister'] },
    ],
    offerOwnership: [{ if: 'linkUp', do: ['sendOffer'] }],
    sessionEnded: [{ do: ['sendOffer'] }],
    disabled: [{ to: 'idle', do: ['ownerAmtDisabled'] }],
  },
  held: {
    WHO_OWNS_NIC: [{ do: ['sendOwner', 'introduce'] }],
    HOST_ASKS_FOR_NIC_OWNERSHIP: [{ do: ['refuse'] }],
    HOST_OWNERSHIP_CONFIRMED: [{ if: 'grantOpen', do: ['grantConfirmed'] }],
    CSME_OWNERSHIP_CONFIRMED: [{ if: 'takingOpen', do: ['confirmedLate'] }],
    HOST_LINK_UP: [{}],
    HOST_LINK_DOWN: [{}],
    WIFIDR_UP: [{ do: ['introduceDriver'] }],
    WIFIDR_DOWN: [{}],
    hostTakesRegister: [{ do: ['registerRefused'] }],
    offerOwnership: [{ if: 'linkUp', to: 'csme', do: ['stopHold', 'sendOffer'] }],
    'timer:hold': [
      { if: 'session', to: 'csme' },
      { to: 'csme', do: ['sendOffer'] },
    ],
    disabled: [{ to: 'idle', do: ['stopHold', 'ownerAmtDisabled'] }],
    sapDown: [{ to: 'csme', do: ['stopHold'] }],
  },
  host: {
    WHO_OWNS_NIC: [{ do: ['sendOwner', 'introduce'] }],
    HOST_ASKS_FOR_NIC_OWNERSHIP: [{ do: ['grant'] }],
    HOST_OWNERSHIP_CONFIRMED: [{ if: 'grantOpen', do: ['grantConfirmed', 'repeatProtection'] }],
    CSME_OWNERSHIP_CONFIRMED: [{ if: 'takingOpen', do: ['confirmedLate'] }],
    HOST_LINK_UP: [{}],
    HOST_LINK_DOWN: [{ if: 'session', to: 'window', do: ['openWindow'] }, {}],
    WIFIDR_UP: [{ do: ['introduceDriver'] }],
    WIFIDR_DOWN: [{ to: 'csme', do: ['ownerDriverGone', 'sendOwner'] }],
    hostTakesRegister: [{ do: ['registerGranted'] }],
    takeOwnership: [
      { if: 'linkUp', to: 'taking', do: ['sendTaking'] },
      { to: 'held', do: ['startHold', 'ownerNobodyToAsk'] },
    ],
    hostSilent: [{ to: 'taking', do: ['sendTaking'] }],
    hostOffers: [{ to: 'csme', do: ['ownerSuspended'] }],
    disabled: [{ to: 'idle' }],
    sapDown: [{ to: 'csme', do: ['ownerLinkDown'] }],
  },
  window: {
    WHO_OWNS_NIC: [{ do: ['sendOwner', 'introduce'] }],
    HOST_ASKS_FOR_NIC_OWNERSHIP: [{ do: ['grant'] }],
    HOST_OWNERSHIP_CONFIRMED: [{ if: 'grantOpen', do: ['grantConfirmed', 'repeatProtection'] }],
    CSME_OWNERSHIP_CONFIRMED: [{ if: 'takingOpen', do: ['confirmedLate'] }],
    HOST_LINK_UP: [
      { if: 'onProtectedAp', to: 'host', do: ['closeWindow', 'windowMet'] },
      { do: ['wrongAp'] },
    ],
    HOST_LINK_DOWN: [{}],
    WIFIDR_UP: [{ do: ['introduceDriver'] }],
    WIFIDR_DOWN: [{ to: 'csme', do: ['closeWindow', 'ownerDriverGone', 'sendOwner'] }],
    hostTakesRegister: [{ do: ['registerGranted'] }],
    'timer:window': [
      { if: 'linkUp', to: 'taking', do: ['windowMissed', 'sendTaking'] },
      { to: 'held', do: ['windowMissed', 'startHold', 'ownerNobodyToAsk'] },
    ],
    takeOwnership: [
      { if: 'linkUp', to: 'taking', do: ['closeWindow', 'sendTaking'] },
      { to: 'held', do: ['closeWindow', 'startHold', 'ownerNobodyToAsk'] },
    ],
    hostSilent: [{ to: 'taking', do: ['closeWindow', 'sendTaking'] }],
    hostOffers: [{ to: 'csme', do: ['closeWindow', 'ownerSuspended'] }],
    sessionEnded: [{ to: 'host', do: ['closeWindow'] }],
    disabled: [{ to: 'idle', do: ['closeWindow'] }],
    sapDown: [{ to: 'csme', do: ['closeWindow', 'ownerLinkDown'] }],
  },
  taking: {
    WHO_OWNS_NIC: [{ do: ['sendOwner', 'introduce'] }],
    HOST_ASKS_FOR_NIC_OWNERSHIP: [{ do: ['refuse'] }],
    HOST_OWNERSHIP_CONFIRMED: [{ if: 'grantOpen', do: ['grantConfirmed'] }],
    CSME_OWNERSHIP_CONFIRMED: [
      { if: ['grantOpen', 'takingOpen'], do: ['confirmedLate'] },
      { if: 'holding', to: 'held', do: ['takingConfirmed', 'ownerConfirmed', 'repeatProtection'] },
      { to: 'csme', do: ['takingConfirmed', 'ownerConfirmed', 'repeatProtection'] },
    ],
    HOST_LINK_UP: [{}],
    HOST_LINK_DOWN: [{}],
    WIFIDR_UP: [{ do: ['introduceDriver'] }],
    WIFIDR_DOWN: [
      { if: 'holding', to: 'held', do: ['stopTaking', 'ownerDriverGone'] },
      { to: 'csme', do: ['stopTaking', 'ownerDriverGone'] },
    ],
    hostTakesRegister: [{ do: ['registerRefused'] }],
    'timer:taking': [
      { if: 'holding', to: 'held', do: ['ownerNotConfirmed'] },
      { to: 'csme', do: ['ownerNotConfirmed'] },
    ],
    hostOffers: [
      { if: 'holding', to: 'held', do: ['stopTaking', 'ownerSuspended'] },
      { to: 'csme', do: ['stopTaking', 'ownerSuspended'] },
    ],
    disabled: [{ to: 'idle', do: ['stopTaking', 'stopHold'] }],
    sapDown: [{ to: 'csme', do: ['stopTaking', 'stopHold', 'ownerLinkDown'] }],
  },
} as const satisfies Machine<NicState>;

const pldr = {
  none: {
    PLDR: [{ if: 'acceptsPldr', to: 'active', do: ['ackPldr'] }, { do: ['refusePldr'] }],
    // A host that asked twice may get the second answer behind its PLDR_END, and ends what that one began.
    PLDR_END: [{}],
  },
  active: {
    PLDR: [{ do: ['ackPldr'] }],
    PLDR_END: [{ to: 'none', do: ['pldrEnded'] }],
    sapDown: [{ to: 'none' }],
  },
} as const satisfies Machine<PldrState>;

/** What is done in every state, before the machines are asked. */
const always = {
  PING: [{ do: ['sendPong'] }],
  PONG: [{ do: ['hostAlive'] }],
  WHO_OWNS_NIC: [{ do: ['forgetSettings'] }],
  GET_NVM: [{ if: 'hasNvm', do: ['sendNvm'] }, {}],
  RADIO_STATE: [{ do: ['learnRadio'] }],
  NIC_INFO: [{ do: ['learnNicInfo'] }],
  COUNTRY_CODE: [{ do: ['learnCountry'] }],
  SAR_LIMITS: [{ do: ['learnSar'] }],
  HOST_LINK_UP: [{ do: ['learnLinkUp'] }],
  HOST_LINK_DOWN: [{ do: ['learnLinkDown'] }],
  WIFIDR_UP: [{ do: ['learnDriverUp'] }],
  WIFIDR_DOWN: [{ do: ['learnDriverDown'] }],
  BAND_SELECTION: [{}],
  UNKNOWN: [{ do: ['noteUnknown'] }],
  DATA_PACKET: [{ do: ['handFrame'] }],
  CB_DATA_PACKET: [{ do: ['handCopy'] }],
  setFilters: [{ do: ['setFilters', 'sendFilters'] }],
  refuseAsks: [{ do: ['refuseAsks'] }],
  grantAsks: [{ do: ['grantAsks'] }],
  sendNvm: [{ if: ['linkUp', 'nvmGiven'], do: ['sendNvm'] }],
  sendConnStatus: [{ if: 'linkUp', do: ['sendConnStatus'] }],
  refreshIp: [{ if: 'linkUp', do: ['sendRefreshIp'] }],
  sendFrame: [{ if: 'frameMayGo', do: ['sendFrame'] }],
  send: [{ if: 'linkUp', do: ['sendGiven'] }],
} as const satisfies Row<never>;

export const TRANSITIONS = { link, amt, nic, pldr } as const;
export const ALWAYS: Row<never> = always;

export type MachineName = keyof typeof TRANSITIONS;
export const MACHINE_NAMES = Object.keys(TRANSITIONS) as MachineName[];

/** The same table, for readers that go through all of it. */
export const MACHINES: Readonly<Record<MachineName, Readonly<Record<string, Row<string>>>>> = TRANSITIONS;
