/** What goes into the judge of drivers and what comes out of it. */
import type { ControlReply, ControlRequest, TraceEvent } from '../trace/index.ts';
import type { CsmeEvent, CsmeRequest } from '../transport/index.ts';
import type { CheckId } from './catalogue.ts';
import type { Scenario } from './scenario.ts';

export type ConformanceInput =
  | CsmeEvent
  /** A line of the driver's helper. */
  | { readonly type: 'control'; readonly reply: ControlReply }
  /** The helper is gone, and why. */
  | { readonly type: 'controlLost'; readonly why: string };

export type ConformanceOutput =
  | CsmeRequest
  | { readonly type: 'control'; readonly request: ControlRequest }
  /** Firmware reset: the connection is dropped, and the next driver may come. */
  | { readonly type: 'drop' }
  /** A line of the conversation. */
  | { readonly type: 'trace'; readonly event: TraceEvent }
  | { readonly type: 'began'; readonly scenario: Scenario; readonly number: number; readonly of: number }
  | { readonly type: 'ended'; readonly outcome: ScenarioOutcome }
  /** All scenarios have ended; `report()` is complete. */
  | { readonly type: 'over' };

export type Status = 'passed' | 'failed' | 'not run';

export interface ScenarioOutcome {
  readonly scenario: Scenario;
  readonly status: Status;
  /** Why it was not run, or why it ended early. */
  readonly reason?: string;
  /** What was found in it, in the order of time. */
  readonly findings: readonly CheckFinding[];
  /** How often it was played, when more than once. */
  readonly tries?: number;
  /** How long it took, in ms of the clock that the judge was given. */
  readonly tookMs: number;
}

/** One breach of a rule. */
export interface CheckFinding {
  readonly check: CheckId;
  readonly scenario: string;
  /** Seconds on the clock of the trace. */
  readonly t: number;
  readonly expected: string;
  readonly seen: string;
  /** What was said before it, the last of it being where it showed. */
  readonly excerpt: readonly TraceEvent[];
}
