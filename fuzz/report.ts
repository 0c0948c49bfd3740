/** What a fuzz run found. */
export interface FuzzReport {
  readonly target: string;
  readonly executions: number;
  readonly seconds: number;
  readonly findings: readonly FuzzFinding[];
}

export interface FuzzFinding {
  /** Repeats the case. */
  readonly seed: number;
  /** The input. */
  readonly hex: string;
  /** What went wrong. */
  readonly what: string;
}
