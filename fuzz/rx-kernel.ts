/**
 * The BPF programs of CSME's filters, run by the kernel, beside the interpreter and the compiled matcher.
 *
 * A frame is asked about as it is, of the program for inline tags; and without its first tag, as the kernel shows it to
 * packet sockets and to tc, of the programs for these. A finding is an answer that is not the interpreter's verdict on
 * the frame: one of the kernel, of libpcap, or of the matcher.
 */
import { type BpfOptions, compileBpf } from '../rx/bpf.ts';
import { bytesOfBpf } from '../rx/bpf-program.ts';
import { compileFilter } from '../rx/compile.ts';
import {
  encodeOobFilters,
  type FilterQuirks,
  type FilterVerdict,
  filterFrame,
  hexOf,
  type OobFilters,
  untag,
  VERDICT_CONSUMED,
  VERDICT_CSME,
} from '../sap/index.ts';
import { BpfBatch } from './bpf-kernel.ts';
import { Random } from './random.ts';
import type { FuzzFinding } from './report.ts';
import { FRAMES_PER_SET, type RxFuzzReport, VERDICT_NAMES } from './rx.ts';
import { FRAME_MAX, FrameMaker, randomFilters } from './rx-cases.ts';

const FRAMES_PER_BATCH = 8192;
const FINDINGS_MAX = 20;

/** Compares `iterations` pairs of filter set and frame, made from `seed`. Throws where `bpfKernelProblem` has one. */
export function fuzzRxKernel(iterations: number, seed: number): RxFuzzReport {
  const random = new Random(seed);
  const comparison = new Comparison(seed);
  const frame = new Uint8Array(FRAME_MAX);
  const maker = new FrameMaker(random, frame);
  const from = performance.now();
  let executions = 0;
  while (executions < iterations && comparison.findings.length < FINDINGS_MAX) {
    const filters = randomFilters(random);
    const quirks = { multicastHeaderCompare: random.oneIn(2) };
    maker.aimAt(filters);
    const count = Math.min(FRAMES_PER_SET, iterations - executions);
    const frames = Array.from({ length: count }, () => frame.slice(0, maker.next()));
    comparison.add(filters, quirks, frames);
    executions += count;
    if (executions % FRAMES_PER_BATCH === 0) comparison.run();
  }
  comparison.run();
  const seconds = (performance.now() - from) / 1000;
  const { findings, verdicts } = comparison;
  return { target: 'rx-kernel', executions, seconds, findings, verdicts };
}

const WHOLE_FRAME = 0x40000;
const TC_ACT_SHOT = 2;
const TC_ACT_UNSPEC = 0xffffffff;
const take = (verdict: FilterVerdict) => (verdict & VERDICT_CSME ? WHOLE_FRAME : 0);
const act = (verdict: FilterVerdict) => (verdict & VERDICT_CONSUMED ? TC_ACT_SHOT : TC_ACT_UNSPEC);

/** The programs, and what they answer for a verdict. */
const PROGRAMS: readonly { options: BpfOptions; answer: (verdict: FilterVerdict) => number }[] = [
  { options: { answer: 'csme', vlan: 'inline' }, answer: take },
  { options: { answer: 'csme', vlan: 'stripped' }, answer: take },
  { options: { answer: 'ring', vlan: 'stripped' }, answer: take },
  { options: { answer: 'consume', vlan: 'stripped' }, answer: act },
];

interface Question {
  readonly filters: OobFilters | undefined;
  readonly options: BpfOptions;
  readonly frame: Uint8Array;
  readonly answer: number;
}

/** Collects questions, asks them all at once, and keeps the answers that are wrong. */
export class Comparison {
  readonly findings: FuzzFinding[] = [];
  readonly verdicts = { host: 0, both: 0, csme: 0 };
  readonly #seed: number;
  readonly #batch = new BpfBatch();
  #questions: Question[] = [];

  constructor(seed: number) {
    this.#seed = seed;
  }

  add(filters: OobFilters | undefined, quirks: FilterQuirks, frames: readonly Uint8Array[]): void {
    const matcher = compileFilter(filters, quirks);
    const verdicts = frames.map((frame) => {
      const verdict = filterFrame(filters, frame, 0, frame.length, quirks);
      this.verdicts[VERDICT_NAMES[verdict]]++;
      const matched = matcher(frame, 0, frame.length);
      if (matched !== verdict) {
        this.#found({ filters, options: { quirks }, frame, answer: verdict }, 'the matcher', matched);
      }
      return verdict;
    });
    for (const program of PROGRAMS) {
      const options = { ...program.options, quirks };
      this.#batch.program(bytesOfBpf(compileBpf(filters, options)));
      for (const [i, original] of frames.entries()) {
        const frame = options.vlan === 'inline' ? original : untag(original);
        this.#batch.frame(frame);
        this.#questions.push({ filters, options, frame, answer: program.answer(verdicts[i]!) });
      }
    }
  }

  run(): void {
    const { kernel, pcap } = this.#batch.run();
    for (const [i, question] of this.#questions.entries()) {
      const { answer, frame, options } = question;
      // The kernel lets as many bytes through as the program answers, and rejects the frame when that is none.
      const passed = answer === 0 ? -1 : Math.min(answer, frame.length);
      if (kernel[i] !== passed) this.#found(question, 'the kernel', kernel[i]!);
      // A frame's direction is nothing that libpcap's interpreter knows.
      if (pcap === undefined || options.answer === 'ring') continue;
      if (pcap[i] !== answer) this.#found(question, 'libpcap', pcap[i]!);
    }
    this.#questions = [];
  }

  #found({ filters, options, frame, answer }: Question, who: string, said: number): void {
    if (this.findings.length >= FINDINGS_MAX) return;
    const set = filters === undefined ? 'none' : hexOf(encodeOobFilters(filters));
    const what = `${who} says ${said} instead of ${answer}; ${JSON.stringify(options)}; filters ${set}`;
    this.findings.push({ seed: this.#seed, hex: hexOf(frame), what });
  }
}
