/**
 * Fuzzes the rings: hostile pointers, lengths, and memory that changes between two loads.
 *
 *     npm run fuzz -- ring --runs 10000000 --seed 1 --concurrent 10
 *
 * Must hold in every case: nothing throws, steps are bounded by the ring's size, no byte outside of the ring is handed
 * out or written, no byte is loaded twice, rd_ptr ends at the wr_ptr of the start. `--concurrent` (seconds) lets a
 * second thread scribble over the ring meanwhile.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { hexOf, type RingLayout, RingReader, RingWriter } from '../sap/index.ts';
import { Random } from './random.ts';
import type { FuzzFinding, FuzzReport } from './report.ts';
import { Arena } from './ring-arena.ts';
import {
  readAtRest,
  readDisturbedByCallback,
  readDisturbedByLoad,
  type Verdict,
  writeBetweenPointers,
} from './ring-cases.ts';

const CASES = [readAtRest, readAtRest, readDisturbedByCallback, readDisturbedByLoad, writeBetweenPointers];
const FINDINGS_MAX = 20;

/** Case `n` has the seed `seed + n`: `fuzzRing(1, finding.seed)` repeats a finding. */
export function fuzzRing(iterations: number, seed: number): FuzzReport {
  const arenas = [new ArrayBuffer(arenaBytes()), new SharedArrayBuffer(arenaBytes())].map(
    (m) => new Arena(m),
  );
  const findings: FuzzFinding[] = [];
  const from = process.hrtime.bigint();
  let executions = 0;
  while (executions < iterations && findings.length < FINDINGS_MAX) {
    const caseSeed = (seed + executions) >>> 0;
    const random = new Random(Math.imul(caseSeed, 0x9e3779b1));
    const arena = arenas[random.below(2)]!;
    const run = CASES[random.below(CASES.length)]!;
    const what = verdictOf(() => run(arena, random));
    if (what !== undefined) {
      findings.push({ seed: caseSeed, hex: hexOf(arena.image()), what: `${run.name}: ${what}` });
    }
    executions++;
  }
  return { target: 'ring', executions, seconds: secondsSince(from), findings };
}

/** Reads and writes one ring for so many seconds while another thread writes into its bytes and pointers. */
export async function fuzzRingConcurrently(seconds: number, seed: number): Promise<FuzzReport> {
  const arena = new Arena(new SharedArrayBuffer(arenaBytes()));
  const random = new Random(seed);
  const findings: FuzzFinding[] = [];
  const note = (what: string) => {
    if (findings.length < FINDINGS_MAX) findings.push({ seed, hex: '', what });
  };
  let ring = arena.layOut(random);
  while (ring.size < 100 || ring.queue !== 'data') ring = arena.layOut(random);
  arena.remember();
  const stop = new Int32Array(new SharedArrayBuffer(8));
  const started = new Promise<void>((resolve, reject) => {
    const data: Scribble = { memory: arena.bytes.buffer, ring, stop, seed };
    const worker = new Worker(new URL(import.meta.url), { workerData: data });
    worker.once('message', () => resolve());
    worker.once('error', reject);
  });
  await started;

  const rings = [ring, { ...ring, queue: 'notif' as const }];
  const readers = rings.map((r) => new RingReader(arena, r));
  const writer = new RingWriter(arena, ring);
  const message = new Uint8Array(30).fill(7);
  message.set([0xd0, 0x07, 22, 0]);
  const from = process.hrtime.bigint();
  let executions = 0;
  while (secondsSince(from) < seconds) {
    for (let i = 0; i < 1000; i++) {
      const reader = readers[i & 1]!;
      const what = verdictOf(() => {
        let total = 0;
        writer.write(message);
        const read = reader.read((b, start, end) => {
          total += end - start;
          const high = b === arena.bytes ? ring.at + ring.size : b.length;
          if (end - start < 8 || start < (b === arena.bytes ? ring.at : 0) || end > high)
            note('out of bounds');
        });
        if (total > ring.size || read.errors.length > ring.size / 8 + 1) return 'more than the ring holds';
        return undefined;
      });
      if (what !== undefined) note(what);
      executions++;
    }
  }
  Atomics.store(stop, 0, 1);
  Atomics.wait(stop, 1, 0, 5000);
  for (let i = ring.wrAt; i < ring.wrAt + 8; i++) arena.bytes[i] = arena.before(i);
  const changed = arena.changedOutside(ring.at, ring.at + ring.size);
  if (changed >= 0) note(`byte ${changed} was written`);
  return { target: 'ring, two threads', executions, seconds: secondsSince(from), findings };
}

function arenaBytes(): number {
  return Math.ceil(Arena.bytesNeeded() / 8) * 8;
}

function verdictOf(run: () => Verdict): Verdict {
  try {
    return run();
  } catch (error) {
    return `thrown: ${error instanceof Error ? error.stack : error}`;
  }
}

function secondsSince(from: bigint): number {
  return Number(process.hrtime.bigint() - from) / 1e9;
}

interface Scribble {
  readonly memory: ArrayBufferLike;
  readonly ring: RingLayout;
  /** First word: stop; second word: stopped. */
  readonly stop: Int32Array;
  readonly seed: number;
}

/** The other thread: writes until it is told to stop. */
function scribble(): void {
  const { memory, ring, stop, seed } = workerData as Scribble;
  const bytes = new Uint8Array(memory);
  const words = new Int32Array(memory);
  const random = new Random(seed + 1);
  parentPort?.postMessage('started');
  while (Atomics.load(stop, 0) === 0) {
    bytes[ring.at + random.below(ring.size)] = random.oneIn(2) ? random.below(32) : random.u32();
    const at = ring.at + random.below(ring.size - 1);
    bytes[at] = 0xd0;
    bytes[at + 1] = 0x07;
    if (random.oneIn(4)) words[ring.wrAt >> 2] = random.below(ring.size + 4);
    if (random.oneIn(8)) words[ring.rdAt >> 2] = random.below(ring.size + 4);
  }
  Atomics.store(stop, 1, 1);
  Atomics.notify(stop, 1);
}

if (!isMainThread && workerData?.ring) scribble();
