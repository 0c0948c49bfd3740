/**
 * The emulated CSME at the level of messages: no bytes, no rings, no clock.
 *
 * `firmwareStep` takes a plain state, what happened and the time, changes the state in place and returns what CSME
 * does. The same function serves the whole emulator (`csme.ts`) and a search over all states. Which step is taken
 * stands in `transitions.ts`; this file walks that table.
 *
 *     const state = initialState(profile(SESSION));
 *     firmwareStep(state, { type: 'area', version: 4 }, 0);
 *     firmwareStep(state, { type: 'start', versions: [4] }, 0); // START_OK, then AMT_STATE
 */
import { type SapMessage, SSID_MAX_LEN } from '../sap/messages/index.ts';
import type { Context } from './context.ts';
import { EFFECTS } from './effects.ts';
import { GUARDS, type Guard } from './guards.ts';
import type { FirmwareAction, FirmwareInput } from './inputs.ts';
import type { FirmwareState } from './state.ts';
import { TIMER_NAMES } from './timers.ts';
import {
  ALWAYS,
  type EventName,
  type InnerEvent,
  MACHINE_NAMES,
  MACHINES,
  type MachineName,
  type Step,
} from './transitions.ts';

/**
 * Lets one thing happen to the firmware.
 *
 * @param state changed in place.
 * @param input what happened; a message must be one that decoded well.
 * @param nowMs milliseconds of the clock that the timers in `state` count in.
 * @returns what CSME does, in order. It never throws, whatever the host sends: what has no row in the table comes back
 * as a `violation` and changes nothing.
 */
export function firmwareStep(state: FirmwareState, input: FirmwareInput, nowMs: number): FirmwareAction[] {
  const context: Context = { state, nowMs, input, actions: [], raised: [] };
  switch (input.type) {
    case 'message':
      hearMessage(context, input.message);
      break;
    case 'command':
      if (!dispatch(context, input.name)) {
        const args = { command: input.name, state: describe(state) };
        context.actions.push({ type: 'tell', name: 'noEffect', args });
      }
      break;
    case 'timer':
      if (state.timers[input.timer] === null) break;
      state.timers[input.timer] = null;
      dispatch(context, `timer:${input.timer}`);
      break;
    case 'start': {
      const known = input.versions.includes(state.version);
      if (!dispatch(context, known ? 'START' : 'START_UNSUPPORTED')) {
        violation(context, 'START', known ? 'has no row here' : 'names no version of the mapped area');
      }
      break;
    }
    default:
      dispatch(context, input.type);
  }
  for (let inner = context.raised.shift(); inner; inner = context.raised.shift()) notify(context, inner);
  return context.actions;
}

/** The next time at which a timer goes off; undefined: none runs. */
export function nextTimerAt(state: FirmwareState): number | undefined {
  let next: number | undefined;
  for (const name of TIMER_NAMES) {
    const at = state.timers[name];
    if (at !== null && (next === undefined || at < next)) next = at;
  }
  return next;
}

/** The states of the four machines, as a reader of a report wants them. */
export function describe(state: FirmwareState): string {
  return `link ${state.link}, AMT ${state.amt}, card ${state.nic}`;
}

/** A message is for the link, or else the link must let it through. */
function hearMessage(c: Context, message: SapMessage): void {
  const event = MACHINES_THAT_KNOW[message.name]?.includes('link') ? message.name : 'message';
  if (stepFor(c, MACHINES.link[c.state.link]?.[event]) === undefined) {
    violation(c, message.name, 'SAP is not up, or not in the state for it');
    return;
  }
  const nonsense = nonsenseIn(message);
  if (nonsense !== undefined) {
    violation(c, message.name, nonsense);
    return;
  }
  if (!dispatch(c, message.name)) violation(c, message.name, 'has no row here');
}

/** A value that voids a message although its layout is good. */
function nonsenseIn(message: SapMessage): string | undefined {
  if (message.name === 'HOST_LINK_UP' && message.connectionInfo.ssidLen > SSID_MAX_LEN) {
    return `has an SSID of ${message.connectionInfo.ssidLen} bytes`;
  }
  if (message.name === 'CB_DATA_PACKET' && message.dataLen > message.frame.length) {
    return `says that its frame has ${message.dataLen} bytes, but ${message.frame.length} are there`;
  }
  return undefined;
}

/** Offers an event to all that know it; all or nothing: false when one of them has a gap, or none knows it. */
function dispatch(c: Context, event: EventName): boolean {
  const general = stepFor(c, ALWAYS[event]);
  const machines = MACHINES_THAT_KNOW[event] ?? NONE;
  if (machines.length === 0) {
    if (general) take(c, undefined, general);
    return general !== undefined;
  }
  const steps: Step[] = [];
  for (const name of machines) {
    const step = stepFor(c, MACHINES[name][c.state[name]]?.[event]);
    if (step === undefined) return false;
    steps.push(step);
  }
  if (general) take(c, undefined, general);
  for (const [i, step] of steps.entries()) take(c, machines[i], step);
  return true;
}

/** Tells those who have a row for it: to the others an event from inside does not matter. */
function notify(c: Context, event: InnerEvent): void {
  for (const name of MACHINES_THAT_KNOW[event] ?? NONE) {
    const step = stepFor(c, MACHINES[name][c.state[name]]?.[event]);
    if (step) take(c, name, step);
  }
}

function stepFor(c: Context, row: readonly Step[] | undefined): Step | undefined {
  return row?.find((step) => step.if === undefined || holds(c, step.if));
}

function holds(c: Context, guard: Guard | readonly Guard[]): boolean {
  return typeof guard === 'string' ? GUARDS[guard](c) : guard.every((g) => GUARDS[g](c));
}

function take(c: Context, machine: MachineName | undefined, step: Step): void {
  if (machine !== undefined && step.to !== undefined)
    (c.state as Record<MachineName, string>)[machine] = step.to;
  for (const effect of step.do ?? []) EFFECTS[effect](c);
}

function violation(c: Context, message: string, why: string): void {
  c.actions.push({ type: 'violation', message, state: describe(c.state), why });
}

/** By event: the machines that have a row for it in any of their states. */
const MACHINES_THAT_KNOW: { [event: string]: MachineName[] } = {};
const NONE: readonly MachineName[] = [];
for (const name of MACHINE_NAMES) {
  const events = Object.values(MACHINES[name]).flatMap((row) => Object.keys(row));
  for (const event of new Set(events)) {
    MACHINES_THAT_KNOW[event] ??= [];
    MACHINES_THAT_KNOW[event].push(name);
  }
}
