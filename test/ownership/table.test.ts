/** Every phase with every event: each row of the table can be reached, each gap changes nothing. */
import { describe, expect, test } from 'vitest';
import {
  type CommandName,
  cloneState,
  type Effects,
  type EventType,
  type HostState,
  initialState,
  type MachineEvent,
  messageEvent,
  type Phase,
  type Quirks,
  step,
  TIMER_NAMES,
  TRANSITIONS,
  timerEvent,
} from '../../ownership/index.ts';
import { type ConnectionInfo, SAP_MESSAGES, type SapMessage } from '../../sap/index.ts';
import { ASSOCIATION } from '../support/host-fixture.ts';

/** The rows of any event: their functions take the event that the rows are filed under. */
type Rows = readonly {
  readonly when?: (state: HostState, event: MachineEvent, fx: Effects) => boolean;
  readonly do: readonly ((state: HostState, event: MachineEvent, fx: Effects) => void)[];
  readonly to?: Phase;
}[];
const PHASES = Object.keys(TRANSITIONS) as Phase[];

// --- every event, with the values that guards ask about ---

const CONNECTION: ConnectionInfo = {
  ssidLen: 4,
  ssid: new Uint8Array(32),
  authMode: 7,
  pairwiseCipher: 4,
  channel: 1,
  band: 0,
  reserved46: 0,
  bssid: 1,
  reserved54: 0,
};
const FIELDS: Partial<Record<SapMessage['name'], object[]>> = {
  AMT_STATE: [{ enabled: 0 }, { enabled: 1 }],
  NIC_OWNER: [{ owner: 1 }, { owner: 2 }],
  CSME_REPLY_TO_HOST_OWNERSHIP_REQ: [{ granted: 0 }, { granted: 1 }],
  CSME_CONN_STATUS: [
    { linkProtState: 1, connectionInfo: CONNECTION },
    { linkProtState: 1, connectionInfo: { ...CONNECTION, ssidLen: 33 } },
  ],
  PLDR_ACK: [{ status: 0 }, { status: 1 }],
  UNKNOWN: [{ id: 777, payload: new Uint8Array(0) }],
};

function messages(name: SapMessage['name']): MachineEvent[] {
  const fields = FIELDS[name] ?? [{}];
  return fields.map((more) => messageEvent({ name, id: 0, seqNum: 1, ...more } as unknown as SapMessage));
}

const COMMANDS: Record<CommandName, object[]> = {
  register: [{}],
  start_unregister: [{}],
  unregister_complete: [{}],
  is_connected: [{}],
  get_ownership: [{}],
  get_nvm: [{}],
  pldr: [{}],
  set_rfkill: [{ hw: true, sw: false }],
  nic_info: [{ macAddress: 2, nvmAddress: 3 }],
  country: [{ mcc: 7 }],
  power_limit: [{ limits: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }],
  associated: [ASSOCIATION, { ...ASSOCIATION, ssid: new Uint8Array(33) }],
  disassociated: [{}],
  device_state: [{ up: true }, { up: false }],
  alive: [{ success: true }],
  set_netdev: [{ dev: 'wlan0' }],
  tx_copy: [{ frame: new Uint8Array(14) }],
};

const EVENTS: MachineEvent[] = [
  { type: 'probe' },
  { type: 'mapped', memory: new ArrayBuffer(0) },
  { type: 'mapRefused', errno: 14 },
  { type: 'remove' },
  { type: 'lost' },
  { type: 'restart' },
  { type: 'START_OK', supportedVersion: 4 },
  { type: 'START_OK', supportedVersion: 9 },
  ...SAP_MESSAGES.flatMap((decl) => messages(decl.short)),
  ...messages('UNKNOWN'),
  ...TIMER_NAMES.map((type) => ({ type })),
  ...(Object.keys(COMMANDS) as CommandName[]).flatMap((type) =>
    COMMANDS[type].map((args) => ({ type, token: 7, args }) as MachineEvent),
  ),
];
const EVENT_TYPES = [...new Set(EVENTS.map((event) => event.type))];

// --- every state that guards tell apart ---

const BOTH = [false, true];
const STATES: HostState[] = BOTH.flatMap((registered) =>
  BOTH.flatMap((amtEnabled) =>
    BOTH.flatMap((owner) =>
      BOTH.flatMap((deviceUp) =>
        BOTH.flatMap((confirmWhenDown) =>
          BOTH.flatMap((pldrActive) =>
            [null, { token: 3, tries: 1 }, { token: 3, tries: 3 }].flatMap((pldr) =>
              BOTH.map((late) => ({
                ...initialState(),
                driver: registered ? ('registered' as const) : ('none' as const),
                amtEnabled,
                owner,
                deviceUp,
                confirmWhenDown,
                pldrActive,
                pldr,
                version: late ? (3 as const) : (4 as const),
                mapRound: late ? 3 : 1,
                drainPolls: late ? 10 : 0,
              })),
            ),
          ),
        ),
      ),
    ),
  ),
);
const QUIRKS: Quirks[] = [{}, { 'goes-down-on-dead-bus': true }];

// --- effects that only take notes ---

class Notes implements Effects {
  nowMs = 5000;
  quirks: Quirks;
  readonly log: unknown[] = [];

  constructor(quirks: Quirks = {}) {
    this.quirks = quirks;
  }

  send = (draft: unknown) => this.log.push(['send', draft]) * 0;
  sendNow = (draft: unknown) => this.log.push(['sendNow', draft]) * 0;
  ringsDrained = () => false;
  map = () => void this.log.push('map');
  start = () => void this.log.push('start');
  restart = () => void this.log.push('restart');
  readRings = () => void this.log.push('readRings');
  teardown = () => void this.log.push('teardown');
  tell = (...told: unknown[]) => void this.log.push(['tell', ...told]);
  reply = (...replied: unknown[]) => void this.log.push(['reply', ...replied]);
  problem = (error: unknown) => void this.log.push(['problem', error]);
}

function rowOf(rows: Rows, state: HostState, event: MachineEvent, fx: Effects): number {
  return rows.findIndex((row) => !row.when || row.when(state, event, fx));
}

/** A situation in which exactly this row is taken. */
function reach(rows: Rows, index: number, phase: Phase, type: EventType) {
  for (const quirks of QUIRKS) {
    for (const event of EVENTS.filter((e) => e.type === type)) {
      for (const state of STATES) {
        if (rowOf(rows, state, event, new Notes(quirks)) === index) {
          return { quirks, event, state: { ...cloneState(state), phase } };
        }
      }
    }
  }
  return undefined;
}

describe.each(PHASES)('phase %s', (phase) => {
  const table = TRANSITIONS[phase];

  test('has no row for an event that does not exist', () => {
    expect(Object.keys(table).filter((type) => !EVENT_TYPES.includes(type as EventType))).toEqual([]);
  });

  test('every row is reached, does its actions in their order and leads where it says', () => {
    for (const type of Object.keys(table) as EventType[]) {
      const rows = table[type] as Rows;
      rows.forEach((row, index) => {
        const where = `${phase}, ${type}, row ${index}`;
        const at = reach(rows, index, phase, type);
        if (!at) throw new Error(`${where}: never taken`);
        const expected = { state: cloneState(at.state), fx: new Notes(at.quirks) };
        expected.state.phase = row.to ?? phase;
        for (const action of row.do) action(expected.state, at.event, expected.fx);

        const fx = new Notes(at.quirks);
        expect(step(at.state, at.event, fx), where).toBe(true);
        expect(at.state, where).toEqual(expected.state);
        expect(fx.log, where).toEqual(expected.fx.log);
      });
    }
  });

  test('a row behind one without a guard would never be reached: there is none', () => {
    for (const rows of Object.values(table) as Rows[]) {
      expect(rows.slice(0, -1).every((row) => row.when !== undefined)).toBe(true);
    }
  });

  test('a gap changes nothing, and is reported when a message of CSME fell into it', () => {
    for (const event of EVENTS) {
      if (table[event.type]) continue;
      for (const original of [STATES[0]!, STATES.at(-1)!]) {
        const state = { ...cloneState(original), phase };
        const before = structuredClone(state);
        const fx = new Notes();
        expect(step(state, event, fx), event.type).toBe(false);
        expect(state, event.type).toEqual(before);
        const code = event.type === 'UNKNOWN' ? 'SAP_ERR_UNKNOWN_TYPE' : 'SAP_ERR_UNEXPECTED';
        const reported =
          'message' in event || event.type === 'START_OK'
            ? [['problem', expect.objectContaining({ code, fault: 'csme' })]]
            : [];
        expect(fx.log, event.type).toEqual(reported);
      }
    }
  });
});

describe('the table as a whole', () => {
  test('every phase but the first is entered somewhere', () => {
    const entered = PHASES.flatMap((phase) =>
      Object.values(TRANSITIONS[phase]).flatMap((rows) => rows.flatMap((row) => row.to ?? [])),
    );
    // `dead` is the reference's crash; no row leads there.
    expect([...new Set(entered)].sort()).toEqual(PHASES.filter((phase) => phase !== 'dead').sort());
  });

  test('every command has a row in every phase of a host that lives', () => {
    for (const phase of PHASES) {
      if (phase === 'dead') continue;
      for (const name of Object.keys(COMMANDS) as CommandName[]) {
        expect(TRANSITIONS[phase][name], `${phase}, ${name}`).toBeDefined();
      }
    }
  });

  test('firmware reset and removal are handled in every phase with a client', () => {
    for (const phase of PHASES) {
      if (phase === 'absent' || phase === 'dead') continue;
      expect(TRANSITIONS[phase].lost, phase).toBeDefined();
    }
  });

  test('a timer is disarmed before the table sees it', () => {
    for (const timer of TIMER_NAMES) {
      const state = initialState();
      state.timers[timer] = 1;
      expect(timerEvent(state, timer)).toEqual({ type: timer });
      // This one follows from who waits.
      expect(state.timers[timer]).toBe(timer === 'ownershipReply' ? 1 : null);
    }
  });

  test('with its quirk, a link that is not up yet knows the rows of one that is', () => {
    const state: HostState = { ...initialState(), phase: 'started' };
    const [event] = messages('PING');
    expect(step(state, event!, new Notes())).toBe(false);
    const fx = new Notes({ 'sap-before-start-ok': true });
    expect(step(state, event!, fx)).toBe(true);
    expect(fx.log).toEqual([['send', { name: 'PONG' }]]);
  });
});
