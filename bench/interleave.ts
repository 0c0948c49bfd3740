/** Measures contenders side by side, so that what disturbs the machine disturbs all of them. */
import { seededRandom } from '../transport/index.ts';
import { median } from './median.ts';

/** Does its work `count` times. */
export type Contender = (count: number) => void;

export interface Rounds {
  readonly rounds: number;
  /** Length of one round of one contender. */
  readonly roundMs: number;
}

/** Median nanoseconds per operation of every contender, over rounds in which each one runs once. */
export function interleave<K extends string>(
  contenders: Readonly<Record<K, Contender>>,
  { rounds, roundMs }: Rounds,
): Record<K, number> {
  const names = Object.keys(contenders) as K[];
  const counts = new Map(names.map((name) => [name, calibrate(contenders[name], roundMs)]));
  const samples = new Map(names.map((name) => [name, [] as number[]]));
  const random = seededRandom(1).next;
  for (let round = 0; round < rounds; round++) {
    for (const name of shuffled(names, random)) {
      samples.get(name)!.push(timed(contenders[name], counts.get(name)!));
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(samples.get(name)!)])) as Record<K, number>;
}

/** A fixed order would let one contender always pay for the garbage of the same other. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}

/** The optimising compiler works in the background; on a busy machine it takes a while to be done. */
const WARM_MS = 60;
const WARM_ROUNDS = 200;
/** Warm is who no longer becomes this much faster. */
const STEADY = 0.9;

/** Warms a contender up until it is steady, and gives the number of operations that fill one round. */
function calibrate(contender: Contender, roundMs: number): number {
  let count = 64;
  let spentMs = 0;
  let best = Number.POSITIVE_INFINITY;
  let sinceBetter = 0;
  for (let round = 0; round < WARM_ROUNDS && (spentMs < WARM_MS || sinceBetter < 5); round++) {
    const nsPerOp = timed(contender, count);
    spentMs += (nsPerOp * count) / 1e6;
    sinceBetter = nsPerOp < best * STEADY ? 0 : sinceBetter + 1;
    best = Math.min(best, nsPerOp);
    count = Math.max(64, Math.min(2_000_000, Math.round((roundMs * 1e6) / nsPerOp)));
  }
  return count;
}

function timed(contender: Contender, count: number): number {
  const start = process.hrtime.bigint();
  contender(count);
  return Number(process.hrtime.bigint() - start) / count;
}
