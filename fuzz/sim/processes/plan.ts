/** How the next process dies: chosen at random. */
import type { Random } from '../../random.ts';
import type { Point, SideName } from './protocol.ts';

export type Mode = SideName | 'either';
/** Who dies in a round: always the same side, so that the other lives through it all, or either. */
export const MODES: readonly Mode[] = ['host', 'csme', 'either'];

/**
 * - `at rest`: nothing is in flight
 * - `busy`: both sides have much to do
 * - `restart`: the link begins anew because the firmware resets, or the client goes or appears again
 * - `seen`: from outside, as soon as a number of things were seen to happen
 */
export const OCCASIONS = ['at rest', 'busy', 'restart', 'seen'] as const;
export type Occasion = (typeof OCCASIONS)[number];

/** Steps of a link that begins: between the probe and what follows the first door bells. */
const STARTING: Readonly<Record<SideName, readonly Omit<Point, 'nth'>[]>> = {
  host: [
    { when: 'before', type: 'probe' },
    { when: 'after', type: 'probe' },
    { when: 'out', type: 'map' },
    { when: 'before', type: 'mapped' },
    { when: 'after', type: 'mapped' },
    // Between the announcement of the area and START, which waits for the acknowledgement.
    { when: 'later', type: 'mapped' },
    { when: 'out', type: 'enable' },
    { when: 'out', type: 'me' },
    { when: 'before', type: 'me' },
    { when: 'after', type: 'me' },
    { when: 'later', type: 'me' },
  ],
  csme: [
    { when: 'before', type: 'mapRequest' },
    { when: 'after', type: 'mapRequest' },
    { when: 'out', type: 'mapAnswer' },
    { when: 'before', type: 'area' },
    { when: 'after', type: 'area' },
    { when: 'later', type: 'area' },
    { when: 'before', type: 'me' },
    { when: 'after', type: 'me' },
    { when: 'later', type: 'me' },
    { when: 'out', type: 'me' },
    { when: 'out', type: 'tell' },
  ],
};

/** Steps of a link that is up or goes down. */
const RUNNING: Readonly<Record<SideName, readonly Omit<Point, 'nth'>[]>> = {
  host: [
    ...STARTING.host,
    { when: 'before', type: 'command' },
    { when: 'after', type: 'command' },
    { when: 'later', type: 'command' },
    { when: 'before', type: 'frame' },
    { when: 'after', type: 'frame' },
    { when: 'before', type: 'timer' },
    { when: 'after', type: 'timer' },
    { when: 'before', type: 'lost' },
    { when: 'after', type: 'remove' },
    { when: 'out', type: 'tell' },
    { when: 'out', type: 'return' },
    { when: 'out', type: 'disable' },
    { when: 'out', type: 'unmap' },
    { when: 'out', type: 'transmit' },
  ],
  csme: [
    ...STARTING.csme,
    { when: 'before', type: 'command' },
    { when: 'after', type: 'command' },
    { when: 'before', type: 'areaGone' },
    { when: 'after', type: 'areaGone' },
    { when: 'before', type: 'lost' },
    { when: 'after', type: 'timer' },
    { when: 'out', type: 'frame' },
  ],
};

export function startingPoint(random: Random, side: SideName): Point {
  return pointOf(random, STARTING[side], 3);
}

export function runningPoint(random: Random, side: SideName): Point {
  return pointOf(random, RUNNING[side], 8);
}

function pointOf(random: Random, points: readonly Omit<Point, 'nth'>[], most: number): Point {
  return { ...points[random.below(points.length)]!, nth: 1 + random.below(1 + random.below(most)) };
}
