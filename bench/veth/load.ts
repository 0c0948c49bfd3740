/** What the sender sends, and what CSME must get of it. */
import { writeFileSync } from 'node:fs';
import { amtFilters } from '../../csme/index.ts';
import { compileFilter } from '../../rx/compile.ts';
import { pcapOf } from '../../rx/pcap.ts';
import { untag, VERDICT_CSME } from '../../sap/index.ts';
import { mixedTraffic, STATION_ADDRESS } from '../rx/traffic.ts';

/** The filter set of every run: AMT at the station's address. */
export const FILTERS = amtFilters(STATION_ADDRESS);

/** Frames that are sent in a loop. */
export interface Load {
  /** The pcap file with them. */
  readonly path: string;
  readonly frames: readonly Uint8Array[];
  /** Number `i`: how many of the first `i` frames are for CSME. */
  readonly csmeBefore: Uint32Array;
}

/** How many of so many frames, sent in a loop, are for CSME. */
export function forCsme({ csmeBefore }: Load, sent: number): number {
  const count = csmeBefore.length - 1;
  return Math.floor(sent / count) * csmeBefore[count]! + csmeBefore[sent % count]!;
}

/** Few enough to stay in the caches of the sender: it shall be fast. */
const FRAMES = 2048;

const wants = compileFilter(FILTERS);
const isForCsme = (frame: Uint8Array) => (wants(frame, 0, frame.length) & VERDICT_CSME) !== 0;

/** The loads by name, written into `folder`. */
export function makeLoads(folder: string) {
  const source = framesOf(FRAMES * 16);
  const wanted = source.filter(isForCsme).slice(0, FRAMES);
  const others = source.filter((frame) => !isForCsme(frame)).slice(0, FRAMES);
  const load = (name: string, frames: readonly Uint8Array[]) => makeLoad(`${folder}/${name}.pcap`, frames);
  return {
    /** What a station receives in an office. */
    mixed: load('mixed', source.slice(0, FRAMES)),
    /** Every second frame is for CSME: a busy remote session. */
    session: load(
      'session',
      Array.from({ length: FRAMES }, (_, i) => (i % 2 ? others : wanted)[i >> 1]!),
    ),
    /** Nothing is for CSME. */
    unwanted: load('unwanted', others),
    /** Everything is. */
    wanted: load('wanted', wanted),
  };
}
export type Loads = ReturnType<typeof makeLoads>;

function makeLoad(path: string, frames: readonly Uint8Array[]): Load {
  writeFileSync(path, pcapOf(frames));
  const csmeBefore = new Uint32Array(frames.length + 1);
  for (const [i, frame] of frames.entries()) csmeBefore[i + 1] = csmeBefore[i]! + Number(isForCsme(frame));
  return { path, frames, csmeBefore };
}

/** The bytes that must come out of the data ring for the frames of a load, as `latin1` strings. */
export function wantedBytes(frames: readonly Uint8Array[]): Set<string> {
  return new Set(frames.filter(isForCsme).map((frame) => Buffer.from(untag(frame)).toString('latin1')));
}

function framesOf(count: number): Uint8Array[] {
  const { bytes, starts, ends } = mixedTraffic({ seed: 1, frames: count });
  return Array.from(starts, (start, i) => bytes.subarray(start, ends[i]));
}
