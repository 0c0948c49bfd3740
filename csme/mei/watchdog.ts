/**
 * The firmware's end of the OS-health watchdog: armed by START, alarms when the next one does not come in time.
 *
 * It only alarms: nothing is reset. What no document says of real firmware is decided here: a timeout that is too short
 * is taken as the shortest; a connection that ends without STOP leaves it armed, for that is how a crash looks.
 */
import { WATCHDOG_TIMEOUT_S } from '../../amt/protocol/index.ts';

export type WatchdogPhase =
  | 'idle'
  /** Alarms at the deadline. */
  | 'running'
  /** It has alarmed; the next START arms it again. */
  | 'expired';

export interface WatchdogEvent {
  readonly type:
    | 'started'
    | 'pinged'
    /** The alarm. */
    | 'expired'
    /** A START after the alarm. */
    | 'rearmed'
    | 'stopped'
    /** AMT does not want it any more. */
    | 'released';
  readonly atMs: number;
  readonly timeoutS: number;
  /** Of `rearmed`: how long after the alarm. */
  readonly lateMs?: number;
}

export class Watchdog {
  phase: WatchdogPhase = 'idle';
  /** Of the last START. */
  timeoutS: number = WATCHDOG_TIMEOUT_S.usual;
  /** While it runs: when it alarms. While it is expired: when it did. */
  #deadlineMs = 0;
  #asleep = false;
  readonly #onEvent: (event: WatchdogEvent) => void;

  constructor(onEvent: (event: WatchdogEvent) => void = () => undefined) {
    this.#onEvent = onEvent;
  }

  /** START, which is the heart beat as well. */
  start(nowMs: number, timeoutS: number): void {
    this.handleTimeout(nowMs);
    const { least } = WATCHDOG_TIMEOUT_S;
    const before = this.phase;
    const alarmedAtMs = this.#deadlineMs;
    this.timeoutS = Math.max(timeoutS, least);
    this.#arm(nowMs);
    if (before === 'expired') this.#tell('rearmed', nowMs, { lateMs: nowMs - alarmedAtMs });
    else this.#tell(before === 'idle' ? 'started' : 'pinged', nowMs);
  }

  stop(nowMs: number): void {
    this.#end(nowMs, 'stopped');
  }

  /** AMT does not want it any more. */
  release(nowMs: number): void {
    this.#end(nowMs, 'released');
  }

  /** The machine sleeps, which the firmware knows: no alarm until it wakes up, and the whole time from then on. */
  sleep(nowMs: number): void {
    this.handleTimeout(nowMs);
    this.#asleep = true;
  }

  wake(nowMs: number): void {
    if (!this.#asleep) return;
    this.#asleep = false;
    if (this.phase === 'running') this.#arm(nowMs);
  }

  /** The firmware starts again: it forgets that somebody wanted it. */
  reset(): void {
    this.phase = 'idle';
    this.#asleep = false;
  }

  handleTimeout(nowMs: number): void {
    const at = this.nextTimeoutAt();
    if (at === undefined || at > nowMs) return;
    this.phase = 'expired';
    this.#tell('expired', at);
  }

  nextTimeoutAt(): number | undefined {
    return this.phase === 'running' && !this.#asleep ? this.#deadlineMs : undefined;
  }

  #arm(nowMs: number): void {
    this.phase = 'running';
    this.#deadlineMs = nowMs + this.timeoutS * 1000;
  }

  #end(nowMs: number, type: 'stopped' | 'released'): void {
    this.handleTimeout(nowMs);
    if (this.phase === 'idle') return;
    this.phase = 'idle';
    this.#tell(type, nowMs);
  }

  #tell(type: WatchdogEvent['type'], atMs: number, more: Partial<WatchdogEvent> = {}): void {
    this.#onEvent({ type, atMs, timeoutS: this.timeoutS, ...more });
  }
}
