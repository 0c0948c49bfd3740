/** Random lives of an agent in a simulated machine, and defects that they must find. */
import { describe, expect, test } from 'vitest';
import { simulateNoise } from '../../../fuzz/sim/agent/noise.ts';
import { simulateAgent } from '../../../fuzz/sim/agent/simulate.ts';
import * as act from '../../../netlink-bridge/agent/actions.ts';
import { type Phase, TROUBLES } from '../../../netlink-bridge/agent/index.ts';
import type { EventType, MachineEvent } from '../../../netlink-bridge/agent/machine-events.ts';
import { type Row, TRANSITIONS } from '../../../netlink-bridge/agent/transitions.ts';

type Rows = readonly Row<MachineEvent>[];

test('100,000 random lives', { timeout: 900_000 }, () => {
  const report = simulateAgent(100_000, 20_261);
  const { failure } = report;
  expect(failure && `seed ${failure.seed}: ${failure.what}\n${failure.ladder}`).toBeUndefined();
  expect(report.runs).toBe(100_000);
  expect(report.requests).toBeGreaterThan(200_000);
  expect(report.connections).toBeGreaterThan(200_000);
  // Their machines have the commands, and no life is a dry run.
  const never = ['unsupported', 'dry-run'];
  expect([...report.troubles.keys(), ...never].sort()).toEqual(Object.keys(TROUBLES).sort());
});

test('100,000 sequences of anything', { timeout: 900_000 }, () => {
  expect(simulateNoise(100_000, 20_261)).toBeUndefined();
});

/** Defects by what is wrong with them: a row of the table that is missing or does something else. */
const DEFECTS: Record<string, { in: Phase; on: EventType; rows: (rows: Rows) => Rows; found: RegExp }> = {
  'asks for the card whatever the profiles say': {
    in: 'matching',
    on: 'found',
    rows: (rows) => rows.slice(1).map((row) => ({ ...row, do: row.do.map(credulous) })),
    found: /without credentials/,
  },
  'does not look for the profile again': {
    in: 'waiting',
    on: 'ownershipRetry',
    rows: () => [{ do: [act.askConnInfo as Action], to: 'confirming' }],
    found: /without a profile|without credentials it ends/,
  },
  'does not care that CSME moved': {
    in: 'confirming',
    on: 'connInfo',
    rows: () => [{ do: [act.askOwnership as Action], to: 'asking' }],
    found: /another access point|too early/,
  },
  'asks again at once': {
    in: 'asking',
    on: 'notOwned',
    rows: () => [{ do: [act.askOwnership as Action] }],
    found: /too early/,
  },
  'lets the supplicant connect as it likes when the radio is free': {
    in: 'asking',
    on: 'radio',
    rows: () => [{ do: [act.restore as Action], to: 'restoring' }],
    found: /restore between the request and the connection/,
  },
  'prepares the supplicant behind the request': {
    in: 'releasing',
    on: 'radio',
    rows: () => [{ do: [act.prepare as Action], to: 'preparing' }],
    found: /prepare between the request and the connection|prepares for nothing/,
  },
  'keeps the limits behind the session': {
    in: 'held',
    on: 'roaming',
    rows: () => [],
    found: /session is over/,
  },
  'waits for ever for a word about roaming': {
    in: 'held',
    on: 'session',
    rows: () => [],
    found: /never heard|ends in held/,
  },
  'forgets the limits when it lifts them': {
    in: 'lifting',
    on: 'supplicantFailed',
    rows: () => [{ do: [], to: 'idle' }],
    found: /left behind|in phase idle/,
  },
  'does not try again to put back': {
    in: 'restoring',
    on: 'restoreRetry',
    rows: () => [],
    found: /outlive|restoring|the host is not on/,
  },
  'ends before all is put back': {
    in: 'held',
    on: 'stop',
    rows: () => [{ do: [act.tellStopped as Action], to: 'stopped' }],
    found: /left behind/,
  },
  'sleeps before all is put back': {
    in: 'waiting',
    on: 'sleep',
    rows: () => [{ do: [], to: 'asleep' }],
    found: /left behind/,
  },
  'holds on to a card that was taken back': {
    in: 'held',
    on: 'radio',
    rows: () => [],
    found: /CSME has the card/,
  },
  'connects to any access point': {
    in: 'connecting',
    on: 'connected',
    rows: (rows) => rows.slice(1),
    found: /something else/,
  },
  'waits for ever for a connection': {
    in: 'connecting',
    on: 'window',
    rows: () => [],
    found: /window is over/,
  },
};

type Action = Row<MachineEvent>['do'][number];

/** Takes a profile for granted. */
function credulous(action: Action): Action {
  const believes: Action = (state) => {
    state.profile = { id: '0', name: 'none' };
  };
  return action === (act.keepProfile as unknown) ? believes : action;
}

describe('a defect is found: it', () => {
  for (const [what, defect] of Object.entries(DEFECTS)) {
    test(what, () => {
      const table = TRANSITIONS[defect.in] as Record<EventType, Rows>;
      const right = table[defect.on];
      table[defect.on] = defect.rows(right);
      try {
        expect(simulateAgent(20_000, 1).failure?.what).toMatch(defect.found);
      } finally {
        table[defect.on] = right;
      }
    });
  }
});
