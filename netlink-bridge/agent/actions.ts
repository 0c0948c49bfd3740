/** The actions of the transition table. Each changes the state and does one thing. */
import { formatMac, hexOf } from '../../sap/index.ts';
import type { Effects } from './effects.ts';
import type { AgentQuestion } from './events.ts';
import type { EventOf, MachineEvent } from './machine-events.ts';
import type { AgentState } from './state.ts';
import type { StepNumber } from './steps.ts';
import type { TimerName } from './timers.ts';
import type { TroubleName } from './troubles.ts';
import type { Target } from './types.ts';

// --- the take-over ---

/** A new take-over: nothing of the last one is known. */
export function begin(s: AgentState, _: unknown, fx: Effects): void {
  s.target = null;
  s.profile = null;
  s.step = 0;
  s.requestedAtMs = null;
  s.trouble = null;
  tell(s, fx, 1, '');
  tell(s, fx, 2, '');
}

export function keepTarget(s: AgentState, e: EventOf<'connInfo'>, fx: Effects): void {
  s.target = e.target;
  tell(s, fx, 3, describe(e.target));
}

export function keepProfile(s: AgentState, e: EventOf<'found'>, fx: Effects): void {
  s.profile = e.profile!;
  tell(s, fx, 4, s.profile.name);
}

export function tellPrepared(s: AgentState, _: unknown, fx: Effects): void {
  tell(s, fx, 5, '');
}

export function tellGranted(s: AgentState, _: unknown, fx: Effects): void {
  tell(s, fx, 7, '');
}

/** Whoever asked for it: the card was given away. */
export function tellFree(s: AgentState, _: unknown, fx: Effects): void {
  s.timers.ownershipRetry = null;
  tell(s, fx, 7, '');
  tell(s, fx, 8, '');
}

export function tellConnected(s: AgentState, e: EventOf<'connected'>, fx: Effects): void {
  tell(s, fx, 9, formatMac(e.bssid));
}

export function tellAddress(s: AgentState, _: unknown, fx: Effects): void {
  tell(s, fx, 10, s.address!);
}

export function noteUnsupported(s: AgentState): void {
  s.unsupported = true;
}

/** Until the timer says otherwise, or the supplicant is started again. */
export function distrustProfile(s: AgentState, _: unknown, fx: Effects): void {
  s.rejected = s.profile!.id;
  arm(s, fx, 'distrust');
}

export function tellStopped(_: AgentState, __: unknown, fx: Effects): void {
  fx.out({ type: 'stopped' });
}

// --- questions ---

export function askConnInfo(s: AgentState, _: unknown, fx: Effects): void {
  ask(s, fx, (token) => ({ type: 'askConnInfo', token }));
}

export function find(s: AgentState, _: unknown, fx: Effects): void {
  const target = s.target!;
  ask(s, fx, (token) => ({ type: 'find', token, target }));
}

export function prepare(s: AgentState, _: unknown, fx: Effects): void {
  s.limited = true;
  forgetAllowedRoaming(s);
  const [profile, target] = [s.profile!, s.target!];
  ask(s, fx, (token) => ({ type: 'prepare', token, profile, target }));
}

/** The wait for the next request begins with this one: its answer may never be heard. */
export function askOwnership(s: AgentState, _: unknown, fx: Effects): void {
  forgetAllowedRoaming(s);
  s.requestedAtMs = fx.nowMs;
  if (s.step > 5) s.step = 5;
  tell(s, fx, 6, '');
  arm(s, fx, 'ownershipRetry');
  ask(s, fx, (token) => ({ type: 'askOwnership', token }));
}

export function connect(s: AgentState, _: unknown, fx: Effects): void {
  s.connectTries = 1;
  ask(s, fx, (token) => ({ type: 'connect', token }));
}

export function connectAgain(s: AgentState, _: unknown, fx: Effects): void {
  s.connectTries++;
  ask(s, fx, (token) => ({ type: 'connect', token }));
}

export function lift(s: AgentState, _: unknown, fx: Effects): void {
  ask(s, fx, (token) => ({ type: 'lift', token }));
}

export function restore(s: AgentState, _: unknown, fx: Effects): void {
  s.restoreTries = 1;
  ask(s, fx, (token) => ({ type: 'restore', token }));
}

export function restoreAgain(s: AgentState, _: unknown, fx: Effects): void {
  s.restoreTries++;
  ask(s, fx, (token) => ({ type: 'restore', token }));
}

/** Tries count from the moment on that the end waits for them. */
export function countTriesAnew(s: AgentState): void {
  s.restoreTries = 1;
}

// --- timers ---

export function armLookSoon(s: AgentState, _: unknown, fx: Effects): void {
  arm(s, fx, 'lookSoon');
}

export function armLookAgain(s: AgentState, _: unknown, fx: Effects): void {
  arm(s, fx, 'lookAgain');
}

/** CSME keeps the card for now: it is not asked before this goes off. */
export function armOwnershipRetry(s: AgentState, _: unknown, fx: Effects): void {
  s.requestedAtMs = null;
  arm(s, fx, 'ownershipRetry');
}

/** It runs from the first sign of the grant, be that the answer or the free radio. */
export function openWindow(s: AgentState, _: unknown, fx: Effects): void {
  s.timers.window ??= fx.nowMs + fx.lengthMs('window');
}

export function armReconnect(s: AgentState, _: unknown, fx: Effects): void {
  arm(s, fx, 'reconnect');
}

export function armRestoreRetry(s: AgentState, _: unknown, fx: Effects): void {
  arm(s, fx, 'restoreRetry');
}

/** Whoever hears that roaming is forbidden hears when that ends, unless events are lost. */
export function timeSession(s: AgentState, _: unknown, fx: Effects): void {
  if (s.roamingForbidden !== null) s.timers.session = null;
  else if (s.timers.session === null) arm(s, fx, 'session');
}

// --- reports ---

function report(trouble: TroubleName) {
  return (s: AgentState, e: MachineEvent, fx: Effects): void => {
    s.trouble = trouble;
    fx.out({ type: 'trouble', trouble, detail: 'detail' in e ? e.detail : '' });
  };
}

/** A trouble that comes back with each look is told once until something else happens. */
function reportOnce(trouble: TroubleName) {
  const tellIt = report(trouble);
  return (s: AgentState, e: MachineEvent, fx: Effects): void => {
    if (s.trouble !== trouble) tellIt(s, e, fx);
  };
}

export const reportNoConnInfo = reportOnce('no-conn-info');
export const reportUnsupported = report('unsupported');
export const reportUnusableAp = reportOnce('unusable-ap');
export const reportConnInfoFailed = reportOnce('conn-info-failed');
export const reportNoCredentials = reportOnce('no-credentials');
export const reportDistrusted = reportOnce('distrusted');
export const reportDryRun = reportOnce('dry-run');
export const reportAnotherProfile = report('another-profile');
export const reportFindFailed = reportOnce('find-failed');
export const reportPrepareFailed = report('prepare-failed');
export const reportAnotherAp = report('another-ap');
export const reportNotGranted = report('not-granted');
export const reportRefused = report('refused');
export const reportAskFailed = report('ask-failed');
export const reportStillBlocked = report('still-blocked');
export const reportWindowMissed = report('window-missed');
export const reportStolen = report('stolen');
export const reportApGone = report('ap-gone');
export const reportRejected = report('rejected');
export const reportNoAddress = report('no-address');
export const reportConnectFailed = report('connect-failed');
export const reportWrongBssid = report('wrong-bssid');
export const reportConnectionLost = report('connection-lost');
export const reportRoamingUnheard = report('roaming-unheard');
export const reportSupplicantGone = report('supplicant-gone');
export const reportInterfaceGone = report('interface-gone');
export const reportRadioOff = report('radio-off');
export const reportAsleep = report('asleep');
export const reportLiftFailed = report('lift-failed');
export const reportRestoreFailed = reportOnce('restore-failed');
export const reportAbandoned = report('abandoned');

// --- shared ---

/** Each step is told once in a take-over, however often it is done again. */
function tell(s: AgentState, fx: Effects, step: StepNumber, detail: string): void {
  if (step <= s.step) return;
  const tookMs = s.step === 0 ? 0 : fx.nowMs - s.stepAtMs;
  s.step = step;
  s.stepAtMs = fx.nowMs;
  s.trouble = null;
  const sinceRequestMs = s.requestedAtMs === null ? undefined : fx.nowMs - s.requestedAtMs;
  fx.out({ type: 'step', step, tookMs, sinceRequestMs, detail });
}

/**
 * Roaming that was allowed before the request belongs to an older session. Forbidden, it belongs to this one: the driver
 * may have got the card by itself a moment ago.
 */
function forgetAllowedRoaming(s: AgentState): void {
  if (s.roamingForbidden === false) s.roamingForbidden = null;
}

function ask(s: AgentState, fx: Effects, questionOf: (token: number) => AgentQuestion): void {
  const question = questionOf(s.nextToken++);
  s.question = { token: question.token, type: question.type };
  arm(s, fx, 'question');
  fx.out(question);
}

function arm(s: AgentState, fx: Effects, timer: TimerName): void {
  s.timers[timer] = fx.nowMs + fx.lengthMs(timer);
}

function describe({ ssid, bssid, frequencyMhz }: Target): string {
  const text = String.fromCharCode(...ssid);
  const name = /^[ -~]*$/.test(text) ? JSON.stringify(text) : hexOf(ssid);
  return `${name}, ${formatMac(bssid)}, ${frequencyMhz} MHz`;
}
