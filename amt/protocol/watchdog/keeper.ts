/**
 * The watchdog's keeper as a machine without I/O: the program that has the watchdog open and pings it, as Intel's LMS
 * does. `keeper-table.ts` is its behaviour; what it opens is the kernel's watchdog device or `WatchdogDriver`.
 */
import { isTimeout } from './driver.ts';
import type { KeeperInput, KeeperOutput } from './keeper-events.ts';
import { initialKeeperState, type KeeperEvent, type KeeperState, type KeeperTimer } from './keeper-state.ts';
import { KEEPER_TABLE, type KeeperRows } from './keeper-table.ts';
import { WATCHDOG_TIMEOUT_S } from './limits.ts';

export interface KeeperOptions {
  /** Seconds until the firmware alarms; 120 to 65535, 120 when left out. Pings come after half of it. */
  readonly timeoutS?: number;
}

export class WatchdogKeeper {
  /** Read it freely, change it never. */
  readonly state: KeeperState;
  #outputs: KeeperOutput[] = [];

  /** RangeError for a timeout that cannot be. */
  constructor({ timeoutS = WATCHDOG_TIMEOUT_S.usual }: KeeperOptions = {}) {
    const { least, most } = WATCHDOG_TIMEOUT_S;
    if (!isTimeout(timeoutS)) throw new RangeError(`timeoutS is ${timeoutS}: it is ${least} to ${most}`);
    this.state = initialKeeperState(timeoutS);
  }

  /** Something happened. Then drain `poll`. */
  handle(nowMs: number, input: KeeperInput): void {
    this.#step(nowMs, input);
  }

  /** Lets the timer go off that is due. Then drain `poll`. */
  handleTimeout(nowMs: number): void {
    for (let timer = this.#due(nowMs); timer !== undefined; timer = this.#due(nowMs)) {
      this.#step(nowMs, { type: timer });
    }
  }

  /** When `handleTimeout` must be called next, in ms; undefined: not before the next input. */
  nextTimeoutAt(): number | undefined {
    const timer = this.#next();
    return timer === undefined ? undefined : this.state.timers[timer]!;
  }

  /** What is to be done next, in order; undefined when that is all. */
  poll(): KeeperOutput | undefined {
    return this.#outputs.shift();
  }

  #due(nowMs: number): KeeperTimer | undefined {
    const timer = this.#next();
    return timer !== undefined && this.state.timers[timer]! <= nowMs ? timer : undefined;
  }

  /** No state has rows for two of them. */
  #next(): KeeperTimer | undefined {
    const { phase, timers } = this.state;
    return TIMERS.find((timer) => timers[timer] !== null && timer in KEEPER_TABLE[phase]);
  }

  #step(nowMs: number, event: KeeperEvent): void {
    const rows: KeeperRows = KEEPER_TABLE[this.state.phase];
    const row = rows[event.type]?.find(({ when }) => when === undefined || when(this.state, event));
    if (row === undefined) return;
    const effects = { nowMs, out: (output: KeeperOutput) => this.#outputs.push(output) };
    for (const action of row.do) action(this.state, event, effects);
    if (row.to !== undefined) this.state.phase = row.to;
  }
}

const TIMERS: readonly KeeperTimer[] = ['beat', 'unanswered', 'retry'];
