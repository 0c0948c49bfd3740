/**
 * Runs the transition table: a plain state, an event, and what happens. It knows no bytes, rings or clock; `Host` puts
 * it on a shared area, a model checker on channels of its own.
 */
import { type SapMessage, sapError } from '../sap/index.ts';
import type { Effects } from './effects.ts';
import type { EventType, MachineEvent } from './events.ts';
import type { HostState } from './state.ts';
import { TIMER_NAMES, type TimerName } from './timers.ts';
import { type Row, TRANSITIONS } from './transitions.ts';

/** Handles one event. Returns whether the table had a row for it. */
export function step(state: HostState, event: MachineEvent, fx: Effects): boolean {
  const row = rowFor(state, event, fx);
  if (!row) {
    if ('message' in event) fx.problem(unexpected(event.message));
    else if (event.type === 'START_OK')
      fx.problem(sapError('SAP_ERR_UNEXPECTED', { fault: 'csme', message: event.type }));
    return false;
  }
  if (row.to) state.phase = row.to;
  for (const action of row.do) action(state, event, fx);
  return true;
}

/** The message of CSME as an event of the table. */
export function messageEvent(message: SapMessage): MachineEvent {
  return { type: message.name, message } as MachineEvent;
}

/** A timer as an event of the table; it is disarmed before the table sees it. */
export function timerEvent(state: HostState, timer: TimerName): MachineEvent {
  if (timer !== 'ownershipReply') state.timers[timer] = null;
  return { type: timer };
}

/** When the next timer goes off, and which; ties go to the one declared first. */
export function nextTimer(state: HostState): { timer: TimerName; atMs: number } | undefined {
  let timer: TimerName | undefined;
  let atMs = Number.POSITIVE_INFINITY;
  for (const name of TIMER_NAMES) {
    const deadline = state.timers[name];
    if (deadline !== null && deadline < atMs) {
      timer = name;
      atMs = deadline;
    }
  }
  return timer && { timer, atMs };
}

function rowFor(state: HostState, event: MachineEvent, fx: Effects): Row<MachineEvent> | undefined {
  const rows = rowsFor(state, event.type, fx);
  if (!rows) return undefined;
  for (const row of rows) if (!row.when || row.when(state, event, fx)) return row;
  return undefined;
}

function rowsFor(state: HostState, type: EventType, fx: Effects): readonly Row<MachineEvent>[] | undefined {
  // A row's functions take the event that it is filed under; `type` is that event's.
  const rows = TRANSITIONS[state.phase][type] as readonly Row<MachineEvent>[] | undefined;
  if (rows || state.phase !== 'started' || !fx.quirks['sap-before-start-ok']) return rows;
  return TRANSITIONS.connected[type] as readonly Row<MachineEvent>[] | undefined;
}

function unexpected(message: SapMessage) {
  if (message.name !== 'UNKNOWN')
    return sapError('SAP_ERR_UNEXPECTED', { fault: 'csme', message: message.name });
  return sapError('SAP_ERR_UNKNOWN_TYPE', {
    fault: 'csme',
    message: 'notification',
    field: 'type',
    offset: 0,
    detail: `type ${message.id}; ignored`,
  });
}
