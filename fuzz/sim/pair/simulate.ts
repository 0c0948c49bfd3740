/**
 * Random interleavings of a host and a CSME: what people, drivers and buses may do, in any order, with delays and losses.
 *
 * One run: a firmware of a random profile, sometimes with misbehaviours; up to `STEPS_MOST` random steps with random
 * pauses; then calm, a link that is lost and comes back, and the comparison with a pair that never met before.
 */
import type { Behaviour, Profile } from '../../../csme/index.ts';
import { TRANSITIONS } from '../../../ownership/index.ts';
import { AREA_LAYOUTS } from '../../../sap/index.ts';
import { Random } from '../../random.ts';
import { brokenWhenQuiet } from '../model/invariants.ts';
import { behaviour, driverAct, firmwareCommand, profileOf, someBehaviours, someParts } from './acts.ts';
import { differences, freshPairLike, stateOf } from './fresh.ts';
import { Pair } from './pair.ts';

export interface SimulationReport {
  readonly runs: number;
  readonly seconds: number;
  readonly steps: number;
  /** Runs in which a misbehaviour was on. */
  readonly misbehaved: number;
  /** Links that came back and were compared with a fresh one. */
  readonly compared: number;
  /** Moments at which nothing was in flight and the invariants of a quiet link were asked. */
  readonly quiet: number;
  /** Calls of the WLAN driver that returned. */
  readonly returned: number;
  readonly failure: SimulationFailure | undefined;
}

export interface SimulationFailure {
  readonly seed: number;
  readonly what: string;
  /** Profile and misbehaviours, and the last events. */
  readonly ladder: string;
}

const STEPS_MOST = 60;
const LADDER_MOST = 80;
/** Longer than any timer of either side: CSME holds the card for 60 s, then the host asks once more. */
const CALM_MS = 200_000;
const LINK_UP_MS = 5_000;

const MEMORIES = {
  [AREA_LAYOUTS[3].size]: new ArrayBuffer(AREA_LAYOUTS[3].size),
  [AREA_LAYOUTS[4].size]: new ArrayBuffer(AREA_LAYOUTS[4].size),
};

/** Run `n` has the seed `seed + n`; `simulate(1, failure.seed)` repeats a failure. */
export function simulate(runs: number, seed: number, onProgress?: (done: number) => void): SimulationReport {
  const from = performance.now();
  const total = { steps: 0, misbehaved: 0, compared: 0, quiet: 0, returned: 0 };
  let failure: SimulationFailure | undefined;
  let done = 0;
  for (; done < runs && !failure; done++) {
    const run = new Run((seed + done) >>> 0);
    const what = run.go();
    total.steps += run.steps;
    total.misbehaved += run.behaviours.length > 0 ? 1 : 0;
    total.compared += run.compared ? 1 : 0;
    total.quiet += run.quiet;
    total.returned += run.pair.returned;
    if (what !== undefined) failure = { seed: run.seed, what, ladder: run.ladder() };
    if (onProgress && done % 1000 === 999) onProgress(done + 1);
  }
  return { runs: done, seconds: (performance.now() - from) / 1000, ...total, failure };
}

class Run {
  readonly seed: number;
  readonly random: Random;
  readonly parts: readonly string[];
  readonly behaviours: readonly Behaviour[];
  readonly pair: Pair;
  readonly profile: Profile;
  steps = 0;
  quiet = 0;
  compared = false;
  /** While the run lasts: how slow, and how unreliable, the bus is. */
  #slowMs: number;
  #losses: number;

  constructor(seed: number) {
    this.seed = seed;
    const random = new Random(Math.imul(seed, 0x9e3779b1));
    this.random = random;
    this.parts = someParts(random);
    this.profile = profileOf(this.parts);
    this.behaviours = random.oneIn(4) ? someBehaviours(random).map(behaviour) : [];
    this.#slowMs = [0, 2, 50, 400][random.below(4)]!;
    this.#losses = random.oneIn(3) ? 0 : [0, 100, 20][random.below(3)]!;
    const fate = () => {
      if (this.#losses > 0 && random.oneIn(this.#losses)) return random.oneIn(3) ? 'refused' : undefined;
      return this.#slowMs === 0 ? 0 : random.below(this.#slowMs);
    };
    this.pair = new Pair({ profile: this.profile, behaviours: this.behaviours }, { fate }, MEMORIES);
  }

  /** What went wrong, if anything did. */
  go(): string | undefined {
    const { pair, random } = this;
    if (!random.oneIn(4)) pair.call('register', {});
    if (!random.oneIn(8)) pair.probe();
    const steps = random.below(STEPS_MOST);
    for (; this.steps < steps && !pair.wrong; this.steps++) {
      this.#step();
      pair.pass(this.#pause());
      this.#look();
    }
    return pair.wrong ?? this.#calmDown() ?? this.#comeBack();
  }

  ladder(): string {
    const about = `profile ${this.parts.join(', ') || 'operational'}; misbehaviours ${this.behaviours.map((b) => b.name).join(', ') || 'none'}`;
    return [about, ...this.pair.log.slice(-LADDER_MOST)].join('\n');
  }

  #step(): void {
    const { random, pair } = this;
    const kind = random.below(20);
    if (kind < 11) this.#driver();
    else if (kind < 17) this.#firmware();
    else this.#bus();
    if (random.oneIn(300)) pair.toHost({ type: 'restart' });
  }

  #driver(): void {
    const { pair } = this;
    const act = driverAct(this.random, pair.host.state.driver);
    if (act?.type === 'frame') pair.toHost(act);
    else if (act) pair.call(act.name, act.args);
  }

  #firmware(): void {
    const { pair } = this;
    const command = firmwareCommand(this.random);
    if (command.name === 'enableAmt' && !this.#mayEnableAmt()) return;
    pair.command(command);
  }

  /** Seconds apart, as a person does it; what the driver does silently in between reaches CSME only then. */
  #mayEnableAmt(): boolean {
    return this.pair.host.state.phase !== 'connected' || this.pair.isQuiet();
  }

  #bus(): void {
    const { random, pair } = this;
    const { phase } = pair.host.state;
    switch (random.below(6)) {
      case 0:
        return pair.command({ type: 'command', name: 'reset' });
      case 1:
        return phase === 'absent' ? undefined : pair.lose();
      case 2:
        return TRANSITIONS[phase].remove ? pair.remove() : undefined;
      default:
        if (phase === 'absent' || random.oneIn(40)) pair.probe();
    }
  }

  #pause(): number {
    const { random } = this;
    switch (random.below(8)) {
      case 0:
      case 1:
        return 0;
      case 2:
      case 3:
        return random.below(10);
      case 4:
      case 5:
        return random.below(300);
      case 6:
        return random.below(5_000);
      default:
        return random.oneIn(4) ? random.below(90_000) : random.below(15_000);
    }
  }

  /** Is the link at rest, and all in order? */
  #look(): void {
    const { pair } = this;
    if (this.behaviours.length > 0 || !pair.isQuiet()) return;
    this.quiet++;
    pair.wrong ??= unfit(pair);
  }

  /** Nobody does anything any more: whoever waits must have been told, and the link come to rest. */
  #calmDown(): string | undefined {
    const { pair } = this;
    this.#slowMs = 2;
    this.#losses = 0;
    for (const { name } of this.behaviours) pair.csme.removeBehaviour(name);
    pair.pass(CALM_MS);
    if (pair.wrong) return pair.wrong;
    if (pair.waiting > 0) return 'somebody waits although all timers are over';
    return undefined;
  }

  /** The link is lost and comes back: it must not differ from one of a host and a CSME that never met before. */
  #comeBack(): string | undefined {
    const { pair, random } = this;
    if (pair.host.state.driver === 'leaving') pair.call('unregister_complete', {});
    if (pair.host.state.phase !== 'absent') {
      if (random.oneIn(2)) pair.lose();
      else pair.remove();
      pair.pass(LINK_UP_MS);
    }
    if (pair.host.state.phase !== 'absent') return 'the host does not let go of the link';
    const fresh = freshPairLike(stateOf(pair), pair.nowMs);
    for (const each of [pair, fresh]) {
      each.probe();
      each.pass(LINK_UP_MS);
      if (each.wrong) return each.wrong;
    }
    if (!pair.isQuiet()) return 'the link does not come to rest after it came back';
    const wrong = unfit(pair) ?? differences(stateOf(pair), stateOf(fresh));
    this.compared = true;
    return wrong;
  }
}

/** What must hold while nothing is in flight. */
function unfit(pair: Pair): string | undefined {
  const broken = brokenWhenQuiet({ state: pair.host.state, told: pair.told }, pair.csme.state.firmware);
  return broken && `${broken.invariant}: ${broken.what}`;
}
