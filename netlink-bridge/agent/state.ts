/** Everything that the agent knows: a plain value that can be copied and compared. */
import type { AgentQuestion } from './events.ts';
import type { StepNumber } from './steps.ts';
import { TIMER_NAMES, type TimerName } from './timers.ts';
import type { TroubleName } from './troubles.ts';
import type { ProfileRef, Target } from './types.ts';

/**
 * Where a take-over stands.
 * - `absent`: the interface or its supplicant is not there
 * - `off`: this kernel or card has no commands for CSME
 * - `idle`: CSME does not hold the card; nothing is prepared
 * - `learning`: CSME holds the card; its access point was asked for
 * - `matching`: a profile for it is looked for
 * - `paused`: CSME holds the card and keeps it; nothing is prepared, a timer or the radio switch begins again
 * - `preparing`: the supplicant is being limited
 * - `confirming`: prepared; whether CSME is still on that access point was asked
 * - `waiting`: prepared; CSME keeps the card for now
 * - `rechecking`: prepared; whether the profile is still there was asked, a moment before the card is asked for again
 * - `asking`: the card was asked for
 * - `releasing`: it was granted, the radio is still blocked
 * - `connecting`: the radio is free, the supplicant connects
 * - `addressing`: connected to that access point, without an address
 * - `held`: all ten steps are done, the limits stay while roaming is forbidden
 * - `interrupted`: the connection was lost a moment ago
 * - `lifting`: the limits are being taken away, the connection stays
 * - `restoring`: all that was changed is being put back
 * - `asleep`: the machine sleeps
 * - `stopped`: for good
 */
export type Phase =
  | 'absent'
  | 'off'
  | 'idle'
  | 'learning'
  | 'matching'
  | 'paused'
  | 'preparing'
  | 'confirming'
  | 'waiting'
  | 'rechecking'
  | 'asking'
  | 'releasing'
  | 'connecting'
  | 'addressing'
  | 'held'
  | 'interrupted'
  | 'lifting'
  | 'restoring'
  | 'asleep'
  | 'stopped';

/** `unknown`: not told yet; `held`: CSME has the card and nothing else blocks; `off`: a person or a switch blocks. */
export type Radio = 'unknown' | 'free' | 'held' | 'off';

export interface AgentState {
  phase: Phase;

  // What is so, as told last.
  interfacePresent: boolean;
  supplicantUp: boolean;
  radio: Radio;
  /** As the driver said last; null: nothing about this session. */
  roamingForbidden: boolean | null;
  address: string | undefined;
  asleep: boolean;
  stopping: boolean;
  /** Intel's commands are not there; until the interface comes anew. */
  unsupported: boolean;

  // The take-over.
  target: Target | null;
  profile: ProfileRef | null;
  /** The supplicant is, or may be, limited: `prepare` came out, and neither `lifted`, `restored` nor its end came in. */
  limited: boolean;
  connectTries: number;
  restoreTries: number;
  /** A profile that its access point rejected, by id. */
  rejected: string | null;

  // What was told.
  /** The last step of this take-over; 0: none. */
  step: StepNumber | 0;
  stepAtMs: number;
  requestedAtMs: number | null;
  trouble: TroubleName | null;

  /** The question that an answer is awaited for. */
  question: { readonly token: number; readonly type: AgentQuestion['type'] } | null;
  nextToken: number;
  /** Deadline of each armed timer in ms, null for the others. */
  timers: Record<TimerName, number | null>;
}

export function initialState(): AgentState {
  return {
    phase: 'absent',
    interfacePresent: false,
    supplicantUp: false,
    radio: 'unknown',
    roamingForbidden: null,
    address: undefined,
    asleep: false,
    stopping: false,
    unsupported: false,
    target: null,
    profile: null,
    limited: false,
    connectTries: 0,
    restoreTries: 0,
    rejected: null,
    step: 0,
    stepAtMs: 0,
    requestedAtMs: null,
    trouble: null,
    question: null,
    nextToken: 1,
    timers: Object.fromEntries(TIMER_NAMES.map((name) => [name, null])) as Record<TimerName, number | null>,
  };
}
