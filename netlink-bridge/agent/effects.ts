/** What the actions need of who runs the table. */
import type { AgentOutput } from './events.ts';
import type { TimerName } from './timers.ts';

export interface Effects {
  readonly nowMs: number;
  readonly dryRun: boolean;
  /** The length of a timer, as configured. */
  lengthMs(timer: TimerName): number;
  out(output: AgentOutput): void;
}
