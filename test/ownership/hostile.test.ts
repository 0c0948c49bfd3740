/** Whatever comes in: nothing is thrown, nothing hangs, the state stays a plain value. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CommandName,
  type Commands,
  cloneState,
  type HostState,
  QUIRKS,
  type QuirkName,
} from '../../ownership/index.ts';
import { encodeMe, ringsOf, type SapDraft } from '../../sap/index.ts';
import {
  ASSOCIATION,
  arpFilters,
  arpRequest,
  connStatus,
  dhcpFrame,
  HostFixture,
  nvm,
} from '../support/host-fixture.ts';

const SEED = { seed: 20_24, numRuns: 300 };
const u8 = fc.integer({ min: 0, max: 255 });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.oneof(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 0xffffffff }));
const mac = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 48 - 1 }));
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const flag = fc.boolean();
const none = fc.constant({});

const COMMANDS: { [N in CommandName]: fc.Arbitrary<Commands[N]['args']> } = {
  register: none,
  start_unregister: none,
  unregister_complete: none,
  is_connected: none,
  get_ownership: none,
  get_nvm: none,
  pldr: none,
  disassociated: none,
  set_rfkill: fc.record({ hw: flag, sw: flag }),
  nic_info: fc.record({ macAddress: mac, nvmAddress: mac }),
  country: fc.record({ mcc: u16 }),
  power_limit: fc.record({ limits: fc.array(u16, { minLength: 10, maxLength: 10 }) }),
  associated: fc.record(
    {
      ssid: bytes(40),
      authMode: u32,
      pairwiseCipher: u32,
      channel: u8,
      band: u8,
      bssid: mac,
      collocated: fc.record({ channel: u8, bssid: mac }, { noNullPrototype: true }),
    },
    {
      requiredKeys: ['ssid', 'authMode', 'pairwiseCipher', 'channel', 'band', 'bssid'],
      noNullPrototype: true,
    },
  ),
  device_state: fc.record({ up: flag }),
  alive: fc.record({ success: flag }),
  set_netdev: fc.record({ dev: fc.constantFrom(null, 'wlan0') }),
  tx_copy: fc.record({ frame: fc.oneof(bytes(80), fc.constant(dhcpFrame())) }),
};

/** One thing that happens to a host. */
interface Stroke {
  readonly what: string;
  readonly strike: (f: HostFixture) => void;
}
const stroke = <T>(what: string, value: fc.Arbitrary<T>, strike: (f: HostFixture, value: T) => void) =>
  value.map((v): Stroke => ({ what: `${what} ${fc.stringify(v)}`, strike: (f) => strike(f, v) }));
const plain = (what: string, strike: (f: HostFixture) => void) => fc.constant<Stroke>({ what, strike });

const commands = fc.oneof(
  ...(Object.keys(COMMANDS) as CommandName[]).map((name) =>
    stroke(name, COMMANDS[name] as fc.Arbitrary<object>, (f, args) => {
      f.handle({ type: 'command', token: 1, name, args: args as Commands[CommandName]['args'] });
    }),
  ),
);

const bus = fc.oneof(
  plain('probe', (f) => f.probe()),
  plain('remove', (f) => f.remove()),
  plain('lost', (f) => f.lost()),
  plain('restart', (f) => f.handle({ type: 'restart' })),
  plain('mapped again', (f) => f.handle({ type: 'mapped', memory: new ArrayBuffer(172032) })),
  stroke('mapped', fc.integer({ min: 0, max: 200_000 }), (f, size) =>
    f.handle({ type: 'mapped', memory: new ArrayBuffer(size) }),
  ),
  stroke('mapRefused', u8, (f, errno) => f.handle({ type: 'mapRefused', errno })),
  stroke('sendFailed', u8, (f, errno) => f.handle({ type: 'sendFailed', errno })),
  stroke('the bus refuses messages', fc.constantFrom(0, 0, 19), (f, errno) => {
    f.sendErrno = errno;
  }),
);

const meMessages = fc.oneof(
  plain('START_OK', (f) => f.startOk()),
  plain('CHECK_SHARED_AREA', (f) => f.bell()),
  stroke('START_OK', u8, (f, version) => f.startOk(version)),
  stroke('ME bytes', bytes(100), (f, raw) => f.meFromCsme(raw)),
  stroke('CHECK_SHARED_AREA of', u8, (f, size) =>
    f.meFromCsme(encodeMe({ name: 'CHECK_SHARED_AREA' }, 1, { size: size + 4 })),
  ),
);

const honest = fc.oneof(
  stroke('AMT_STATE', u32, (f, enabled) => says(f, { name: 'AMT_STATE', enabled })),
  stroke('NIC_OWNER', u32, (f, owner) => says(f, { name: 'NIC_OWNER', owner })),
  stroke('reply', u32, (f, granted) => says(f, { name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted })),
  stroke('PLDR_ACK', u32, (f, status) => says(f, { name: 'PLDR_ACK', version: 0, status })),
  stroke('status', u32, (f, lp) => says(f, connStatus(lp))),
  plain('taking', (f) => says(f, { name: 'CSME_TAKING_OWNERSHIP' })),
  plain('offer', (f) => says(f, { name: 'CSME_CAN_RELEASE_OWNERSHIP' })),
  plain('NVM', (f) => says(f, nvm(1))),
  plain('filters', (f) => says(f, arpFilters())),
  plain('CSME reads', (f) => drainQuietly(f)),
);

const damage = fc.oneof(
  stroke('notif bytes', bytes(60), (f, raw) => scribble(f, 2, raw)),
  stroke('data bytes', bytes(60), (f, raw) => scribble(f, 3, raw)),
  stroke('pointer', fc.tuple(fc.integer({ min: 0, max: 7 }), u32), (f, [which, value]) => {
    if (!f.area) return;
    const ring = ringsOf(f.area.layout)[which >> 1]!;
    Atomics.store(f.area.words, (which % 2 ? ring.wrAt : ring.rdAt) >> 2, value | 0);
  }),
  stroke('control block', fc.tuple(fc.integer({ min: 0, max: 15 }), u32), (f, [word, value]) => {
    if (f.area) Atomics.store(f.area.words, word, value | 0);
  }),
);

const air = fc.oneof(
  stroke('frame', bytes(80), (f, raw) => f.handle({ type: 'frame', bytes: raw })),
  plain('ARP', (f) => f.frameIn(arpRequest())),
);

const time = stroke('ms', fc.constantFrom(0, 1, 20, 99, 100, 500, 2_000, 60_000), (f, ms) => f.later(ms));

const anything = fc.oneof(
  { weight: 4, arbitrary: commands },
  { weight: 2, arbitrary: bus },
  { weight: 3, arbitrary: meMessages },
  { weight: 5, arbitrary: honest },
  { weight: 2, arbitrary: damage },
  { weight: 1, arbitrary: air },
  { weight: 3, arbitrary: time },
);
const quirkSets = fc.oneof(
  fc.constant({}),
  fc
    .subarray(Object.keys(QUIRKS) as QuirkName[])
    .map((names) => Object.fromEntries(names.map((n) => [n, true]))),
);
const situations = fc.record({
  quirks: quirkSets,
  speaks: fc.constantFrom([4, 3] as const, [3] as const, [] as const),
  up: flag,
  strokes: fc.array(anything, { maxLength: 60 }),
});

describe('random inputs', () => {
  test('nothing is thrown, no timer is left behind, the state stays plain, clones are independent', () => {
    fc.assert(
      fc.property(situations, ({ quirks, speaks, up, strokes }) => {
        const f = new HostFixture({ quirks, speaks });
        if (up && speaks.length > 0) f.up({ owner: 'csme' });
        for (const { what, strike } of strokes) {
          strike(f);
          const next = f.host.nextTimeoutAt();
          if (next !== undefined && next <= f.nowMs) f.later(0);
          expect(f.host.nextTimeoutAt() ?? Number.POSITIVE_INFINITY, what).toBeGreaterThan(f.nowMs);
          expectPlain(f.host.state, what);
        }
        expectIndependentClone(f);
      }),
      SEED,
    );
  });

  test('after everything, every caller is answered within the longest wait', () => {
    fc.assert(
      fc.property(situations, ({ quirks, speaks, up, strokes }) => {
        fc.pre(!('short-data-frame-kills-host' in quirks));
        const f = new HostFixture({ quirks, speaks });
        if (up && speaks.length > 0) f.up();
        for (const { strike } of strokes) strike(f);
        const token = 1e6;
        f.sendErrno = 0;
        for (const name of ['get_ownership', 'get_nvm', 'pldr'] as const) {
          f.handle({ type: 'command', token, name, args: {} });
        }
        f.later(2_500);
        const answered = f.log.filter(({ output }) => output.type === 'return' && output.token === token);
        expect(answered).toHaveLength(3);
      }),
      SEED,
    );
  });
});

describe('cloneState', () => {
  test('a clone is equal, and goes its own way', () => {
    const f = new HostFixture().up({ owner: 'csme' });
    f.command('power_limit', { limits: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] });
    f.command('associated', ASSOCIATION);
    f.command('get_ownership');
    f.command('get_nvm');
    f.command('pldr');
    const clone = cloneState(f.host.state);
    expect(clone).toEqual(f.host.state);
    const before = structuredClone(clone);
    f.csme(connStatus(1), nvm(1), arpFilters(), { name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 1 });
    f.command('disassociated');
    f.command('country', { mcc: 9 });
    f.lost();
    expect(clone).toEqual(before);
  });
});

/** JSON, but for byte arrays; whole numbers, `null` for what is not there. */
function expectPlain(value: unknown, where: string): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number') {
    expect(Number.isFinite(value), where).toBe(true);
    return;
  }
  if (value instanceof Uint8Array) return;
  if (Array.isArray(value)) {
    for (const item of value) expectPlain(item, where);
    return;
  }
  expect(Object.getPrototypeOf(value), where).toBe(Object.prototype);
  for (const [key, item] of Object.entries(value as object)) expectPlain(item, `${where}.${key}`);
}

/** Goes on with the host, and looks whether a clone that was made before noticed. */
function expectIndependentClone(f: HostFixture): void {
  const clone: HostState = cloneState(f.host.state);
  expect(clone).toEqual(f.host.state);
  const before = structuredClone(clone);
  for (const settle of [() => f.command('country', { mcc: 4 }), () => f.later(3_000), () => f.lost()]) {
    settle();
    expect(clone).toEqual(before);
  }
}

/** CSME says something; what stands in its ring before, damaged or not, is given up. */
function says(f: HostFixture, draft: SapDraft): void {
  if (!f.area) return;
  const { wrAt, rdAt, size } = f.ring('m2h', 'notif');
  const rd = Atomics.load(f.area.words, rdAt >> 2) >>> 0;
  const at = rd < size ? rd : 0;
  Atomics.store(f.area.words, rdAt >> 2, at);
  Atomics.store(f.area.words, wrAt >> 2, at);
  f.csme(draft);
}

/** Writes bytes into a ring as if they were messages, and rings. */
function scribble(f: HostFixture, index: 2 | 3, raw: Uint8Array): void {
  if (!f.area) return;
  const ring = ringsOf(f.area.layout)[index]!;
  const wr = Atomics.load(f.area.words, ring.wrAt >> 2) >>> 0;
  if (wr >= ring.size) return;
  for (let i = 0; i < raw.length; i++) f.area.bytes[ring.at + ((wr + i) % ring.size)] = raw[i]!;
  Atomics.store(f.area.words, ring.wrAt >> 2, (wr + raw.length) % ring.size);
  f.bell();
}

/** CSME catches up, whatever state the ring is in. */
function drainQuietly(f: HostFixture): void {
  if (!f.area) return;
  for (const { wrAt, rdAt } of ringsOf(f.area.layout).slice(0, 2)) {
    Atomics.store(f.area.words, rdAt >> 2, Atomics.load(f.area.words, wrAt >> 2));
  }
}
