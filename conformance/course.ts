/**
 * The run: one scenario after the other, each from a clean state and with a judge of its own, until all have been played
 * or there is nobody left to judge.
 */
import { Judge } from '../trace/index.ts';
import type { CheckId } from './catalogue.ts';
import type { CheckFinding, ConformanceOutput, ScenarioOutcome, Status } from './contract.ts';
import { forget, unlink } from './opening.ts';
import { NoArea } from './puppet.ts';
import type { Results } from './results.ts';
import type { Need, Play, Scenario } from './scenario.ts';
import { Leaves, type Stage } from './stage.ts';

export interface ConformanceOptions {
  readonly scenarios: readonly Scenario[];
  /** There is a helper on the driver's side. */
  readonly helped: boolean;
  /** Scenarios that may kill a driver are played, too. */
  readonly danger?: boolean;
  /**
   * How often a scenario is played before it has failed, when all that was found is about times; 1 when left out. A
   * machine that is busy with other things reads a bell late, a driver with a wrong timer is wrong each time.
   */
  readonly tries?: number;
  /**
   * Times are those of a machine that is busy with other things. A bell that was seen late looks as if the next one came
   * early: then only bells that were counted tell of a throttle.
   */
  readonly coarse?: boolean;
  /** How long the first link may take, in ms; 30 s when left out. */
  readonly firstLinkMs?: number;
}

/** A driver that lost its connection comes back within this time, in ms. */
const LINK_MS = 10_000;

export class Course {
  /** Of the scenario that is being played. */
  judge: Judge | undefined;
  /** Why the helper is gone. */
  helperGone: string | undefined;
  readonly #options: ConformanceOptions;
  readonly #stage: Stage;
  readonly #results: Results;
  readonly #tell: (output: ConformanceOutput) => void;
  #linkMs: number;
  /** Why nothing more can be played. */
  #gone: string | undefined;

  constructor(
    options: ConformanceOptions,
    stage: Stage,
    results: Results,
    tell: (output: ConformanceOutput) => void,
  ) {
    this.#options = options;
    this.#stage = stage;
    this.#results = results;
    this.#tell = tell;
    this.#linkMs = options.firstLinkMs ?? 30_000;
  }

  *play(): Play {
    const { scenarios } = this.#options;
    for (const [i, scenario] of scenarios.entries()) {
      this.#tell({ type: 'began', scenario, number: i + 1, of: scenarios.length });
      const outcome = yield* this.#tried(scenario);
      this.#results.add(outcome, this.#stage.asked);
      this.#tell({ type: 'ended', outcome });
    }
    // The driver keeps nothing of what scenarios gave it.
    if (this.#gone === undefined) yield* this.#stage.attempt(this.#tidyUp());
  }

  *#tried(scenario: Scenario): Play<ScenarioOutcome> {
    const { tries = 1 } = this.#options;
    for (let tried = 1; ; tried++) {
      const outcome = yield* this.#one(scenario);
      const mayBeLoad =
        outcome.findings.length > 0 && outcome.findings.every(({ check }) => TIMED.has(check));
      if (!mayBeLoad || tried >= tries) return tried === 1 ? outcome : { ...outcome, tries: tried };
    }
  }

  *#tidyUp(): Play {
    yield* unlink(this.#stage);
    yield* forget(this.#stage);
  }

  *#one(scenario: Scenario): Play<ScenarioOutcome> {
    const stage = this.#stage;
    const began = stage.now;
    const end = (status: Status, reason?: string): ScenarioOutcome => {
      const findings = stage.findings.map((f): CheckFinding => ({ ...f, scenario: scenario.id }));
      const tookMs = stage.now - began;
      this.judge = undefined;
      return { scenario, status, findings, tookMs, ...(reason !== undefined && { reason }) };
    };
    stage.clear();
    const missing = this.#missing(scenario);
    if (missing !== undefined) return end('not run', missing);
    stage.note(`scenario ${scenario.id}: ${scenario.title}`);
    let left: Leaves | undefined;
    try {
      yield* this.#tidy();
      this.judge = new Judge({ file: scenario.id });
      stage.clear();
      yield* forget(stage);
      yield* scenario.play(stage);
    } catch (error) {
      left = leavesOf(error);
      if (left.how === 'broken' && error instanceof NoArea)
        stage.check('link.stays', false, 'a link', left.message);
    }
    this.#concludes();
    if (stage.findings.length > 0) return end('failed', left?.message);
    if (left === undefined) return end('passed');
    return end('not run', left.message);
  }

  /** What the judge of the trace has found goes to the findings of the script. */
  #concludes(): void {
    const { judge } = this;
    if (judge === undefined) return;
    const { rules, findings } = judge.finish();
    const { asked } = this.#stage;
    for (const [id, count] of Object.entries(rules)) {
      if (count.asked > 0) asked.set(id as CheckId, (asked.get(id as CheckId) ?? 0) + count.asked);
    }
    asked.set('link.stays', (asked.get('link.stays') ?? 0) + 1);
    for (const { rule, severity, t, expected, seen, excerpt } of findings) {
      if (severity === 'note' || (this.#options.coarse && rule === 'bell.throttle')) continue;
      this.#stage.findings.push({ check: rule, t, expected, seen, excerpt });
    }
  }

  /** Without a link, whatever the scenario before has left. */
  *#tidy(): Play {
    const stage = this.#stage;
    const withinMs = this.#linkMs;
    this.#linkMs = LINK_MS;
    if (!stage.linked && !(yield* stage.until({ until: () => stage.linked, withinMs }))) {
      this.#gone = `no driver came within ${withinMs / 1000} s`;
      throw new Leaves('gone', this.#gone);
    }
    yield* unlink(stage);
  }

  #missing(scenario: Scenario): string | undefined {
    const { helped, danger = false } = this.#options;
    const lacks: Readonly<Record<Need, string | undefined>> = {
      control: helped ? this.helperGone && `the helper is gone: ${this.helperGone}` : 'no control socket',
      danger: danger ? undefined : 'it may kill a driver; --dangerous plays it',
    };
    return this.#gone ?? scenario.needs.map((need) => lacks[need]).find((lack) => lack !== undefined);
  }
}

/** The checks that compare times. */
const TIMED: ReadonlySet<CheckId> = new Set<CheckId>([
  'bell.throttle',
  'bell.missing',
  'bell.repeat',
  'own.result',
  'own.ask-again',
  'nvm.result',
  'pldr.tries',
  'removal.goes-down',
  'removal.stolen',
  'removal.wakes',
]);

function leavesOf(error: unknown): Leaves {
  if (error instanceof Leaves) return error;
  if (error instanceof NoArea) return new Leaves('broken', error.message);
  throw error;
}
