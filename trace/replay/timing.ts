/**
 * When the host's timers go off in a replay. The recorded driver's went off somewhat late, and what it did then tells
 * when: a timer that is due waits for its effect to appear in the recording, up to its tolerance.
 */
import { TIMER_NAMES, type TimerName } from '../../ownership/index.ts';
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

/** Timers that send a message. */
export const SENDERS: readonly TimerName[] = ['ownershipRetry', 'pldrReply', 'deviceDown'];
/** Timers that ask something of the bus. */
export const BUS_USERS: readonly TimerName[] = ['mapRetry', 'deviceDown', 'drainPoll'];
/** Timers that tell the WLAN driver something. */
export const TELLERS: readonly TimerName[] = ['deviceDown', 'drainPoll'];
/** Timers that end the wait of a command. */
export const ENDERS: { readonly [command: string]: readonly TimerName[] } = {
  get_ownership: ['ownershipReply'],
  get_nvm: ['nvmReply'],
  pldr: ['pldrReply'],
};
const RECORDED = TIMER_NAMES.filter((name) => name !== 'bellThrottle');

export class Timing {
  readonly #subject: Subject;
  readonly #ahead: Lookahead;
  /** Frames that wanted a door bell since the last one, and in the interval before that. */
  frameBells = 0;
  #frameBellsBefore = 0;
  /** The recording's SAP sequence numbers are this much higher than the host's, after a mismatch. */
  seqShift = 0;
  /** When the throttle was due that was taken to be over. */
  #overSinceMs = Number.NEGATIVE_INFINITY;

  constructor(subject: Subject, ahead: Lookahead) {
    this.#subject = subject;
    this.#ahead = ahead;
  }

  /** An effect was recorded that the host did not have yet: what is due of the timers that cause it goes off until it has. */
  awaitEffect(nowMs: number, causes: readonly TimerName[], ready: () => boolean): void {
    while (!ready()) {
      const next = this.#next(causes);
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
      this.awaitEffect(nowMs, SENDERS, () => !bells.empty || host.meSeqNum + 1 >= seqNum);
      if (bells.empty) this.#subject.fire(nowMs, 'bellThrottle');
    }
    if (bells.empty) this.awaitEffect(nowMs, SENDERS, () => !bells.empty);
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

  /**
   * Whether frames explain that the number of a recorded bell is higher by `lead` than the host's. The recorded driver
   * rings for them from a work queue: once for several, and perhaps only behind the bell that the end of the throttle rang.
   */
  framesExplain(lead: number): boolean {
    if (lead > 0) return lead === 1 && this.#frameBellsBefore > 0;
    return -lead <= this.frameBells + this.#frameBellsBefore;
  }

  /** A bell was recorded. */
  nextInterval(): void {
    this.#frameBellsBefore = this.frameBells;
    this.frameBells = 0;
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
    return seqNum <= wanted && seqNum >= wanted - this.frameBells - this.#frameBellsBefore;
  }

  /** The next timer but for the door bell, which has its own rules. */
  #next(among: readonly TimerName[] = RECORDED): { timer: TimerName; atMs: number } | undefined {
    const { timers } = this.#subject.host.state;
    let next: { timer: TimerName; atMs: number } | undefined;
    for (const timer of among) {
      const atMs = timers[timer];
      if (atMs !== null && (!next || atMs < next.atMs)) next = { timer, atMs };
    }
    return next;
  }
}
