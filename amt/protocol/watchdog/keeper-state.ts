/** The state of the watchdog's keeper, and what its actions can do. */
import type { KeeperInput, KeeperOutput } from './keeper-events.ts';

export type KeeperPhase =
  | 'STOPPED'
  /** `open` is asked. */
  | 'OPENING'
  /** `setTimeout` is asked: the first ping. */
  | 'ARMING'
  /** The firmware watches; the next heart beat is not due yet. */
  | 'RESTING'
  /** `ping` is asked. */
  | 'PINGING'
  /** `close` is asked, to be opened again after it. */
  | 'CLOSING'
  /** Nothing is open; it will be tried again. */
  | 'WAITING'
  /** `close` is asked, and the machine goes to sleep. */
  | 'FALLING_ASLEEP'
  | 'ASLEEP'
  /** `close` is asked, for good. */
  | 'LEAVING';

/** What goes off by itself; each only in the states whose rows have it. */
export type KeeperTimer =
  /** The next heart beat is due. */
  | 'beat'
  /** The firmware has had a period to answer. */
  | 'unanswered'
  /** It is to be opened again. */
  | 'retry';

export interface KeeperState {
  phase: KeeperPhase;
  readonly timeoutS: number;
  /** When they go off, in ms; null: not. */
  readonly timers: { [T in KeeperTimer]: number | null };
  /** When the last ping was asked, the one behind `setTimeout` included. */
  pingedAtMs: number;
  /** Pings that were answered since it was opened, without the first. */
  beats: number;
  /** Failures in a row. */
  tries: number;
  /** Whether it was told that AMT does not require it. */
  toldNotRequired: boolean;
}

export type KeeperEvent = KeeperInput | { readonly type: KeeperTimer };

export interface KeeperEffects {
  readonly nowMs: number;
  out(output: KeeperOutput): void;
}

export function initialKeeperState(timeoutS: number): KeeperState {
  return {
    phase: 'STOPPED',
    timeoutS,
    timers: { beat: null, unanswered: null, retry: null },
    pingedAtMs: 0,
    beats: 0,
    tries: 0,
    toldNotRequired: false,
  };
}
