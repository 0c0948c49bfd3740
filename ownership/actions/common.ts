/** What the actions share: the shape of their events, and arming a timer. */
import type { KnownMessage } from '../../sap/index.ts';
import type { Effects } from '../effects.ts';
import type { CommandEvent, CommandName, Commands } from '../events.ts';
import type { HostState } from '../state.ts';
import { TIMERS, type TimerName } from '../timers.ts';

export type Message<N extends KnownMessage['name']> = { message: Extract<KnownMessage, { name: N }> };
export type Args<N extends CommandName> = { args: Commands[N]['args'] };
export type Called = CommandEvent;

export function arm(s: HostState, fx: Effects, timer: TimerName): void {
  s.timers[timer] = fx.nowMs + TIMERS[timer].ms;
}
