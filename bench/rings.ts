/**
 * How fast frames pass through a data ring, next to what the machine takes for the bare copy.
 *
 * One pass: 31 frames of 1514 bytes, each an 8-byte header and the frame, are written to the host→CSME data ring of
 * 48,256 bytes; then all are read. The frames are views of a buffer of 64, as a packet ring gives them; "slices" hands
 * over that buffer with two offsets instead. "Held": written between `hold()` and `publish()`; else each is published
 * by itself. "In place": the callback looks at four bytes of the frame where it lies; "copied out": it copies the
 * frame into a buffer of its own.
 *
 * The anchor is the bare copy of the same frames, from the same views to the same places in private memory, with
 * `Uint8Array.set` and nothing else; against "copied out" it copies twice, as that does.
 */
import { AREA_LAYOUTS, RingReader, RingWriter, SharedArea } from '../sap/index.ts';
import { type Contender, interleave } from './interleave.ts';
import type { BenchResult } from './result.ts';

const FRAME = 1514;
const FRAMES = 64;
const ROUNDS = { rounds: 101, roundMs: 2 };
const RING = AREA_LAYOUTS[4].rings.h2m.data;
const PER_PASS = Math.floor((RING.size - 1) / (FRAME + 8));
const TARGET = 0.5;

interface How {
  readonly copyOut: boolean;
  readonly slices: boolean;
  readonly held: boolean;
  readonly shared: boolean;
}
const PLAIN: How = { copyOut: false, slices: false, held: false, shared: false };

/** What is measured, and the least ratio; 0: for information. */
const ROWS: readonly { readonly title: string; readonly how: How; readonly target: number }[] = [
  { title: 'in place, held', how: { ...PLAIN, held: true }, target: TARGET },
  { title: 'copied out, held', how: { ...PLAIN, held: true, copyOut: true }, target: TARGET },
  { title: 'in place', how: PLAIN, target: 0 },
  { title: 'copied out', how: { ...PLAIN, copyOut: true }, target: 0 },
  { title: 'in place, slices', how: { ...PLAIN, slices: true }, target: 0 },
  { title: 'in place, held, shared memory', how: { ...PLAIN, held: true, shared: true }, target: 0 },
  {
    title: 'copied out, held, shared memory',
    how: { ...PLAIN, held: true, shared: true, copyOut: true },
    target: 0,
  },
];

/** Measures; values are megabytes of frames per second. */
export function ringBench(): BenchResult[] {
  const source = new Uint8Array(FRAMES * FRAME).map((_, i) => i * 31);
  const contenders: Record<string, Contender> = {
    'Uint8Array.set, one copy': bareCopy(source, false),
    'Uint8Array.set, two copies': bareCopy(source, true),
  };
  for (const { title, how } of ROWS) contenders[title] = throughRing(source, how);
  const nsPerPass = interleave(contenders, ROUNDS);
  const megabytes = (name: string) => (PER_PASS * FRAME * 1000) / nsPerPass[name]!;

  return ROWS.map(({ title, how, target }) => {
    const anchor = how.copyOut ? 'Uint8Array.set, two copies' : 'Uint8Array.set, one copy';
    const value = megabytes(title);
    const anchorValue = megabytes(anchor);
    const ratio = value / anchorValue;
    const name = `ring: ${FRAME}-byte frames written and read, ${title}`;
    return { name, unit: 'MB/s', value, anchor, anchorValue, ratio, target, ok: ratio >= target };
  });
}

function throughRing(source: Uint8Array, { copyOut, slices, held, shared }: How): Contender {
  const { size } = AREA_LAYOUTS[4];
  const area = new SharedArea(shared ? new SharedArrayBuffer(size) : new ArrayBuffer(size), AREA_LAYOUTS[4]);
  area.initialise();
  const writer = new RingWriter(area, RING);
  const reader = new RingReader(area, RING);
  const header = new Uint8Array([0xd0, 0x07, FRAME & 0xff, FRAME >> 8, 0, 0, 0, 0]);
  const views = framesOf(source);
  const out = new Uint8Array(2048);
  let sum = 0;
  const look = (b: Uint8Array, start: number, end: number) => {
    sum = (sum + b[start + 8]! + b[start + 20]! + b[start + 21]! + b[end - 1]!) | 0;
  };
  const keep = (b: Uint8Array, start: number, end: number) => {
    out.set(b.subarray(start + 8, end));
  };
  const onMessage = copyOut ? keep : look;
  let next = 0;
  return (count) => {
    for (let pass = 0; pass < count; pass++) {
      if (held) writer.hold();
      for (let i = 0; i < PER_PASS; i++) {
        const error = slices
          ? writer.writeParts(header, source, next * FRAME, (next + 1) * FRAME)
          : writer.writeParts(header, views[next]!, 0, FRAME);
        if (error !== undefined) throw error;
        next = (next + 1) % FRAMES;
      }
      writer.publish();
      if (reader.read(onMessage).messages !== PER_PASS) throw new Error('a frame was lost');
    }
    return sum;
  };
}

function bareCopy(source: Uint8Array, copyOut: boolean): Contender {
  const target = new Uint8Array(RING.size);
  const out = new Uint8Array(2048);
  const views = framesOf(source);
  const written = Array.from({ length: PER_PASS }, (_, i) =>
    target.subarray(i * (FRAME + 8) + 8, (i + 1) * (FRAME + 8)),
  );
  let next = 0;
  return (count) => {
    for (let pass = 0; pass < count; pass++) {
      for (let i = 0; i < PER_PASS; i++) {
        target.set(views[next]!, i * (FRAME + 8) + 8);
        next = (next + 1) % FRAMES;
      }
      if (copyOut) for (let i = 0; i < PER_PASS; i++) out.set(written[i]!);
    }
  };
}

function framesOf(source: Uint8Array): Uint8Array[] {
  return Array.from({ length: FRAMES }, (_, i) => source.subarray(i * FRAME, (i + 1) * FRAME));
}
