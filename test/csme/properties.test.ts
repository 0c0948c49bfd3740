import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BEHAVIOURS,
  EXAMPLE_AP,
  type FirmwareInput,
  firmwareKey,
  firmwareStep,
  initialState,
  PROFILE_PARTS,
  profile,
  TIMER_NAMES,
} from '../../csme/index.ts';
import { SAP_MESSAGES, type SapName } from '../../sap/messages/index.ts';
import { HandHost } from './hand-host.ts';
import { brokenInvariants } from './invariants.ts';
import { hostMessage, linkUpTo, OTHER_AP } from './support.ts';

const SEED = 20_26;
const PLAIN = [
  'enableAmt',
  'disableAmt',
  'startSession',
  'endSession',
  'takeOwnership',
  'offerOwnership',
  'grantOwnership',
  'hostTakesRegister',
  'refuseAsks',
  'grantAsks',
  'sendNvm',
  'sendConnStatus',
  'ping',
  'refreshIp',
  'reset',
] as const;

const messages = fc.oneof(
  fc.constantFrom<SapName>(...SAP_MESSAGES.map((m) => m.short), 'UNKNOWN').map((name) => hostMessage(name)),
  fc.constantFrom(EXAMPLE_AP, OTHER_AP, { ...EXAMPLE_AP, ssidLen: 99 }).map(linkUpTo),
  fc.constantFrom(0, 1, 8, 31).map((flags) => hostMessage('HOST_SUSPENDS', { flags })),
  fc.constantFrom(0, 1).map((initControlBlock) => hostMessage('HOST_RESUMES', { initControlBlock })),
);
const inputs: fc.Arbitrary<FirmwareInput> = fc.oneof(
  { weight: 6, arbitrary: messages.map((message) => ({ type: 'message', message }) as const) },
  { weight: 4, arbitrary: fc.constantFrom(...PLAIN).map((name) => ({ type: 'command', name }) as const) },
  {
    weight: 1,
    arbitrary: fc.constant({ type: 'command', name: 'startSession', ap: EXAMPLE_AP } as const),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(...TIMER_NAMES).map((timer) => ({ type: 'timer', timer }) as const),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      { type: 'area', version: 4 } as const,
      { type: 'start', versions: [4] } as const,
      { type: 'start', versions: [] } as const,
      { type: 'areaGone' } as const,
      { type: 'lost' } as const,
    ),
  },
);
const profiles = fc
  .subarray(Object.keys(PROFILE_PARTS))
  .map((names) => profile(...names.map((name) => PROFILE_PARTS[name] ?? {})));

describe('the firmware', () => {
  it('never throws and keeps its invariants, whatever happens in whatever order', () => {
    fc.assert(
      fc.property(profiles, fc.array(inputs, { maxLength: 60 }), (of, happenings) => {
        const state = initialState(of);
        let nowMs = 0;
        for (const input of happenings) {
          firmwareStep(state, input, nowMs++);
          expect(brokenInvariants(state)).toEqual([]);
        }
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  it('is decided by its state alone: a clone does the same, and equal keys behave alike', () => {
    fc.assert(
      fc.property(profiles, fc.array(inputs, { maxLength: 30 }), inputs, (of, happenings, last) => {
        const state = initialState(of);
        for (const input of happenings) firmwareStep(state, input, 7);
        const clone = structuredClone(state);
        expect(firmwareKey(clone)).toBe(firmwareKey(state));
        expect(firmwareStep(clone, last, 8)).toEqual(firmwareStep(state, last, 8));
        expect(clone).toEqual(state);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe('the emulator', () => {
  const POINTERS = ['h2m-notif', 'h2m-data', 'm2h-notif', 'm2h-data'] as const;
  const action = fc.oneof(
    fc.record({
      do: fc.constant('say' as const),
      id: fc.constantFrom(1, 2, 1001, 1003, 1006, 1009, 1011, 1024, 2000, 777),
      payload: fc.uint8Array({ maxLength: 80 }),
    }),
    fc.record({
      do: fc.constant('bytes' as const),
      ring: fc.constantFrom('h2m-notif', 'h2m-data'),
      bytes: fc.uint8Array({ maxLength: 50 }),
    }),
    fc.record({
      do: fc.constant('pointer' as const),
      ring: fc.constantFrom(...POINTERS),
      which: fc.constantFrom('wr', 'rd'),
      to: fc.oneof(fc.nat(70_000), fc.constantFrom(0, 0xffffffff, 62720, 24128, 32768, 48256)),
    }),
    fc.record({ do: fc.constant('me' as const), bytes: fc.uint8Array({ maxLength: 100 }) }),
    fc.record({ do: fc.constant('restart' as const) }),
    fc.record({ do: fc.constant('lost' as const) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.nat(70_000) }),
    fc.record({ do: fc.constant('command' as const), name: fc.constantFrom(...PLAIN) }),
    fc.record({ do: fc.constant('frame' as const), length: fc.nat(2000) }),
  );

  it('survives a hostile host and every mixture of misbehaviours', () => {
    fc.assert(
      fc.property(
        fc.subarray(Object.keys(BEHAVIOURS), { maxLength: 3 }),
        fc.array(action, { maxLength: 40 }),
        (names, actions) => {
          const host = new HandHost({ behaviours: names.map((name) => BEHAVIOURS[name]!()) });
          host.up();
          for (const a of actions) {
            if (a.do === 'say') host.write('h2m-notif', host.message(a.id, a.payload));
            if (a.do === 'bytes') host.write(a.ring as 'h2m-data', a.bytes);
            if (a.do === 'pointer') host.pointer(a.ring, a.which as 'wr', a.to);
            if (a.do === 'me') host.put({ type: 'me', bytes: a.bytes });
            if (a.do === 'lost') host.put({ type: 'lost' });
            if (a.do === 'wait') host.wait(a.ms);
            if (a.do === 'command') host.command(a.name);
            if (a.do === 'frame') host.command('sendFrame', { frame: new Uint8Array(a.length) });
            if (a.do === 'restart') {
              host.initialise();
              host.up();
            }
            host.bell();
            expect(brokenInvariants(host.csme.state.firmware)).toEqual([]);
            expect(host.csme.nextTimeoutAt() ?? host.nowMs).toBeGreaterThanOrEqual(host.nowMs);
            host.outputs.length = 0;
          }
        },
      ),
      { seed: SEED, numRuns: 400 },
    );
  });
});
