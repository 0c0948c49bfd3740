/**
 * The emulated CSME: the firmware's side of SAP.
 *
 * `Csme` is the whole of it: ME messages and the shared area in, the same out. `firmwareStep` is its inside, at the
 * level of messages. Neither does I/O nor looks at a clock. docs/csme.md has the profiles, the misbehaviours and the
 * list of what was decided where no document says how the firmware behaves.
 */

export * from './behaviours/index.ts';
export type * from './contract.ts';
export { Csme, type CsmeOptions } from './csme.ts';
export { EFFECTS, type Effect } from './effects.ts';
export * from './firmware.ts';
export { GUARDS, type Guard } from './guards.ts';
export * from './inputs.ts';
export * from './profiles/index.ts';
export * from './state.ts';
export * from './timers.ts';
export {
  ALWAYS,
  type EventName,
  MACHINE_NAMES,
  MACHINES,
  type MachineName,
  type Step,
  TRANSITIONS,
} from './transitions.ts';
