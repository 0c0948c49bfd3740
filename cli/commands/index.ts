/** The sub-commands, in the order in which the help lists them. */
import type { Define } from '../command.ts';

/**
 * How each is loaded: only what is run is, because half of the time that a short command takes would be spent on
 * loading the others.
 */
export const COMMANDS: Readonly<Record<string, () => Promise<Define>>> = {
  demo: async () => (await import('./demo.ts')).defineDemo,
  emulate: async () => (await import('./emulate.ts')).defineEmulate,
  host: async () => (await import('./host.ts')).defineHost,
  conformance: async () => (await import('./conformance.ts')).defineConformance,
  replay: async () => (await import('./replay.ts')).defineReplay,
  validate: async () => (await import('./validate.ts')).defineValidate,
  show: async () => (await import('./show.ts')).defineShow,
  filter: async () => (await import('./filter.ts')).defineFilter,
  nic: async () => (await import('./nic.ts')).defineNic,
  agent: async () => (await import('./agent.ts')).defineAgent,
  mei: async () => (await import('./mei.ts')).defineMei,
  amt: async () => (await import('./amt.ts')).defineAmt,
  lms: async () => (await import('./lms.ts')).defineLms,
  watchdog: async () => (await import('./watchdog.ts')).defineWatchdog,
  doctor: async () => (await import('./doctor.ts')).defineDoctor,
};
