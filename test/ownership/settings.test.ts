/** AMT on and off, and the settings that are kept meanwhile. */
import { describe, expect, test } from 'vitest';
import { AP_BSSID, ASSOCIATION, HostFixture, STATION } from '../support/host-fixture.ts';

const LIMITS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** Every setting that there is, given to the host. */
function giveAll(f: HostFixture): void {
  f.command('country', { mcc: 0x4445 });
  f.command('power_limit', { limits: LIMITS });
  f.command('nic_info', { macAddress: STATION, nvmAddress: STATION + 1 });
  f.command('set_rfkill', { hw: false, sw: true });
  f.command('associated', { ...ASSOCIATION, collocated: { channel: 6, bssid: AP_BSSID + 1 } });
}

const FULL = [
  'WIFIDR_UP',
  'WHO_OWNS_NIC',
  'HOST_LINK_UP',
  'COUNTRY_CODE',
  'SAR_LIMITS',
  'NIC_INFO',
  'RADIO_STATE',
];

describe('AMT goes on', () => {
  test('the least initial configuration, in its order', () => {
    const f = new HostFixture().up({ amt: false });
    expect(f.csme({ name: 'AMT_STATE', enabled: 1 })).toEqual(['bell', 'sap_connected']);
    expect(f.read()).toMatchObject([
      { name: 'WIFIDR_UP', seqNum: 1 },
      { name: 'WHO_OWNS_NIC', seqNum: 2 },
      { name: 'COUNTRY_CODE', seqNum: 3, mcc: 0, sourceId: 0, diffTime: 0 },
      { name: 'RADIO_STATE', seqNum: 4, state: 3 },
    ]);
  });

  test('without a WLAN driver nobody is announced or told', () => {
    const f = new HostFixture().up({ amt: false, driver: false });
    expect(f.csme({ name: 'AMT_STATE', enabled: 1 })).toEqual(['bell']);
    expect(f.heard()).toEqual(['WHO_OWNS_NIC', 'COUNTRY_CODE', 'RADIO_STATE']);
  });

  test('everything that is known is sent, in its order', () => {
    const f = new HostFixture();
    giveAll(f);
    f.command('register');
    f.probe();
    f.startOk();
    expect(f.heard()).toEqual([]);
    f.csme({ name: 'AMT_STATE', enabled: 1 });
    expect(f.read()).toMatchObject([
      { name: 'WIFIDR_UP' },
      { name: 'WHO_OWNS_NIC' },
      {
        name: 'HOST_LINK_UP',
        connectionInfo: { ssidLen: 6, authMode: 9, pairwiseCipher: 4, channel: 36, band: 1, bssid: AP_BSSID },
        collocChannel: 6,
        collocBand: 0,
        collocBssid: AP_BSSID + 1,
      },
      { name: 'COUNTRY_CODE', mcc: 0x4445 },
      {
        name: 'SAR_LIMITS',
        sarChainInfoTable: [
          [1, 2, 3, 4, 5],
          [6, 7, 8, 9, 10],
        ],
      },
      { name: 'NIC_INFO', macAddress: STATION, nvmAddress: STATION + 1 },
      { name: 'RADIO_STATE', state: 2 },
    ]);
  });

  test.each([1, 0x100, 0x80000000, 0xffffffff])('%i is true', (enabled) => {
    const f = new HostFixture().up({ amt: false });
    f.csme({ name: 'AMT_STATE', enabled });
    expect(f.host.state.amtEnabled).toBe(true);
  });

  test('AMT_STATE that changes nothing is ignored', () => {
    const on = new HostFixture().up();
    expect(on.csme({ name: 'AMT_STATE', enabled: 0x100 })).toEqual([]);
    expect(on.heard()).toEqual([]);
    const off = new HostFixture().up({ amt: false });
    expect(off.csme({ name: 'AMT_STATE', enabled: 0 })).toEqual([]);
    expect(off.heard()).toEqual([]);
  });

  test.each([
    ['zero', 0],
    ['multicast', 0x01_00_5e_00_00_01],
    ['broadcast', 0xff_ff_ff_ff_ff_ff],
  ])('a MAC address that is %s is not in the initial configuration', (_, macAddress) => {
    const f = new HostFixture();
    f.command('nic_info', { macAddress, nvmAddress: 1 });
    f.up({ amt: false });
    f.csme({ name: 'AMT_STATE', enabled: 1 });
    expect(f.heard()).not.toContain('NIC_INFO');
    // The call on a link that is up sends any.
    f.command('nic_info', { macAddress, nvmAddress: 1 });
    expect(f.heard()).toEqual(['NIC_INFO']);
  });
});

describe('AMT goes off', () => {
  test('rfkill is unblocked, received frames are not looked at any more', () => {
    const f = new HostFixture().up({ owner: 'csme' });
    expect(f.command('set_netdev', { dev: 'wlan0' })).toEqual(['set_netdev = true']);
    expect(f.csme({ name: 'AMT_STATE', enabled: 0 })).toEqual(['rfkill free']);
    expect(f.command('set_netdev', { dev: 'wlan0' })).toEqual(['set_netdev = false']);
  });

  test('without a WLAN driver nobody is told', () => {
    const f = new HostFixture().up({ driver: false });
    expect(f.csme({ name: 'AMT_STATE', enabled: 0 })).toEqual([]);
  });

  test('settings are kept, and all is sent again when it goes on', () => {
    const f = new HostFixture().up();
    f.csme({ name: 'AMT_STATE', enabled: 0 });
    giveAll(f);
    expect(f.heard()).toEqual([]);
    f.csme({ name: 'AMT_STATE', enabled: 1 });
    expect(f.heard()).toEqual(FULL);
    f.csme({ name: 'AMT_STATE', enabled: 0 }, { name: 'AMT_STATE', enabled: 1 });
    expect(f.heard()).toEqual(FULL);
  });

  test('requests succeed at once and send nothing', () => {
    const f = new HostFixture().up({ amt: false });
    expect(f.command('get_ownership')).toEqual(['get_ownership = 0']);
    expect(f.command('pldr')).toEqual(['pldr = 0']);
    expect(f.heard()).toEqual([]);
  });

  test('pings, offers and ownership are still answered', () => {
    const f = new HostFixture().up({ amt: false });
    f.csme({ name: 'PING' }, { name: 'CSME_TAKING_OWNERSHIP' }, { name: 'CSME_CAN_RELEASE_OWNERSHIP' });
    expect(f.heard()).toEqual(['PONG', 'CSME_OWNERSHIP_CONFIRMED', 'HOST_ASKS_FOR_NIC_OWNERSHIP']);
  });
});

describe('settings on a link with AMT enabled', () => {
  test('each is sent as it comes, one message each', () => {
    const f = new HostFixture().up();
    giveAll(f);
    expect(f.heard()).toEqual(['COUNTRY_CODE', 'SAR_LIMITS', 'NIC_INFO', 'RADIO_STATE', 'HOST_LINK_UP']);
    f.command('disassociated');
    f.command('disassociated');
    expect(f.read()).toMatchObject([
      { name: 'HOST_LINK_DOWN', type: 1, reasonValid: 0, reason: 0 },
      { name: 'HOST_LINK_DOWN', type: 1 },
    ]);
  });

  test.each([
    [true, true, 0],
    [true, false, 1],
    [false, true, 2],
    [false, false, 3],
  ])('set_rfkill hw=%s sw=%s is RADIO_STATE %i', (hw, sw, state) => {
    const f = new HostFixture().up();
    f.command('set_rfkill', { hw, sw });
    expect(f.read()).toMatchObject([{ name: 'RADIO_STATE', state }]);
  });

  test.each([
    [1, 0],
    [14, 0],
    [36, 1],
  ])('a collocated access point on channel %i is in band %i', (channel, collocBand) => {
    const f = new HostFixture().up();
    f.command('associated', { ...ASSOCIATION, collocated: { channel, bssid: AP_BSSID } });
    expect(f.read()).toMatchObject([{ name: 'HOST_LINK_UP', collocChannel: channel, collocBand }]);
  });

  test('an SSID of more than 32 bytes is not reported, nor kept', () => {
    const f = new HostFixture().up();
    expect(f.command('associated', { ...ASSOCIATION, ssid: new Uint8Array(33) })).toEqual([
      'problem SAP_ERR_VALUE',
    ]);
    expect(f.heard()).toEqual([]);
    expect(f.host.state.settings.association).toBeNull();
  });
});

describe('what the cache keeps', () => {
  test('disassociation clears the association', () => {
    const f = new HostFixture();
    giveAll(f);
    f.command('disassociated');
    f.up({ amt: false });
    f.csme({ name: 'AMT_STATE', enabled: 1 });
    expect(f.heard()).not.toContain('HOST_LINK_UP');
  });

  test.each(['remove', 'lost'] as const)('settings outlive the link (%s)', (end) => {
    const f = new HostFixture().up();
    giveAll(f);
    f[end]();
    f.later(1000);
    f.probe();
    f.startOk();
    f.csme({ name: 'AMT_STATE', enabled: 1 });
    expect(f.heard()).toEqual(FULL);
  });

  test('the driver takes association and power limits with it, the rest stays', () => {
    const f = new HostFixture().up();
    giveAll(f);
    f.command('start_unregister');
    f.command('unregister_complete');
    f.csme({ name: 'AMT_STATE', enabled: 0 });
    f.heard();
    f.csme({ name: 'AMT_STATE', enabled: 1 });
    expect(f.heard()).toEqual(['WHO_OWNS_NIC', 'COUNTRY_CODE', 'NIC_INFO', 'RADIO_STATE']);
  });

  test('whether the device is up belongs to the link', () => {
    const f = new HostFixture();
    f.command('device_state', { up: true });
    f.up({ owner: 'host' });
    f.csme({ name: 'CSME_TAKING_OWNERSHIP' });
    expect(f.heard()).toEqual(['CSME_OWNERSHIP_CONFIRMED']);
  });

  test('what the caller changes afterwards does not change the cache', () => {
    const f = new HostFixture().up();
    const limits = [...LIMITS];
    const association = { ...ASSOCIATION, ssid: ASSOCIATION.ssid.slice() };
    f.command('power_limit', { limits });
    f.command('associated', association);
    limits.fill(0);
    association.ssid.fill(0);
    association.channel = 1;
    expect(f.host.state.settings).toMatchObject({ powerLimits: LIMITS, association: ASSOCIATION });
  });

  test('arguments that no message can carry are thrown back at once, and not kept', () => {
    for (const f of [new HostFixture(), new HostFixture().up()]) {
      const before = structuredClone(f.host.state);
      const thrown = expect.objectContaining({ code: 'SAP_ERR_DRAFT', fault: 'local' });
      const refused = (give: () => void) => expect(give).toThrowError(thrown);
      refused(() => f.command('country', { mcc: 0x1_0000 }));
      refused(() => f.command('power_limit', { limits: [1, 2, 3] }));
      refused(() => f.command('power_limit', { limits: [...LIMITS, 11] }));
      refused(() => f.command('power_limit', { limits: LIMITS.with(3, -1) }));
      refused(() => f.command('nic_info', { macAddress: 2 ** 48, nvmAddress: 0 }));
      refused(() => f.command('associated', { ...ASSOCIATION, channel: 256 }));
      refused(() => f.command('associated', { ...ASSOCIATION, collocated: { channel: 300, bssid: 1 } }));
      expect(f.host.state).toEqual(before);
      expect(f.host.poll()).toBeUndefined();
    }
  });
});

describe('the WLAN driver comes and goes', () => {
  test('registration on a link with AMT enabled', () => {
    const f = new HostFixture().up({ driver: false });
    expect(f.command('register')).toEqual(['bell', 'rfkill free', 'register = 0']);
    expect(f.heard()).toEqual(['WIFIDR_UP']);
  });

  test('registration with AMT off sends nothing, and without a link tells nothing', () => {
    const off = new HostFixture().up({ driver: false, amt: false });
    expect(off.command('register')).toEqual(['rfkill free', 'register = 0']);
    expect(off.heard()).toEqual([]);
    expect(new HostFixture().command('register')).toEqual(['register = 0']);
  });

  test('one driver only, also between the halves of its unregistration', () => {
    const f = new HostFixture().up();
    expect(f.command('register')).toEqual(['register = -16']);
    f.command('start_unregister');
    expect(f.command('register')).toEqual(['register = -16']);
    f.command('unregister_complete');
    expect(f.command('register').at(-1)).toBe('register = 0');
  });

  test('unload: WIFIDR_DOWN when AMT is enabled, and the host is no owner any more', () => {
    const f = new HostFixture().up({ owner: 'host' });
    f.command('start_unregister');
    f.command('unregister_complete');
    expect(f.heard()).toEqual(['WIFIDR_DOWN']);
    expect(f.host.state.owner).toBe(false);
    const off = new HostFixture().up({ amt: false, owner: 'host' });
    off.command('start_unregister');
    off.command('unregister_complete');
    expect(off.heard()).toEqual([]);
    expect(off.host.state.owner).toBe(false);
  });

  test('is_connected: from START_OK to the end of the draining', () => {
    const f = new HostFixture();
    const connected = () => f.command('is_connected')[0];
    expect(connected()).toBe('is_connected = 0');
    f.probe();
    expect(connected()).toBe('is_connected = 0');
    f.startOk();
    expect(connected()).toBe('is_connected = 1');
    f.remove();
    expect(connected()).toBe('is_connected = 1');
    f.later(1000);
    expect(connected()).toBe('is_connected = 0');
  });

  test('every command is answered exactly once, in every phase', () => {
    const f = new HostFixture();
    const all = () => {
      giveAll(f);
      f.command('disassociated');
      f.command('device_state', { up: false });
      f.command('alive', { success: true });
      f.command('tx_copy', { frame: new Uint8Array(14) });
      f.command('is_connected');
      f.command('register');
      f.command('start_unregister');
      f.command('unregister_complete');
      f.command('set_netdev', { dev: null });
      f.command('get_ownership');
      f.command('get_nvm');
      f.command('pldr');
    };
    all();
    f.answersMap = false;
    f.probe();
    all();
    f.answersMap = true;
    f.handle({ type: 'mapRefused', errno: 14 });
    all();
    f.startOk();
    all();
    f.csme({ name: 'AMT_STATE', enabled: 1 });
    all();
    f.remove();
    all();
    f.later(10_000);
    all();
    const tokens = f.log.flatMap(({ output }) => (output.type === 'return' ? [output.token] : []));
    expect(new Set(tokens).size).toBe(tokens.length);
    expect(tokens.length).toBe(17 * 7);
  });
});
