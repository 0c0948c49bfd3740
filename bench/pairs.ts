/**
 * Ten thousand hosts, each with its own emulated CSME, in one process: started, settled and answering, over `memory:` and
 * a virtual clock. Memory is counted beside the shared area, which every pair needs.
 */
import { Csme } from '../csme/index.ts';
import { Host } from '../ownership/index.ts';
import { AREA_LAYOUTS } from '../sap/index.ts';
import { memoryPair, run, VirtualClock } from '../transport/index.ts';
import type { BenchResult } from './result.ts';

const PAIRS = 10_000;
/** Virtual time in which a pair starts up and becomes quiet, in ms. */
const SETTLE_MS = 1_000;

/** Measures; the first value is bytes of one pair beside its area, the second microseconds to start one. */
export function pairsBench(pairs = PAIRS): BenchResult[] {
  const clock = new VirtualClock();
  const hosts: Host[] = [];
  globalThis.gc?.();
  const before = ownMemory();
  const start = performance.now();
  for (let i = 0; i < pairs; i++) {
    const host = new Host();
    const pair = memoryPair({ clock });
    run(new Csme(), pair.csme, clock);
    run(host, pair.host, clock);
    pair.plug();
    hosts.push(host);
  }
  clock.advanceTo(clock.now() + SETTLE_MS);
  const microseconds = ((performance.now() - start) * 1000) / pairs;
  globalThis.gc?.();
  const bytes = (ownMemory() - before) / pairs;

  const ready = hosts.filter((host) => host.state.phase === 'connected' && host.state.amtEnabled).length;
  if (ready !== pairs) throw new Error(`only ${ready} of ${pairs} pairs came up`);
  const area = AREA_LAYOUTS[4].size;
  return [
    {
      name: `memory of one of ${pairs.toLocaleString('en')} pairs, beside its area`,
      unit: 'bytes',
      value: bytes,
      anchor: 'its shared area',
      anchorValue: area,
      ratio: area / bytes,
      target: 1,
      ok: bytes <= area,
    },
    {
      name: 'start of one pair, until it is quiet',
      unit: 'µs',
      value: microseconds,
      anchor: 'for information',
      anchorValue: microseconds,
      ratio: 1,
      target: 0,
      ok: true,
    },
  ];
}

/** Heap and everything that hangs on it but the areas, in bytes. */
function ownMemory(): number {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external - arrayBuffers;
}
