/** What the demo shows while it runs: headings, the ladder, remarks and the state, at a pace that can be read. */

import { ETH_HLEN, PROTO_TCP, SAP_HEADER_LEN } from '../../sap/index.ts';
import { Ladder, type Palette, palette, type TraceEvent } from '../../trace/index.ts';
import type { Output } from '../output.ts';
import { count, wrapWords } from '../words.ts';
import { HAND_OVER, isBell, type Step } from './steps.ts';

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

/** So many lines of the remote session are shown: from the first frame to the first answer. */
const SHOWN = 8;

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
  /** Lines of the remote session that were shown, and that wait to be told as a number. */
  #shown = 0;
  #hidden = { frames: 0, bells: 0 };
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
    this.#tellHidden();
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
    if (this.#hides(event)) return;
    const text = this.#ladder.line(event);
    if (event.ch === 'note') this.#remark(event.t, event.text);
    else if (text !== undefined) this.say(...text.split('\n'));
  }

  /** Whether it is one more line of the remote session, which is like those before it. */
  #hides(event: TraceEvent): boolean {
    const isFrame = isOfSession(event);
    if (isFrame && this.#shown < SHOWN) this.#shown++;
    else if (isFrame) this.#hidden.frames++;
    else if (isBell(event) && this.#hidden.frames > 0) this.#hidden.bells++;
    else return false;
    return this.#hidden.frames > 0;
  }

  /** Says how much was hidden since the last line. */
  #tellHidden(): void {
    const { frames, bells } = this.#hidden;
    if (frames === 0) return;
    this.#hidden = { frames: 0, bells: 0 };
    const words = `${count(frames, 'more frame')} of the session${bells > 0 ? `, ${count(bells, 'bell')}` : ''}`;
    this.#push(`${''.padStart(REMARK)}${this.#paint.quiet(words)}`);
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
    this.#tellHidden();
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

/** A frame between the remote console and port 16992, in the air or in a ring. */
function isOfSession(event: TraceEvent): boolean {
  if (event.ch !== 'frame' && event.ch !== 'data') return false;
  const at = event.ch === 'data' ? SAP_HEADER_LEN : 0;
  return event.bytes[at + ETH_HLEN + 9] === PROTO_TCP;
}
