/**
 * `npm run bench [-- --json] [-- NAME…]`: every bench beside its anchor, in one run.
 *
 * Prints the machine, then a line per measurement. With `--json` one JSON document. Exit status 1 when a target is missed.
 */
import { cpus } from 'node:os';
import { codecBench } from './codec.ts';
import { pairsBench } from './pairs.ts';
import { replayBench } from './replay.ts';
import { type BenchResult, formatResult } from './result.ts';
import { ringBench } from './rings.ts';
import { rxBench } from './rx/bench.ts';
import { startBench } from './start.ts';
import { workerBench } from './worker.ts';

const BENCHES: Readonly<Record<string, () => BenchResult[] | Promise<BenchResult[]>>> = {
  codec: () => codecBench(),
  rings: ringBench,
  worker: workerBench,
  replay: () => replayBench(),
  pairs: () => pairsBench(),
  rx: rxBench,
  start: startBench,
};

const args = process.argv.slice(2);
const json = args.includes('--json');
const wanted = args.filter((arg) => !arg.startsWith('--'));
const unknown = wanted.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(`bench: no bench ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}

const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };
if (!json) console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}\n`);
const results: Record<string, BenchResult[]> = {};
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  if (!json) console.log(`${name}`);
  results[name] = await bench();
  if (!json) for (const result of results[name]) console.log(formatResult(result));
}
if (json) console.log(JSON.stringify({ machine, results }, undefined, 2));
const missed = Object.values(results)
  .flat()
  .filter((result) => !result.ok);
if (!json)
  console.log(missed.length === 0 ? '\nevery target met' : `\ntargets missed: ${missed.length} (marked *)`);
process.exit(missed.length === 0 ? 0 : 1);
