/** What the demo shows while it runs: headings, the ladder, remarks and the state, at a pace that can be read. */
import { Ladder, type Palette, palette, type TraceEvent } from '../../trace/index.ts';
import type { Output } from '../output.ts';
import { wrapWords } from '../replay-text.ts';
import { HAND_OVER, type Step } from './steps.ts';

/** Pauses in ms: before a heading, after each line. */
export const PACES = {
  fast: { heading: 0, line: 0 },
  normal: { heading: 850, line: 30 },
  slow: { heading: 3000, line: 150 },
} as const;
export type Pace = keyof typeof PACES;

/** Columns before a remark: the ladder's time and two spaces. */
const REMARK = 12;
/** Columns before the words of a heading. */
const INDENT = 4;
/** Columns of who says it. */
const SPEAKER = 8;

export class Screen {
  readonly #output: Output;
  readonly #ladder: Ladder;
  readonly #paint: Palette;
  readonly #pace: (typeof PACES)[Pace];
  readonly #quiet: boolean;
  #queue: { readonly text: string; readonly pauseMs: number }[] = [];
  #drained: Promise<void> = Promise.resolve();
  #draining = false;
  #from: number | undefined;
  #hurry = false;
  /** Ends the pause that is on. */
  #wake: () => void = () => {};

  /** `quiet`: nothing is shown. */
  constructor(output: Output, pace: Pace, quiet: boolean) {
    this.#output = output;
    this.#ladder = new Ladder({ ...output.terminal });
    this.#paint = palette(output.terminal.colours);
    this.#pace = PACES[pace];
    this.#quiet = quiet;
  }

  get width(): number {
    return this.#output.terminal.width;
  }

  get paint(): Palette {
    return this.#paint;
  }

  /** Lines as they are. */
  say(...lines: readonly string[]): void {
    for (const text of lines) this.#push(text);
  }

  /** The names of the ladder's lines. */
  header(): void {
    this.say('', this.#ladder.header());
  }

  /** A step of the demo begins: what happens, and why. */
  heading(step: Step): void {
    const number = step.n <= HAND_OVER ? `${step.n}`.padStart(2) : ' +';
    const lines = wrapWords(step.text.split(' '), this.width - INDENT);
    this.say(
      '',
      this.#paint.strong(`${number}  ${step.title}`),
      ...lines.map((line) => ' '.repeat(INDENT) + line),
    );
  }

  /** The time that a reader needs before the next heading, when all that came before has been shown. */
  async rest(): Promise<void> {
    await this.idle();
    await this.#pause(this.#pace.heading);
  }

  event(event: TraceEvent): void {
    // Which driver was recorded is for readers of the trace.
    if (event.ch === 'error' || (event.ch === 'note' && event.driver !== undefined)) return;
    this.#from ??= event.t;
    const text = this.#ladder.line(event);
    if (event.ch === 'note') this.#remark(event.t, event.text);
    else if (text !== undefined) this.say(...text.split('\n'));
  }

  /** Who owns the card and what follows from that, in the owner's colour; nothing when it is as before. */
  state(fields: Readonly<Record<string, string>>): void {
    const text = this.#ladder.status(fields);
    const { fromHost, fromCsme } = this.#paint;
    if (text !== undefined) this.#push(fields.owner === 'host' ? fromHost(text) : fromCsme(text));
  }

  /** Resolves when everything is shown. */
  async idle(): Promise<void> {
    await this.#drained;
    await this.#output.flush();
  }

  /** No more pauses: something has failed, or the reader has had enough. */
  hurry(): void {
    this.#hurry = true;
    this.#wake();
  }

  /** `agent: …` with the name of who says it in a column of its own. */
  #remark(t: number, text: string): void {
    const [, speaker = '', words = text] = /^(\w+): (.*)$/s.exec(text) ?? [];
    const lines = wrapWords(words.split(' '), this.width - REMARK - SPEAKER);
    lines.forEach((line, i) => {
      const time = i === 0 ? (t - this.#from!).toFixed(6) : '';
      const who = i === 0 ? speaker : '';
      this.#push(
        `${this.#paint.quiet(time.padStart(10))}  ${this.#paint.strong(who.padEnd(SPEAKER))}${line}`,
      );
    });
  }

  #push(text: string): void {
    if (this.#quiet) return;
    this.#queue.push({ text, pauseMs: this.#pace.line });
    if (!this.#draining) this.#drained = this.#drain();
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      await this.#output.print(next.text);
      await this.#output.flush();
      await this.#pause(next.pauseMs);
    }
    this.#draining = false;
  }

  async #pause(ms: number): Promise<void> {
    if (ms === 0 || this.#hurry) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
