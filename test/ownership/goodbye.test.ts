/** The end of a link: in order, or by a firmware reset at any moment. */
import { describe, expect, test } from 'vitest';
import { freshLink, type Phase } from '../../ownership/index.ts';
import { connStatus, HostFixture, nvm } from '../support/host-fixture.ts';

describe('orderly removal', () => {
  test('CSME reads at once: goodbye, rfkill unblocked, area given back', () => {
    const f = new HostFixture().up({ owner: 'host' });
    expect(f.remove()).toEqual(['bell']);
    expect(f.host.state.phase).toBe('draining');
    expect(f.heard()).toEqual(['HOST_GOES_DOWN']);
    expect(f.later(20)).toEqual(['rfkill free', 'disable', 'unmap']);
    expect(f.host.state).toMatchObject({ phase: 'absent', ...freshLink() });
    expect(f.host.nextTimeoutAt()).toBeUndefined();
  });

  test('CSME does not read: 10 looks of 20 ms', () => {
    const f = new HostFixture().up();
    const start = f.nowMs;
    f.remove();
    f.later(1000);
    expect(f.timesOf('unmap')).toEqual([start + 200]);
  });

  test('it is given the data ring to drain as well', () => {
    const f = new HostFixture().up();
    const frame = new Uint8Array(42);
    frame.set([8, 0, 0x45], 12);
    frame[23] = 17;
    frame.set([0, 68, 0, 67], 34);
    f.command('tx_copy', { frame });
    f.remove();
    f.heard();
    expect(f.later(50)).toEqual([]);
    f.read('data');
    expect(f.later(20)).toContain('unmap');
  });

  test('device up: its own shutdown is awaited', () => {
    const f = new HostFixture().up({ owner: 'host' });
    f.command('device_state', { up: true });
    expect(f.remove()).toEqual([]);
    expect(f.host.state.phase).toBe('stopping');
    f.later(30);
    expect(f.heard()).toEqual([]);
    expect(f.command('device_state', { up: false })).toEqual(['bell']);
    expect(f.heard()).toEqual(['HOST_GOES_DOWN']);
    f.later(100);
    expect(f.timesOf('nic_stolen')).toEqual([]);
    expect(f.host.state.phase).toBe('absent');
  });

  test('the device does not come down within 50 ms: stolen', () => {
    const f = new HostFixture().up({ owner: 'host' });
    f.command('device_state', { up: true });
    const start = f.nowMs;
    f.remove();
    f.command('device_state', { up: true });
    expect(f.later(50)).toEqual(['nic_stolen', 'bell']);
    expect(f.timesOf('nic_stolen')).toEqual([start + 50]);
    expect(f.heard()).toEqual(['HOST_GOES_DOWN']);
    f.later(100);
    expect(f.timesOf('nic_stolen')).toHaveLength(1);
  });

  test('a WLAN driver that leaves meanwhile is not told any more', () => {
    const f = new HostFixture().up({ owner: 'host' });
    f.command('device_state', { up: true });
    f.remove();
    f.command('start_unregister');
    f.command('unregister_complete');
    expect(f.later(50)).toEqual(['bell']);
  });

  test('without a WLAN driver nobody is waited for, or told', () => {
    const f = new HostFixture().up({ driver: false });
    f.command('device_state', { up: true });
    expect(f.remove()).toEqual(['bell']);
    f.heard();
    expect(f.later(20)).toEqual(['disable', 'unmap']);
  });

  test('before START_OK there is nobody to say goodbye to', () => {
    const f = new HostFixture();
    f.command('register');
    f.probe();
    expect(f.remove()).toEqual(['rfkill free', 'disable', 'unmap']);
  });

  test('what CSME says while the host leaves is not read any more', () => {
    const f = new HostFixture().up();
    f.remove();
    expect(f.csme({ name: 'PING' })).toEqual([]);
    expect(f.heard()).toEqual(['HOST_GOES_DOWN']);
  });
});

describe('waiters wake with "connection lost"', () => {
  test.each(['remove', 'lost'] as const)('%s', (end) => {
    const f = new HostFixture().up({ owner: 'csme' });
    f.command('get_ownership');
    f.command('get_nvm');
    f.command('pldr');
    f.heard();
    const did = [...f[end](), ...f.later(300)];
    expect(did.filter((what) => what.includes('='))).toEqual([
      'get_ownership = -19',
      'get_nvm = null',
      'pldr = -19',
    ]);
    f.later(200_000);
    expect(f.host.state.ownershipWaits).toEqual([]);
  });

  test('a time-out that falls into the draining is still the caller’s', () => {
    const f = new HostFixture().up({ owner: 'csme' });
    f.command('get_ownership');
    f.later(450);
    f.remove();
    f.later(60);
    expect(f.timesOf('get_ownership = -110')).toHaveLength(1);
    f.later(120_000);
    expect(f.timesOf('get_ownership')).toHaveLength(1);
  });
});

test('START_OK that comes while the host leaves is reported and changes nothing', () => {
  const f = new HostFixture().up();
  f.remove();
  expect(f.startOk()).toEqual(['problem SAP_ERR_UNEXPECTED']);
  expect(f.host.state.phase).toBe('draining');
});

/** A host in each phase, by what leads there. */
const INTO: Record<Exclude<Phase, 'absent' | 'dead'>, () => HostFixture> = {
  mapping: () => {
    const f = new HostFixture();
    f.answersMap = false;
    f.probe();
    return f;
  },
  mapRetry: () => {
    const f = new HostFixture({ speaks: [] });
    f.probe();
    return f;
  },
  failed: () => {
    const f = new HostFixture({ speaks: [] });
    f.probe();
    f.later(1000);
    return f;
  },
  started: () => {
    const f = new HostFixture();
    f.probe();
    return f;
  },
  connected: () => new HostFixture().up({ owner: 'host' }),
  stopping: () => {
    const f = new HostFixture().up({ owner: 'host' });
    f.command('device_state', { up: true });
    f.remove();
    return f;
  },
  draining: () => {
    const f = new HostFixture().up({ owner: 'host' });
    f.remove();
    return f;
  },
};

describe('firmware reset at every moment', () => {
  test.each(Object.keys(INTO) as (keyof typeof INTO)[])('%s', (phase) => {
    const f = INTO[phase]();
    expect(f.host.state.phase).toBe(phase);
    f.lost();
    expect(f.host.state).toMatchObject({ phase: 'absent', ...freshLink() });
    expect(f.host.nextTimeoutAt()).toBeUndefined();
    expect(f.area).toBeUndefined();
  });

  test.each(Object.keys(INTO) as (keyof typeof INTO)[])(
    'a link that comes back after it is like a fresh one (%s)',
    (phase) => {
      const f = INTO[phase]();
      if (f.host.state.driver === 'none') f.command('register');
      f.lost();
      const fresh = new HostFixture();
      fresh.command('register');
      for (const host of [f, fresh]) {
        host.answersMap = true;
        host.probe();
        if (host.host.state.phase !== 'started') return;
        host.startOk();
        host.csme({ name: 'AMT_STATE', enabled: 1 });
      }
      expect(f.heard()).toEqual(fresh.heard());
      const since = f.nowMs - fresh.nowMs;
      expect({ ...f.host.state, timers: null }).toEqual({ ...fresh.host.state, timers: null });
      expect(f.host.nextTimeoutAt()! - since).toBe(fresh.host.nextTimeoutAt());
    },
  );

  test('nothing is sent: nobody would read it', () => {
    const f = new HostFixture().up({ owner: 'csme' });
    f.csme(connStatus(1), nvm(1));
    expect(f.lost()).toEqual(['rfkill free', 'disable', 'unmap']);
  });

  test('twice, or without a client, changes nothing', () => {
    const f = new HostFixture().up();
    f.lost();
    const before = structuredClone(f.host.state);
    expect(f.lost()).toEqual([]);
    expect(f.remove()).toEqual([]);
    expect(f.host.state).toEqual(before);
  });
});
