/** Where the host is better than the reference: each deviation, switched off and on. */
import { describe, expect, test } from 'vitest';
import { Host, QUIRKS, type QuirkName, type Quirks, quirksOfDriver } from '../../ownership/index.ts';
import { RingReader, VERDICT_CONSUMED, VERDICT_CSME, VERDICT_HOST } from '../../sap/index.ts';
import {
  AP_BSSID,
  ASSOCIATION,
  arpFilters,
  arpRequest,
  connStatus,
  dhcpFrame,
  HostFixture,
  multicastFrame,
  nvm,
} from '../support/host-fixture.ts';

interface Case {
  /** What shows the difference. */
  show: (quirks: Quirks) => unknown;
  /** With the quirk off: this host. */
  better: unknown;
  /** With the quirk on: the reference. */
  reference: unknown;
}

const CSME_ONLY = VERDICT_CSME | VERDICT_CONSUMED;
const filtered = (quirks: Quirks, filters = arpFilters()) => {
  const f = new HostFixture({ quirks }).up();
  f.command('set_netdev', { dev: 'wlan0' });
  f.csme(filters);
  return f;
};
const grant = { name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 1 } as const;
const refuse = { name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 0 } as const;

const CASES: Record<QuirkName, Case> = {
  'full-ring-reads-empty': {
    show: (quirks) => {
      // 139 messages of 16 bytes and two of 8 are the whole ring of version 3.
      const f = new HostFixture({ quirks, speaks: [3] }).up({ driver: false });
      for (let i = 0; i < 139; i++) f.command('country', { mcc: i });
      f.csme({ name: 'PING' }, { name: 'PING' });
      return f.heard().length;
    },
    better: 140,
    reference: 0,
  },
  'multicast-header-compare': {
    show: (quirks) => {
      const group = 0x01_00_5e_00_00_fb;
      return filtered(quirks, arpFilters({ multicast: group })).frameIn(multicastFrame(group)).verdict;
    },
    better: CSME_ONLY,
    reference: VERDICT_HOST,
  },
  'data-ring-full-loses-frame': {
    show: (quirks) => {
      const f = filtered(quirks);
      while (f.problems.length === 0) f.frameIn(arpRequest());
      f.host.state.timers.bellThrottle = null;
      return f.frameIn(arpRequest());
    },
    better: { verdict: VERDICT_HOST, did: [] },
    reference: { verdict: CSME_ONLY, did: ['bell'] },
  },
  'no-headroom-loses-frame': {
    show: (quirks) => {
      const f = filtered(quirks);
      return [f.frameIn(arpRequest()), f.heard('data').length];
    },
    better: [{ verdict: CSME_ONLY, did: ['bell'] }, 1],
    reference: [{ verdict: CSME_ONLY, did: ['bell'] }, 0],
  },
  'unsupported-data-not-skipped': {
    show: (quirks) => {
      const f = filtered(quirks);
      // A message of type 2001 whose payload looks like a DATA_PACKET of 14 bytes.
      const inner = Uint8Array.of(0xd0, 7, 14, 0, 0, 0, 0, 0, ...new Uint8Array(14));
      f.writeBytes(Uint8Array.of(0xd1, 7, inner.length, 0, 0, 0, 0, 0, ...inner), 'data');
      f.write({ name: 'DATA_PACKET', frame: new Uint8Array(60) }, 'data');
      return f.bell().filter((what) => what.startsWith('transmit'));
    },
    better: ['transmit 60'],
    reference: ['transmit 14'],
  },
  'short-data-frame-kills-host': {
    show: (quirks) => {
      const f = filtered(quirks);
      f.writeBytes(Uint8Array.of(0xd0, 7, 0, 0, 0, 0, 0, 0), 'data');
      f.write({ name: 'DATA_PACKET', frame: new Uint8Array(60) }, 'data');
      const did = f.bell();
      return [did, f.csme({ name: 'PING' }), f.command('is_connected')];
    },
    better: [['problem SAP_ERR_FRAME', 'transmit 60'], ['bell'], ['is_connected = 1']],
    reference: [['problem SAP_ERR_FRAME'], [], []],
  },
  'sap-before-start-ok': {
    show: (quirks) => {
      const f = new HostFixture({ quirks });
      f.probe();
      const early = f.csme({ name: 'AMT_STATE', enabled: 1 });
      f.startOk();
      f.csme({ name: 'AMT_STATE', enabled: 1 });
      return [early, f.host.state.amtEnabled, f.heard()];
    },
    better: [[], true, ['WHO_OWNS_NIC', 'COUNTRY_CODE', 'RADIO_STATE']],
    reference: [[], true, []],
  },
  'ownership-wait-sleeps-on': {
    show: (quirks) => {
      const f = new HostFixture({ quirks }).up({ owner: 'csme' });
      f.command('get_ownership');
      const refused = f.csme(refuse);
      f.command('get_ownership');
      const named = f.csme({ name: 'NIC_OWNER', owner: 1 });
      f.heard();
      return [refused, named, f.later(500)];
    },
    better: [['get_ownership = -13'], ['get_ownership = 0'], []],
    // Both calls began at the same time; by their end the host is owner.
    reference: [[], [], ['get_ownership = 0', 'get_ownership = 0']],
  },
  'ownership-retry-runs-on': {
    show: (quirks) => {
      const f = new HostFixture({ quirks }).up({ owner: 'host' });
      f.csme({ name: 'CSME_TAKING_OWNERSHIP' });
      f.later(5_000);
      f.csme(grant);
      f.later(10_000);
      f.csme({ name: 'CSME_TAKING_OWNERSHIP' });
      f.heard();
      const asksAfterMs: number[] = [];
      for (let ms = 0; ms < 61_000; ms += 5_000) {
        if (f.heard().length > 0) asksAfterMs.push(ms);
        f.later(5_000);
      }
      return asksAfterMs;
    },
    better: [60_000],
    reference: [45_000],
  },
  'taking-survives-grant': {
    show: (quirks) => {
      const f = new HostFixture({ quirks }).up({ owner: 'host' });
      f.command('device_state', { up: true });
      f.csme({ name: 'CSME_TAKING_OWNERSHIP' }, grant);
      f.heard();
      f.command('device_state', { up: false });
      return f.heard();
    },
    better: [],
    reference: ['CSME_OWNERSHIP_CONFIRMED'],
  },
  'owner-does-not-move-rfkill': {
    show: (quirks) => {
      const f = new HostFixture({ quirks }).up({ owner: 'csme' });
      f.csme(connStatus(1));
      return [f.csme({ name: 'NIC_OWNER', owner: 1 }), f.csme({ name: 'NIC_OWNER', owner: 2 })];
    },
    better: [
      ['rfkill free', 'roaming forbidden'],
      ['roaming allowed', 'rfkill blocked'],
    ],
    reference: [[], []],
  },
  'roaming-stays-forbidden': {
    show: (quirks) => {
      const f = new HostFixture({ quirks }).up({ owner: 'host' });
      f.csme(connStatus(1));
      return f.csme({ name: 'AMT_STATE', enabled: 0 });
    },
    better: ['rfkill free', 'roaming allowed'],
    reference: ['rfkill free'],
  },
  'link-protection-outlives-amt': {
    show: (quirks) => {
      const f = new HostFixture({ quirks }).up({ owner: 'csme' });
      f.csme(connStatus(1));
      f.csme({ name: 'AMT_STATE', enabled: 0 });
      f.command('start_unregister');
      f.command('unregister_complete');
      return f.command('register').filter((what) => /^rfkill/.test(what));
    },
    better: ['rfkill free'],
    reference: ['rfkill blocked'],
  },
  'connection-status-needs-driver': {
    show: (quirks) => {
      const f = new HostFixture({ quirks }).up({ driver: false, owner: 'csme' });
      f.csme(connStatus(1));
      return f.command('register').filter((what) => /^(AP|rfkill)/.test(what));
    },
    better: ['AP office lp=1', 'rfkill blocked'],
    reference: ['rfkill free'],
  },
  'stale-nvm': {
    show: (quirks) => {
      const f = new HostFixture({ quirks }).up();
      f.csme(nvm(1));
      return [f.command('get_nvm').at(-1), f.csme(nvm(2))];
    },
    better: ['bell', ['get_nvm = version 2']],
    reference: ['get_nvm = version 1', []],
  },
  'collocated-ap-forgotten': {
    show: (quirks) => {
      const f = new HostFixture({ quirks });
      f.command('associated', { ...ASSOCIATION, collocated: { channel: 6, bssid: AP_BSSID } });
      f.probe();
      f.startOk();
      f.csme({ name: 'AMT_STATE', enabled: 1 });
      return f.read().flatMap((m) => (m.name === 'HOST_LINK_UP' ? [m.collocChannel, m.collocBssid] : []));
    },
    better: [6, AP_BSSID],
    reference: [0, 0],
  },
  'connection-status-cut-to-8-bits': {
    show: (quirks) => {
      const f = new HostFixture({ quirks }).up({ owner: 'csme' });
      return f.csme(connStatus(0x100));
    },
    better: ['AP office lp=256', 'rfkill blocked'],
    reference: ['AP office lp=0', 'rfkill blocked'],
  },
  'dhcp-copy-not-signalled': {
    show: (quirks) => {
      const f = new HostFixture({ quirks }).up();
      return [f.command('tx_copy', { frame: dhcpFrame() }), f.heard('data')];
    },
    better: [['bell'], ['CB_DATA_PACKET']],
    reference: [[], ['CB_DATA_PACKET']],
  },
  'waiter-survives-removal': {
    show: (quirks) => {
      const f = new HostFixture({ quirks }).up({ owner: 'csme' });
      f.command('get_ownership');
      f.heard();
      const returns = (did: string[]) => did.filter((what) => what.includes('='));
      return [f.lost(), f.later(499), f.later(1)].map(returns);
    },
    better: [['get_ownership = -19'], [], []],
    reference: [[], [], ['get_ownership = -110']],
  },
  'goes-down-on-dead-bus': {
    show: (quirks) => {
      const f = new HostFixture({ quirks }).up();
      const start = f.nowMs;
      f.sendErrno = 19;
      f.lost();
      f.later(1000);
      return f.timesOf('unmap').map((ms) => ms - start);
    },
    better: [0],
    reference: [200],
  },
};

describe.each(Object.keys(QUIRKS) as QuirkName[])('%s', (name) => {
  const { show, better, reference } = CASES[name];

  test('off: this host', () => {
    expect(show({})).toEqual(better);
  });

  test('on: the reference', () => {
    expect(show({ [name]: true })).toEqual(reference);
  });

  test.skipIf(name === 'data-ring-full-loses-frame')('on, with all the others: the reference', () => {
    const all = Object.fromEntries(Object.keys(QUIRKS).map((other) => [other, true]));
    // Skipped where no frame reaches the ring that is to be filled.
    expect(show(all)).toEqual(reference);
  });
});

describe('quirks of a driver', () => {
  test('the reference has all but the one that belongs to a network device', () => {
    const all = Object.keys(QUIRKS).filter((name) => name !== 'no-headroom-loses-frame');
    expect(quirksOfDriver('iwlmei 6.12')).toEqual(all);
  });

  test.each(['', 'iwlmei', 'iwlmei 5.17', 'toString', 'constructor', '__proto__'])(
    'of "%s" nothing is known',
    (driver) => {
      expect(quirksOfDriver(driver)).toBeUndefined();
    },
  );

  test('a host has none unless told', () => {
    expect(new Host().quirks).toEqual({});
  });
});

test('an association that SSID lengths of 8 bits let pass is told as they have it', () => {
  const f = new HostFixture({ quirks: { 'connection-status-cut-to-8-bits': true } }).up({ owner: 'csme' });
  f.write(connStatus(1));
  const ring = f.ring('m2h', 'notif');
  const wr = Atomics.load(f.area!.words, ring.wrAt >> 2);
  new DataView(f.area!.bytes.buffer).setUint32(ring.at + wr - 72 + 16, 256, true);
  expect(f.bell()).toEqual(['AP  lp=1', 'rfkill blocked']);
});

test('the ring that a quirk lets fill up really reads as empty', () => {
  const f = new HostFixture({ quirks: { 'full-ring-reads-empty': true }, speaks: [3] }).up({ driver: false });
  for (let i = 0; i < 140; i++) f.command('country', { mcc: i });
  expect(new RingReader(f.area!, f.ring('h2m', 'notif')).pending()).toBe(false);
  expect(f.problems).toEqual([]);
});
