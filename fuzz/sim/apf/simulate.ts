/**
 * Random sessions of APF: connections come from either side, talk, pause, end and vanish; the bus is late, congested,
 * lost; then everybody finishes, and nothing may be left.
 */
import { APF_TIMERS } from '../../../amt/protocol/index.ts';
import { Random } from '../../random.ts';
import type { Link, Side } from './link.ts';
import { type Tamper, World } from './world.ts';

export interface ApfReport {
  readonly runs: number;
  readonly seconds: number;
  readonly connections: number;
  readonly refusals: number;
  readonly messages: number;
  readonly bytes: number;
  readonly failure: ApfFailure | undefined;
}

export interface ApfFailure {
  readonly seed: number;
  readonly what: string;
  /** What went in and out last. */
  readonly ladder: string;
}

const STEPS_MOST = 120;
const LADDER_MOST = 100;
/** The bus takes nothing for so long at most: less than what counts as silence. */
const CONGESTED_MS = 500;
/** Enough for everything that is queued to go through the smallest window. */
const CALM_ROUNDS = 4_000;
/** Longer than any of the session's own waits. */
const FINISH_MS = 4 * APF_TIMERS.unanswered.ms;

/** Run `n` has the seed `seed + n`; `simulateApf(1, failure.seed)` repeats a failure. */
export function simulateApf(runs: number, seed: number, tamper?: () => Tamper): ApfReport {
  const from = performance.now();
  const total = { connections: 0, refusals: 0, messages: 0, bytes: 0 };
  let failure: ApfFailure | undefined;
  let done = 0;
  for (; done < runs && !failure; done++) {
    const runSeed = (seed + done) >>> 0;
    const world = run(runSeed, tamper?.(), false);
    total.connections += world.links.length;
    total.refusals += world.refusals;
    total.messages += world.messages;
    total.bytes += world.bytes;
    if (world.wrong === undefined) continue;
    const again = run(runSeed, tamper?.(), true);
    failure = { seed: runSeed, what: world.wrong, ladder: again.log!.slice(-LADDER_MOST).join('\n') };
  }
  return { runs: done, seconds: (performance.now() - from) / 1000, ...total, failure };
}

function run(seed: number, tamper: Tamper | undefined, isLogged: boolean): World {
  const random = new Random(Math.imul(seed, 0x9e3779b1));
  const world = new World(random, tamper);
  if (isLogged) world.log = [];
  try {
    world.connect();
    const steps = random.below(STEPS_MOST);
    for (let i = 0; i < steps && !world.wrong; i++) {
      act(world);
      if (random.oneIn(2)) world.pass(random.below(40));
    }
    if (!world.wrong) finish(world);
  } catch (error) {
    world.wrong ??= `threw ${error instanceof Error ? error.stack : error}`;
  }
  return world;
}

function act(world: World): void {
  const { random, links } = world;
  if (world.nowMs - (world.congestedAtMs ?? world.nowMs) > CONGESTED_MS) clear(world);
  const link = links[links.length - 1 - random.below(Math.min(links.length, 10) || 1)];
  const side: Side = random.oneIn(2) ? 'host' : 'firmware';
  if (link === undefined) return random.oneIn(4) ? world.openDirect() : world.accept();
  switch (random.below(20)) {
    case 0:
    case 1:
    case 2:
      return world.accept();
    case 3:
      return world.openDirect();
    case 4:
      return world.end(link, side);
    case 5:
      if (random.oneIn(2)) world.abort(link, side);
      return;
    case 6:
      return world.congested(side, random.oneIn(3));
    case 7:
      return world.answer();
    case 8:
      return rareAct(world);
    case 9:
    case 10:
    case 11:
      return world.take(link, side, 1 + random.below(5_000));
    case 12:
      return world.takeAll();
    default:
      return world.give(link, side, 1 + random.below(random.oneIn(3) ? 40_000 : 600));
  }
}

function rareAct(world: World): void {
  const { random } = world;
  const port = 623 + random.below(3);
  switch (random.below(6)) {
    case 0:
      world.lose();
      world.pass(random.below(2_000));
      return world.connect();
    case 1:
      return world.toFirmware({ type: 'forward', address: random.oneIn(2) ? '' : '::', port });
    case 2:
      return world.toFirmware({ type: 'cancel', address: random.oneIn(2) ? '' : '::', port });
    default:
      // Programs read on while time goes by: nobody waits for them for so long that it gives up.
      clear(world);
      for (let i = random.below(8); i > 0; i--) {
        world.answer();
        world.takeAll();
        world.pass(random.below(5_000));
      }
  }
}

/** Everybody says the last and reads what comes; then both sessions are as they were. */
function finish(world: World): void {
  const { random } = world;
  clear(world);
  for (let i = 0; i < CALM_ROUNDS && !world.wrong && world.heldBack() !== undefined; i++) {
    world.takeAll();
    world.pass(100);
  }
  world.wrong ??= world.heldBack();
  const stops = random.oneIn(8);
  if (stops) world.stop();
  else world.connect();
  for (const link of world.links) endOne(world, link);
  const until = world.nowMs + FINISH_MS;
  while (!world.wrong && world.nowMs < until) {
    world.answer();
    world.takeAll();
    for (const link of world.links) endOne(world, link);
    const next = world.nextAt();
    world.pass(next === undefined ? until - world.nowMs : Math.max(1, Math.min(next - world.nowMs, 1_000)));
  }
  world.wrong ??= world.leftovers();
  if (world.nextAt() !== undefined && !stops) world.wrong ??= 'something still waits for time to go by';
}

function clear(world: World): void {
  world.congested('host', false);
  world.congested('firmware', false);
}

function endOne(world: World, link: Link): void {
  world.end(link, 'host');
  world.end(link, 'firmware');
}
