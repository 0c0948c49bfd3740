/**
 * `npm run bench:lms [-- --json] [-- --rounds N]`: 100 MB through the management service, beside socat forwarding the same
 * bytes between plain sockets in the same run; its memory meanwhile; a reader that does not read; a thousand programs.
 *
 * The firmware is in the service's process, behind a MEI device in memory: a real bus is slower by far. Exit status 1
 * when a target is missed, 2 for wrong usage, 3 without socat.
 */
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { median } from '../median.ts';
import { type BenchResult, formatResult } from '../result.ts';
import { crowd, download, exchanges, lazy, upload } from './client.ts';
import { TRANSFER_BYTES } from './work.ts';

/** Programs at once: as many as the service lets wait, within what it says. */
const CROWD = 1_000;
const EXCHANGES = 200;
/** The service's memory may grow by this factor between the first tenth of a transfer and any later one. */
const MEMORY_GROWTH = 1.5;
/** The median exchange beside one that does not read may take this many times as long as without it. */
const SLOWED = 2;

const options = {
  json: { type: 'boolean', default: false },
  rounds: { type: 'string', default: '5' },
} as const;
const { json, rounds } = parseArgs({ options }).values;

if (!(Number(rounds) >= 1)) refuse(2, '--rounds is a whole number from 1');
if (spawnSync('socat', ['-V']).error !== undefined)
  refuse(3, 'socat is not installed: `apt-get install socat`');
await measure(Math.floor(Number(rounds)));

async function measure(count: number): Promise<void> {
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };
  if (!json) console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}\n`);
  const [ours, origin, forwarded] = [await freePort(), await freePort(), await freePort()];
  const service = fork(new URL('./service.js', import.meta.url), [`${ours}`]);
  const server = fork(new URL('./origin.js', import.meta.url), [`${origin}`]);
  await Promise.all([once(service, 'message'), once(server, 'message')]);
  const socat = spawn('socat', [
    `TCP-LISTEN:${forwarded},bind=127.0.0.1,reuseaddr,fork,backlog=4096`,
    `TCP:127.0.0.1:${origin}`,
  ]);
  try {
    await answers(forwarded);
    const figures = await run(count, service, ours, forwarded);
    const results = judge(figures);
    if (json) console.log(JSON.stringify({ machine, results, figures }, undefined, 2));
    else for (const result of results) console.log(formatResult(result));
    if (results.some(({ ok }) => !ok)) process.exitCode = 1;
  } finally {
    socat.kill();
    service.disconnect();
    server.disconnect();
  }
}

type Figures = Awaited<ReturnType<typeof run>>;

async function run(count: number, service: ChildProcess, ours: number, forwarded: number) {
  const rates = {
    oursDown: [] as number[],
    socatDown: [] as number[],
    oursUp: [] as number[],
    socatUp: [] as number[],
  };
  /** Of the service, in MB: at each tenth of the downloads, in their order. */
  const memory: number[] = [];
  const rate = (seconds: number) => TRANSFER_BYTES / 1e6 / seconds;
  // The first round warms up.
  for (let round = 0; round <= count; round++) {
    const tenth = () => {
      if (round > 0) memory.push(residentMb(service.pid!));
    };
    const now = {
      oursDown: rate(await download(ours, tenth)),
      socatDown: rate(await download(forwarded, () => {})),
      oursUp: rate(await upload(ours)),
      socatUp: rate(await upload(forwarded)),
    };
    if (round === 0) continue;
    for (const name of Object.keys(rates) as (keyof typeof rates)[]) rates[name].push(now[name]);
  }
  const alone = median(await exchanges(ours, EXCHANGES));
  const idle = await lazy(ours);
  const beside = median(await exchanges(ours, EXCHANGES));
  idle.destroy();
  const crowdSeconds = await crowd(ours, CROWD);
  return { rates, memory, exchangeMs: { alone, beside }, crowd: { programs: CROWD, seconds: crowdSeconds } };
}

function judge({ rates, memory, exchangeMs, crowd }: Figures): BenchResult[] {
  const beside = (name: string, own: readonly number[], other: readonly number[]): BenchResult => {
    const [value, anchorValue] = [median(own), median(other)];
    const ratio = value / anchorValue;
    return { name, unit: 'MB/s', value, anchor: 'socat', anchorValue, ratio, target: 0, ok: true };
  };
  const [first, most] = [memory[0]!, Math.max(...memory)];
  return [
    beside('100 MB from the firmware', rates.oursDown, rates.socatDown),
    beside('100 MB to the firmware', rates.oursUp, rates.socatUp),
    less('resident memory, most during the downloads', 'MB', most, 'after 10 MB', first, MEMORY_GROWTH),
    less(
      'a short exchange beside one that does not read',
      'ms',
      exchangeMs.beside,
      'alone',
      exchangeMs.alone,
      SLOWED,
    ),
    {
      name: `${crowd.programs} programs at once, all answered`,
      unit: 's',
      value: crowd.seconds,
      anchor: `= ${crowd.programs} exchanges one by one`,
      anchorValue: (crowd.programs * exchangeMs.alone) / 1_000,
      ratio: (crowd.programs * exchangeMs.alone) / 1_000 / crowd.seconds,
      target: 0,
      ok: true,
    },
  ];
}

/** Good when the value is at most `factor` times that of the anchor. */
function less(
  name: string,
  unit: string,
  value: number,
  anchor: string,
  anchorValue: number,
  factor: number,
): BenchResult {
  const ratio = anchorValue / value;
  return { name, unit, value, anchor, anchorValue, ratio, target: 1 / factor, ok: ratio >= 1 / factor };
}

function residentMb(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))!;
  return Number(kib) / 1024;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** socat does not say when it listens. */
async function answers(port: number): Promise<void> {
  for (let tries = 100; ; tries--) {
    const socket = connect({ host: '127.0.0.1', port });
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (tries === 0) throw error;
      await sleep(50);
    } finally {
      socket.destroy();
    }
  }
}

function refuse(status: number, problem: string): never {
  console.error(`bench:lms: ${problem}`);
  process.exit(status);
}
