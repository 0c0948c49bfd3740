/** What steps of the table do: each effect changes a little of the state, sends, or tells. None picks the next state. */
import {
  type ConnectionInfo,
  PldrStatus,
  RadioStateFlags,
  type SapDraft,
  SapNicOwner,
  SSID_MAX_LEN,
} from '../sap/messages/index.ts';
import { arm, type Context, disarm, heard, send, tell, told } from './context.ts';
import type { OwnerReason } from './inputs.ts';
import { noAccessPoint } from './profiles/access-point.ts';
import { initialState, isOperational, MANY_TAKINGS, ownerOf, unknownHost } from './state.ts';

/** link_prot_state of a protected link; any value but 0 means it. */
const PROTECTED = 1;
const PLDR_VERSION = 0;

const EFFECTS_OF_LINK = {
  adoptArea: (c) => {
    if (c.input.type === 'area') c.state.version = c.input.version;
  },
  hostUp: (c) => tell(c, 'hostUp', { version: c.state.version }),
  sendStartOk: (c) => c.actions.push({ type: 'startOk', version: c.state.version }),
  leaveArea: (c) => c.actions.push({ type: 'leaveArea' }),
  /** Everything of the link is forgotten; who has the card follows from `sapDown`. */
  hostDown: (c) => {
    const { state } = c;
    state.introduced = false;
    state.grantsOpen = 0;
    state.takingsOpen = 0;
    state.host = unknownHost();
    stopPings(c);
    c.raised.push('sapDown');
    tell(c, 'hostDown', { reason: c.input.type === 'message' ? c.input.message.name : c.input.type });
  },
  fallAsleep: (c) => {
    c.state.host.suspended = heard(c, 'HOST_SUSPENDS').flags;
    tell(c, 'hostAsleep', { asleep: true });
  },
  wakeUp: (c) => {
    c.state.host.suspended = null;
    tell(c, 'hostAsleep', { asleep: false });
  },
  initControlBlock: (c) => c.actions.push({ type: 'initControlBlock' }),
  /** The firmware starts over. What it was set to stays: AMT, filters, whether it grants. */
  reset: (c) => {
    const { amt, filters, grants, profile } = c.state;
    const kept = { filters, grants, profile };
    Object.assign(c.state, initialState({ ...profile, amt: amt !== 'off' }), kept);
    tell(c, 'reset', {});
  },

  startPings: (c) => {
    if (c.state.link === 'up' && isOperational(c.state)) arm(c, 'ping');
  },
  stopPings,
  sendPing,
  pingAgain: (c) => {
    const { state } = c;
    if (state.awaitingPong && state.pingsMissed < state.profile.pingsMissed) {
      state.pingsMissed++;
      if (state.pingsMissed === state.profile.pingsMissed) tell(c, 'silent', { missed: state.pingsMissed });
    }
    sendPing(c);
    arm(c, 'ping');
  },
  hostAlive: (c) => {
    if (c.state.pingsMissed >= c.state.profile.pingsMissed) tell(c, 'alive', {});
    c.state.awaitingPong = false;
    c.state.pingsMissed = 0;
  },
  sendPong: (c) => send(c, { name: 'PONG' }),
  raiseHostSilent: (c) => c.raised.push('hostSilent'),
  raiseHostOffers: (c) => c.raised.push('hostOffers'),
} as const satisfies Effects;

const EFFECTS_OF_AMT = {
  sendAmtState: (c) => {
    send(c, { name: 'AMT_STATE', enabled: isOperational(c.state) ? 1 : 0 });
    if (c.input.type === 'command') tell(c, 'amt', { enabled: isOperational(c.state) });
  },
  forgetIntroduction: (c) => {
    c.state.introduced = false;
  },
  /** Behind the first NIC_OWNER comes all else that the host must know. */
  introduce: (c) => {
    if (c.state.introduced || c.state.link !== 'up') return;
    c.state.introduced = true;
    introduction(c);
  },
  /** A sleeper, and a host that starts again, hear what may have changed, if they ever heard it. */
  introduceAgain: (c) => {
    if (c.state.introduced) {
      send(c, nicOwner(c));
      introduction(c);
    } else {
      send(c, amtState(c));
    }
  },
  /** The host drops CSME_CONN_STATUS while it has no WLAN driver: it is repeated for one that comes later. */
  introduceDriver: (c) => {
    if (c.state.introduced) sendConnStatus(c);
  },
  rememberAp: (c) => {
    c.state.ap = told(c, 'startSession').ap ?? c.state.ap;
  },
  forgetAp: (c) => {
    c.state.ap = c.state.profile.ap;
  },
  sessionChanged: (c) => {
    const active = c.state.amt === 'session';
    tell(c, 'session', { active, bssid: active ? (c.state.ap?.bssid ?? 0) : 0 });
  },
  /** Unless the host is still to be introduced: it then hears it there. */
  sendConnStatus: (c) => {
    if (c.state.introduced || (c.input.type === 'command' && c.input.name === 'sendConnStatus'))
      sendConnStatus(c);
  },
  /** The host's "roaming forbidden" or rfkill follows the CSME_CONN_STATUS that come while it is owner or not. */
  repeatProtection: (c) => {
    if (c.state.amt === 'session' && c.state.introduced) sendConnStatus(c);
  },
  raiseEnabled: (c) => c.raised.push('enabled'),
  raiseDisabled: (c) => c.raised.push('disabled'),
  raiseSessionEnded: (c) => c.raised.push('sessionEnded'),

  setFilters: (c) => {
    c.state.filters = told(c, 'setFilters').filters;
  },
  sendFilters: (c) => {
    if (c.state.introduced) sendFilters(c);
  },
  refuseAsks: (c) => {
    c.state.grants = false;
  },
  grantAsks: (c) => {
    c.state.grants = true;
  },
} as const satisfies Effects;

const EFFECTS_OF_NIC = {
  sendOwner: (c) => send(c, nicOwner(c)),
  grant: (c) => {
    c.state.grantsOpen++;
    send(c, { name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 1 });
    tell(c, 'asked', { granted: true });
  },
  refuse: (c) => {
    send(c, { name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 0 });
    tell(c, 'asked', { granted: false });
  },
  grantConfirmed: (c) => {
    c.state.grantsOpen--;
  },
  sendOffer: (c) => {
    if (c.state.link !== 'up') return;
    send(c, { name: 'CSME_CAN_RELEASE_OWNERSHIP' });
    tell(c, 'offered', {});
  },
  /** The 60 s count from here, so that they are over when the host asks 60 s after its confirmation. */
  sendTaking: (c) => {
    send(c, { name: 'CSME_TAKING_OWNERSHIP' });
    c.state.takingsOpen = Math.min(c.state.takingsOpen + 1, MANY_TAKINGS);
    arm(c, 'taking');
    arm(c, 'hold');
    tell(c, 'taking', { reason: takingReason(c) });
  },
  takingConfirmed: (c) => {
    oneTakingLess(c);
    disarm(c, 'taking');
  },
  stopTaking: (c) => disarm(c, 'taking'),
  confirmedLate: (c) => {
    oneTakingLess(c);
    tell(c, 'late', { message: heard(c, 'CSME_OWNERSHIP_CONFIRMED').name });
  },
  startHold: (c) => arm(c, 'hold'),
  stopHold: (c) => disarm(c, 'hold'),

  openWindow: (c) => {
    arm(c, 'window');
    tell(c, 'windowOpen', { bssid: c.state.ap?.bssid ?? 0 });
  },
  closeWindow: (c) => disarm(c, 'window'),
  windowMet: (c) => tell(c, 'windowMet', {}),
  windowMissed: (c) => tell(c, 'windowMissed', {}),
  wrongAp: (c) => {
    const { bssid } = heard(c, 'HOST_LINK_UP').connectionInfo;
    tell(c, 'wrongAp', { bssid, wanted: c.state.ap?.bssid ?? 0 });
  },

  registerGranted: (c) => tell(c, 'register', { granted: true }),
  registerRefused: (c) => tell(c, 'register', { granted: false }),
  ownerGranted: owner('granted'),
  ownerRegister: owner('register'),
  ownerConfirmed: owner('confirmed'),
  ownerNotConfirmed: owner('not confirmed'),
  ownerNobodyToAsk: owner('nobody to ask'),
  ownerDriverGone: owner('driver gone'),
  ownerLinkDown: owner('link down'),
  ownerSuspended: owner('suspended'),
  ownerAmtEnabled: owner('AMT enabled'),
  ownerAmtDisabled: owner('AMT disabled'),
} as const satisfies Effects;

const EFFECTS_OF_SETTINGS = {
  learnRadio: (c) => {
    const { state } = heard(c, 'RADIO_STATE');
    const both = RadioStateFlags.SW_RFKILL_DEASSERTED | RadioStateFlags.HW_RFKILL_DEASSERTED;
    c.state.host.radio = state;
    tell(c, 'radio', { on: (state & both) === both });
  },
  learnNicInfo: (c) => {
    const { macAddress, nvmAddress } = heard(c, 'NIC_INFO');
    c.state.host.nic = { macAddress, nvmAddress };
  },
  learnCountry: (c) => {
    c.state.host.country = heard(c, 'COUNTRY_CODE').mcc;
  },
  learnSar: (c) => {
    c.state.host.sar = heard(c, 'SAR_LIMITS').sarChainInfoTable.map((chain) => [...chain]);
  },
  learnLinkUp: (c) => {
    const { connectionInfo, collocBssid } = heard(c, 'HOST_LINK_UP');
    c.state.host.link = ownCopy(connectionInfo);
    c.state.host.collocatedBssid = collocBssid;
    tell(c, 'hostLink', { up: true, bssid: connectionInfo.bssid });
  },
  learnLinkDown: (c) => {
    c.state.host.link = null;
    c.state.host.collocatedBssid = 0;
    tell(c, 'hostLink', { up: false, bssid: 0 });
  },
  learnDriverUp: (c) => {
    c.state.host.driver = true;
    tell(c, 'driver', { up: true });
  },
  /** A driver that leaves takes its association and its power limits with it. */
  learnDriverDown: (c) => {
    c.state.host.driver = false;
    c.state.host.link = null;
    c.state.host.collocatedBssid = 0;
    c.state.host.sar = null;
    tell(c, 'driver', { up: false });
  },
  /** With WHO_OWNS_NIC the host introduces itself: all that it has to say follows. */
  forgetSettings: (c) => {
    const { driver, suspended } = c.state.host;
    c.state.host = { ...unknownHost(), driver, suspended };
  },
  /** A driver that is there says so again when AMT is enabled; one that left meanwhile did it silently. */
  forgetDriver: (c) => {
    c.state.host.driver = false;
  },
  noteUnknown: (c) => tell(c, 'unknown', { id: heard(c, 'UNKNOWN').id }),
} as const satisfies Effects;

const EFFECTS_OF_EXCHANGES = {
  sendNvm: (c) => {
    const given = c.input.type === 'command' ? told(c, 'sendNvm').nvm : undefined;
    const nvm = given ?? c.state.profile.nvm;
    if (nvm !== null) send(c, { name: 'NVM', ...nvm });
  },
  sendRefreshIp: (c) => send(c, { name: 'TRIGGER_IP_REFRESH' }),
  sendGiven: (c) => send(c, told(c, 'send').message),
  sendFrame: (c) => send(c, { name: 'DATA_PACKET', frame: told(c, 'sendFrame').frame }),
  handFrame: (c) => {
    const message = heard(c, 'DATA_PACKET');
    c.actions.push({ type: 'frame', bytes: message.frame, copy: false });
  },
  handCopy: (c) => {
    const { frame, dataLen } = heard(c, 'CB_DATA_PACKET');
    c.actions.push({ type: 'frame', bytes: frame.subarray(0, dataLen), copy: true });
  },
  ackPldr: (c) => {
    send(c, { name: 'PLDR_ACK', version: PLDR_VERSION, status: PldrStatus.SUCCESS });
    tell(c, 'pldr', { active: true, status: PldrStatus.SUCCESS });
  },
  refusePldr: (c) => {
    send(c, { name: 'PLDR_ACK', version: PLDR_VERSION, status: PldrStatus.FAILURE });
    tell(c, 'pldr', { active: false, status: PldrStatus.FAILURE });
  },
  pldrEnded: (c) => tell(c, 'pldr', { active: false, status: heard(c, 'PLDR_END').status }),
} as const satisfies Effects;

type Effects = Readonly<Record<string, (c: Context) => void>>;

/** Every effect, by the name that the table uses. */
export const EFFECTS = {
  ...EFFECTS_OF_LINK,
  ...EFFECTS_OF_AMT,
  ...EFFECTS_OF_NIC,
  ...EFFECTS_OF_SETTINGS,
  ...EFFECTS_OF_EXCHANGES,
} as const;
export type Effect = keyof typeof EFFECTS;

function stopPings(c: Context): void {
  disarm(c, 'ping');
  c.state.awaitingPong = false;
  c.state.pingsMissed = 0;
}

function sendPing(c: Context): void {
  send(c, { name: 'PING' });
  c.state.awaitingPong = true;
}

function oneTakingLess(c: Context): void {
  if (c.state.takingsOpen === 1) c.state.takingsOpen = 0;
}

function nicOwner(c: Context): SapDraft {
  // The host was told that CSME takes the card: HOST would take that back.
  const csme = ownerOf(c.state) === 'csme' || c.state.nic === 'taking';
  return { name: 'NIC_OWNER', owner: csme ? SapNicOwner.ME : SapNicOwner.HOST };
}

function amtState(c: Context): SapDraft {
  return { name: 'AMT_STATE', enabled: isOperational(c.state) ? 1 : 0 };
}

function introduction(c: Context): void {
  send(c, amtState(c));
  sendConnStatus(c);
  sendFilters(c);
}

function sendConnStatus(c: Context): void {
  const { amt, ap } = c.state;
  send(c, {
    name: 'CSME_CONN_STATUS',
    linkProtState: amt === 'session' ? PROTECTED : 0,
    scanRequest: 0,
    connectionInfo: ap ?? noAccessPoint(),
  });
}

function sendFilters(c: Context): void {
  if (c.state.filters !== null) send(c, { name: 'CSME_FILTERS', oobFilters: c.state.filters });
}

function takingReason(c: Context): 'asked' | 'host silent' | 'window missed' {
  if (c.input.type !== 'timer') return 'asked';
  return c.input.timer === 'window' ? 'window missed' : 'host silent';
}

function owner(reason: OwnerReason): (c: Context) => void {
  return (c) => tell(c, 'owner', { owner: ownerOf(c.state), reason });
}

/** The bytes of a message are not ours to keep. */
function ownCopy(info: ConnectionInfo): ConnectionInfo {
  return { ...info, ssid: info.ssid.slice(0, SSID_MAX_LEN) };
}
