/** Verdicts as they are printed and counted, and what is said about them beside. */
import { VERDICT_CONSUMED, VERDICT_CSME } from '../../sap/index.ts';
import type { Output } from '../output.ts';
import { count } from '../words.ts';

/** What was found. */
export interface Tally {
  readonly frames: number;
  readonly forCsme: number;
  readonly consumed: number;
  /** Lines that could not be judged, or a file that is damaged. */
  readonly bad: number;
  /** Frames that were not captured to their ends. */
  readonly cut: number;
  /** Frames that were compared with a recorded verdict, and how many of them have another one. */
  readonly compared: number;
  readonly different: number;
}

/** So many bad lines and differences are named; the others are counted. */
const NAMED = 5;

export class Verdicts {
  readonly tally = { frames: 0, forCsme: 0, consumed: 0, bad: 0, cut: 0, compared: 0, different: 0 };
  /** The name that is said. */
  readonly file: string;
  readonly #output: Output;
  #batch = '';

  constructor(output: Output, file: string) {
    this.#output = output;
    this.file = file;
  }

  /** The verdict for the next frame. */
  add(verdict: number): void {
    const { tally } = this;
    tally.frames++;
    if (verdict & VERDICT_CSME) tally.forCsme++;
    if (verdict & VERDICT_CONSUMED) tally.consumed++;
    this.#batch += LINES[verdict]!;
  }

  /** Holds a verdict against the one that line `number` has. */
  compare(number: number, verdict: number, recorded: number): void {
    this.tally.compared++;
    if (verdict === recorded || this.tally.different++ >= NAMED) return;
    const [ours, theirs] = [LINES[verdict]!.trim(), LINES[recorded]!.trim()];
    this.say(`:${number}: ${ours}, but recorded is ${theirs}.`);
  }

  /** In the place of a verdict, so that verdict and frame keep the same number. */
  badLine({ number, what }: BadLine): void {
    if (this.tally.bad++ < NAMED) this.say(`:${number}: the line ${what}.`);
    this.#batch += `{"error": ${JSON.stringify(`line ${number} ${what}`)}}\n`;
  }

  /** Prints what was added since the last call: what is read from a pipe may be a capture that runs. */
  async flush(): Promise<void> {
    if (this.#batch !== '') await this.#output.print(this.#batch.slice(0, -1));
    this.#batch = '';
    await this.#output.flush();
  }

  /** Says how many bad lines and differences were not named. */
  sayRest(): void {
    const { bad, different } = this.tally;
    if (bad > NAMED) this.say(`: ${count(bad - NAMED, 'more line')} could not be judged.`);
    if (different > NAMED) this.say(`: ${count(different - NAMED, 'more verdict')} not as recorded.`);
  }

  say(text: string): void {
    this.#output.say(`sapwood: ${this.file}${text}`);
  }
}

export interface BadLine {
  readonly number: number;
  /** The end of a sentence that begins with the line. */
  readonly what: string;
}

/** By the bits of the verdict. */
const LINES = [0, 1, 2, 3].map(
  (bits) =>
    `{"csme": ${(bits & VERDICT_CSME) !== 0}, "host": "${bits & VERDICT_CONSUMED ? 'consumed' : 'pass'}"}\n`,
);
