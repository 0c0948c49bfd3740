/** What the transition table is asked about: inputs, the supplicant's events under names of their own, and timers. */
import type { AgentAnswer, AgentCommand, AgentFact } from './events.ts';
import type { TimerName } from './timers.ts';
import type { SupplicantEvent } from './types.ts';

/** The events of a supplicant by their names in the table. */
export const SUPPLICANT_EVENTS = {
  up: 'supplicantUp',
  gone: 'supplicantGone',
  connected: 'connected',
  disconnected: 'disconnected',
  failed: 'attemptFailed',
} as const satisfies Record<SupplicantEvent['type'], string>;

type Renamed<T extends SupplicantEvent['type']> = Omit<Extract<SupplicantEvent, { type: T }>, 'type'> & {
  readonly type: (typeof SUPPLICANT_EVENTS)[T];
};

export type MachineEvent =
  | AgentFact
  | AgentCommand
  | AgentAnswer
  | { [T in SupplicantEvent['type']]: Renamed<T> }[SupplicantEvent['type']]
  | { [T in TimerName]: { readonly type: T } }[TimerName];
export type EventType = MachineEvent['type'];
export type EventOf<T extends EventType> = Extract<MachineEvent, { type: T }>;
