/** What the host did and the recording must show, stream by stream in order. */

import type { Mismatch, Stream } from './report.ts';
import { EFFECT_LAG_MS } from './tolerance.ts';

interface Effect<T> {
  value: T;
  atMs: number;
}

/** So many of the host's effects ahead may be missing from a recording before the next one that it has. */
const WINDOW = 1024;

/** Effects of one stream that the host had and that were not seen in the recording yet. */
export class Expectations<T> {
  readonly stream: Stream;
  readonly #same: (recorded: T, host: T) => boolean;
  readonly #show: (value: T) => string;
  #effects: Effect<T>[] = [];
  #at = 0;

  constructor(stream: Stream, same: (recorded: T, host: T) => boolean, show: (value: T) => string) {
    this.stream = stream;
    this.#same = same;
    this.#show = show;
  }

  get empty(): boolean {
    return this.#at === this.#effects.length;
  }

  push(atMs: number, value: T): void {
    if (this.#at > 0 && (this.empty || this.#at >= WINDOW)) {
      this.#effects.splice(0, this.#at);
      this.#at = 0;
    }
    this.#effects.push({ value, atMs });
  }

  /** The host's next effect, taken off. */
  shift(): T | undefined {
    return this.#effects[this.#at++]?.value ?? this.#underflow();
  }

  /** Holds a recorded effect against the host's next one; afterwards both are again in step where that is possible. */
  match(recorded: T, line: number, t: number, report: (mismatch: Mismatch) => void): void {
    const { stream } = this;
    this.reportMissing(t * 1000 - EFFECT_LAG_MS, line, t, report);
    const ahead = this.#find(recorded);
    if (ahead < 0) {
      const host = this.#effects[this.#at];
      const kind = host ? 'different' : 'unexpected';
      if (host) this.#at++;
      report({
        line,
        t,
        stream,
        kind,
        recorded: this.#show(recorded),
        ...(host && { host: this.#show(host.value) }),
      });
      return;
    }
    while (this.#at < ahead) this.#reportMissing(line, t, report);
    this.#at++;
  }

  /** Reports what the host did before `untilMs` and the recording does not have. */
  reportMissing(untilMs: number, line: number, t: number, report: (mismatch: Mismatch) => void): void {
    while (!this.empty && this.#effects[this.#at]!.atMs < untilMs) this.#reportMissing(line, t, report);
  }

  #reportMissing(line: number, t: number, report: (mismatch: Mismatch) => void): void {
    const host = this.#show(this.#effects[this.#at++]!.value);
    report({ line, t, stream: this.stream, kind: 'missing', host });
  }

  #find(recorded: T): number {
    const end = Math.min(this.#effects.length, this.#at + WINDOW);
    for (let i = this.#at; i < end; i++) {
      if (this.#same(recorded, this.#effects[i]!.value)) return i;
    }
    return -1;
  }

  #underflow(): undefined {
    this.#at = this.#effects.length;
    return undefined;
  }
}
