/** Asking, refusal and time-outs, CSME taking, offers. */
import { describe, expect, test } from 'vitest';
import { connStatus, HostFixture } from '../support/host-fixture.ts';

const asked = (f: HostFixture) =>
  f.log.filter(({ output }) => output.type === 'return' && output.name === 'get_ownership');

describe('the host asks', () => {
  test('granted: owner, confirmed, rfkill unblocked, the caller returns', () => {
    const f = new HostFixture().up({ owner: 'csme' });
    expect(f.command('get_ownership')).toEqual(['bell']);
    expect(f.heard()).toEqual(['HOST_ASKS_FOR_NIC_OWNERSHIP']);
    f.later(100);
    expect(f.csme({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 1 })).toEqual([
      'bell',
      'rfkill free',
      'get_ownership = 0',
    ]);
    expect(f.heard()).toEqual(['HOST_OWNERSHIP_CONFIRMED']);
    expect(f.host.state.owner).toBe(true);
    f.later(120_000);
    expect(f.heard()).toEqual([]);
  });

  test('any value but 0 is a grant', () => {
    const f = new HostFixture().up();
    f.csme({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 0x100 });
    expect(f.host.state.owner).toBe(true);
  });

  test('an unsolicited grant is confirmed the same way', () => {
    const f = new HostFixture().up({ owner: 'csme' });
    f.csme({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 1 });
    expect(f.heard()).toEqual(['HOST_OWNERSHIP_CONFIRMED']);
  });

  test('refused: nothing changes, the caller is told at once, and the host asks again 60 s later', () => {
    const f = new HostFixture().up({ owner: 'csme' });
    f.command('get_ownership');
    f.heard();
    f.later(200);
    expect(f.csme({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 0 })).toEqual(['get_ownership = -13']);
    expect(f.host.state.owner).toBe(false);
    expect(f.later(59_999)).toEqual([]);
    expect(f.later(1)).toEqual(['bell']);
    expect(f.heard()).toEqual(['HOST_ASKS_FOR_NIC_OWNERSHIP']);
  });

  test('silence: a time-out after 500 ms, and again 60 s later, without end', () => {
    const f = new HostFixture().up({ owner: 'csme' });
    f.command('get_ownership');
    f.heard();
    expect(f.later(499)).toEqual([]);
    expect(f.later(1)).toEqual(['get_ownership = -110']);
    for (let round = 0; round < 3; round++) {
      f.later(60_000);
      expect(f.heard()).toEqual(['HOST_ASKS_FOR_NIC_OWNERSHIP']);
      f.later(500);
    }
    expect(asked(f)).toHaveLength(1);
  });

  test('a grant ends the repeated asking', () => {
    const f = new HostFixture().up({ owner: 'csme' });
    f.command('get_ownership');
    f.later(500 + 60_000);
    f.csme({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 1 });
    f.heard();
    f.later(200_000);
    expect(f.heard()).toEqual([]);
  });

  test('a refusal while owner leaves the host owner', () => {
    const f = new HostFixture().up({ owner: 'host' });
    f.csme({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 0 });
    expect(f.host.state.owner).toBe(true);
    f.later(120_000);
    expect(f.heard()).toEqual([]);
  });

  test('several callers: each asks, each has its own 500 ms, one answer serves all', () => {
    const f = new HostFixture().up({ owner: 'csme' });
    f.command('get_ownership');
    f.later(300);
    f.command('get_ownership');
    expect(f.heard()).toEqual(['HOST_ASKS_FOR_NIC_OWNERSHIP', 'HOST_ASKS_FOR_NIC_OWNERSHIP']);
    expect(f.later(200)).toEqual(['get_ownership = -110']);
    f.command('get_ownership');
    expect(f.csme({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 1 })).toEqual([
      'rfkill free',
      'get_ownership = 0',
      'get_ownership = 0',
    ]);
  });

  test('the owner does not ask', () => {
    const f = new HostFixture().up({ owner: 'host' });
    expect(f.command('get_ownership')).toEqual(['get_ownership = 0']);
    expect(f.heard()).toEqual([]);
  });

  test.each(['absent', 'started'])('without SAP (%s) it succeeds at once', (phase) => {
    const f = new HostFixture();
    if (phase === 'started') f.probe();
    expect(f.host.state.phase).toBe(phase);
    expect(f.command('get_ownership')).toEqual(['get_ownership = 0']);
  });

  test('a ring that is full fails the request at once', () => {
    const f = new HostFixture().up({ owner: 'csme' });
    while (f.problems.length === 0) f.command('get_ownership');
    expect(f.timesOf('get_ownership = -28')).toHaveLength(1);
  });

  test('AMT going off meanwhile leaves the caller its 500 ms, and nobody asks again', () => {
    const f = new HostFixture().up({ owner: 'csme' });
    f.command('get_ownership');
    f.csme({ name: 'AMT_STATE', enabled: 0 });
    expect(f.later(500)).toContain('get_ownership = -110');
    f.heard();
    f.later(120_000);
    expect(f.heard()).toEqual([]);
  });
});

describe('NIC_OWNER', () => {
  test.each([
    [0, true],
    [1, true],
    [2, false],
    [3, true],
    [0xffffffff, true],
  ])('%i: the host is owner: %s', (owner, expected) => {
    const f = new HostFixture().up({ owner: expected ? 'csme' : 'host' });
    expect(f.csme({ name: 'NIC_OWNER', owner })).toEqual([]);
    expect(f.host.state.owner).toBe(expected);
    expect(f.heard()).toEqual([]);
  });

  test('that names the host ends the wait of a caller, without a confirmation', () => {
    const f = new HostFixture().up({ owner: 'csme' });
    f.command('get_ownership');
    f.heard();
    expect(f.csme({ name: 'NIC_OWNER', owner: 1 })).toEqual(['get_ownership = 0']);
    f.later(1000);
    expect(f.heard()).toEqual([]);
  });
});

describe('CSME takes', () => {
  test('device down: confirmed at once, asked for again 60 s later', () => {
    const f = new HostFixture().up({ owner: 'host' });
    expect(f.csme({ name: 'CSME_TAKING_OWNERSHIP' })).toEqual(['bell']);
    expect(f.heard()).toEqual(['CSME_OWNERSHIP_CONFIRMED']);
    expect(f.host.state.owner).toBe(false);
    f.later(59_999);
    expect(f.heard()).toEqual([]);
    f.later(1);
    expect(f.heard()).toEqual(['HOST_ASKS_FOR_NIC_OWNERSHIP']);
  });

  test('without a WLAN driver: the same, although the device was reported up', () => {
    const f = new HostFixture().up({ driver: false, owner: 'host' });
    f.command('device_state', { up: true });
    expect(f.csme({ name: 'CSME_TAKING_OWNERSHIP' })).toEqual(['bell']);
    expect(f.heard()).toEqual(['CSME_OWNERSHIP_CONFIRMED']);
  });

  test('device up: rfkill is blocked, and confirmed once when the device is down', () => {
    const f = new HostFixture().up({ owner: 'host' });
    f.command('device_state', { up: true });
    expect(f.csme({ name: 'CSME_TAKING_OWNERSHIP' })).toEqual(['rfkill blocked, CSME is taking']);
    expect(f.host.state.owner).toBe(false);
    f.later(10_000);
    expect(f.heard()).toEqual([]);
    f.command('device_state', { up: true });
    expect(f.heard()).toEqual([]);
    expect(f.command('device_state', { up: false })).toEqual(['bell']);
    f.command('device_state', { up: false });
    expect(f.heard()).toEqual(['CSME_OWNERSHIP_CONFIRMED']);
    f.later(59_999);
    expect(f.heard()).toEqual([]);
    f.later(1);
    expect(f.heard()).toEqual(['HOST_ASKS_FOR_NIC_OWNERSHIP']);
  });

  test('a grant before the device is down takes the promise back', () => {
    const f = new HostFixture().up({ owner: 'host' });
    f.command('device_state', { up: true });
    f.csme({ name: 'CSME_TAKING_OWNERSHIP' });
    f.csme({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 1 });
    f.heard();
    f.command('device_state', { up: false });
    expect(f.heard()).toEqual([]);
  });

  test('taken a second time: the 60 s begin again', () => {
    const f = new HostFixture().up({ owner: 'host' });
    f.csme({ name: 'CSME_TAKING_OWNERSHIP' });
    f.later(15_000);
    f.csme({ name: 'CSME_TAKING_OWNERSHIP' });
    f.heard();
    f.later(59_999);
    expect(f.heard()).toEqual([]);
    f.later(1);
    expect(f.heard()).toEqual(['HOST_ASKS_FOR_NIC_OWNERSHIP']);
  });

  test('AMT off after 60 s: nobody asks', () => {
    const f = new HostFixture().up({ owner: 'host' });
    f.csme({ name: 'CSME_TAKING_OWNERSHIP' });
    f.csme({ name: 'AMT_STATE', enabled: 0 });
    f.heard();
    f.later(120_000);
    expect(f.heard()).toEqual([]);
  });
});

describe('CSME offers', () => {
  test('the host asks at once, also when it is owner; nobody waits for the answer', () => {
    for (const owner of ['host', 'csme'] as const) {
      const f = new HostFixture().up({ owner });
      expect(f.csme({ name: 'CSME_CAN_RELEASE_OWNERSHIP' })).toEqual(['bell']);
      expect(f.heard()).toEqual(['HOST_ASKS_FOR_NIC_OWNERSHIP']);
      f.later(120_000);
      expect(f.heard()).toEqual([]);
      expect(asked(f)).toEqual([]);
    }
  });

  test('without a WLAN driver the offer is let pass', () => {
    const f = new HostFixture().up({ driver: false });
    expect(f.csme({ name: 'CSME_CAN_RELEASE_OWNERSHIP' })).toEqual([]);
    expect(f.heard()).toEqual([]);
  });
});

describe('60 s after a taking', () => {
  test('a host that got the card meanwhile does not ask, even if it lost it again in silence', () => {
    const f = new HostFixture().up({ owner: 'host' });
    f.csme({ name: 'CSME_TAKING_OWNERSHIP' });
    f.later(5_000);
    f.csme({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 1 });
    f.csme({ name: 'NIC_OWNER', owner: 2 });
    f.heard();
    f.later(120_000);
    expect(f.heard()).toEqual([]);
  });
});

describe('the ten steps', () => {
  test('a remote session goes over from CSME to the host', () => {
    const f = new HostFixture();
    f.command('register');
    f.probe();
    f.startOk();
    f.csme({ name: 'AMT_STATE', enabled: 1 });
    expect(f.csme({ name: 'NIC_OWNER', owner: 2 }, connStatus(1))).toEqual([
      'AP office lp=1',
      'rfkill blocked',
    ]);
    f.heard();
    f.later(200);
    expect(f.command('get_ownership')).toEqual(['bell']);
    expect(f.heard()).toEqual(['HOST_ASKS_FOR_NIC_OWNERSHIP']);
    expect(f.csme({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 1 })).toEqual([
      'rfkill free',
      'roaming forbidden',
      'get_ownership = 0',
    ]);
    expect(f.later(100)).toEqual(['bell']);
    expect(f.heard()).toEqual(['HOST_OWNERSHIP_CONFIRMED']);
    expect(f.csme(connStatus(1))).toEqual(['AP office lp=1', 'roaming forbidden']);
    expect(f.csme(connStatus(0, ''))).toEqual(['AP  lp=0', 'roaming allowed']);
  });
});
