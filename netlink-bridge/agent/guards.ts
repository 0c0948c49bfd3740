/** The conditions of the transition table. */
import type { Effects } from './effects.ts';
import type { EventOf } from './machine-events.ts';
import type { AgentState } from './state.ts';
import { CONNECT_TRIES, RESTORE_TRIES } from './timers.ts';

export const stopping = (s: AgentState) => s.stopping;
export const asleep = (s: AgentState) => s.asleep;
export const incomplete = (s: AgentState) => !s.interfacePresent || !s.supplicantUp;
export const interfaceGone = (s: AgentState) => !s.interfacePresent;
export const unsupported = (s: AgentState) => s.unsupported;
export const dryRun = (_: AgentState, __: unknown, fx: Effects) => fx.dryRun;

export const radioFree = (s: AgentState) => s.radio === 'free';
export const radioOff = (s: AgentState) => s.radio === 'off';
export const csmeHolds = (s: AgentState) => s.radio === 'held';
/** What failed would fail again at once. */
export const csmeHoldsAndPause = (s: AgentState) => csmeHolds(s) && s.timers.lookAgain !== null;

export const nothingKnown = (_: AgentState, e: EventOf<'noConnInfo'>) => e.why === 'nothing';
export const noSuchCommand = (_: AgentState, e: { readonly why: string }) => e.why === 'unsupported';
export const channelUnusable = (_: AgentState, e: EventOf<'noConnInfo'>) => e.why === 'unusable';

export const noProfile = (_: AgentState, e: EventOf<'found'>) => e.profile === undefined;
export const sameProfile = (s: AgentState, e: EventOf<'found'>) => e.profile?.id === s.profile!.id;
export const profileRejected = (s: AgentState, e: EventOf<'found'>) =>
  s.rejected !== null && e.profile?.id === s.rejected;

export const sameAccessPoint = (s: AgentState, e: EventOf<'connInfo'>) => {
  const [before, now] = [s.target!, e.target];
  return (
    now.bssid === before.bssid &&
    now.frequencyMhz === before.frequencyMhz &&
    now.authMode === before.authMode &&
    now.cipher === before.cipher &&
    now.ssid.length === before.ssid.length &&
    now.ssid.every((byte, i) => byte === before.ssid[i])
  );
};
export const sameAccessPointButTooEarly = (s: AgentState, e: EventOf<'connInfo'>) =>
  s.timers.ownershipRetry !== null && sameAccessPoint(s, e);

export const timedOut = (_: AgentState, e: EventOf<'notOwned'>) => e.why === 'timeout';
export const csmeRefused = (_: AgentState, e: EventOf<'notOwned'>) => e.why === 'refused';

export const wrongAccessPoint = (s: AgentState, e: EventOf<'connected'>) => e.bssid !== s.target!.bssid;
export const addressKnown = (s: AgentState) => s.address !== undefined;
export const addressKnownAndSessionOver = (s: AgentState) => addressKnown(s) && sessionOver(s);
export const sessionOver = (s: AgentState) => s.roamingForbidden === false;

export const apRejects = (_: AgentState, e: EventOf<'attemptFailed'>) => e.why === 'rejected';
export const addressFailed = (_: AgentState, e: EventOf<'attemptFailed'>) => e.why === 'address';
export const apGone = (_: AgentState, e: EventOf<'attemptFailed'>) => e.why === 'ap-gone';
export const connectTryLeft = (s: AgentState) => s.connectTries < CONNECT_TRIES;

export const noRestoreTryLeft = (s: AgentState) => s.stopping && s.restoreTries >= RESTORE_TRIES;
export const betweenRestoreTries = (s: AgentState) => s.question === null;
