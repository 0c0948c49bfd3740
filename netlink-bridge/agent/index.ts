/**
 * The agent that takes the card over from CSME without breaking the remote session: a machine without I/O.
 *
 * `Agent` is the machine, `TRANSITIONS` its whole behaviour, `STEPS` and `TROUBLES` what it tells, `TIMERS` its times.
 */
export { Agent } from './agent.ts';
export type * from './events.ts';
export { type AgentState, initialState, PHASES, type Phase, type Radio } from './state.ts';
export { STEPS, type StepNumber, type StepSpec } from './steps.ts';
export {
  CONNECT_TRIES,
  RESTORE_TRIES,
  TIMER_NAMES,
  TIMERS,
  type TimerName,
  type TimerSpec,
} from './timers.ts';
export { TROUBLES, type TroubleName, type TroubleSpec } from './troubles.ts';
export type * from './types.ts';
