/**
 * When the host's timers go off in a replay. The recorded driver's went off somewhat late, and what it did then tells
 * when: a timer that is due waits for its effect to appear in the recording, up to its tolerance.
 */

import { nextTimer, type TimerName } from '../../ownership/index.ts';
import { declOf, u32At } from '../../sap/index.ts';
import type { Lookahead } from './lookahead.ts';
import type { Subject } from './subject.ts';
import {
  EARLY_MS,
  latenessMs,
  THROTTLE_LATE_MS,
  THROTTLE_USUALLY_LATE_MS,
  wentOffAtMs,
} from './tolerance.ts';

/** Messages that a timer sends: seen in the recording, they tell that it went off. */
const SENT_BY: { readonly [T in TimerName]?: number } = {
  ownershipRetry: declOf('HOST_ASKS_FOR_NIC_OWNERSHIP').id,
  pldrReply: declOf('PLDR').id,
};

export class Timing {
  readonly #subject: Subject;
  readonly #ahead: Lookahead;
  /** Frames that wanted a door bell since the last one; the recorded driver's work queue merges them. */
  frameBells = 0;
  /** The recording's SAP sequence numbers are this much higher than the host's, after a mismatch. */
  seqShift = 0;

  /** When the throttle was due that was taken to be over. */
  #overSinceMs = Number.NEGATIVE_INFINITY;

  constructor(subject: Subject, ahead: Lookahead) {
    this.#subject = subject;
    this.#ahead = ahead;
  }

  /** An effect was recorded that the host did not have yet: what is due goes off until it has. */
  awaitEffect(nowMs: number, ready: () => boolean): void {
    while (!ready()) {
      const next = this.#next();
      if (!next || next.atMs > nowMs + EARLY_MS) return;
      this.#fire(next.timer, wentOffAtMs(next.timer, next.atMs, nowMs));
    }
  }

  /**
   * A door bell with this number was recorded that the host did not ring yet. When numbers are missing before it, a
   * timer went off first and its door bell was swallowed.
   */
  awaitBell(nowMs: number, seqNum: number): void {
    const { bells, host } = this.#subject;
    const dueMs = host.state.timers.bellThrottle;
    if (dueMs !== null && dueMs <= nowMs + EARLY_MS) {
      this.awaitEffect(nowMs, () => !bells.empty || host.meSeqNum + 1 >= seqNum);
      if (bells.empty) this.#subject.fire(nowMs, 'bellThrottle');
    }
    if (bells.empty) this.awaitEffect(nowMs, () => !bells.empty);
  }

  /**
   * Before a cause is handled: did the recorded driver's timers that are due go off before it? `silent`: the cause may
   * write to a ring without a door bell.
   */
  settle(nowMs: number, silent = false): void {
    this.#settleThrottle(nowMs, silent);
    const next = this.#next();
    if (!next || next.atMs > nowMs) return;
    const sends = SENT_BY[next.timer];
    if (sends === undefined) return;
    const seqNum = this.#subject.host.sapSeqNum + 1 + this.seqShift;
    if (this.#ahead.typeOfSeqNum(seqNum) === sends) {
      this.#fire(next.timer, wentOffAtMs(next.timer, next.atMs, nowMs));
    }
  }

  /**
   * A timer whose tolerance is over went off in the host, and the recording has nothing of it. Gives whether there
   * was one.
   */
  fireOverdue(nowMs: number): boolean {
    let fired = false;
    for (let next = this.#next(); next; next = this.#next()) {
      if (next.atMs + latenessMs(next.timer) >= nowMs) break;
      fired = true;
      this.#fire(next.timer, next.atMs);
    }
    return fired;
  }

  /** Whether the throttle may have ended only now, although it was taken to be over before. */
  throttleMayEnd(nowMs: number): boolean {
    return nowMs - this.#overSinceMs < THROTTLE_LATE_MS;
  }

  /** The end of the recording: a throttle that was over by then had its effect. */
  fireThrottleBefore(untilMs: number): void {
    const dueMs = this.#subject.host.state.timers.bellThrottle;
    if (dueMs !== null && dueMs + THROTTLE_LATE_MS < untilMs) this.#subject.fire(dueMs, 'bellThrottle');
  }

  /** A timer may send, and rings then if the throttle was over. */
  #fire(timer: TimerName, atMs: number): void {
    this.#settleThrottle(atMs, false);
    this.#subject.fire(atMs, timer);
  }

  /**
   * The throttle ends without a trace when nothing is unread. Whether it was over when a cause came is told by the
   * number of the next recorded door bell, since swallowed ones are counted, too; for a silent cause, by its time.
   */
  #settleThrottle(nowMs: number, silent: boolean): void {
    const { host, bells } = this.#subject;
    const dueMs = host.state.timers.bellThrottle;
    if (dueMs === null || nowMs < dueMs) return;
    const over = nowMs > dueMs + THROTTLE_LATE_MS || (bells.empty && this.#nextBellIsFree(dueMs, silent));
    if (!over) return;
    this.#subject.fire(nowMs, 'bellThrottle');
    this.#overSinceMs = dueMs;
  }

  #nextBellIsFree(dueMs: number, silent: boolean): boolean {
    const bell = this.#ahead.nextBell();
    if (silent) return !bell || bell.t * 1000 > dueMs + THROTTLE_USUALLY_LATE_MS;
    if (!bell) return false;
    const wanted = this.#subject.host.meSeqNum + 1;
    const seqNum = u32At(bell.bytes, 4);
    return seqNum <= wanted && seqNum >= wanted - this.frameBells;
  }

  /** The next timer but for the door bell, which has its own rules. */
  #next(): { timer: TimerName; atMs: number } | undefined {
    return nextTimer(this.#subject.host.state, 'bellThrottle');
  }
}
