/**
 * `npm run bench:unix [-- --json]`: `unix:` between two processes, beside plain sockets and beside two threads, in the
 * same run.
 *
 * Exit status 1 when a target is missed, 3 without the addon.
 */
import { cpus } from 'node:os';
import { nativeProblem } from '../../native/index.ts';
import { FRAME_HEADER_LEN } from '../../transport/unix/framing.ts';
import { median } from '../median.ts';
import { type BenchResult, formatResult } from '../result.ts';
import { CSME_BELL, HOST_BELL } from './messages.ts';
import { Other } from './other.ts';
import { meRoundTrips, notificationRoundTrips, plainRoundTrips } from './round-trips.ts';
import { processThroughput, threadThroughput } from './throughput.ts';

const ROUNDS = 9;
const TRIPS = 3000;
const MESSAGES = 2_000_000;
/** How many times the anchor's time a round trip may take, and the share of the threads' rate that there must be. */
const TRIP_TARGET = 1 / 2;
const RATE_TARGET = 1 / 1.3;

const json = process.argv.includes('--json');
const problem = nativeProblem();
if (problem === undefined) await measure();
else {
  console.error(`bench:unix: ${problem}`);
  process.exitCode = 3;
}

async function measure(): Promise<void> {
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };
  if (!json) console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}\n`);
  const other = await Other.start();
  const bell = FRAME_HEADER_LEN + HOST_BELL.length;
  const answer = FRAME_HEADER_LEN + CSME_BELL.length;
  const ways = {
    plainMe: () => plainRoundTrips(other, TRIPS, bell, bell),
    me: () => meRoundTrips(other, TRIPS),
    plainBells: () => plainRoundTrips(other, TRIPS, bell, answer),
    notification: () => notificationRoundTrips(other, TRIPS),
    threads: () => threadThroughput(MESSAGES),
    processes: () => processThroughput(other, MESSAGES),
  };
  const names = Object.keys(ways) as (keyof typeof ways)[];
  const figures = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
    keyof typeof ways,
    number[]
  >;
  // In turns, so that what else the machine does hits all of them; the first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const name of names) {
      const figure = await ways[name]();
      if (round > 0) figures[name].push(figure);
    }
  }
  other.end();

  const of = (name: keyof typeof ways) => median(figures[name]);
  const results = [
    trip(`ME message of ${HOST_BELL.length} bytes there and back`, of('me'), of('plainMe')),
    trip('notification there and back, with door bells', of('notification'), of('plainBells')),
    rate('64 B through the data ring, two processes', of('processes'), of('threads')),
  ];
  if (json) console.log(JSON.stringify({ machine, results, figures }, undefined, 2));
  else for (const result of results) console.log(formatResult(result));
  if (results.some(({ ok }) => !ok)) process.exitCode = 1;
}

function trip(name: string, value: number, anchorValue: number): BenchResult {
  const ratio = anchorValue / value;
  const anchor = 'plain socket, same sizes';
  return {
    name,
    unit: 'µs',
    value,
    anchor,
    anchorValue,
    ratio,
    target: TRIP_TARGET,
    ok: ratio >= TRIP_TARGET,
  };
}

function rate(name: string, value: number, anchorValue: number): BenchResult {
  const ratio = value / anchorValue;
  const anchor = 'two threads';
  return {
    name,
    unit: 'msg/s',
    value,
    anchor,
    anchorValue,
    ratio,
    target: RATE_TARGET,
    ok: ratio >= RATE_TARGET,
  };
}
