/**
 * Every timer of the emulated CSME. `state.timers` holds, by these names, the time at which each goes off.
 *
 * `choice` marks a length that no document gives; a profile may change any of them (`Profile.timersMs`).
 */

export interface TimerDecl {
  readonly ms: number;
  readonly doc: string;
  /** Where the length comes from, or why it was chosen. */
  readonly source: string;
  readonly choice: boolean;
}

export const TIMERS = {
  hold: {
    ms: 60_000,
    doc: 'CSME took the card: until this goes off it does not release it, whoever asks.',
    source:
      'iwlwifi/mei/main.c: the host waits 60 s before it asks again, because CSME keeps the card that long',
    choice: false,
  },
  window: {
    ms: 3_000,
    doc: 'The host got the card while a session is active: until then it must be on the protected AP.',
    source: 'iwlwifi/mei/iwl-mei.h, link protection: the remote TCP connection does not outlive 3 s',
    choice: false,
  },
  taking: {
    ms: 5_000,
    doc: 'CSME_TAKING_OWNERSHIP was sent: until then the host must confirm, else CSME takes the card anyway.',
    source: 'Longer than a driver needs to take its device down; no document gives the length',
    choice: true,
  },
  ping: {
    ms: 10_000,
    doc: 'The next PING is due.',
    source: 'No document gives the period',
    choice: true,
  },
} as const satisfies Record<string, TimerDecl>;

export type TimerName = keyof typeof TIMERS;
export const TIMER_NAMES = Object.keys(TIMERS) as TimerName[];

/** PINGs in a row that the host may leave unanswered before CSME takes the card. A choice. */
export const PINGS_MISSED = 3;
