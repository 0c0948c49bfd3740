/** Every timer of the agent, with its length, where that comes from, and the phases that it lives in. */
import type { Phase } from './state.ts';

export interface TimerSpec {
  readonly ms: number;
  /** The timer goes off when … */
  readonly when: string;
  readonly source: string;
  /** Entering another phase disarms it; undefined: it goes on in all of them. */
  readonly in?: readonly Phase[];
}

const CHOICE = 'our choice';

export const TIMERS = {
  question: {
    ms: 15_000,
    when: 'a question was not answered: it counts as failed',
    source: `${CHOICE}: longer than the 10 s that the supplicants' own calls may take`,
  },
  lookSoon: {
    ms: 5_000,
    when: 'CSME has not said where it is connected: it is asked again',
    source: `${CHOICE}: no event tells user space that it did`,
    in: ['paused'],
  },
  lookAgain: {
    ms: 60_000,
    when: 'nothing can be prepared: profiles and access point are looked at again',
    source: CHOICE,
    in: ['restoring', 'paused'],
  },
  ownershipRetry: {
    ms: 60_000,
    when: 'the card was asked for and not granted, or was taken back: until then it is not asked for again',
    source: 'CSME keeps the card for 60 s after taking it; the driver waits as long',
  },
  window: {
    ms: 3_000,
    when: 'CSME gave the card away: the connection must stand, address included',
    source: 'CSME takes the card back after 3 s, and the TCP connection of a remote console breaks',
    in: ['releasing', 'connecting', 'addressing'],
  },
  reconnect: {
    ms: 3_000,
    when: 'the connection was lost: the remote session is too, unless it is back',
    source: 'the TCP connection of a remote console breaks after 3 s',
    in: ['interrupted'],
  },
  session: {
    ms: 300_000,
    when: 'connected, and it is not known whether roaming is forbidden, because the driver never said it or its word may be lost: the limits are lifted',
    source: CHOICE,
    in: ['held', 'interrupted'],
  },
  restoreRetry: {
    ms: 5_000,
    when: 'the supplicant could not be put back: the next try',
    source: CHOICE,
    in: ['restoring'],
  },
  distrust: {
    ms: 600_000,
    when: 'the access point rejected a profile: until then that profile counts as none',
    source: `${CHOICE}: each try costs a remote session its connection`,
  },
} as const satisfies Record<string, TimerSpec>;

export type TimerName = keyof typeof TIMERS;
export const TIMER_NAMES = Object.keys(TIMERS) as TimerName[];

/** `connect` calls within one window: a scan of one frequency can miss an access point. */
export const CONNECT_TRIES = 3;
/** `restore` calls after `stop` before the journal is left to the next start. */
export const RESTORE_TRIES = 3;
