import { describe, expect, it } from 'vitest';
import {
  ALWAYS,
  EFFECTS,
  type EventName,
  EXAMPLE_AP,
  type FirmwareInput,
  type FirmwareState,
  firmwareStep,
  GUARDS,
  initialState,
  MACHINE_NAMES,
  MACHINES,
  type MachineName,
  ownerOf,
  profile,
  type Step,
  TIMER_NAMES,
} from '../../csme/index.ts';
import { SAP_MESSAGES } from '../../sap/messages/index.ts';
import { hostMessage } from './support.ts';

const BUS = ['area', 'areaGone', 'lost'];
const INNER = ['sapDown', 'enabled', 'disabled', 'sessionEnded', 'hostSilent', 'hostOffers'];
const messageNames = new Set<string>([...SAP_MESSAGES.map((m) => m.short), 'UNKNOWN']);
const rows = MACHINE_NAMES.flatMap((machine) =>
  Object.entries(MACHINES[machine]).map(([state, row]) => ({ machine, state, row })),
);
const events = [...new Set([...rows.flatMap((r) => Object.keys(r.row)), ...Object.keys(ALWAYS)])];
const external = events.filter((e) => !INNER.includes(e) && e !== 'message' && e !== 'START_UNSUPPORTED');

/** What makes an event happen. */
function inputFor(event: string): FirmwareInput {
  if (event === 'START') return { type: 'start', versions: [4] };
  if (event === 'area') return { type: 'area', version: 4 };
  if (BUS.includes(event)) return { type: event } as FirmwareInput;
  if (event.startsWith('timer:')) return { type: 'timer', timer: event.slice(6) } as FirmwareInput;
  if (messageNames.has(event)) return { type: 'message', message: hostMessage(event as 'PING') };
  const args = {
    startSession: { ap: EXAMPLE_AP },
    setFilters: { filters: null },
    sendFrame: { frame: new Uint8Array(60) },
    send: { message: { name: 'PING' } },
  }[event];
  return { type: 'command', name: event, ...args } as FirmwareInput;
}

/** A firmware in exactly these states; `guards` are made true or false by what they look at. */
function stateWith(
  states: Partial<Record<MachineName, string>>,
  facts: { grants: boolean; holding: boolean; open: boolean; pings: boolean },
): FirmwareState {
  const state = initialState(profile({ ap: EXAMPLE_AP, owner: 'host' }));
  Object.assign(state, { link: 'up', amt: 'on', nic: 'host', version: 4, introduced: true }, states);
  state.grants = facts.grants;
  state.grantsOpen = facts.open ? 1 : 0;
  state.takingsOpen = facts.open ? 1 : 0;
  state.awaitingPong = facts.pings;
  state.pingsMissed = facts.pings ? 2 : 0;
  for (const name of TIMER_NAMES) state.timers[name] = name === 'hold' && !facts.holding ? null : 5000;
  return state;
}

const FACTS = [true, false].flatMap((grants) =>
  [true, false].flatMap((holding) =>
    [true, false].flatMap((open) => [true, false].map((pings) => ({ grants, holding, open, pings }))),
  ),
);
const LINKS = Object.keys(MACHINES.link);
const AMTS = Object.keys(MACHINES.amt);
const consistent = (amt: string, nic: string) => (amt === 'off') === (nic === 'idle');

/** The state that the table gives, by a reading of its own; undefined: a gap. */
function expected(state: FirmwareState, machine: MachineName, event: string, input: FirmwareInput) {
  const row = MACHINES[machine][state[machine]]?.[event as EventName];
  const c = { state, nowMs: 0, input, actions: [], raised: [] };
  return row?.find((step: Step) => [step.if ?? []].flat().every((guard) => GUARDS[guard](c)));
}

describe('the table', () => {
  it('names guards and effects that exist, and uses all of them', () => {
    const steps = [...rows.map((r) => r.row), ALWAYS].flatMap((row) => Object.values(row).flat());
    const guards = new Set(steps.flatMap((s) => [s.if ?? []].flat()));
    const effects = new Set(steps.flatMap((s) => s.do ?? []));
    expect([...guards].sort()).toEqual(Object.keys(GUARDS).sort());
    expect([...effects].sort()).toEqual(Object.keys(EFFECTS).sort());
  });

  it('every state can be entered and left', () => {
    for (const machine of MACHINE_NAMES) {
      const steps = Object.entries(MACHINES[machine]).flatMap(([from, row]) =>
        Object.values(row).flatMap((all) => all.map((s) => ({ from, to: s.to ?? from }))),
      );
      for (const state of Object.keys(MACHINES[machine])) {
        expect(
          steps.some((s) => s.to === state && s.from !== state),
          `enter ${machine} ${state}`,
        ).toBe(true);
        expect(
          steps.some((s) => s.from === state && s.to !== state),
          `leave ${machine} ${state}`,
        ).toBe(true);
      }
    }
  });

  it('every message that the host may send has a row', () => {
    const missing = SAP_MESSAGES.filter((m) => (m.from as readonly string[]).includes('host'))
      .map((m) => m.short)
      .filter((name) => !external.includes(name));
    expect(missing).toEqual([]);
  });

  it('the card answers in all of its states to what the host may say to it', () => {
    const spoken = Object.keys(MACHINES.nic.host ?? {}).filter((e) => messageNames.has(e));
    for (const [state, row] of Object.entries(MACHINES.nic)) {
      expect(
        Object.keys(row)
          .filter((e) => messageNames.has(e))
          .sort(),
        state,
      ).toEqual(spoken.sort());
    }
  });
});

// Each machine's states with every event, in every setting of the things that guards look at.
describe.each(rows.map((r) => [`${r.machine} ${r.state}`, r] as const))(
  '%s',
  (_, { machine, state: name }) => {
    it.each(external)('%s', (event) => {
      const input = inputFor(event);
      for (const facts of askedOf(event) ? FACTS : FACTS.slice(0, 1)) {
        for (const link of machine === 'link' ? [name] : LINKS) {
          for (const amt of machine === 'amt' ? [name] : AMTS) {
            const nic = machine === 'nic' ? name : amt === 'off' ? 'idle' : 'host';
            if (!consistent(amt, nic)) continue;
            const state = stateWith(
              { link, amt, nic, ...(machine === 'pldr' ? { pldr: name } : {}) } as never,
              facts,
            );
            checkStep(state, event, input);
          }
        }
      }
    });
  },
);

/** Whether any step of the event looks at the facts. */
function askedOf(event: string): boolean {
  return rows.some((r) => r.row[event as EventName]?.some((step) => step.if !== undefined));
}

function checkStep(state: FirmwareState, event: string, input: FirmwareInput): void {
  const before = { ...state, timers: { ...state.timers }, host: structuredClone(state.host) };
  const steps = MACHINE_NAMES.filter((m) =>
    Object.values(MACHINES[m]).some((row) => Object.hasOwn(row, event)),
  ).map((m) => [m, expected(before, m, event, input)] as const);
  const general = ALWAYS[event as EventName]?.length;
  const admitted =
    input.type !== 'message' ||
    steps.some(([m]) => m === 'link') ||
    MACHINES.link[before.link]?.message !== undefined;
  const gap = !admitted || steps.some(([, step]) => step === undefined) || (!general && steps.length === 0);

  const actions = firmwareStep(state, input, 1000);
  if (input.type === 'timer' && before.timers[input.timer] === null) {
    expect([state, actions]).toEqual([before, []]);
    return;
  }

  const violations = actions.filter((a) => a.type === 'violation').length;
  if (gap) {
    if (input.type === 'message' || input.type === 'start') expect(violations).toBe(1);
    const unarmed = input.type === 'timer' ? { timers: { ...before.timers, [input.timer]: null } } : {};
    expect({ ...state }).toEqual({ ...before, ...unarmed });
    return;
  }
  expect(violations).toBe(0);
  if (event === 'reset') {
    expect(state.link).toBe('absent');
  } else {
    for (const [m, step] of steps) {
      // What an effect raises may move the other machines on, the card's above all.
      if (m === 'link' || m === 'amt') expect(state[m]).toBe(step?.to ?? before[m]);
    }
    if (steps.length === 1 && steps[0]?.[0] === 'nic') expect(state.nic).toBe(steps[0][1]?.to ?? before.nic);
  }
  expect(consistent(state.amt, state.nic)).toBe(true);
  if (state.link !== 'up') expect(actions.filter((a) => a.type === 'send')).toEqual([]);
  const told = actions.filter((a) => a.type === 'tell' && a.name === 'owner').length;
  if (event !== 'reset' && ownerOf(state) !== ownerOf(before)) expect(told).toBe(1);
}
