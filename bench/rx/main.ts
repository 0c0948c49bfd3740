/**
 * `npm run bench:rx [-- FRAMES FILTERS ROUNDS]`: the compiled Rx filter beside the same rules in C and libpcap.
 *
 * FRAMES is a pcap or pcapng file, FILTERS 156 bytes as hex digits or a file with them. Every frame is judged ROUNDS
 * times. Without arguments the frames are generated, and a target that is missed gives exit status 1.
 *
 * The last line is JSON: frames of the file (or of the generated 25 MB), nanoseconds for a frame with the compiled
 * matcher, and how many of the frames CSME gets.
 */
import { existsSync, readFileSync } from 'node:fs';
import { CaptureError, type FrameIndex, readFrames } from '../../rx/index.ts';
import { bytesOfHex, decodeOobFilters, type OobFilters, SapError } from '../../sap/index.ts';
import type { BenchResult } from '../result.ts';
import { heapResult, resultsOf, type Scene, scenes } from './bench.ts';
import { amongOthers, type Comparison, compare } from './compare.ts';
import { IN_C } from './programs.ts';

const args = process.argv.slice(2);
if (args.length !== 0 && args.length !== 3) {
  refuse('takes no arguments or FRAMES FILTERS ROUNDS');
}
try {
  if (args.length === 0) await generated();
  else await given(args[0]!, args[1]!, args[2]!);
} catch (error) {
  console.error(`bench:rx: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function given(framesPath: string, filtersText: string, roundsText: string): Promise<void> {
  const rounds = Number(roundsText);
  if (!Number.isSafeInteger(rounds) || rounds < 1) refuse('ROUNDS is a whole number from 1 on');
  const filters = filtersOf(filtersText);
  const frames = framesOf(framesPath);
  const comparison = await compare(frames, filters, rounds);
  const again = await amongOthers(frames, filters, rounds);
  const standings = [...comparison.standings, again];
  print(`${framesPath}, ${rounds} rounds`, frames.count, { ...comparison, standings });
  printJson(frames.count, comparison);
}

async function generated(): Promise<void> {
  const results: BenchResult[] = [];
  let last: Scene | undefined;
  for await (const scene of scenes()) {
    print(scene.title, scene.frames, scene.comparison);
    results.push(...resultsOf(scene));
    last = scene;
  }
  const heap = heapResult();
  console.log(`${heap.name}: ${heap.value} ${heap.unit}\n`);
  for (const { name, anchor, ratio, target } of [...results, heap].filter(({ ok }) => !ok)) {
    console.log(
      `* missed: ${name}, against ${anchor}: ratio ${ratio.toFixed(2)}, asked ${target.toFixed(2)}`,
    );
    process.exitCode = 1;
  }
  printJson(last!.frames, last!.comparison);
}

function print(title: string, count: number, { standings, missing }: Comparison): void {
  const inC = standings.find(({ name }) => name === IN_C)?.nsPerFrame;
  console.log(`${title}: ${count.toLocaleString('en')} frames`);
  for (const { name, nsPerFrame, csme } of standings) {
    const ratio = inC === undefined || count === 0 ? '' : `${(nsPerFrame / inC).toFixed(2)} × C`;
    console.log(
      `  ${name.padEnd(44)} ${nsPerFrame.toFixed(1).padStart(8)} ns/frame ${ratio.padStart(9)}  csme ${csme}`,
    );
  }
  for (const sentence of missing) console.log(`  not measured: ${sentence}`);
  console.log();
}

function printJson(frames: number, { standings }: Comparison): void {
  const { nsPerFrame, csme } = standings[0]!;
  console.log(JSON.stringify({ frames, ns_per_frame: Number(nsPerFrame.toFixed(3)), csme }));
}

function framesOf(path: string): FrameIndex {
  const frames = readFrames(readFileSync(path));
  if (frames instanceof CaptureError) throw new Error(`${path}: ${frames.message}`);
  if (frames.damage !== undefined) console.error(`bench:rx: ${path}: ${frames.damage.message}`);
  return frames;
}

function filtersOf(text: string): OobFilters {
  const hex = existsSync(text) ? readFileSync(text, 'utf8') : text;
  const bytes = bytesOfHex(hex.replace(/\s/g, ''));
  if (bytes === undefined) refuse('FILTERS are 312 hex digits, or a file with them');
  const filters = decodeOobFilters(bytes);
  if (filters instanceof SapError) throw filters;
  return filters;
}

function refuse(sentence: string): never {
  console.error(`bench:rx: ${sentence}`);
  process.exit(2);
}
