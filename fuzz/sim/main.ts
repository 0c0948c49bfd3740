/**
 * Long runs of the search and the simulation.
 *
 *     node dist/fuzz/sim/main.js explore [CONFIGURATION…]     every state; exit 1 for a broken invariant
 *     node dist/fuzz/sim/main.js simulate [RUNS] [--seed N]   random interleavings; exit 1 for a failure
 *     node dist/fuzz/sim/main.js kill [KILLS] [--seed N]      two processes, killed and replaced; exit 1 for a failure
 *     node dist/fuzz/sim/main.js agent [RUNS] [--seed N]      lives of an agent, and noise; exit 1 for a failure
 *     node dist/fuzz/sim/main.js apf [RUNS] [--seed N]        sessions of APF, both sides; exit 1 for a failure
 *     node dist/fuzz/sim/main.js doc                          all of them, and docs/verification.md written from them
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { nativeProblem } from '../../native/index.ts';
import { simulateNoise } from './agent/noise.ts';
import { simulateAgent } from './agent/simulate.ts';
import { simulateApf } from './apf/simulate.ts';
import { CONFIGURATIONS } from './model/configurations.ts';
import { explore } from './model/explore.ts';
import { page, type Timed } from './page.ts';
import { simulate } from './pair/simulate.ts';
import { DEFECTS, findDefect } from './planted.ts';
import { type KillReport, simulateKills } from './processes/kill.ts';

/** What fits into 4 GB with room to spare. */
const MOST_STATES = 60_000_000;
const RUNS = 100_000;
const KILLS = 1_000;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' } },
});
const [command, ...names] = positionals;
const seed = Number(values.seed);
const missing = command === 'kill' || command === 'doc' ? nativeProblem() : undefined;
if (missing !== undefined) {
  console.error(missing);
  process.exitCode = 2;
} else if (command === 'explore') exploreAll(names);
else if (command === 'simulate') simulateAll(Number(names[0] ?? RUNS));
else if (command === 'apf') sessions(Number(names[0] ?? RUNS));
else if (command === 'agent') agents(Number(names[0] ?? RUNS));
else if (command === 'kill') await killAll(Number(names[0] ?? KILLS));
else if (command === 'doc') await writePage();
else {
  console.error(
    'usage: main.js explore [CONFIGURATION…] | simulate [RUNS] [--seed N] | kill [KILLS] [--seed N] | agent [RUNS] [--seed N] | apf [RUNS] [--seed N] | doc',
  );
  process.exitCode = 2;
}

function exploreAll(wanted: readonly string[]): Timed[] {
  const unknown = wanted.filter((name) => !CONFIGURATIONS.some((c) => c.name === name));
  if (unknown.length > 0) {
    console.error(
      `no configuration ${unknown.join(', ')}; there are: ${CONFIGURATIONS.map((c) => c.name).join(', ')}`,
    );
    process.exitCode = 2;
    return [];
  }
  return CONFIGURATIONS.filter((c) => wanted.length === 0 || wanted.includes(c.name)).map((configuration) => {
    const from = performance.now();
    const exploration = explore(configuration, {
      mostStates: configuration.mostStates ?? MOST_STATES,
      onProgress: (states, done) => console.error(`  ${configuration.name}: ${states} states, ${done} done`),
    });
    const seconds = (performance.now() - from) / 1000;
    const { violation, ...counts } = exploration;
    console.log(
      JSON.stringify({ ...counts, seconds: Math.round(seconds * 10) / 10, violation: violation?.what }),
    );
    if (violation) {
      console.log(`${violation.invariant}: ${violation.what}\n${violation.ladder}`);
      process.exitCode = 1;
    }
    return { exploration, seconds, megabytes: process.memoryUsage().rss / 1e6 };
  });
}

function simulateAll(runs: number) {
  const report = simulate(runs, seed, (done) => done % 10_000 === 0 && console.error(`  ${done} runs`));
  const { failure, ...counts } = report;
  console.log(JSON.stringify(counts));
  if (failure) {
    console.log(`seed ${failure.seed}: ${failure.what}\n${failure.ladder}`);
    process.exitCode = 1;
  }
  return { ...report, seed };
}

function agents(runs: number): void {
  const { failure, troubles, ...counts } = simulateAgent(runs, seed);
  console.log(JSON.stringify({ ...counts, troubles: Object.fromEntries(troubles) }));
  const noise = simulateNoise(runs, seed);
  for (const found of [failure, noise]) {
    if (found === undefined) continue;
    console.log(`seed ${found.seed}: ${found.what}\n${'ladder' in found ? found.ladder : ''}`);
    process.exitCode = 1;
  }
}

function sessions(runs: number): void {
  const { failure, ...counts } = simulateApf(runs, seed);
  console.log(JSON.stringify(counts));
  if (failure === undefined) return;
  console.log(`seed ${failure.seed}: ${failure.what}\n${failure.ladder}`);
  process.exitCode = 1;
}

async function killAll(kills: number): Promise<KillReport & { seed: number }> {
  // An exit, and not a sudden end: the processes go with it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const report = await simulateKills(kills, seed, (tally) => console.error(`  ${tally.killed} kills`));
  const { failure, tally, ...counts } = report;
  console.log(JSON.stringify({ ...counts, ...tally }));
  if (failure) {
    console.log(`seed ${failure.seed}: ${failure.what}\n${failure.ladder}`);
    process.exitCode = 1;
  }
  return { ...report, seed };
}

async function writePage(): Promise<void> {
  const simulation = simulateAll(RUNS);
  const killed = await killAll(KILLS);
  const planted = DEFECTS.map((defect) => ({ what: defect.what, exploration: findDefect(defect) }));
  const machine = `Node ${process.version}, ${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} processors, ${Math.round(totalmem() / 2 ** 30)} GB`;
  writeFileSync('docs/verification.md', page(exploreAll([]), simulation, killed, planted, machine));
}
