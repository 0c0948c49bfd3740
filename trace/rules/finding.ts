/** What a judge says. */
import type { TraceError } from '../errors.ts';
import type { TraceEvent } from '../event.ts';
import type { RuleId, Severity } from './catalogue.ts';

/** A rule that was broken. */
export interface Finding {
  readonly rule: RuleId;
  readonly severity: Severity;
  /** Line of the trace: where it shows, or what was not followed by what had to come. */
  readonly line: number;
  /** Time of that line in seconds. */
  readonly t: number;
  readonly expected: string;
  readonly seen: string;
  /** The few events that matter, in their order. */
  readonly excerpt: readonly TraceEvent[];
}

export interface RuleCount {
  /** How often the rule's question came up: a rule that holds with 0 was never put to the test. */
  readonly asked: number;
  readonly findings: number;
}

export interface JudgeReport {
  readonly file: string;
  /** Whose behaviour the trace shows, as its first line says; empty when it does not. */
  readonly driver: string;
  /** Lines of the channels `me`, `notif` and `data`. */
  readonly messages: number;
  readonly rules: Readonly<Record<RuleId, RuleCount>>;
  readonly findings: readonly Finding[];
  /** Whether a rule of the severity `error` was broken. */
  readonly failed: boolean;
  /** Findings beyond the list. */
  readonly omitted: number;
  /** Lines that could not be read; no more than the report lists findings. */
  readonly errors: readonly TraceError[];
  /** Such lines beyond the list. */
  readonly errorsOmitted: number;
}
