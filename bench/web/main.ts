/**
 * `npm run bench:web [-- --json] [--rounds N]`: how fast a page of AMT's web service comes through the whole path.
 *
 * Runs itself once more in a network namespace of its own. Exit status 1 when a page is damaged, 2 for wrong usage, 3
 * when the machine lacks something.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { ipProblem } from '../../csme/network/index.ts';
import { namespaceProblem, nativeProblem, networkNamespace, spawnInNamespace } from '../../native/index.ts';
import { TIMERS } from '../../ownership/index.ts';
import { AREA_LAYOUTS, SAP_HEADER_LEN } from '../../sap/index.ts';
import { median } from '../median.ts';
import { CREDENTIALS, ORIGIN, World } from './world.ts';

const PAGE = '/page.bin';
const PAGE_BYTES = 1_000_000;
/** Payload of a full TCP segment with time stamps, and the frame that carries it. */
const SEGMENT_BYTES = 1448;
const FRAME_BYTES = 1514;
const INITIAL_WINDOW = 10;

interface Round {
  readonly seconds: number;
  /** Of those, from the first byte of the page on. */
  readonly transferSeconds: number;
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
    // The namespace that it was started again from.
    inside: { type: 'string' },
  },
});

const rounds = Number(values.rounds);
if (!Number.isSafeInteger(rounds) || rounds < 1) {
  console.error('bench:web: --rounds takes a whole number from 1.');
  process.exitCode = 2;
} else if (values.inside !== undefined && values.inside !== networkNamespace())
  await measure(rounds, values.json);
else await runInside();

async function runInside(): Promise<void> {
  const problem = nativeProblem() ?? namespaceProblem() ?? ipProblem() ?? curlProblem();
  if (problem !== undefined) {
    console.error(`bench:web: ${problem}`);
    process.exitCode = 3;
    return;
  }
  const again = ['--inside', networkNamespace()];
  const args = [...process.execArgv, process.argv[1]!, ...process.argv.slice(2), ...again];
  const child = spawnInNamespace(process.execPath, args, { stdio: 'inherit' });
  [process.exitCode] = (await once(child, 'close')) as [number];
}

function curlProblem(): string | undefined {
  return spawnSync('curl', ['--version']).error === undefined
    ? undefined
    : 'It needs curl (Debian: apt-get install curl).';
}

async function measure(rounds: number, json: boolean): Promise<void> {
  const page = new Uint8Array(PAGE_BYTES).map((_, i) => (i * 2654435761) >>> 24);
  const hash = createHash('sha256').update(page).digest('hex');
  const world = await World.open({ pages: new Map([[PAGE, page]]) });
  try {
    const measured: Round[] = [];
    for (let i = 0; i < rounds; i++) measured.push(await fetchPage(world, hash));
    const report = reportOf(measured, world, (await world.csme()).problems);
    if (json) console.log(JSON.stringify(report, undefined, 2));
    else print(report);
  } finally {
    await world.close();
  }
}

async function fetchPage(world: World, hash: string): Promise<Round> {
  const { user, password } = CREDENTIALS;
  const format = '%{stderr}%{http_code} %{time_total} %{time_starttransfer}';
  const script = `curl -sS --digest -u '${user}:${password}' -w '${format}' ${ORIGIN}${PAGE} | sha256sum`;
  const { stdout, stderr } = await world.run('sh', ['-c', script]);
  const [status, total, start] = stderr.split(' ').map(Number);
  if (status !== 200 || !stdout.startsWith(hash)) {
    throw new Error(`the page did not come as it is: ${stderr.trim()}, ${stdout.trim()}`);
  }
  return { seconds: total!, transferSeconds: total! - start! };
}

function reportOf(measured: readonly Round[], world: World, problems: readonly string[]) {
  const seconds = median(measured.map((round) => round.seconds));
  const transferSeconds = median(measured.map((round) => round.transferSeconds));
  const { h2m, m2h } = AREA_LAYOUTS[4].rings;
  const framesOf = (ring: { size: number }) => Math.floor((ring.size - 1) / (FRAME_BYTES + SAP_HEADER_LEN));
  // CSME hears of acknowledgements once in 100 ms, and the window doubles with each.
  const segments = Math.ceil(PAGE_BYTES / SEGMENT_BYTES);
  const turns = Math.ceil(Math.log2(segments / INITIAL_WINDOW + 1));
  return {
    pageBytes: PAGE_BYTES,
    rounds: measured.length,
    seconds,
    transferSeconds,
    goodputBytesPerSecond: Math.round(PAGE_BYTES / transferSeconds),
    arithmetic: {
      framesPerFillToHost: framesOf(m2h.data),
      framesPerFillToCsme: framesOf(h2m.data),
      /** From the host to CSME: one ring full in each time of the throttle. */
      toCsmeLimitBytesPerSecond: (framesOf(h2m.data) * SEGMENT_BYTES * 1000) / TIMERS.bellThrottle.ms,
      slowStartTurns: turns,
      slowStartSeconds: (turns * TIMERS.bellThrottle.ms) / 1000,
      slowStartBytesPerSecond: Math.round(PAGE_BYTES / ((turns * TIMERS.bellThrottle.ms) / 1000)),
    },
    rx: world.statistics(),
    framesDroppedForCsme: world.host.framesDropped,
    problems,
  };
}

function print(report: ReturnType<typeof reportOf>): void {
  const { seconds, transferSeconds, goodputBytesPerSecond, arithmetic, rx, rounds } = report;
  console.log(
    `A page of ${PAGE_BYTES / 1e6} MB by curl --digest through the whole path, ${rounds} times (medians)`,
  );
  row('whole request, with two connections of Digest', `${seconds.toFixed(2)} s`);
  row('from the first byte on', `${transferSeconds.toFixed(2)} s`);
  row('goodput', rate(goodputBytesPerSecond));
  row(
    'by arithmetic: slow start at one turn in 100 ms',
    `${rate(arithmetic.slowStartBytesPerSecond)} (${arithmetic.slowStartTurns} turns)`,
  );
  row('limit of the other direction: a ring full in 100 ms', rate(arithmetic.toCsmeLimitBytesPerSecond));
  row(
    'frames that fill the ring',
    `${arithmetic.framesPerFillToHost} to the host, ${arithmetic.framesPerFillToCsme} to CSME`,
  );
  row(
    'frames',
    `${rx.seen} seen, ${rx.forCsme} to CSME, ${rx.transmitted} from CSME; dropped: ${rx.droppedByKernel} by the kernel, ${report.framesDroppedForCsme} for a full ring, ${rx.txDropped} on their way out`,
  );
  if (report.problems.length > 0) row('problems', report.problems.join('; '));
}

function row(what: string, value: string): void {
  console.log(`  ${what.padEnd(54)} ${value}`);
}

function rate(bytesPerSecond: number): string {
  return `${(bytesPerSecond / 1e6).toFixed(2)} MB/s`;
}
