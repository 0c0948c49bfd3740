/** Measures contenders side by side, so that what disturbs the machine disturbs all of them. */

/** Does its work `count` times. */
export type Contender = (count: number) => void;

export interface Rounds {
  readonly rounds: number;
  /** Length of one round of one contender. */
  readonly roundMs: number;
}

/** Median nanoseconds per operation of every contender, over rounds in which each one runs once, in changing order. */
export function interleave<K extends string>(
  contenders: Readonly<Record<K, Contender>>,
  { rounds, roundMs }: Rounds,
): Record<K, number> {
  const names = Object.keys(contenders) as K[];
  const counts = new Map(names.map((name) => [name, calibrate(contenders[name], roundMs)]));
  const samples = new Map(names.map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round) % names.length]!;
      samples.get(name)!.push(timed(contenders[name], counts.get(name)!));
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(samples.get(name)!)])) as Record<K, number>;
}

/** Warms up for a few rounds' time and gives the number of operations that fill one round. */
function calibrate(contender: Contender, roundMs: number): number {
  let count = 64;
  for (let warm = 0; warm < 12; warm++) {
    const nsPerOp = timed(contender, count);
    count = Math.max(64, Math.min(2_000_000, Math.round((roundMs * 1e6) / nsPerOp)));
  }
  return count;
}

function timed(contender: Contender, count: number): number {
  const start = process.hrtime.bigint();
  contender(count);
  return Number(process.hrtime.bigint() - start) / count;
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
