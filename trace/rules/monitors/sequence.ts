/** The numbers of the host's messages: one counter for both rings. */
import { u32At } from '../../../sap/index.ts';
import type { WireEvent } from '../../event.ts';
import type { Case } from '../case.ts';
import { AT_ONCE_MS, BATCH_MS, SKIP_MS } from '../tolerance.ts';

/** Numbers that came early, at most; more than this and the counter is taken to have jumped. */
const AHEAD_MAX = 4096;

export class Sequence {
  readonly #case: Case;
  /** The next number that was not seen. */
  #next = 1;
  #unknown = false;
  #learning: { readonly sinceMs: number; readonly lastMs: number } | undefined;
  #ahead = new Map<number, WireEvent>();
  #last = { notif: 0, data: 0 };
  /** When a gap was seen first. */
  #gapMs = 0;
  /** Messages that the host could not write, and may have counted; since when. */
  #excused = 0;
  #excusedMs = 0;

  constructor(c: Case) {
    this.#case = c;
  }

  /** A new counter; `undefined`: it counts already, from where is not known. */
  restart(next: number | undefined): void {
    this.#next = next ?? 1;
    this.#unknown = next === undefined;
    this.#learning = undefined;
    this.#ahead.clear();
    this.#last = { notif: 0, data: 0 };
    this.#excused = 0;
  }

  /** So many messages did not fit, or were lost in another way that is told. */
  excuse(count: number): void {
    this.#excused += count;
    this.#excusedMs = this.#case.nowMs;
  }

  /** Whether numbers are missing before this message. */
  skips(event: WireEvent): boolean {
    return u32At(event.bytes, 4) > this.#next;
  }

  /** `writtenMs`: when it was asked for, if that is known. */
  read(event: WireEvent, writtenMs = 0): void {
    const { ledger, nowMs } = this.#case;
    const ring = event.ch as 'notif' | 'data';
    const seqNum = u32At(event.bytes, 4);
    if (this.#unknown && !this.#learn(seqNum, ring)) return;
    ledger.asked('sap.seq');
    if (seqNum < this.#next || this.#ahead.has(seqNum) || seqNum <= this.#last[ring]) {
      const expected = Math.max(this.#next, this.#last[ring] + 1);
      this.#case.find('sap.seq', event, `number ${expected}`, `number ${seqNum}, which goes back`);
      this.#jump(seqNum + 1);
      this.#last = { notif: 0, data: 0 };
      this.#last[ring] = seqNum;
      return;
    }
    this.#last[ring] = seqNum;
    if (seqNum !== this.#next) {
      if (this.#ahead.size === 0) this.#gapMs = nowMs;
      this.#ahead.set(seqNum, event);
      this.#settle();
      return;
    }
    // Numbers go on without a gap behind what could not be written: it was not counted.
    if (writtenMs > this.#excusedMs) this.#excused = 0;
    this.#next++;
    this.#follow();
  }

  /**
   * In the middle of a link: what is lower in the other ring was written before. Gives whether the numbers are known now,
   * which takes a while, and then a pause: CSME has read both rings.
   */
  #learn(seqNum: number, ring: 'notif' | 'data'): boolean {
    const { nowMs } = this.#case;
    this.#learning ??= { sinceMs: nowMs, lastMs: nowMs };
    const { sinceMs, lastMs } = this.#learning;
    if (nowMs - sinceMs > AT_ONCE_MS && nowMs - lastMs > BATCH_MS) {
      this.#unknown = false;
      return true;
    }
    this.#learning = { sinceMs, lastMs: nowMs };
    this.#last[ring] = seqNum;
    this.#next = Math.max(this.#next, seqNum + 1);
    return false;
  }

  /** A gap that nothing filled by now is one. */
  advance(): void {
    if (this.#ahead.size > 0 && this.#case.lookedMs - this.#gapMs > SKIP_MS) this.#tellGap();
  }

  end(): void {
    if (this.#ahead.size > 0 && this.#case.lookedMs - this.#gapMs > SKIP_MS) this.#tellGap();
  }

  /** Both rings are beyond the gap: each is read in order, so nothing can fill it. */
  #settle(): void {
    const bothBeyond = this.#last.notif > this.#next && this.#last.data > this.#next;
    if (bothBeyond || this.#ahead.size > AHEAD_MAX) this.#tellGap();
  }

  #tellGap(): void {
    let first = Number.POSITIVE_INFINITY;
    for (const seqNum of this.#ahead.keys()) first = Math.min(first, seqNum);
    const missing = first - this.#next;
    if (missing > this.#excused) {
      const event = this.#ahead.get(first)!;
      const seen = `number ${first}: ${missing === 1 ? 'one is' : `${missing} are`} missing`;
      this.#case.find('sap.seq', event, `number ${this.#next}`, seen);
      this.#excused = 0;
    } else {
      this.#excused -= missing;
    }
    this.#next = first;
    this.#follow();
  }

  #follow(): void {
    while (this.#ahead.size > 0 && this.#ahead.delete(this.#next)) this.#next++;
    if (this.#ahead.size > 0) this.#gapMs = this.#case.nowMs;
  }

  #jump(next: number): void {
    this.#next = next;
    this.#ahead.clear();
  }
}
