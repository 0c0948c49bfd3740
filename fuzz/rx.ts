/**
 * Hostile filter sets and frames for the compiled Rx filter.
 *
 * A finding is: something threw; the matcher's verdict is not the interpreter's; a verdict changes with the bytes
 * around the frame; or the BPF program of the set does not fit into the kernel.
 */
import { compileBpf } from '../rx/bpf.ts';
import { BPF_MAXINSNS } from '../rx/bpf-program.ts';
import { compileFilter } from '../rx/compile.ts';
import {
  encodeOobFilters,
  type FilterQuirks,
  type FrameFilter,
  filterFrame,
  hexOf,
  noFilters,
  type OobFilters,
} from '../sap/index.ts';
import { Random } from './random.ts';
import type { FuzzFinding, FuzzReport } from './report.ts';
import { FRAME_MAX, FrameMaker, randomFilters } from './rx-cases.ts';

export interface RxFuzzReport extends FuzzReport {
  /** How many frames had which verdict. */
  readonly verdicts: { readonly host: number; readonly both: number; readonly csme: number };
}

/** Frames that a filter set is asked about, one after the other. */
export const FRAMES_PER_SET = 128;
const FINDINGS_MAX = 20;
/** Bytes around a frame. */
const GUARD = 64;

/** Runs `iterations` pairs of filter set and frame, made from `seed`. Half of the sets are read with the quirk. */
export function fuzzRx(iterations: number, seed: number): RxFuzzReport {
  const fuzzer = new Fuzzer(seed);
  const from = performance.now();
  let executions = 0;
  while (executions < iterations && fuzzer.findings.length < FINDINGS_MAX) {
    if (executions % FRAMES_PER_SET === 0) fuzzer.nextSet();
    fuzzer.step();
    executions++;
  }
  const seconds = (performance.now() - from) / 1000;
  return { target: 'rx', executions, seconds, findings: fuzzer.findings, verdicts: fuzzer.verdicts };
}

class Fuzzer {
  readonly findings: FuzzFinding[] = [];
  readonly verdicts = { host: 0, both: 0, csme: 0 };
  readonly #seed: number;
  readonly #random: Random;
  readonly #frame = new Uint8Array(FRAME_MAX);
  readonly #maker: FrameMaker;
  /** The frame between other bytes, for the matcher and for the interpreter. */
  readonly #one = new Uint8Array(FRAME_MAX + 2 * GUARD);
  readonly #other = new Uint8Array(FRAME_MAX + 2 * GUARD);
  #filters = noFilters();
  #quirks: FilterQuirks = {};
  #matcher: FrameFilter = compileFilter(undefined);

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#maker = new FrameMaker(this.#random, this.#frame);
  }

  nextSet(): void {
    const random = this.#random;
    this.#filters = randomFilters(random);
    this.#quirks = { multicastHeaderCompare: random.oneIn(2) };
    this.#maker.aimAt(this.#filters);
    try {
      this.#matcher = compileFilter(this.#filters, this.#quirks);
      const size = programSize(this.#filters, this.#quirks, random);
      if (size > BPF_MAXINSNS) this.#found(0, `a BPF program of ${size} instructions`);
    } catch (error) {
      this.#found(0, `threw ${String(error)}`);
    }
  }

  step(): void {
    const length = this.#maker.next();
    const start = this.#random.below(GUARD);
    const end = start + length;
    place(this.#frame, length, this.#one, start, this.#random.u32());
    place(this.#frame, length, this.#other, GUARD - start, this.#random.u32());
    // One in some frames ends with its buffer, where a read too far is not even a byte.
    const one = this.#random.oneIn(16) ? this.#one.slice(0, end) : this.#one;
    try {
      const verdict = this.#matcher(one, start, end);
      const expected = filterFrame(
        this.#filters,
        this.#other,
        GUARD - start,
        GUARD - start + length,
        this.#quirks,
      );
      this.verdicts[VERDICT_NAMES[expected]]++;
      if (verdict !== expected)
        this.#found(length, `the matcher says ${verdict}, the interpreter ${expected}`);
    } catch (error) {
      this.#found(length, `threw ${String(error)}`);
    }
  }

  #found(length: number, what: string): void {
    const hex = hexOf(this.#frame.subarray(0, length));
    const set = `${hexOf(encodeOobFilters(this.#filters))}, ${JSON.stringify(this.#quirks)}`;
    this.findings.push({ seed: this.#seed, hex, what: `${what}; filters ${set}` });
  }
}

export const VERDICT_NAMES = { 0: 'host', 1: 'both', 3: 'csme' } as const;

function programSize(filters: OobFilters, quirks: FilterQuirks, random: Random): number {
  const answer = (['csme', 'ring', 'consume'] as const)[random.below(3)]!;
  const vlan = random.oneIn(2) ? 'inline' : 'stripped';
  return compileBpf(filters, { answer, vlan, quirks }).length;
}

/** The frame at `start` of `room`, between bytes of the value `guard`. */
function place(frame: Uint8Array, length: number, room: Uint8Array, start: number, guard: number): void {
  const end = start + length;
  for (let i = Math.max(0, start - 16); i < start; i++) room[i] = guard;
  if (length < 128) for (let i = 0; i < length; i++) room[start + i] = frame[i]!;
  else room.set(frame.subarray(0, length), start);
  for (let i = end; i < end + GUARD; i++) room[i] = guard;
}
