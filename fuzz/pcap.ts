/**
 * Fuzzes the readers of capture files.
 *
 *     npm run fuzz -- pcap --runs 1000000 --seed 1
 *
 * Must hold in every case: a good file gives its frames; nothing throws and nothing is read outside of the file; frames
 * lie in it one behind the other; where pieces end makes no difference.
 */

import { CaptureError, CaptureReader, type FrameIndex, readFrames } from '../rx/pcap.ts';
import { hexOf } from '../sap/index.ts';
import { type CaptureInput, damagedCapture, goodCapture } from './pcap-inputs.ts';
import type { Random } from './random.ts';
import { type FuzzReport, fuzzCases } from './report.ts';

export function fuzzPcap(runs: number, seed: number): FuzzReport {
  return fuzzCases('pcap', runs, seed, (random) => {
    const good = random.oneIn(4) ? goodCapture(random) : undefined;
    const input = good?.bytes ?? damagedCapture(random);
    return { hex: () => hexOf(input), ask: () => problemOf(input, good, random) };
  });
}

/** Of the file, around which there are other bytes. */
const GUARD = 64;

function problemOf(input: Uint8Array, good: CaptureInput | undefined, random: Random): string | undefined {
  const one = summary(readFrames(guarded(input, random.u32())));
  const other = summary(readFrames(guarded(input, random.u32())));
  if (one !== other) return `depends on bytes around it: ${one}, then ${other}`;
  const inPieces = readInPieces(input, random);
  if (one.startsWith(WRONG) ? !inPieces.includes(one) : one !== inPieces) {
    return `in pieces gives ${inPieces} instead of ${one}`;
  }
  const expected = good && textOf(good.frames.map(hexOf), good.cut, undefined);
  return good === undefined || one === expected ? undefined : `gives ${one} instead of ${expected}`;
}

function guarded(input: Uint8Array, filling: number): Uint8Array {
  const room = new Uint8Array(input.length + 2 * GUARD).fill(filling);
  room.set(input, GUARD);
  return room.subarray(GUARD, GUARD + input.length);
}

const WRONG = 'wrong: ';

function summary(result: FrameIndex | CaptureError): string {
  if (result instanceof CaptureError) return `${WRONG}${result.message}`;
  return textOf(framesOf(result), result.cut, result.damage);
}

function textOf(frames: readonly string[], cut: number, damage: CaptureError | undefined): string {
  const end =
    damage === undefined ? '' : `${damage.code === 'CAPTURE_ERR_DAMAGE' ? '' : WRONG}${damage.message}`;
  return `${frames.length} frames ${frames.join(',')} ${cut} cut ${end}`;
}

function readInPieces(input: Uint8Array, random: Random): string {
  const reader = new CaptureReader();
  const most = random.oneIn(8) ? 1 : 1 + random.below(300);
  const frames: string[] = [];
  let cut = 0;
  const take = (batch: FrameIndex) => {
    frames.push(...framesOf(batch));
    cut += batch.cut;
    return batch.damage;
  };
  for (let at = 0; at < input.length; ) {
    const to = Math.min(input.length, at + 1 + random.below(most));
    // A copy, scribbled over afterwards: the reader must not keep the piece.
    const piece = input.slice(at, to);
    const damage = take(reader.push(piece));
    if (damage !== undefined) return textOf(frames, cut, damage);
    piece.fill(0x5a);
    at = to;
  }
  return textOf(frames, cut, take(reader.finish()));
}

function framesOf({ bytes, starts, ends, count }: FrameIndex): string[] {
  const frames: string[] = [];
  let last = 0;
  for (let i = 0; i < count; i++) {
    const [start, end] = [starts[i]!, ends[i]!];
    if (start < last || end < start || end > bytes.length) {
      throw new Error(
        `frame ${i} is said to lie at ${start} to ${end}, behind ${last}, in ${bytes.length} bytes`,
      );
    }
    last = end;
    frames.push(hexOf(bytes.subarray(start, end)));
  }
  return frames;
}
