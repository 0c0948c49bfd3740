/**
 * The agent as a machine without I/O: everything that happens goes in through `handle` and `handleTimeout` with the time of
 * its happening, everything that is to be done comes out of `poll`.
 */
import type { AgentInput, AgentOptions, AgentOutput } from './events.ts';
import { nextTimer, step, timerEvent } from './machine.ts';
import { type MachineEvent, SUPPLICANT_EVENTS } from './machine-events.ts';
import { type AgentState, initialState } from './state.ts';
import { TIMER_NAMES, TIMERS, type TimerName } from './timers.ts';

export class Agent {
  /** The whole state; read it freely, change it never. */
  readonly state: AgentState = initialState();
  readonly #options: AgentOptions;
  #outputs: AgentOutput[] = [];

  /** Throws a RangeError for a time that is none. */
  constructor(options: AgentOptions = {}) {
    for (const name of TIMER_NAMES) checkTime(name, options.times?.[name]);
    this.#options = options;
  }

  /** Something happened. Then drain `poll`. */
  handle(nowMs: number, input: AgentInput): void {
    this.#step(nowMs, eventOf(input));
  }

  /** Lets the timers that are due go off. Then drain `poll`. */
  handleTimeout(nowMs: number): void {
    for (let next = nextTimer(this.state); next && next.atMs <= nowMs; next = nextTimer(this.state)) {
      this.#step(nowMs, timerEvent(this.state, next.timer));
    }
  }

  /** When `handleTimeout` must be called next, in ms; `undefined`: not before the next input. */
  nextTimeoutAt(): number | undefined {
    return nextTimer(this.state)?.atMs;
  }

  /** What is to be done next, in order; `undefined` when that is all. */
  poll(): AgentOutput | undefined {
    return this.#outputs.shift();
  }

  #step(nowMs: number, event: MachineEvent): void {
    const { dryRun = false, times = {} } = this.#options;
    step(this.state, event, {
      nowMs,
      dryRun,
      lengthMs: (timer) => times[timer] ?? TIMERS[timer].ms,
      out: (output) => this.#outputs.push(output),
    });
  }
}

function eventOf(input: AgentInput): MachineEvent {
  if (input.type !== 'supplicant') return input;
  const { event } = input;
  return { ...event, type: SUPPLICANT_EVENTS[event.type] } as MachineEvent;
}

function checkTime(name: TimerName, ms: number | undefined): void {
  if (ms === undefined || (Number.isFinite(ms) && ms > 0)) return;
  throw new RangeError(`The time ${name} is ${ms} ms: it must be more than 0, and finite.`);
}
