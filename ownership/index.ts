/**
 * The host's side: a sans-IO state machine with its settings cache.
 *
 * `Host` is the machine on a shared area. `TRANSITIONS` is its whole behaviour, `TIMERS` its times, `QUIRKS` where it is
 * better than the reference. `step` runs the table on a plain state without bytes, for model checkers.
 */
export type { Effects } from './effects.ts';
export type {
  Association,
  BusEvent,
  CommandEvent,
  CommandName,
  Commands,
  EventType,
  HostInput,
  HostOutput,
  MachineEvent,
  TellName,
  Tells,
} from './events.ts';
export { Host, type HostOptions } from './host.ts';
export { messageEvent, nextTimer, step, timerEvent } from './machine.ts';
export { QUIRKS, type QuirkName, type Quirks, quirksOfDriver } from './quirks.ts';
export {
  cloneState,
  freshLink,
  type HostState,
  initialState,
  type OwnershipWait,
  type Phase,
  rxAttached,
  type Settings,
} from './state.ts';
export {
  DRAIN_POLLS,
  MAP_ROUNDS,
  PLDR_TRIES,
  TIMER_NAMES,
  TIMERS,
  type TimerName,
  type TimerSpec,
} from './timers.ts';
export { TRANSITIONS } from './transitions.ts';
