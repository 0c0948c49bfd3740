/** What a run has found, by check and by scenario. */
import { CHECK_IDS, CHECKS, type CheckId } from './catalogue.ts';
import type { CheckFinding, ScenarioOutcome, Status } from './contract.ts';

export interface CheckResult {
  readonly id: CheckId;
  readonly title: string;
  readonly source: string;
  readonly status: Status;
  /** How often its question came up. */
  readonly asked: number;
  /** The scenarios in which it did. */
  readonly scenarios: readonly string[];
  readonly findings: readonly CheckFinding[];
}

export interface Totals {
  readonly checks: Readonly<Record<Status, number>>;
  readonly scenarios: Readonly<Record<Status, number>>;
  readonly tookMs: number;
}

export class Results {
  /** As the driver's helper calls it. */
  driver: string | undefined;
  readonly outcomes: ScenarioOutcome[] = [];
  readonly #asked = new Map<CheckId, number>();
  readonly #scenarios = new Map<CheckId, string[]>();

  add(outcome: ScenarioOutcome, asked: ReadonlyMap<CheckId, number>): void {
    this.outcomes.push(outcome);
    for (const [id, times] of asked) {
      this.#asked.set(id, (this.#asked.get(id) ?? 0) + times);
      this.#scenarios.set(id, [...(this.#scenarios.get(id) ?? []), outcome.scenario.id]);
    }
  }

  /** Every check of the catalogue, those that never came up as not run. */
  checks(): CheckResult[] {
    const findings = this.outcomes.flatMap((outcome) => outcome.findings);
    return CHECK_IDS.map((id) => {
      const { title, source } = CHECKS[id];
      const found = findings.filter(({ check }) => check === id);
      const asked = this.#asked.get(id) ?? 0;
      const status: Status = found.length > 0 ? 'failed' : asked > 0 ? 'passed' : 'not run';
      return { id, title, source, status, asked, scenarios: this.#scenarios.get(id) ?? [], findings: found };
    });
  }

  /** The ids of the checks that failed, in the order of the catalogue. */
  failed(): CheckId[] {
    return this.checks().flatMap(({ id, status }) => (status === 'failed' ? [id] : []));
  }

  totals(): Totals {
    return {
      checks: tally(this.checks().map(({ status }) => status)),
      scenarios: tally(this.outcomes.map(({ status }) => status)),
      tookMs: this.outcomes.reduce((sum, { tookMs }) => sum + tookMs, 0),
    };
  }
}

function tally(all: readonly Status[]): Record<Status, number> {
  const count = { passed: 0, failed: 0, 'not run': 0 };
  for (const status of all) count[status]++;
  return count;
}
