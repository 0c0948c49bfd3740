/** Runs the transition table on a plain state; it knows no clock and no supplicant. */
import type { Effects } from './effects.ts';
import type { AgentAnswer, AgentQuestion } from './events.ts';
import { keepFacts } from './facts.ts';
import type { MachineEvent } from './machine-events.ts';
import type { AgentState, Phase } from './state.ts';
import { TIMER_NAMES, TIMERS, type TimerName, type TimerSpec } from './timers.ts';
import { type Row, TRANSITIONS } from './transitions.ts';

/** Which answers fit a question. */
const ANSWERS = {
  askConnInfo: ['connInfo', 'noConnInfo'],
  find: ['found', 'supplicantFailed'],
  prepare: ['prepared', 'supplicantFailed'],
  askOwnership: ['owned', 'notOwned'],
  connect: ['connecting', 'supplicantFailed'],
  lift: ['lifted', 'supplicantFailed'],
  restore: ['restored', 'supplicantFailed'],
} as const satisfies Record<AgentQuestion['type'], readonly AgentAnswer['type'][]>;

/** Handles one event. Returns whether the table had a row for it. */
export function step(state: AgentState, event: MachineEvent, fx: Effects): boolean {
  if ('token' in event && !takeAnswer(state, event)) return false;
  keepFacts(state, event);
  const row = rowFor(state, event, fx);
  if (!row) return false;
  if (row.to !== undefined && row.to !== state.phase) enter(state, row.to, fx);
  for (const action of row.do) action(state, event, fx);
  return true;
}

/** A timer that went off, as an event; it is disarmed before the table sees it. */
export function timerEvent(state: AgentState, timer: TimerName): MachineEvent {
  state.timers[timer] = null;
  return timer === 'question' && state.question ? unanswered(state.question) : { type: timer };
}

/** When the next timer goes off, and which; ties go to the one declared first. */
export function nextTimer(state: AgentState): { timer: TimerName; atMs: number } | undefined {
  let next: { timer: TimerName; atMs: number } | undefined;
  for (const timer of TIMER_NAMES) {
    const atMs = state.timers[timer];
    if (atMs !== null && (next === undefined || atMs < next.atMs)) next = { timer, atMs };
  }
  return next;
}

/** Whether this is what is waited for; the question is answered then. */
function takeAnswer(state: AgentState, answer: AgentAnswer): boolean {
  const { question } = state;
  if (question?.token !== answer.token) return false;
  const fitting: readonly string[] = ANSWERS[question.type];
  if (!fitting.includes(answer.type)) return false;
  if ('to' in answer && answer.to !== question.type) return false;
  forgetQuestion(state);
  return true;
}

/** A question belongs to the phase that asked it, a timer to those that it lives in. */
function enter(state: AgentState, to: Phase, fx: Effects): void {
  const from = state.phase;
  state.phase = to;
  forgetQuestion(state);
  for (const name of TIMER_NAMES) {
    const spec: TimerSpec = TIMERS[name];
    if (spec.in && !spec.in.includes(to)) state.timers[name] = null;
  }
  fx.out({ type: 'phase', from, to });
}

function forgetQuestion(state: AgentState): void {
  state.question = null;
  state.timers.question = null;
}

function unanswered({ token, type }: NonNullable<AgentState['question']>): AgentAnswer {
  const detail = 'there was no answer in time';
  switch (type) {
    case 'askConnInfo':
      return { type: 'noConnInfo', token, why: 'failed', detail };
    case 'askOwnership':
      return { type: 'notOwned', token, why: 'timeout', detail };
    default:
      return { type: 'supplicantFailed', token, to: type, detail };
  }
}

function rowFor(state: AgentState, event: MachineEvent, fx: Effects): Row<MachineEvent> | undefined {
  // A row's functions take the event that it is filed under.
  const rows = TRANSITIONS[state.phase][event.type] as readonly Row<MachineEvent>[] | undefined;
  return rows?.find((row) => !row.when || row.when(state, event, fx));
}
