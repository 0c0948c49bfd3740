/** Guards and actions of the keeper's table. Each changes the state and does one thing. */
import type { KeeperNews } from './keeper-events.ts';
import type { KeeperEffects, KeeperEvent, KeeperState } from './keeper-state.ts';
import { KEEPER_TIMES, periodMs } from './limits.ts';

type Action = (s: KeeperState, e: KeeperEvent, fx: KeeperEffects) => void;

export function isNotRequired(_: KeeperState, e: KeeperEvent): boolean {
  return e.type === 'unavailable' && e.why === 'not required';
}

export function isGone(_: KeeperState, e: KeeperEvent): boolean {
  return e.type === 'failed' && e.gone;
}

// --- what is asked ---

export const open: Action = (s, _, fx) => {
  s.timers.retry = null;
  fx.out({ type: 'open' });
};

export const setTimeout: Action = (s, _, fx) => {
  s.beats = 0;
  notePing(s, fx);
  fx.out({ type: 'setTimeout', timeoutS: s.timeoutS });
};

export const ping: Action = (s, _, fx) => {
  notePing(s, fx);
  fx.out({ type: 'ping' });
};

export const close: Action = (s, _, fx) => {
  s.timers.beat = null;
  s.timers.unanswered = null;
  fx.out({ type: 'close' });
};

// --- timers ---

/** From ping to ping, however long the answer took. */
export const armBeat: Action = (s) => {
  s.timers.unanswered = null;
  s.timers.beat = s.pingedAtMs + periodMs(s.timeoutS);
};

export const retrySoon: Action = (s, _, fx) => {
  s.timers.retry = fx.nowMs + KEEPER_TIMES.retryMs;
};

export const retryNow: Action = (s, _, fx) => {
  s.timers.retry = fx.nowMs;
};

export const retryNextPeriod: Action = (s, _, fx) => {
  s.timers.retry = fx.nowMs + periodMs(s.timeoutS);
};

/** When the heart beat after the one that failed would be due. */
export const retryNextBeat: Action = (s) => {
  s.timers.retry = s.pingedAtMs + periodMs(s.timeoutS);
};

// --- failures ---

/** A few times it is tried again soon: the device of a machine that just woke up takes its time. */
export const countFailure: Action = (s, e, fx) => {
  s.toldNotRequired = false;
  s.tries++;
  if (s.tries < KEEPER_TIMES.soonTries) return retrySoon(s, e, fx);
  retryNextPeriod(s, e, fx);
  if (s.tries === KEEPER_TIMES.soonTries) tellUnavailable(s, e, fx);
};

/** Another try soon would not help. */
export const giveUpSoon: Action = (s, e, fx) => {
  retryNextPeriod(s, e, fx);
  if (s.tries < KEEPER_TIMES.soonTries) tellUnavailable(s, e, fx);
  s.tries = Math.max(s.tries + 1, KEEPER_TIMES.soonTries);
};

// --- news ---

export const tellArmed: Action = (s, _, fx) => {
  s.tries = 0;
  s.toldNotRequired = false;
  tell(fx, { name: 'armed', timeoutS: s.timeoutS });
};

export const tellBeat: Action = (s, _, fx) => {
  s.beats++;
  tell(fx, { name: 'beat', number: s.beats });
};

export const tellLate: Action = (s, _, fx) => {
  const byMs = fx.nowMs - (s.pingedAtMs + s.timeoutS * 1000);
  if (byMs > 0) tell(fx, { name: 'late', byMs });
};

export const tellUnanswered: Action = (s, _, fx) => {
  s.timers.unanswered = null;
  tell(fx, { name: 'unanswered' });
};

export const tellNotRequired: Action = (s, e, fx) => {
  s.tries = 0;
  if (!s.toldNotRequired) tell(fx, { name: 'not required', detail: detailOf(e) });
  s.toldNotRequired = true;
};

export const tellGone: Action = (_, e, fx) => tell(fx, { name: 'gone', detail: detailOf(e) });
export const tellFailed: Action = (_, e, fx) => tell(fx, { name: 'failed', detail: detailOf(e) });
export const tellAsleep: Action = (_, __, fx) => tell(fx, { name: 'asleep' });
export const tellAwake: Action = (_, __, fx) => tell(fx, { name: 'awake' });
export const tellStopped: Action = (_, __, fx) => tell(fx, { name: 'stopped' });

// --- shared ---

function notePing(s: KeeperState, fx: KeeperEffects): void {
  s.timers.beat = null;
  s.pingedAtMs = fx.nowMs;
  s.timers.unanswered = fx.nowMs + periodMs(s.timeoutS);
}

function tellUnavailable(s: KeeperState, e: KeeperEvent, fx: KeeperEffects): void {
  tell(fx, { name: 'unavailable', detail: detailOf(e), retryMs: periodMs(s.timeoutS) });
}

function tell(fx: KeeperEffects, news: KeeperNews): void {
  fx.out({ type: 'tell', ...news });
}

function detailOf(e: KeeperEvent): string {
  return 'detail' in e ? e.detail : '';
}
