/** Every phase with every event: each row of the table can be reached, each gap changes nothing but the facts. */
import { describe, expect, test } from 'vitest';
import * as actions from '../../../netlink-bridge/agent/actions.ts';
import type { Effects } from '../../../netlink-bridge/agent/effects.ts';
import type { AgentOutput } from '../../../netlink-bridge/agent/events.ts';
import { keepFacts } from '../../../netlink-bridge/agent/facts.ts';
import * as guards from '../../../netlink-bridge/agent/guards.ts';
import {
  type AgentState,
  initialState,
  type Phase,
  TIMER_NAMES,
  TIMERS,
  type TimerSpec,
} from '../../../netlink-bridge/agent/index.ts';
import { nextTimer, step, timerEvent } from '../../../netlink-bridge/agent/machine.ts';
import type { EventType, MachineEvent } from '../../../netlink-bridge/agent/machine-events.ts';
import { type Row, TRANSITIONS } from '../../../netlink-bridge/agent/transitions.ts';
import { ADDRESS, AIRPLANE, FREE, HELD, PROFILE, SWITCHED, TARGET } from './driven.ts';

type Rows = readonly Row<MachineEvent>[];
const PHASES = Object.keys(TRANSITIONS) as Phase[];
const TOKEN = 7;
const detail = 'words';

// --- every event, with the values that guards ask about ---

const EVENTS: readonly MachineEvent[] = [
  { type: 'interface', present: true },
  { type: 'interface', present: false },
  HELD,
  FREE,
  AIRPLANE,
  SWITCHED,
  { type: 'roaming', forbidden: true },
  { type: 'roaming', forbidden: false },
  { type: 'roaming', forbidden: undefined },
  ADDRESS,
  { type: 'address', address: undefined },
  { type: 'sleep' },
  { type: 'wake' },
  { type: 'stop' },
  { type: 'supplicantUp' },
  { type: 'supplicantGone' },
  { type: 'connected', bssid: TARGET.bssid, frequencyMhz: 5180 },
  { type: 'connected', bssid: TARGET.bssid + 1, frequencyMhz: undefined },
  { type: 'disconnected', detail },
  ...(['ap-gone', 'rejected', 'address', 'other'] as const).map(
    (why) => ({ type: 'attemptFailed', why, detail }) as const,
  ),
  { type: 'connInfo', token: TOKEN, target: TARGET },
  { type: 'connInfo', token: TOKEN, target: { ...TARGET, bssid: 1 } },
  ...(['nothing', 'unsupported', 'unusable', 'failed'] as const).map(
    (why) => ({ type: 'noConnInfo', token: TOKEN, why, detail }) as const,
  ),
  { type: 'found', token: TOKEN, profile: PROFILE },
  { type: 'found', token: TOKEN, profile: { id: '4', name: 'another' } },
  { type: 'found', token: TOKEN, profile: undefined },
  { type: 'prepared', token: TOKEN },
  { type: 'owned', token: TOKEN },
  ...(['timeout', 'refused', 'unsupported', 'failed'] as const).map(
    (why) => ({ type: 'notOwned', token: TOKEN, why, detail }) as const,
  ),
  { type: 'connecting', token: TOKEN },
  { type: 'lifted', token: TOKEN },
  { type: 'restored', token: TOKEN },
  ...(['find', 'prepare', 'connect', 'lift', 'restore'] as const).map(
    (to) => ({ type: 'supplicantFailed', token: TOKEN, to, detail }) as const,
  ),
  ...TIMER_NAMES.map((type) => ({ type })),
];

// --- every state that guards tell apart ---

const LIMITED: ReadonlySet<Phase> = new Set([
  'preparing',
  'confirming',
  'waiting',
  'rechecking',
  'asking',
  'releasing',
  'connecting',
  'addressing',
  'held',
  'interrupted',
]);
/** What each phase waits for. */
const QUESTIONS = {
  learning: ['askConnInfo'],
  matching: ['find'],
  rechecking: ['find'],
  preparing: ['prepare'],
  confirming: ['askConnInfo'],
  asking: ['askOwnership'],
  connecting: [null, 'connect'],
  lifting: ['lift'],
  restoring: [null, 'restore'],
} as const satisfies Partial<Record<Phase, readonly (string | null)[]>>;

const BOTH = [false, true];
const READY = { interfacePresent: [true], supplicantUp: [true], asleep: [false], stopping: [false] };
const ANY = { interfacePresent: BOTH, supplicantUp: BOTH, asleep: BOTH, stopping: BOTH, unsupported: BOTH };
const ALIVE = { ...READY, unsupported: [false] };
const HOLDS = { ...ALIVE, radio: ['held'] } as const;
const FREED = { ...ALIVE, radio: ['free'] } as const;
const RADIOS = ['unknown', 'free', 'held', 'off'] as const;
type Facts = { readonly [K in keyof AgentState]?: readonly AgentState[K][] };
/** What can be so in a phase. */
const POSSIBLE: Record<Phase, Facts> = {
  absent: { ...ANY, asleep: [false], stopping: [false], radio: RADIOS },
  off: { ...READY, unsupported: [true], radio: RADIOS },
  idle: { ...ALIVE, radio: ['unknown', 'free', 'off'] },
  learning: HOLDS,
  matching: HOLDS,
  paused: HOLDS,
  preparing: { ...ALIVE, radio: ['held', 'free'] },
  confirming: HOLDS,
  waiting: HOLDS,
  rechecking: HOLDS,
  asking: HOLDS,
  releasing: HOLDS,
  connecting: FREED,
  addressing: FREED,
  held: FREED,
  interrupted: FREED,
  lifting: { ...ANY, unsupported: [false], supplicantUp: [true], radio: RADIOS },
  restoring: { ...ANY, supplicantUp: [true], radio: RADIOS },
  asleep: { ...ANY, asleep: [true], stopping: [false], radio: RADIOS },
  stopped: { ...ANY, radio: RADIOS },
};

function factsOf(phase: Phase): Partial<AgentState>[] {
  const values = {
    ...POSSIBLE[phase],
    roamingForbidden: [null, true, false],
    address: [undefined, '192.0.2.7'],
    rejected: [null, PROFILE.id],
  };
  let all: Partial<AgentState>[] = [{}];
  for (const [key, ones] of Object.entries(values)) {
    all = all.flatMap((facts) => ones.map((one) => ({ ...facts, [key]: one })));
  }
  return all.filter((facts) => phase !== 'absent' || !facts.interfacePresent || !facts.supplicantUp);
}

/** `late`: nothing is left to try, and what waits for 60 s does. */
function stateOf(phase: Phase, facts: Partial<AgentState>, asked: string | null, late: boolean): AgentState {
  const state = initialState();
  const limited = LIMITED.has(phase) || phase === 'lifting' || phase === 'restoring';
  Object.assign(state, facts, {
    phase,
    limited,
    target: limited || phase === 'matching' ? TARGET : null,
    profile: limited ? PROFILE : null,
    connectTries: late ? 3 : 1,
    restoreTries: late ? 3 : 1,
    question: asked === null ? null : { token: TOKEN, type: asked },
    nextToken: TOKEN + 1,
  });
  const { timers } = state;
  if (asked !== null) timers.question = 9000;
  if (late || phase === 'waiting') timers.ownershipRetry = 9000;
  if (phase === 'paused' || (late && phase === 'restoring')) timers.lookAgain = 9000;
  if (phase === 'restoring' && asked === null) timers.restoreRetry = 9000;
  if (livesIn('window', phase)) timers.window = 9000;
  if (livesIn('reconnect', phase)) timers.reconnect = 9000;
  return state;
}

function isTimer(type: EventType): type is (typeof TIMER_NAMES)[number] {
  return type in TIMERS;
}

function copyOf(state: AgentState): AgentState {
  return { ...state, timers: { ...state.timers } };
}

class Notes implements Effects {
  readonly nowMs = 5000;
  readonly dryRun: boolean;
  readonly log: AgentOutput[] = [];

  constructor(dryRun = false) {
    this.dryRun = dryRun;
  }

  lengthMs = (timer: (typeof TIMER_NAMES)[number]) => TIMERS[timer].ms;
  out = (output: AgentOutput) => void this.log.push(output);
}

interface Situation {
  readonly state: AgentState;
  readonly event: MachineEvent;
  readonly dryRun: boolean;
}

function* situations(phase: Phase, events = EVENTS): Generator<Situation> {
  const questions: readonly (string | null)[] = QUESTIONS[phase as keyof typeof QUESTIONS] ?? [null];
  for (const asked of questions) {
    for (const facts of factsOf(phase)) {
      for (const late of BOTH) {
        for (const event of events) {
          const dryRuns = event.type === 'found' ? BOTH : [false];
          for (const dryRun of dryRuns) {
            const state = stateOf(phase, facts, asked, late);
            yield { state, event: isTimer(event.type) ? timerEvent(state, event.type) : event, dryRun };
          }
        }
      }
    }
  }
}

/** The row that the table has for it: facts kept, the question answered. */
function rowOf(rows: Rows, { state, event, dryRun }: Situation): number {
  const seen = copyOf(state);
  if ('token' in event) seen.question = null;
  keepFacts(seen, event);
  return rows.findIndex((row) => !row.when || row.when(seen, event, new Notes(dryRun)));
}

describe.each(PHASES)('phase %s', (phase) => {
  const table = TRANSITIONS[phase] as Partial<Record<EventType, Rows>>;

  test('has no row for an event that does not exist', () => {
    const types = new Set<string>(EVENTS.map(({ type }) => type));
    expect(Object.keys(table).filter((type) => !types.has(type))).toEqual([]);
  });

  test('a row behind one without a guard would never be reached: there is none', () => {
    for (const rows of Object.values(table)) {
      expect(rows.slice(0, -1).every((row) => row.when !== undefined)).toBe(true);
    }
  });

  test('every row is reached, does its actions in their order and leads where it says', () => {
    for (const [type, rows] of Object.entries(table) as [EventType, Rows][]) {
      const events = EVENTS.filter((event) => event.type === type);
      const missing = new Set(rows.keys());
      for (const at of situations(phase, events)) {
        const fx = new Notes(at.dryRun);
        const index = rowOf(rows, at);
        const state = copyOf(at.state);
        if (!missing.delete(index)) continue;
        const row = rows[index]!;
        if (!step(state, at.event, fx)) {
          missing.add(index);
          continue;
        }
        expect(state.phase).toBe(row.to ?? phase);

        const expected = copyOf(at.state);
        const notes = new Notes(at.dryRun);
        keepFacts(expected, at.event);
        if ('token' in at.event) forgetQuestion(expected);
        if (row.to !== undefined && row.to !== phase) {
          expected.phase = row.to;
          forgetQuestion(expected);
          for (const name of TIMER_NAMES) if (!livesIn(name, row.to)) expected.timers[name] = null;
          notes.out({ type: 'phase', from: phase, to: row.to });
        }
        for (const action of row.do) action(expected, at.event, notes);
        expect(state, `${phase}, ${type}, row ${index}`).toEqual(expected);
        expect(fx.log, `${phase}, ${type}, row ${index}`).toEqual(notes.log);
      }
      expect([...missing], `${phase}, ${type}: rows never taken`).toEqual([]);
    }
  });

  test('a gap changes nothing but the facts', () => {
    for (const event of EVENTS) {
      // Without an answer in time its place is taken by one that says so.
      if (table[event.type] || event.type === 'question') continue;
      for (const { state, event: given } of situations(phase, [event])) {
        const expected = copyOf(state);
        const awaited = answers(given, state.question?.type);
        if (awaited) forgetQuestion(expected);
        if (awaited || !('token' in given)) keepFacts(expected, given);
        const fx = new Notes();
        const handled = step(state, given, fx);
        if (handled || fx.log.length > 0 || JSON.stringify(state) !== JSON.stringify(expected)) {
          expect({ handled, state, out: fx.log }, event.type).toEqual({
            handled: false,
            state: expected,
            out: [],
          });
        }
      }
    }
  });

  test('after any event, what is so and what is done fit together', () => {
    for (const at of situations(phase)) {
      const { state } = at;
      const before = copyOf(state);
      const fx = new Notes(at.dryRun);
      step(state, at.event, fx);
      const wrong = unfit(before, state, fx.log);
      if (wrong !== undefined) {
        throw new Error(
          `${wrong}\n${JSON.stringify({ event: at.event, before, after: state, out: fx.log })}`,
        );
      }
    }
  });
});

describe('the table as a whole', () => {
  test('every phase but the first is entered somewhere', () => {
    const entered = PHASES.flatMap((phase) =>
      Object.values(TRANSITIONS[phase]).flatMap((rows) => rows.flatMap((row) => row.to ?? [])),
    );
    expect([...new Set(entered)].sort()).toEqual([...PHASES].sort());
  });

  test('every guard and every action is used', () => {
    const rows = PHASES.flatMap((phase) => Object.values(TRANSITIONS[phase]) as Rows[]).flat();
    const used = new Set<unknown>(rows.flatMap((row) => [row.when, ...row.do]));
    // Those that others are made of.
    const parts = ['addressKnownAndSessionOver'];
    for (const [name, part] of [...Object.entries(guards), ...Object.entries(actions)]) {
      if (!parts.includes(name)) expect(used.has(part), name).toBe(true);
    }
  });

  test('stop, sleep and the loss of interface or supplicant are handled in every phase that lasts', () => {
    for (const phase of PHASES) {
      const { stop, sleep, supplicantGone, interface: itself } = TRANSITIONS[phase];
      if (phase === 'stopped') continue;
      expect(stop !== undefined || phase === 'lifting', phase).toBe(true);
      if (['lifting', 'restoring', 'asleep'].includes(phase)) continue;
      expect(sleep, phase).toBeDefined();
      if (phase === 'absent') continue;
      expect(supplicantGone, phase).toBeDefined();
      expect(itself, phase).toBeDefined();
    }
  });
});

describe('timers', () => {
  test('are disarmed before the table sees them', () => {
    for (const timer of TIMER_NAMES) {
      const state = initialState();
      state.timers[timer] = 1;
      expect(timerEvent(state, timer)).toEqual({ type: timer });
      expect(state.timers[timer]).toBeNull();
    }
  });

  test('the earliest comes first, of two at once the one that is declared first', () => {
    const state = initialState();
    expect(nextTimer(state)).toBeUndefined();
    state.timers.distrust = 5;
    state.timers.window = 7;
    expect(nextTimer(state)).toEqual({ timer: 'distrust', atMs: 5 });
    state.timers.window = 5;
    expect(nextTimer(state)).toEqual({ timer: 'window', atMs: 5 });
  });
});

/** An answer that is waited for is taken, though it leads nowhere: there is one such. */
function answers(event: MachineEvent, question: string | undefined): boolean {
  return event.type === 'connecting' && question === 'connect';
}

function forgetQuestion(state: AgentState): void {
  state.question = null;
  state.timers.question = null;
}

function livesIn(name: (typeof TIMER_NAMES)[number], phase: Phase): boolean {
  const spec: TimerSpec = TIMERS[name];
  return spec.in === undefined || spec.in.includes(phase);
}

const TO_SUPPLICANT = new Set(['find', 'prepare', 'connect', 'lift', 'restore']);

/** What must hold behind every event, whatever was before it. */
function unfit(before: AgentState, state: AgentState, log: readonly AgentOutput[]): string | undefined {
  const { phase, question } = state;
  const asked = log.flatMap((output) => ('token' in output ? [output] : []));
  if (asked.length > 1) return 'two questions at once';
  if (asked[0] && (question?.token !== asked[0].token || question.type !== asked[0].type))
    return 'a question that nobody waits for';
  if (question && state.timers.question === null && asked.length > 0) return 'a question without an end';
  if (phase !== before.phase && LIMITED.has(phase) && !state.limited) return 'nothing is prepared';
  if (
    phase !== before.phase &&
    !LIMITED.has(phase) &&
    state.limited &&
    !PUTTING_BACK.has(phase) &&
    state.trouble !== 'abandoned'
  )
    return 'limits are left behind';
  if (asked[0]?.type === 'askOwnership') {
    if (!state.limited || state.profile === null) return 'a request without credentials';
    if (before.timers.ownershipRetry !== null) return 'a request too early';
  }
  if (asked[0]?.type === 'connect' && state.radio === 'held') return 'connects while CSME has the card';
  if (phase !== before.phase && state.timers.question === null && !RESTING.has(phase)) {
    const live = TIMER_NAMES.some((name) => state.timers[name] !== null && livesIn(name, phase));
    if (!live) return 'nothing ends this phase';
  }
  const failed = log.some((output) => output.type === 'trouble');
  const window = before.phase === 'asking' || before.phase === 'releasing' || before.phase === 'connecting';
  const others = asked.filter(({ type }) => TO_SUPPLICANT.has(type) && type !== 'connect');
  const connected = phase === 'lifting';
  if (window && others.length > 0 && !failed && !state.stopping && !connected)
    return `${others[0]!.type} between the request and the connection`;
  return undefined;
}

const PUTTING_BACK: ReadonlySet<Phase> = new Set(['lifting', 'restoring']);
/** They wait for the world; `held` for the driver, which said that roaming is forbidden. */
const RESTING: ReadonlySet<Phase> = new Set(['absent', 'off', 'idle', 'held', 'asleep', 'stopped', 'paused']);
