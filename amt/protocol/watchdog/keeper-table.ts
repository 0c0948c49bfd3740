/**
 * The whole behaviour of the watchdog's keeper, readable in one place: opens the watchdog, sets the timeout, pings twice
 * in it, opens it again when it is gone.
 *
 * A row says: in this state, when this event comes and the guard holds, do these actions in this order and enter that
 * state. The first row whose guard holds is taken; what has no row changes nothing.
 */
import * as act from './keeper-actions.ts';
import type { KeeperEffects, KeeperEvent, KeeperPhase, KeeperState } from './keeper-state.ts';

export interface KeeperRow {
  readonly when?: (state: KeeperState, event: KeeperEvent) => boolean;
  readonly do: readonly ((state: KeeperState, event: KeeperEvent, fx: KeeperEffects) => void)[];
  readonly to?: KeeperPhase;
}
export type KeeperRows = { readonly [T in KeeperEvent['type']]?: readonly KeeperRow[] };

/** The watchdog is open: closing it stops it, also while a ping waits. */
const OPEN: KeeperRows = {
  gone: [{ do: [act.tellGone, act.retrySoon, act.close], to: 'CLOSING' }],
  sleep: [{ do: [act.tellAsleep, act.close], to: 'FALLING_ASLEEP' }],
  stop: [{ do: [act.close], to: 'LEAVING' }],
};

/** What is opened too late is closed again. */
const LATE: KeeperRows = { opened: [{ do: [act.close] }] };

export const KEEPER_TABLE = {
  STOPPED: {
    start: [{ do: [act.open], to: 'OPENING' }],
  },

  OPENING: {
    opened: [{ do: [act.setTimeout], to: 'ARMING' }],
    unavailable: [
      { when: act.isNotRequired, do: [act.tellNotRequired, act.retryNextPeriod], to: 'WAITING' },
      { do: [act.countFailure], to: 'WAITING' },
    ],
    sleep: [{ do: [act.tellAsleep], to: 'FALLING_ASLEEP' }],
    stop: [{ do: [], to: 'LEAVING' }],
  },

  ARMING: {
    ...OPEN,
    done: [{ do: [act.tellArmed, act.armBeat], to: 'RESTING' }],
    failed: [{ do: [act.giveUpSoon, act.close], to: 'CLOSING' }],
    unanswered: [{ do: [act.tellUnanswered] }],
  },

  RESTING: {
    ...OPEN,
    beat: [{ do: [act.tellLate, act.ping], to: 'PINGING' }],
    wake: [{ do: [act.tellLate, act.ping], to: 'PINGING' }],
  },

  PINGING: {
    ...OPEN,
    done: [{ do: [act.tellBeat, act.armBeat], to: 'RESTING' }],
    failed: [
      { when: act.isGone, do: [act.tellGone, act.retrySoon, act.close], to: 'CLOSING' },
      { do: [act.tellFailed, act.retryNextBeat, act.close], to: 'CLOSING' },
    ],
    unanswered: [{ do: [act.tellUnanswered] }],
  },

  CLOSING: {
    ...LATE,
    closed: [{ do: [], to: 'WAITING' }],
    unavailable: [{ do: [], to: 'WAITING' }],
    appeared: [{ do: [act.retryNow] }],
    wake: [{ do: [act.retryNow] }],
    sleep: [{ do: [act.tellAsleep], to: 'FALLING_ASLEEP' }],
    stop: [{ do: [], to: 'LEAVING' }],
  },

  WAITING: {
    retry: [{ do: [act.open], to: 'OPENING' }],
    appeared: [{ do: [act.open], to: 'OPENING' }],
    wake: [{ do: [act.open], to: 'OPENING' }],
    sleep: [{ do: [act.tellAsleep], to: 'ASLEEP' }],
    stop: [{ do: [act.tellStopped], to: 'STOPPED' }],
  },

  FALLING_ASLEEP: {
    ...LATE,
    closed: [{ do: [], to: 'ASLEEP' }],
    unavailable: [{ do: [], to: 'ASLEEP' }],
    wake: [{ do: [act.tellAwake, act.retryNow], to: 'CLOSING' }],
    stop: [{ do: [], to: 'LEAVING' }],
  },

  ASLEEP: {
    wake: [{ do: [act.tellAwake, act.open], to: 'OPENING' }],
    stop: [{ do: [act.tellStopped], to: 'STOPPED' }],
  },

  LEAVING: {
    ...LATE,
    closed: [{ do: [act.tellStopped], to: 'STOPPED' }],
    unavailable: [{ do: [act.tellStopped], to: 'STOPPED' }],
  },
} as const satisfies { readonly [P in KeeperPhase]: KeeperRows };
