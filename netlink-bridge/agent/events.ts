/** What goes into the agent and what comes out of it: the whole contract with who runs it. */
import type { Phase } from './state.ts';
import type { StepNumber } from './steps.ts';
import type { TimerName } from './timers.ts';
import type { TroubleName } from './troubles.ts';
import type { ProfileRef, SupplicantEvent, Target } from './types.ts';

export interface AgentOptions {
  /** Goes as far as nothing is changed: asks for the access point and looks for a profile, then says so. */
  readonly dryRun?: boolean;
  /** Other lengths than those of `TIMERS`, in ms. Throws a RangeError for what is no time. */
  readonly times?: Partial<Record<TimerName, number>>;
}

/** What is so, each told at the start when it is known and again whenever it changes; more often does no harm. */
export type AgentFact =
  /** The interface is there under its name. A rename is: not there any more. */
  | { readonly type: 'interface'; readonly present: boolean }
  /** The radio switch of the interface's wiphy: the reasons that it is blocked for. Without a switch nothing blocks. */
  | { readonly type: 'radio'; readonly soft: boolean; readonly signal: boolean; readonly notOwner: boolean }
  /** ROAMING_FORBIDDEN of this interface, as each event says it; undefined: events were lost, it may be either. */
  | { readonly type: 'roaming'; readonly forbidden: boolean | undefined }
  /** An address that other machines can reach (scope global), whoever set it; undefined: there is none left. */
  | { readonly type: 'address'; readonly address: string | undefined };

/** What somebody wants. */
export type AgentCommand =
  /** The machine is about to sleep. It may, as soon as the phase is `asleep`. */
  | { readonly type: 'sleep' }
  | { readonly type: 'wake' }
  /** Puts back what was changed, then comes the output `stopped`. */
  | { readonly type: 'stop' };

/** The answer to a question: `token` is the question's. One that nobody waits for any more changes nothing. */
export type AgentAnswer =
  | { readonly type: 'connInfo'; readonly token: number; readonly target: Target }
  | {
      readonly type: 'noConnInfo';
      readonly token: number;
      readonly why: NoConnInfo;
      readonly detail: string;
    }
  /** undefined: no profile has credentials for it. */
  | { readonly type: 'found'; readonly token: number; readonly profile: ProfileRef | undefined }
  | { readonly type: 'prepared'; readonly token: number }
  /** The kernel answered 0, which is no proof that the radio is free. */
  | { readonly type: 'owned'; readonly token: number }
  | { readonly type: 'notOwned'; readonly token: number; readonly why: NotOwned; readonly detail: string }
  /** `connect` resolved: the attempt is under way. */
  | { readonly type: 'connecting'; readonly token: number }
  | { readonly type: 'lifted'; readonly token: number }
  | { readonly type: 'restored'; readonly token: number }
  /** A call of the supplicant rejected. */
  | {
      readonly type: 'supplicantFailed';
      readonly token: number;
      readonly to: SupplicantCall;
      readonly detail: string;
    };

/**
 * `nothing`: CSME has not said yet where it is connected (EINVAL); `unsupported`: this kernel or card has no such command;
 * `unusable`: the answer names no channel that can be looked for; `failed`: anything else.
 */
export type NoConnInfo = 'nothing' | 'unsupported' | 'unusable' | 'failed';
/** `timeout`: CSME did not answer (ETIMEDOUT); `refused`: CSME or the kernel says no; `unsupported`, `failed`: as above. */
export type NotOwned = 'timeout' | 'refused' | 'unsupported' | 'failed';
/** The calls of `Supplicant`. */
export type SupplicantCall = 'find' | 'prepare' | 'connect' | 'lift' | 'restore';

export type AgentInput =
  | AgentFact
  | AgentCommand
  | { readonly type: 'supplicant'; readonly event: SupplicantEvent }
  | AgentAnswer;

/**
 * What is to be asked, each answered once by an `AgentAnswer` with its token. `askConnInfo` and `askOwnership` are
 * commands of nl80211, the others calls of `Supplicant`. Those of the supplicant are made one after another in the order
 * in which they came out, and each only when the one before has ended: a `restore` may come out while a `prepare` is
 * still under way.
 */
export type AgentQuestion =
  | { readonly type: 'askConnInfo'; readonly token: number }
  | { readonly type: 'find'; readonly token: number; readonly target: Target }
  | {
      readonly type: 'prepare';
      readonly token: number;
      readonly profile: ProfileRef;
      readonly target: Target;
    }
  | { readonly type: 'askOwnership'; readonly token: number }
  | { readonly type: 'connect'; readonly token: number }
  | { readonly type: 'lift'; readonly token: number }
  | { readonly type: 'restore'; readonly token: number };

/** What happened, for people, logs and `nic watch`. Nothing in it is a secret. */
export type AgentNews =
  | { readonly type: 'phase'; readonly from: Phase; readonly to: Phase }
  /** One of the ten steps is done; `STEPS` says which. */
  | {
      readonly type: 'step';
      readonly step: StepNumber;
      /** Since the step before it of this take-over; 0 for the first. */
      readonly tookMs: number;
      /** Since ownership was asked for (step 6); undefined before. */
      readonly sinceRequestMs: number | undefined;
      /** Which access point, profile or address; may be empty. */
      readonly detail: string;
    }
  /** Something went another way than the ten steps; `TROUBLES` says what that means. */
  | { readonly type: 'trouble'; readonly trouble: TroubleName; readonly detail: string }
  /** Nothing is to be put back any more, or cannot be; nothing comes behind it. */
  | { readonly type: 'stopped' };

export type AgentOutput = AgentQuestion | AgentNews;
