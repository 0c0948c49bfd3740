/**
 * How fast frames pass through a data ring, next to what the machine takes for the bare copy.
 *
 * One pass: 1514-byte frames, each as 8-byte header and frame, are written until the ring has no room; then all are
 * read. Frames come from a buffer of 64 of them, as from a packet ring. The anchor copies the same frames, from the
 * same places to the same places in private memory, with `Uint8Array.set` and views made beforehand: nothing but the
 * copy. "In place": the callback looks at four bytes of the frame where it lies. "Copied out": the callback copies it
 * into a buffer of its own, which makes two copies, and so does the anchor.
 */
import { RingReader } from '../sap/area/reader.ts';
import { RingWriter } from '../sap/area/writer.ts';
import { AREA_LAYOUTS, SharedArea } from '../sap/index.ts';
import type { BenchResult } from './result.ts';

const FRAME = 1514;
const FRAMES = 64;
const PASSES = 400;
const ROUNDS = 31;
const RING = AREA_LAYOUTS[4].rings.h2m.data;
const PER_PASS = Math.floor((RING.size - 1) / (FRAME + 8));

interface Contender {
  /** Moves frames; returns how many. */
  readonly run: () => number;
  readonly nsPerFrame: number[];
}

const HOW = {
  'in place': { copyOut: false, slices: false },
  'in place, slices': { copyOut: false, slices: true },
  'copied out': { copyOut: true, slices: false },
} as const;
type How = (typeof HOW)[keyof typeof HOW];

const MEMORIES = [
  { memory: 'private memory', target: 0.5, make: (n: number): ArrayBufferLike => new ArrayBuffer(n) },
  { memory: 'shared memory', target: 0, make: (n: number): ArrayBufferLike => new SharedArrayBuffer(n) },
];

/** Measures; values are frames per second, medians of interleaved rounds. */
export function ringBench(): BenchResult[] {
  const source = new Uint8Array(FRAMES * FRAME).map((_, i) => i * 31);
  const oneCopy = contender(bareCopy(source, false));
  const twoCopies = contender(bareCopy(source, true));
  const rows = MEMORIES.flatMap(({ memory, target, make }) =>
    Object.entries(HOW).map(([name, how]) => ({
      name: `ring write and read, ${FRAME}-byte frames, ${name}, ${memory}`,
      target,
      anchor: how.copyOut ? 'Uint8Array.set, two copies' : 'Uint8Array.set, one copy',
      bare: how.copyOut ? twoCopies : oneCopy,
      ours: contender(throughRing(source, make(AREA_LAYOUTS[4].size), how)),
    })),
  );
  const all = [oneCopy, twoCopies, ...rows.map((row) => row.ours)];
  for (let round = 0; round < ROUNDS; round++) for (const c of all) measure(c);

  return rows.map(({ name, target, anchor, bare, ours }) => {
    const value = 1e9 / median(ours.nsPerFrame);
    const anchorValue = 1e9 / median(bare.nsPerFrame);
    const ratio = value / anchorValue;
    return { name, unit: 'frames/s', value, anchor, anchorValue, ratio, target, ok: ratio >= target };
  });
}

function throughRing(source: Uint8Array, memory: ArrayBufferLike, how: How): () => number {
  const { copyOut, slices } = how;
  const area = new SharedArea(memory, AREA_LAYOUTS[4]);
  area.initialise();
  const writer = new RingWriter(area, RING);
  const reader = new RingReader(area, RING);
  const header = new Uint8Array([0xd0, 0x07, FRAME & 0xff, FRAME >> 8, 0, 0, 0, 0]);
  const out = new Uint8Array(2048);
  let sum = 0;
  const look = (b: Uint8Array, start: number, end: number) => {
    sum = (sum + b[start + 8]! + b[start + 20]! + b[start + 21]! + b[end - 1]!) | 0;
  };
  const keep = (b: Uint8Array, start: number, end: number) => {
    out.set(b.subarray(start + 8, end));
  };
  const onMessage = copyOut ? keep : look;
  const views = framesOf(source);
  let next = 0;
  return () => {
    let frames = 0;
    for (let pass = 0; pass < PASSES; pass++) {
      for (let i = 0; i < PER_PASS; i++) {
        const error = slices
          ? writer.writeParts(header, source, next * FRAME, (next + 1) * FRAME)
          : writer.writeParts(header, views[next]!, 0, FRAME);
        if (error !== undefined) throw error;
        next = (next + 1) % FRAMES;
      }
      frames += reader.read(onMessage).messages;
    }
    return frames + (sum & 0);
  };
}

function bareCopy(source: Uint8Array, copyOut: boolean): () => number {
  const target = new Uint8Array(RING.size);
  const out = new Uint8Array(2048);
  const views = framesOf(source);
  const written = Array.from({ length: PER_PASS }, (_, i) =>
    target.subarray(i * (FRAME + 8) + 8, (i + 1) * (FRAME + 8)),
  );
  let next = 0;
  return () => {
    for (let pass = 0; pass < PASSES; pass++) {
      for (let i = 0; i < PER_PASS; i++) {
        target.set(views[next]!, i * (FRAME + 8) + 8);
        next = (next + 1) % FRAMES;
      }
      if (copyOut) for (let i = 0; i < PER_PASS; i++) out.set(written[i]!);
    }
    return PASSES * PER_PASS;
  };
}

function framesOf(source: Uint8Array): Uint8Array[] {
  return Array.from({ length: FRAMES }, (_, i) => source.subarray(i * FRAME, (i + 1) * FRAME));
}

function contender(run: () => number): Contender {
  return { run, nsPerFrame: [] };
}

function measure(c: Contender): void {
  const from = process.hrtime.bigint();
  const frames = c.run();
  c.nsPerFrame.push(Number(process.hrtime.bigint() - from) / frames);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
