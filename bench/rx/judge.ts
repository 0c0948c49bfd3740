/** What is measured: a filter judges frames where they lie, and somebody looks at its verdicts. */
import { amtFilters } from '../../csme/index.ts';
import { compileFilter } from '../../rx/index.ts';
import { type FrameFilter, filterFrame, type OobFilters } from '../../sap/index.ts';
import type { Contender } from './race.ts';
import type { Frames } from './traffic.ts';

export const COMPILED = 'the compiled matcher';
export const INTERPRETER = 'the plain interpreter';

export function compiled(filters: OobFilters, frames: Frames): Contender {
  const filter = compileFilter(filters);
  return { name: COMPILED, run: (rounds) => timed(() => judge(filter, frames, rounds)) };
}

export function interpreter(filters: OobFilters, frames: Frames): Contender {
  return { name: INTERPRETER, run: (rounds) => timed(() => interpret(filters, frames, rounds)) };
}

/**
 * Lets eight other matchers judge the frames: the code of a loop that has seen many is another than that of one which
 * has seen a single matcher, whose tables may be constants in it. A host makes a matcher for every CSME_FILTERS.
 */
export function useOtherMatchers(frames: Frames): void {
  const rounds = Math.ceil(100_000 / Math.max(1, frames.count));
  for (let i = 0; i < 8; i++) judge(compileFilter(amtFilters(i)), frames, rounds);
}

/** Bytes by which the heap grows while a matcher judges at least so many frames. Needs --expose-gc. */
export function heapGrowth(filters: OobFilters, frames: Frames, atLeast: number): number {
  const filter = compileFilter(filters);
  judge(filter, frames, Math.ceil(1_000_000 / frames.count));
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  judge(filter, frames, Math.ceil(atLeast / frames.count));
  return process.memoryUsage().heapUsed - before;
}

/** How many of the frames are for CSME, in all rounds together: the loop of bench/c/filter.c. */
function judge(filter: FrameFilter, { bytes, starts, ends, count }: Frames, rounds: number): number {
  let csme = 0;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < count; i++) csme += filter(bytes, starts[i]!, ends[i]!) & 1;
  }
  return csme;
}

/** The same loop apart, because a loop is compiled for what it calls. */
function interpret(filters: OobFilters, { bytes, starts, ends, count }: Frames, rounds: number): number {
  let csme = 0;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < count; i++) csme += filterFrame(filters, bytes, starts[i]!, ends[i]!) & 1;
  }
  return csme;
}

function timed(work: () => number) {
  const start = process.hrtime.bigint();
  const csme = work();
  return { ns: Number(process.hrtime.bigint() - start), csme };
}
