/** The actions of the transition table, in the order of a link's life. Each changes the state and does one thing. */
import {
  type ConnectionInfo,
  HostLinkDownType,
  type KnownMessage,
  PldrStatus,
  type SapDraft,
  SSID_MAX_LEN,
  sapError,
} from '../sap/index.ts';
import type { Effects } from './effects.ts';
import { EACCES, EBUSY, ENODEV, ETIMEDOUT } from './errno.ts';
import type { Association, CommandEvent, CommandName, Commands } from './events.ts';
import { freshLink, type HostState, rxAttached } from './state.ts';
import { TIMER_NAMES, TIMERS, type TimerName } from './timers.ts';

type Message<N extends KnownMessage['name']> = { message: Extract<KnownMessage, { name: N }> };
type Args<N extends CommandName> = { args: Commands[N]['args'] };
type Called = CommandEvent;

// --- the shared area ---

export function firstRound(s: HostState): void {
  s.mapRound = 1;
  s.version = 4;
}

export function nextRound(s: HostState): void {
  s.mapRound++;
  s.version = 4;
}

export function olderVersion(s: HostState): void {
  s.version = 3;
}

export function offerArea(_: HostState, __: unknown, fx: Effects): void {
  fx.map();
}

export function armMapRetry(s: HostState, _: unknown, fx: Effects): void {
  arm(s, fx, 'mapRetry');
}

export function start(_: HostState, __: unknown, fx: Effects): void {
  fx.start();
}

export function restart(_: HostState, __: unknown, fx: Effects): void {
  fx.restart();
}

export function readRings(_: HostState, __: unknown, fx: Effects): void {
  if (!fx.quirks['sap-before-start-ok']) fx.readRings();
}

export function reportVersion(s: HostState, e: { supportedVersion: number }, fx: Effects): void {
  fx.problem(
    sapError('SAP_ERR_VERSION', {
      fault: 'csme',
      message: 'START_OK',
      field: 'supportedVersion',
      offset: 16,
      detail: `CSME speaks SAP version ${e.supportedVersion}, the host offered ${s.version}`,
    }),
  );
}

// --- the WLAN driver ---

export function driverRegisters(s: HostState, _: unknown, fx: Effects): void {
  s.driver = 'registered';
  if (s.phase !== 'connected') return;
  if (s.amtEnabled) fx.send({ name: 'WIFIDR_UP' });
  if (s.connection && !fx.quirks['connection-status-needs-driver']) {
    fx.tell('me_conn_status', { linkProtState: s.linkProtState, connectionInfo: s.connection });
  }
  fx.tell('rfkill', { blocked: s.linkProtState !== 0, csmeTaking: false });
}

export function driverLeaves(s: HostState): void {
  s.driver = 'leaving';
  s.settings.association = null;
  s.settings.powerLimits = null;
}

export function driverGone(s: HostState, _: unknown, fx: Effects): void {
  s.driver = 'none';
  if (s.phase === 'connected' && s.amtEnabled) fx.send({ name: 'WIFIDR_DOWN' });
  s.owner = false;
}

export function keepDeviceState(s: HostState, e: Args<'device_state'>): void {
  s.deviceUp = e.args.up;
}

// --- settings: kept always, sent while AMT is enabled ---

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
  s.settings.association = e.args;
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

export const sendCountry = whileEnabled((s) => ({
  name: 'COUNTRY_CODE',
  mcc: s.settings.mcc,
  sourceId: 0,
  diffTime: 0,
}));
export const sendPowerLimit = whileEnabled(
  (s) => s.settings.powerLimits && sarLimits(s.settings.powerLimits),
);
export const sendNicInfo = whileEnabled(nicInfo);
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
  const { association, powerLimits, macAddress, mcc } = s.settings;
  fx.send({ name: 'WHO_OWNS_NIC' });
  if (association) fx.send(linkUp(association, !fx.quirks['collocated-ap-forgotten']));
  fx.send({ name: 'COUNTRY_CODE', mcc, sourceId: 0, diffTime: 0 });
  if (powerLimits) fx.send(sarLimits(powerLimits));
  if (isStationAddress(macAddress)) fx.send(nicInfo(s));
  fx.send(radioState(s));
}

export function unblockRfkill(s: HostState, _: unknown, fx: Effects): void {
  if (s.driver === 'registered') fx.tell('rfkill', { blocked: false, csmeTaking: false });
}

// --- ownership ---

export function becomeOwner(s: HostState, _: unknown, fx: Effects): void {
  s.owner = true;
  if (!fx.quirks['taking-survives-grant']) s.confirmWhenDown = false;
  if (!fx.quirks['ownership-retry-runs-on']) s.timers.ownershipRetry = null;
}

export function loseOwnership(s: HostState): void {
  s.owner = false;
}

export function confirmHostOwnership(_: HostState, __: unknown, fx: Effects): void {
  fx.send({ name: 'HOST_OWNERSHIP_CONFIRMED' });
}

export function confirmLater(s: HostState): void {
  s.confirmWhenDown = true;
}

export function blockRfkillCsmeTaking(_: HostState, __: unknown, fx: Effects): void {
  fx.tell('rfkill', { blocked: true, csmeTaking: true });
}

export function confirmCsmeOwnership(s: HostState, _: unknown, fx: Effects): void {
  s.confirmWhenDown = false;
  fx.send({ name: 'CSME_OWNERSHIP_CONFIRMED' });
}

export function armRetry(s: HostState, _: unknown, fx: Effects): void {
  if (s.timers.ownershipRetry !== null && fx.quirks['ownership-retry-runs-on']) return;
  arm(s, fx, 'ownershipRetry');
}

export function askOwnership(_: HostState, __: unknown, fx: Effects): void {
  fx.send({ name: 'HOST_ASKS_FOR_NIC_OWNERSHIP' });
}

/** Asks for a caller, or (60 s after a failure) for the host itself. */
export function askOwnershipAndWait(s: HostState, e: { type: string; token?: number }, fx: Effects): void {
  const token = e.token ?? null;
  const ret = fx.send({ name: 'HOST_ASKS_FOR_NIC_OWNERSHIP' });
  if (ret < 0) {
    if (token !== null) fx.reply(token, 'get_ownership', { ret });
    return;
  }
  s.ownershipWaits.push({ token, deadlineMs: fx.nowMs + TIMERS.ownershipReply.ms });
  followWaits(s);
}

export function grantWaits(s: HostState, _: unknown, fx: Effects): void {
  endWaits(s, fx, 0);
}

export function grantWaitsUnlessAsleep(s: HostState, _: unknown, fx: Effects): void {
  if (!fx.quirks['ownership-wait-sleeps-on']) endWaits(s, fx, 0);
}

export function refuseWaitsUnlessAsleep(s: HostState, e: unknown, fx: Effects): void {
  if (fx.quirks['ownership-wait-sleeps-on'] || s.ownershipWaits.length === 0) return;
  endWaits(s, fx, -EACCES);
  armRetry(s, e, fx);
}

export function endOverdueWaits(s: HostState, e: unknown, fx: Effects): void {
  const due = Math.max(fx.nowMs, s.timers.ownershipReply ?? 0);
  const ended = s.ownershipWaits.filter((wait) => wait.deadlineMs <= due);
  s.ownershipWaits = s.ownershipWaits.filter((wait) => wait.deadlineMs > due);
  followWaits(s);
  const ret = s.owner ? 0 : -ETIMEDOUT;
  if (ended.length > 0 && ret < 0 && s.phase === 'connected') armRetry(s, e, fx);
  for (const { token } of ended) if (token !== null) fx.reply(token, 'get_ownership', { ret });
}

// --- link protection ---

export function keepConnStatus(s: HostState, e: Message<'CSME_CONN_STATUS'>): void {
  s.linkProtState = e.message.linkProtState;
  s.connection = e.message.connectionInfo;
}

export function keepConnStatusForLater(s: HostState, e: Message<'CSME_CONN_STATUS'>, fx: Effects): void {
  if (!fx.quirks['connection-status-needs-driver']) keepConnStatus(s, e);
}

export function tellConnStatus(_: HostState, e: Message<'CSME_CONN_STATUS'>, fx: Effects): void {
  const { linkProtState, connectionInfo } = e.message;
  if (fx.quirks['connection-status-cut-to-8-bits']) {
    fx.tell('me_conn_status', {
      linkProtState: linkProtState & 0xff,
      connectionInfo: cutTo8Bits(connectionInfo),
    });
  } else {
    fx.tell('me_conn_status', { linkProtState, connectionInfo });
  }
}

export function tellRoaming(s: HostState, _: unknown, fx: Effects): void {
  fx.tell('roaming_forbidden', { forbidden: s.linkProtState !== 0 });
}

export function tellRfkillFromStatus(s: HostState, _: unknown, fx: Effects): void {
  fx.tell('rfkill', { blocked: s.linkProtState !== 0, csmeTaking: false });
}

export function reportSsidLength(_: HostState, e: Message<'CSME_CONN_STATUS'>, fx: Effects): void {
  fx.problem(
    sapError('SAP_ERR_VALUE', {
      fault: 'csme',
      message: 'CSME_CONN_STATUS',
      field: 'connectionInfo.ssidLen',
      offset: 16,
      needed: e.message.connectionInfo.ssidLen,
      available: SSID_MAX_LEN,
      detail: 'the message is ignored',
    }),
  );
}

// --- filters, NVM, PLDR, ping ---

export function keepFilters(s: HostState, e: Message<'CSME_FILTERS'>): void {
  s.filters = e.message.oobFilters;
}

export function askNvm(s: HostState, e: { token: number }, fx: Effects): void {
  if (fx.send({ name: 'GET_NVM' }) < 0) {
    fx.reply(e.token, 'get_nvm', { nvm: null });
  } else if (s.nvm && fx.quirks['stale-nvm']) {
    fx.reply(e.token, 'get_nvm', { nvm: s.nvm });
  } else {
    s.nvmWaits.push(e.token);
    if (s.timers.nvmReply === null) arm(s, fx, 'nvmReply');
  }
}

export function keepNvm(s: HostState, e: Message<'NVM'>): void {
  s.nvm = e.message;
}

export function answerNvm(s: HostState, _: unknown, fx: Effects): void {
  endNvmWaits(s, fx, s.nvm);
}

export function failNvm(s: HostState, _: unknown, fx: Effects): void {
  endNvmWaits(s, fx, null);
}

export function askPldr(s: HostState, e: { token: number }, fx: Effects): void {
  const ret = fx.send({ name: 'PLDR', version: 0 });
  if (ret < 0 || s.pldrActive) {
    fx.reply(e.token, 'pldr', { ret: Math.min(ret, 0) });
    return;
  }
  s.pldr = { token: e.token, tries: 1 };
  arm(s, fx, 'pldrReply');
}

export function askPldrAgain(s: HostState, _: unknown, fx: Effects): void {
  const ret = fx.send({ name: 'PLDR', version: 0 });
  if (ret < 0) return endPldrRequest(s, fx, ret);
  if (s.pldr) s.pldr.tries++;
  arm(s, fx, 'pldrReply');
}

export function activatePldr(s: HostState): void {
  s.pldrActive = true;
}

export function deactivatePldr(s: HostState): void {
  s.pldrActive = false;
}

export function succeedPldr(s: HostState, _: unknown, fx: Effects): void {
  endPldrRequest(s, fx, 0);
}

export function failPldr(s: HostState, _: unknown, fx: Effects): void {
  endPldrRequest(s, fx, -ETIMEDOUT);
}

export function endPldr(s: HostState, e: Args<'alive'>, fx: Effects): void {
  s.pldrActive = false;
  fx.send({ name: 'PLDR_END', version: 0, status: e.args.success ? PldrStatus.SUCCESS : PldrStatus.FAILURE });
}

export function pong(_: HostState, __: unknown, fx: Effects): void {
  fx.send({ name: 'PONG' });
}

// --- the end of a link ---

export function armDeviceDown(s: HostState, _: unknown, fx: Effects): void {
  arm(s, fx, 'deviceDown');
}

export function tellStolen(_: HostState, __: unknown, fx: Effects): void {
  fx.tell('nic_stolen', {});
}

export function sayGoodbye(s: HostState, _: unknown, fx: Effects): void {
  s.timers.deviceDown = null;
  fx.sendNow({ name: 'HOST_GOES_DOWN' });
  s.drainPolls = 0;
  s.timers.drainPoll = fx.nowMs;
}

export function armDrainPoll(s: HostState, _: unknown, fx: Effects): void {
  s.drainPolls++;
  arm(s, fx, 'drainPoll');
}

export function teardown(_: HostState, __: unknown, fx: Effects): void {
  fx.teardown();
}

/** Callers that wait learn that the connection was lost. */
export function failWaits(s: HostState, _: unknown, fx: Effects): void {
  if (!fx.quirks['waiter-survives-removal']) endWaits(s, fx, -ENODEV);
  endNvmWaits(s, fx, null);
  endPldrRequest(s, fx, -ENODEV);
}

export function forgetLink(s: HostState): void {
  Object.assign(s, freshLink());
  for (const name of TIMER_NAMES) s.timers[name] = null;
  followWaits(s);
}

// --- answers ---

export function done(_: HostState, e: Called, fx: Effects): void {
  fx.reply(e.token, e.type, {});
}

export function succeed(_: HostState, e: Called, fx: Effects): void {
  fx.reply(e.token, e.type, { ret: 0 });
}

export function answerBusy(_: HostState, e: Called, fx: Effects): void {
  fx.reply(e.token, e.type, { ret: -EBUSY });
}

export function answerConnected(s: HostState, e: Called, fx: Effects): void {
  const up = s.phase === 'connected' || s.phase === 'stopping' || s.phase === 'draining';
  fx.reply(e.token, e.type, { ret: up ? 1 : 0 });
}

export function answerNoNvm(_: HostState, e: Called, fx: Effects): void {
  fx.reply(e.token, 'get_nvm', { nvm: null });
}

export function answerAttached(s: HostState, e: Called, fx: Effects): void {
  fx.reply(e.token, 'set_netdev', { attached: rxAttached(s) });
}

// --- helpers ---

function arm(s: HostState, fx: Effects, timer: TimerName): void {
  s.timers[timer] = fx.nowMs + TIMERS[timer].ms;
}

function followWaits(s: HostState): void {
  s.timers.ownershipReply =
    s.ownershipWaits.length > 0 ? Math.min(...s.ownershipWaits.map((w) => w.deadlineMs)) : null;
}

function endWaits(s: HostState, fx: Effects, ret: number): void {
  const ended = s.ownershipWaits;
  if (ended.length === 0) return;
  s.ownershipWaits = [];
  followWaits(s);
  for (const { token } of ended) if (token !== null) fx.reply(token, 'get_ownership', { ret });
}

function endNvmWaits(s: HostState, fx: Effects, nvm: HostState['nvm']): void {
  const ended = s.nvmWaits;
  if (ended.length === 0) return;
  s.nvmWaits = [];
  s.timers.nvmReply = null;
  for (const token of ended) fx.reply(token, 'get_nvm', { nvm });
}

function endPldrRequest(s: HostState, fx: Effects, ret: number): void {
  if (!s.pldr) return;
  const { token } = s.pldr;
  s.pldr = null;
  s.timers.pldrReply = null;
  fx.reply(token, 'pldr', { ret });
}

function whileEnabled(draft: (s: HostState) => SapDraft | null) {
  return (s: HostState, _: unknown, fx: Effects): void => {
    const message = s.amtEnabled ? draft(s) : null;
    if (message) fx.send(message);
  };
}

function nicInfo(s: HostState): SapDraft {
  return { name: 'NIC_INFO', macAddress: s.settings.macAddress, nvmAddress: s.settings.nvmAddress };
}

function radioState(s: HostState): SapDraft {
  return { name: 'RADIO_STATE', state: s.settings.radioState };
}

const BANDS = 5;
function sarLimits(limits: readonly number[]): SapDraft {
  return { name: 'SAR_LIMITS', sarChainInfoTable: [limits.slice(0, BANDS), limits.slice(BANDS, 2 * BANDS)] };
}

const LAST_2_4_GHZ_CHANNEL = 14;
function linkUp(a: Association, withCollocated: boolean): SapDraft {
  const ssid = new Uint8Array(SSID_MAX_LEN);
  ssid.set(a.ssid);
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

function cutTo8Bits(info: ConnectionInfo): ConnectionInfo {
  const ssidLen = info.ssidLen & 0xff;
  const ssid = new Uint8Array(SSID_MAX_LEN);
  ssid.set(info.ssid.subarray(0, ssidLen));
  return {
    ...info,
    ssidLen,
    ssid,
    authMode: info.authMode & 0xff,
    pairwiseCipher: info.pairwiseCipher & 0xff,
  };
}

const MULTICAST_BIT = 2 ** 40;
/** An address that a station can have: not a multicast one, not zero. */
function isStationAddress(mac: number): boolean {
  return mac !== 0 && Math.floor(mac / MULTICAST_BIT) % 2 === 0;
}
