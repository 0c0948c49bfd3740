/** What a fuzz run found, and the loop that most targets are. */
import { Random } from './random.ts';

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

const FINDINGS_MAX = 20;

/**
 * Runs `runs` cases, or until enough is found. Case `n` has the seed `seed + n`: one run with the seed of a finding repeats it.
 * `one` gives a case, as hex and as what is asked of it: what went wrong, or undefined.
 */
export function fuzzCases(
  target: string,
  runs: number,
  seed: number,
  one: (random: Random) => { readonly hex: () => string; readonly ask: () => string | undefined },
): FuzzReport {
  const findings: FuzzFinding[] = [];
  const from = performance.now();
  let executions = 0;
  while (executions < runs && findings.length < FINDINGS_MAX) {
    const caseSeed = (seed + executions++) >>> 0;
    const { hex, ask } = one(new Random(Math.imul(caseSeed, 0x9e3779b1)));
    let what: string | undefined;
    try {
      what = ask();
    } catch (error) {
      what = `threw ${error instanceof Error ? error.stack : error}`;
    }
    if (what !== undefined) findings.push({ seed: caseSeed, hex: hex(), what });
  }
  return { target, executions, seconds: (performance.now() - from) / 1000, findings };
}
