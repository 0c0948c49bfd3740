/** Who owns the card, and whether a remote session runs on CSME's link. */
import { type ConnectionInfo, EACCES, ETIMEDOUT, SSID_MAX_LEN, sapError } from '../../sap/index.ts';
import type { Effects } from '../effects.ts';
import type { HostState } from '../state.ts';
import { TIMERS } from '../timers.ts';
import { arm, type Message } from './common.ts';

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

export function unblockRfkill(s: HostState, _: unknown, fx: Effects): void {
  if (s.driver === 'registered') fx.tell('rfkill', { blocked: false, csmeTaking: false });
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

/** The owner changed while a link is protected: the host may use the card now, or no longer. */
export function tellProtection(s: HostState, e: unknown, fx: Effects): void {
  if (fx.quirks['owner-does-not-move-rfkill'] || s.driver !== 'registered' || s.linkProtState === 0) return;
  fx.tell('rfkill', { blocked: !s.owner, csmeTaking: false });
  if (s.owner) tellRoaming(s, e, fx);
}

/** The host owns a link that CSME protected a moment ago; CSME need not say so again. */
export function forbidRoamingIfProtected(s: HostState, e: unknown, fx: Effects): void {
  if (fx.quirks['owner-does-not-move-rfkill'] || s.driver !== 'registered' || s.linkProtState === 0) return;
  tellRoaming(s, e, fx);
}

export function tellRoaming(s: HostState, _: unknown, fx: Effects): void {
  s.roamingForbidden = s.linkProtState !== 0;
  fx.tell('roaming_forbidden', { forbidden: s.roamingForbidden });
}

/** There is nothing left to roam away from. */
export function allowRoaming(s: HostState, _: unknown, fx: Effects): void {
  if (!s.roamingForbidden || fx.quirks['roaming-stays-forbidden']) return;
  s.roamingForbidden = false;
  fx.tell('roaming_forbidden', { forbidden: false });
}

export function forgetProtection(s: HostState, _: unknown, fx: Effects): void {
  if (fx.quirks['link-protection-outlives-amt']) return;
  s.linkProtState = 0;
  s.connection = null;
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

// --- callers that wait ---

export function endWaits(s: HostState, fx: Effects, ret: number): void {
  const ended = s.ownershipWaits;
  if (ended.length === 0) return;
  s.ownershipWaits = [];
  followWaits(s);
  for (const { token } of ended) if (token !== null) fx.reply(token, 'get_ownership', { ret });
}

export function followWaits(s: HostState): void {
  s.timers.ownershipReply =
    s.ownershipWaits.length > 0 ? Math.min(...s.ownershipWaits.map((w) => w.deadlineMs)) : null;
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
