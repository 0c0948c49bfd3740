/** Breadth first through every state that host, firmware and channels can get into; stops at the first broken invariant. */
import { profile } from '../../../csme/index.ts';
import type { Configuration } from './configurations.ts';
import { type Broken, brokenAt } from './invariants.ts';
import { drawPath } from './path.ts';
import { StateStore } from './store.ts';
import { BLOCKED, type Machines, MOST_IN_FLIGHT, type Place, World } from './world.ts';

export interface Exploration {
  readonly configuration: string;
  readonly states: number;
  readonly transitions: number;
  /** Steps that were left out because two bursts were in flight. */
  readonly held: number;
  /** Distinct states of each part, and contents of the channels. */
  readonly hosts: number;
  readonly firmwares: number;
  readonly contents: number;
  /** The longest of the shortest ways to a state. */
  readonly depth: number;
  readonly complete: boolean;
  readonly violation: Violation | undefined;
}

export interface Violation extends Broken {
  /** The events of the shortest way to it. */
  readonly steps: readonly string[];
  /** The same as a ladder. */
  readonly ladder: string;
}

export interface ExploreOptions {
  readonly machines?: Machines;
  readonly mostStates?: number;
  readonly bound?: number;
  /** Called now and then. */
  readonly onProgress?: (states: number, done: number) => void;
}

const PROGRESS_EVERY = 1 << 18;

export function explore(configuration: Configuration, options: ExploreOptions = {}): Exploration {
  const world = new World(configuration, options.machines, options.bound ?? MOST_IN_FLIGHT);
  const { events, next } = world;
  const store = new StateStore();
  const mostStates = options.mostStates ?? Number.POSITIVE_INFINITY;
  let transitions = 0;
  let held = 0;
  let found: { broken: Broken; state: number; last: number | undefined } | undefined;

  const visit = (p: Place, parent: number, event: number): void => {
    const before = store.size;
    const state = store.add(p.host, p.csme, p.down * 2 + p.lost, p.up, parent, event);
    if (store.size === before) return;
    const broken = brokenAt(world, p);
    if (broken) found ??= { broken, state, last: undefined };
  };

  for (const parts of configuration.profiles) visit(begin(world, configuration, parts), store.size, 0);
  const p: Place = { host: 0, csme: 0, down: 0, up: 0, lost: 0 };
  const to: Place = { ...p };
  const levels = [store.size];
  let done = 0;
  for (; done < store.size && !found && store.size < mostStates; done++) {
    if (done === levels[levels.length - 1]) levels.push(store.size);
    placeOf(store, done, p);
    for (let e = 0; e < events.length; e++) {
      const outcome = world.take(events[e]!, p);
      if (outcome === undefined) continue;
      if (outcome === BLOCKED) {
        held++;
        continue;
      }
      transitions++;
      if (outcome.wrong !== undefined) {
        found = { broken: wrongStep(outcome.wrong), state: done, last: e };
        break;
      }
      // The check of a new state takes steps of its own.
      Object.assign(to, next);
      visit(to, done, e);
      if (found) break;
    }
    if (options.onProgress && done % PROGRESS_EVERY === 0) options.onProgress(store.size, done);
  }
  return {
    configuration: configuration.name,
    states: store.size,
    transitions,
    held,
    hosts: world.host.nodes.length,
    firmwares: world.csme.nodes.length,
    contents: world.channels.contents,
    depth: levels.length - 1,
    complete: done === store.size,
    violation: found && { ...found.broken, ...drawPath(world, store, found.state, found.last) },
  };
}

/** The firmware as the parts say, and a host whose driver has done what comes before the search. */
function begin(world: World, configuration: Configuration, parts: Configuration['profiles'][number]): Place {
  const p = world.initial(profile(...parts));
  for (const name of configuration.before) {
    world.take({ kind: 'driver', name }, p);
    Object.assign(p, world.next);
  }
  return p;
}

export function placeOf(store: StateStore, state: number, into: Place): Place {
  into.host = store.word(state, 0);
  into.csme = store.word(state, 1);
  into.down = store.word(state, 2) >>> 1;
  into.lost = store.word(state, 2) & 1;
  into.up = store.word(state, 3);
  return into;
}

function wrongStep(what: string): Broken {
  if (/wait|callers|tries/.test(what) && !/firmware/.test(what)) return { invariant: 'requestsEnd', what };
  if (/^the (host|firmware) (throws|complains)/.test(what)) return { invariant: 'noComplaints', what };
  return { invariant: 'timersFit', what };
}
