/** The host's door bells and CSME's looks at the rings: what tells whether CSME could have read something. */
import { BELL_LATE_MS } from './tolerance.ts';

/** Bells that are remembered: those of a minute in which CSME reads nothing, and some. */
const KEPT = 1024;

export class BellLog {
  #bells: number[] = [];
  #lastMs = Number.NEGATIVE_INFINITY;
  #readMs = Number.NEGATIVE_INFINITY;

  /** When the host rang last. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** When CSME last read a message of the host. */
  get readMs(): number {
    return this.#readMs;
  }

  rang(nowMs: number): void {
    this.#lastMs = nowMs;
    if (this.#bells.length >= KEPT) this.#bells.splice(0, KEPT / 2);
    this.#bells.push(nowMs);
  }

  read(nowMs: number): void {
    this.#readMs = nowMs;
  }

  restart(): void {
    this.#bells = [];
    this.#lastMs = Number.NEGATIVE_INFINITY;
    this.#readMs = Number.NEGATIVE_INFINITY;
  }

  /** While the host rings and CSME does not read, what was written cannot be seen: how long to wait for it. */
  waitsUntil(nowMs: number, deaf: boolean): number | undefined {
    const unread = this.#lastMs > this.#readMs && nowMs - this.#lastMs <= BELL_LATE_MS;
    return deaf || unread ? nowMs + BELL_LATE_MS : undefined;
  }

  /**
   * How a message was signalled that was written at `fromMs` and read at `untilMs`: the first bell came so much later,
   * and the longest time without one while it was unread.
   */
  signalled(fromMs: number, untilMs: number): { firstMs: number; gapMs: number } {
    let firstMs = Number.POSITIVE_INFINITY;
    let gapMs = 0;
    let lastMs = Number.POSITIVE_INFINITY;
    for (let i = this.#bells.length - 1; i >= 0; i--) {
      const bell = this.#bells[i]!;
      if (bell > untilMs) continue;
      if (bell < fromMs) break;
      gapMs = Math.max(gapMs, (lastMs === Number.POSITIVE_INFINITY ? untilMs : lastMs) - bell);
      lastMs = bell;
      firstMs = bell - fromMs;
    }
    return { firstMs, gapMs };
  }
}
