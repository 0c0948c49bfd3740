/** What a replay found. */
import type { QuirkName } from '../../ownership/index.ts';
import type { TraceError } from '../errors.ts';

/** What was compared with what. */
export type Stream = 'notif' | 'data' | 'me' | 'wifi-op' | 'return' | 'bus' | 'frame';

export interface Mismatch {
  /** Line of the trace where it shows. */
  line: number;
  /** Time of that line in seconds. */
  t: number;
  stream: Stream;
  /**
   * - `different`: both did something here, not the same
   * - `missing`: the host did it, the recording has nothing of it
   * - `unexpected`: the recording has it, the host did not do it
   */
  kind: 'different' | 'missing' | 'unexpected';
  /** What the recording has; absent when `missing`. */
  recorded?: string;
  /** What the host did; absent when `unexpected`. */
  host?: string;
}

export interface ReplayReport {
  file: string;
  /** Lines of the channels `me`, `notif` and `data`. */
  messages: number;
  /** Effects of the recording that were held against the host's. */
  compared: number;
  mismatches: Mismatch[];
  /** Mismatches beyond the list. */
  omitted: number;
  /** Deviations of the reference that were switched on. */
  quirks: QuirkName[];
  /** Lines that could not be read or understood; no more than the report lists mismatches. */
  errors: TraceError[];
  /** Such lines beyond the list. */
  errorsOmitted: number;
}
