/**
 * Random lives of an agent: what people, daemons, drivers, access points and CSME may do, in any order, with delays and
 * failures; then calm, in which the agent must do what it is there for; then its end.
 */
import { Random } from '../../random.ts';
import { Machine } from './machine.ts';

export interface AgentReport {
  readonly runs: number;
  readonly seconds: number;
  /** What the agents heard. */
  readonly inputs: number;
  /** Requests for the card, and connections that came of them. */
  readonly requests: number;
  readonly connections: number;
  /** How often each trouble was told. */
  readonly troubles: ReadonlyMap<string, number>;
  readonly failure: AgentFailure | undefined;
}

export interface AgentFailure {
  readonly seed: number;
  readonly what: string;
  /** What went in and out last. */
  readonly ladder: string;
}

const STEPS_MOST = 40;
const LADDER_MOST = 60;

/** Run `n` has the seed `seed + n`; `simulateAgent(1, failure.seed)` repeats a failure. */
export function simulateAgent(runs: number, seed: number): AgentReport {
  const from = performance.now();
  const total = { inputs: 0, requests: 0, connections: 0 };
  const troubles = new Map<string, number>();
  let failure: AgentFailure | undefined;
  let done = 0;
  for (; done < runs && !failure; done++) {
    const runSeed = (seed + done) >>> 0;
    const machine = new Machine(new Random(Math.imul(runSeed, 0x9e3779b1)));
    const what = live(machine);
    total.inputs += machine.inputs;
    total.requests += machine.judge.requests;
    total.connections += machine.judge.connections;
    for (const [name, count] of machine.judge.troubles) troubles.set(name, (troubles.get(name) ?? 0) + count);
    if (what !== undefined) failure = { seed: runSeed, what, ladder: machine.ladder(LADDER_MOST) };
  }
  return { runs: done, seconds: (performance.now() - from) / 1000, ...total, troubles, failure };
}

/** What went wrong, if anything did. */
function live(machine: Machine): string | undefined {
  const { random, card, supplicant } = machine;
  machine.badLuck = [0, 0, 40, 8][random.below(4)]!;
  card.mute = random.oneIn(8);
  for (let ap = 0; ap < machine.accessPoints.length; ap++) {
    if (!random.oneIn(4)) supplicant.profiles.add(ap);
    if (random.oneIn(12)) supplicant.wrongKeys.add(ap);
  }
  if (!random.oneIn(4)) begin(machine);
  const steps = random.below(STEPS_MOST);
  for (let i = 0; i < steps && !machine.wrong; i++) {
    disturb(machine);
    machine.pass(pause(random));
  }
  return machine.wrong ?? calm(machine) ?? end(machine);
}

function begin(machine: Machine): void {
  const { card, supplicant } = machine;
  card.session = true;
  card.owner = 'csme';
  machine.interfaceIs(true);
  card.switched();
  supplicant.start();
}

function disturb(machine: Machine): void {
  const { random, card, supplicant } = machine;
  switch (random.below(16)) {
    case 0:
      return machine.interfaceIs(random.oneIn(4) ? !supplicant.present : true);
    case 1:
      return supplicant.up && random.oneIn(4) ? supplicant.stop() : supplicant.start();
    case 2:
      return machine.switches('soft', random.oneIn(4));
    case 3:
      return machine.switches('signal', random.oneIn(4));
    case 4:
      return random.oneIn(4) ? machine.sleep() : machine.wake();
    case 5:
      return card.endSession();
    case 6:
    case 7:
      return card.beginSession();
    case 8:
    case 9:
      if (!card.session && !random.oneIn(3)) return;
      return card.take();
    case 10:
      card.ap = random.below(machine.accessPoints.length);
      card.known = !random.oneIn(4);
      return;
    case 11:
      return supplicant.disconnect();
    case 12: {
      const ap = random.below(machine.accessPoints.length);
      if (supplicant.profiles.has(ap)) supplicant.deleteProfile(ap);
      else supplicant.profiles.add(ap);
      return;
    }
    case 13:
      // An answer that nobody asked for.
      return machine.tell({ type: 'owned', token: random.below(60) });
    case 14:
      // What was said is said again.
      if (card.roamingForbidden) machine.tell({ type: 'roaming', forbidden: true });
      return;
    default:
      return card.switched();
  }
}

function pause(random: Random): number {
  switch (random.below(8)) {
    case 0:
      return 0;
    case 1:
    case 2:
      return random.below(20);
    case 3:
    case 4:
      return random.below(600);
    case 5:
      return random.below(5_000);
    default:
      return random.oneIn(3) ? random.below(400_000) : random.below(70_000);
  }
}

/** Longer than a rejected profile is distrusted, CSME holds the card, and the driver is listened to. */
const CALM_MS = 1_200_000;
const SOON_MS = 5_000;

/** Nobody disturbs any more. A session that is alive lives through the take-over; its end ends the limits. */
function calm(machine: Machine): string | undefined {
  const { card, supplicant, judge, random } = machine;
  machine.badLuck = 0;
  supplicant.wrongKeys.clear();
  card.known = true;
  machine.wake();
  machine.switches('soft', false);
  machine.switches('signal', false);
  supplicant.start();
  machine.interfaceIs(true);
  const credentials = random.below(4) > 0;
  if (credentials) supplicant.profiles.add(card.ap);
  else supplicant.deleteProfile(card.ap);
  // Longer than any call of the supplicant hangs.
  machine.pass(60_000);
  card.beginSession();
  card.take();
  machine.pass(CALM_MS);
  if (machine.wrong) return machine.wrong;
  if (!credentials) {
    if (judge.phase !== 'paused') return `without credentials it ends in ${judge.phase}`;
  } else if (!card.hostIsThere()) return 'the host is not on the access point of CSME';
  else if (card.mute ? judge.phase !== 'idle' : judge.phase !== 'held')
    return `the session lives, and it ends in ${judge.phase}`;
  else if ((supplicant.limits === undefined) !== card.mute)
    return 'the session lives, and its limits do not fit';
  card.endSession();
  machine.pass(SOON_MS);
  if (machine.wrong) return machine.wrong;
  if (judge.phase !== 'idle') return `the session is over, and it ends in ${judge.phase}`;
  if (credentials && supplicant.connectedTo !== card.ap) return 'the end of the session ended the connection';
  return undefined;
}

/** Longer than three tries to restore, each without an answer. */
const END_MS = 200_000;

/** The agent is stopped, now or in the middle of the next session. */
function end(machine: Machine): string | undefined {
  const { card, random, judge } = machine;
  if (random.oneIn(2)) {
    card.beginSession();
    card.take();
    machine.pass(60_000 + random.below(20_000));
  }
  machine.badLuck = random.oneIn(2) ? 4 : 0;
  machine.tell({ type: 'stop' });
  machine.pass(END_MS);
  if (machine.wrong) return machine.wrong;
  return judge.stopped ? undefined : `stopped, and it stays in ${judge.phase}`;
}
