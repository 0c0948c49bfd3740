/** The list of timers, and the contract of `nextTimeoutAt` and `handleTimeout`. */
import { describe, expect, test } from 'vitest';
import {
  DRAIN_POLLS,
  initialState,
  MAP_ROUNDS,
  nextTimer,
  type Phase,
  PLDR_TRIES,
  TIMER_NAMES,
  TIMERS,
  type TimerName,
  TRANSITIONS,
} from '../../ownership/index.ts';
import { HostFixture } from '../support/host-fixture.ts';

describe('the list', () => {
  test('each says when it goes off and where its length comes from', () => {
    for (const name of TIMER_NAMES) {
      const { ms, when, source } = TIMERS[name];
      expect(Number.isSafeInteger(ms) && ms > 0, name).toBe(true);
      expect(when.length, name).toBeGreaterThan(10);
      expect(source, name).toMatch(/\d/);
    }
  });

  test('lengths and counts as the protocol has them', () => {
    const ms = Object.fromEntries(TIMER_NAMES.map((name) => [name, TIMERS[name].ms]));
    expect(ms).toEqual({
      mapRetry: 100,
      bellThrottle: 100,
      ownershipReply: 500,
      ownershipRetry: 60_000,
      nvmReply: 2_000,
      pldrReply: 500,
      deviceDown: 50,
      drainPoll: 20,
    });
    expect([MAP_ROUNDS, PLDR_TRIES, DRAIN_POLLS]).toEqual([3, 3, 10]);
  });

  test('every timer is an event of the table, but for the door bell, which is below it', () => {
    const used = new Set(
      (Object.keys(TRANSITIONS) as Phase[]).flatMap((phase) => Object.keys(TRANSITIONS[phase])),
    );
    expect(TIMER_NAMES.filter((name) => !used.has(name))).toEqual(['bellThrottle']);
  });
});

/** What arms each timer. */
const ARMED: Record<TimerName, () => HostFixture> = {
  mapRetry: () => {
    const f = new HostFixture({ speaks: [] });
    f.probe();
    return f;
  },
  bellThrottle: () => {
    const f = new HostFixture().up();
    f.command('country', { mcc: 1 });
    return f;
  },
  ownershipReply: () => {
    const f = new HostFixture().up({ owner: 'csme' });
    f.command('get_ownership');
    return f;
  },
  ownershipRetry: () => {
    const f = new HostFixture().up({ owner: 'host' });
    f.csme({ name: 'CSME_TAKING_OWNERSHIP' });
    return f;
  },
  nvmReply: () => {
    const f = new HostFixture().up();
    f.command('get_nvm');
    return f;
  },
  pldrReply: () => {
    const f = new HostFixture().up();
    f.command('pldr');
    return f;
  },
  deviceDown: () => {
    const f = new HostFixture().up();
    f.command('device_state', { up: true });
    f.remove();
    return f;
  },
  drainPoll: () => {
    const f = new HostFixture().up();
    f.remove();
    f.later(0);
    return f;
  },
};

describe.each(TIMER_NAMES)('%s', (name) => {
  test('is armed for its length', () => {
    const f = ARMED[name]();
    expect(f.host.state.timers[name]).toBe(f.nowMs + TIMERS[name].ms);
  });

  test('does not go off before it is due, and goes off when it is', () => {
    const f = ARMED[name]();
    if (name !== 'bellThrottle' && f.area) f.heard();
    const due = f.host.state.timers[name]!;
    f.host.handleTimeout(due - 1);
    expect(f.host.state.timers[name]).toBe(due);
    f.host.handleTimeout(due);
    expect(f.host.state.timers[name]).not.toBe(due);
  });

  test('dies with the link', () => {
    const f = ARMED[name]();
    f.lost();
    expect(f.host.state.timers[name]).toBeNull();
    expect(f.host.nextTimeoutAt()).toBeUndefined();
  });
});

describe('nextTimeoutAt and handleTimeout', () => {
  test('a fresh host waits for nothing', () => {
    const f = new HostFixture();
    expect(f.host.nextTimeoutAt()).toBeUndefined();
    f.host.handleTimeout(1e12);
    expect(f.host.poll()).toBeUndefined();
  });

  test('the earliest comes first; of two at the same time the one that is declared first', () => {
    const state = initialState();
    expect(nextTimer(state)).toBeUndefined();
    state.timers.drainPoll = 5;
    state.timers.nvmReply = 9;
    expect(nextTimer(state)).toEqual({ timer: 'drainPoll', atMs: 5 });
    state.timers.mapRetry = 5;
    expect(nextTimer(state)).toEqual({ timer: 'mapRetry', atMs: 5 });
  });

  test('handleTimeout fires all that is due; what is left is later than now', () => {
    const f = new HostFixture().up({ owner: 'csme' });
    f.command('get_ownership');
    f.command('get_nvm');
    f.command('pldr');
    f.heard();
    for (const nowMs of [f.nowMs + 50, f.nowMs + 700, f.nowMs + 5_000, f.nowMs + 100_000]) {
      f.host.handleTimeout(nowMs);
      expect(f.host.nextTimeoutAt() ?? Number.POSITIVE_INFINITY).toBeGreaterThan(nowMs);
    }
  });

  test('calling it too early or for nothing does nothing', () => {
    const f = new HostFixture().up();
    f.command('get_nvm');
    const before = structuredClone(f.host.state);
    f.host.handleTimeout(f.nowMs);
    expect(f.host.state).toEqual(before);
    expect(f.host.poll()).toBeUndefined();
  });

  test('a timer that is handled late goes off once', () => {
    const f = new HostFixture().up();
    f.command('get_nvm');
    f.heard();
    f.nowMs += 60_000;
    f.later(0);
    f.later(0);
    expect(f.timesOf('get_nvm = null')).toEqual([f.nowMs]);
  });

  test('any epoch will do', () => {
    for (const epoch of [0, -5_000, 1.7e12, 0.25]) {
      const f = new HostFixture();
      f.nowMs = epoch;
      f.up({ owner: 'csme' });
      f.command('get_ownership');
      f.heard();
      expect(f.host.nextTimeoutAt()).toBe(f.nowMs + 100);
      expect(f.later(500)).toContain('get_ownership = -110');
    }
  });

  test('poll gives outputs in order and each once', () => {
    const f = new HostFixture();
    f.host.handle(0, { type: 'command', token: 1, name: 'is_connected', args: {} });
    f.host.handle(0, { type: 'command', token: 2, name: 'is_connected', args: {} });
    expect(f.host.poll()).toMatchObject({ token: 1 });
    f.host.handle(0, { type: 'command', token: 3, name: 'is_connected', args: {} });
    expect(f.host.poll()).toMatchObject({ token: 2 });
    expect(f.host.poll()).toMatchObject({ token: 3 });
    expect(f.host.poll()).toBeUndefined();
    expect(f.host.poll()).toBeUndefined();
  });
});
