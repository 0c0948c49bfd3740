/** Everything that the agent knows: a plain value that can be copied and compared. */
import type { AgentQuestion } from './events.ts';
import type { StepNumber } from './steps.ts';
import { TIMER_NAMES, type TimerName } from './timers.ts';
import type { TroubleName } from './troubles.ts';
import type { ProfileRef, Target } from './types.ts';

/** Where a take-over stands. */
export const PHASES = {
  absent: 'The interface or its supplicant is not there.',
  off: 'This kernel or card has no commands for CSME.',
  idle: 'CSME does not hold the card; nothing is prepared.',
  learning: 'CSME holds the card; its access point was asked for.',
  matching: 'A profile for that access point is looked for.',
  paused: 'CSME holds the card and keeps it; nothing is prepared. A timer or the radio switch begins again.',
  preparing: 'The supplicant is being limited.',
  confirming: 'Prepared. Whether CSME is still on that access point was asked.',
  waiting: 'Prepared. CSME keeps the card for now.',
  rechecking: 'Prepared. Whether the profile is still there was asked, before the card is asked for again.',
  asking: 'Prepared. The card was asked for.',
  releasing: 'Prepared. The card was granted, and the radio is still blocked.',
  connecting: 'The radio is free, and the supplicant connects.',
  addressing: 'Connected to that access point, without an address.',
  held: 'All ten steps are done. The limits stay while roaming is forbidden.',
  interrupted: 'The connection was lost a moment ago.',
  lifting: 'The limits are being taken away, and the connection stays.',
  restoring: 'All that was changed is being put back.',
  asleep: 'The machine sleeps.',
  stopped: 'The agent has ended.',
} as const;

export type Phase = keyof typeof PHASES;

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
