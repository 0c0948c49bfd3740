/** What guards and effects are given: the state, the moment, what happened, and where answers go. */
import type { SapDraft, SapMessage, SapName } from '../sap/messages/index.ts';
import type { FirmwareAction, FirmwareCommand, FirmwareInput, FirmwareTell } from './inputs.ts';
import type { FirmwareState } from './state.ts';
import { TIMERS, type TimerName } from './timers.ts';
import type { InnerEvent } from './transitions.ts';

const SHORTEST_MS = 1;

export interface Context {
  readonly state: FirmwareState;
  readonly nowMs: number;
  readonly input: FirmwareInput;
  readonly actions: FirmwareAction[];
  readonly raised: InnerEvent[];
}

/** The message that the host sent. The table puts an effect only into rows of the message it reads. */
export function heard<N extends SapName>(c: Context, _name: N): Extract<SapMessage, { name: N }> {
  return (c.input as { message: SapMessage }).message as Extract<SapMessage, { name: N }>;
}

/** The command that was given. */
export function told<N extends FirmwareCommand['name']>(
  c: Context,
  _name: N,
): Extract<FirmwareCommand, { name: N }> {
  return c.input as Extract<FirmwareCommand, { name: N }>;
}

/** Sends while SAP is up; otherwise CSME is silent, and says what matters when it introduces itself. */
export function send(c: Context, message: SapDraft): void {
  if (c.state.link === 'up') c.actions.push({ type: 'send', message });
}

export function tell<N extends FirmwareTell['name']>(
  c: Context,
  name: N,
  args: Extract<FirmwareTell, { name: N }>['args'],
): void {
  c.actions.push({ type: 'tell', name, args } as FirmwareAction);
}

/** Arms a timer from now on; one that the profile switches off stays unarmed. None is due at once: a ping arms the next. */
export function arm(c: Context, timer: TimerName): void {
  const ms = timerMs(c.state, timer);
  c.state.timers[timer] = ms === null ? null : c.nowMs + Math.max(ms, SHORTEST_MS);
}

export function disarm(c: Context, timer: TimerName): void {
  c.state.timers[timer] = null;
}

/** How long a timer runs for this profile; null: it is never started. */
function timerMs(state: FirmwareState, timer: TimerName): number | null {
  const own = state.profile.timersMs[timer];
  return own === undefined ? TIMERS[timer].ms : own;
}
