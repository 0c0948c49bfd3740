/** The bench itself, in the network namespace that main.ts made: `inside.js SECONDS json|table`. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pcapExpression } from '../../rx/index.ts';
import { compileC } from '../c/build.ts';
import { type Contender, RING_BYTES } from './contender.ts';
import { costs } from './costs.ts';
import { allowedCpus } from './cpu.ts';
import { flood } from './flood.ts';
import { FILTERS, type Load, makeLoads } from './load.ts';
import { Session } from './measure.ts';
import { type OurProcess, ours, startOurProcess } from './ours.ts';
import { makePair } from './pair.ts';
import { rates } from './rates.ts';
import { judge, printReport, type Report } from './report.ts';
import type { Share } from './sender.ts';
import { tcpdump } from './tcpdump.ts';
import { tcpdumpVersion } from './tools.ts';

const seconds = Number(process.argv[2]);
const json = process.argv[3] === 'json';

/** What is measured in CPU time is measured at this rate, in frames per second: 1.4 Gbit/s of the mixed traffic. */
const COMMON_RATE = 200_000;
/** A twenty-fifth of a CPU. */
const SMALL_SHARE: Share = { part: 0.04, burstUs: 1000 };

const [senderCpu, receiverCpu = senderCpu] = allowedCpus() as [number, ...number[]];
const folder = mkdtempSync(join(tmpdir(), 'sapwood-veth-'));
const loads = makeLoads(folder);
const child = await startOurProcess(
  receiverCpu,
  Object.values(loads).flatMap(({ frames }) => frames),
);
try {
  // This process only waits, but for the flood, where it is the host: all but the sender share a CPU.
  spawnSync('taskset', ['-a', '-c', '-p', `${receiverCpu}`, `${process.pid}`]);
  const report = await run(child);
  const results = judge(report);
  if (json) console.log(JSON.stringify({ ...report, results }, undefined, 2));
  else printReport(report, results);
  process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
} catch (error) {
  console.error(`bench:veth: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  child.end();
  rmSync(folder, { recursive: true });
}

async function run(child: OurProcess): Promise<Report> {
  compileC('sender');
  makePair();
  const base = { seconds, senderCpu };
  const common = { ...base, rate: COMMON_RATE, rounds: 2 };
  const all = contenders(child);
  await warmUp(all, loads.mixed);

  const whole = await rates(all, { ...base, load: loads.mixed, rounds: 2 });
  const share = await rates(all.slice(0, 4), {
    ...base,
    load: loads.mixed,
    rounds: 3,
    share: SMALL_SHARE,
  });
  const cost = await costs(all, { ...common, load: loads.mixed });
  const unwanted = await costs(all.slice(0, 4), {
    ...common,
    load: loads.unwanted,
  });
  const flooding = await flood(child, { loads, seconds: seconds / 2, rounds: 3, senderCpu, receiverCpu });
  return {
    machine: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: cpus().length,
      kernel: release(),
      node: process.version,
      tcpdump: tcpdumpVersion(),
    },
    setting: {
      seconds,
      senderCpu,
      receiverCpu,
      ringBytes: RING_BYTES,
      commonRate: COMMON_RATE,
      share: SMALL_SHARE,
      mixed: {
        frames: loads.mixed.frames.length,
        csme: loads.mixed.csmeBefore.at(-1)!,
        bytes: bytesOf(loads.mixed),
      },
    },
    whole,
    share,
    cost,
    unwanted,
    flood: flooding,
  };
}

/** Pairs of ours and tcpdump that do the same; behind the fourth what is shown besides. */
function contenders(child: OurProcess): Contender[] {
  const expression = pcapExpression(FILTERS);
  const cpu = receiverCpu;
  return [
    ours(child, { name: 'sapwood', preFilter: false }),
    tcpdump({ name: 'tcpdump', cpu }),
    ours(child, { name: 'sapwood, BPF first', preFilter: true }),
    tcpdump({ name: 'tcpdump EXPR', expression, cpu }),
    tcpdump({ name: 'tcpdump EXPR, its own 2 MiB', expression, cpu, ownBuffer: true }),
  ];
}

/** Until the optimising compiler is done with the path. */
async function warmUp(all: readonly Contender[], load: Load): Promise<void> {
  for (const contender of [all[0], all[2], all[0]]) {
    await Session.with(contender, { load, senderCpu }, (session) => session.run({ seconds: 1 }));
  }
}

function bytesOf({ frames }: Load): number {
  return frames.reduce((sum, frame) => sum + frame.length, 0);
}
