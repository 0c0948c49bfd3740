/** NVM, PLDR, ping, filters and frames, and what the host does not know. */
import { describe, expect, test } from 'vitest';
import { VERDICT_CONSUMED, VERDICT_CSME, VERDICT_HOST } from '../../sap/index.ts';
import {
  arpFilters,
  arpRequest,
  dhcpFrame,
  HostFixture,
  multicastFrame,
  nvm,
} from '../support/host-fixture.ts';

describe('NVM', () => {
  test('asked, answered', () => {
    const f = new HostFixture().up();
    expect(f.command('get_nvm')).toEqual(['bell']);
    expect(f.heard()).toEqual(['GET_NVM']);
    expect(f.csme(nvm(7))).toEqual(['get_nvm = version 7']);
  });

  test('silence: nothing after 2 s, and a later answer is no answer', () => {
    const f = new HostFixture().up();
    f.command('get_nvm');
    f.heard();
    expect(f.later(1999)).toEqual([]);
    expect(f.later(1)).toEqual(['get_nvm = null']);
    expect(f.csme(nvm(7))).toEqual([]);
  });

  test('an NVM that came before is not taken for the answer', () => {
    const f = new HostFixture().up();
    f.csme(nvm(1));
    f.command('get_nvm');
    f.heard();
    expect(f.csme(nvm(2))).toEqual(['get_nvm = version 2']);
  });

  test('one answer serves all callers', () => {
    const f = new HostFixture().up();
    f.command('get_nvm');
    f.later(100);
    f.command('get_nvm');
    expect(f.csme(nvm(3))).toEqual(['get_nvm = version 3', 'get_nvm = version 3']);
    f.later(5000);
    expect(f.timesOf('get_nvm = null')).toEqual([]);
  });

  test('is asked for with AMT off as well, but not without a link', () => {
    const f = new HostFixture();
    expect(f.command('get_nvm')).toEqual(['get_nvm = null']);
    f.up({ amt: false });
    f.command('get_nvm');
    expect(f.heard()).toEqual(['GET_NVM']);
  });
});

describe('PLDR', () => {
  const ack = (status: number) => ({ name: 'PLDR_ACK', version: 0, status }) as const;

  test('accepted: active until the firmware is alive, then PLDR_END, once', () => {
    const f = new HostFixture().up();
    f.command('pldr');
    expect(f.read()).toMatchObject([{ name: 'PLDR', version: 0 }]);
    expect(f.csme(ack(0))).toEqual(['pldr = 0']);
    f.command('alive', { success: true });
    f.command('alive', { success: true });
    expect(f.read()).toMatchObject([{ name: 'PLDR_END', version: 0, status: 0 }]);
  });

  test('the firmware is not alive in time: PLDR_END says so', () => {
    const f = new HostFixture().up();
    f.command('pldr');
    f.csme(ack(0));
    f.heard();
    f.command('alive', { success: false });
    expect(f.read()).toMatchObject([{ name: 'PLDR_END', status: 1 }]);
  });

  test('silence: three tries 500 ms apart, then a time-out', () => {
    const f = new HostFixture().up();
    f.command('pldr');
    const tries: number[] = [];
    for (let ms = 0; ms < 2000; ms += 50) {
      if (f.heard().includes('PLDR')) tries.push(ms);
      f.later(50);
    }
    expect(tries).toEqual([0, 500, 1000]);
    expect(f.timesOf('pldr = -110')).toEqual([f.nowMs - 500]);
  });

  test('a later try may be accepted', () => {
    const f = new HostFixture().up();
    f.command('pldr');
    f.later(600);
    expect(f.csme(ack(0))).toContain('pldr = 0');
    f.heard();
    f.later(5000);
    expect(f.heard()).toEqual([]);
  });

  test('refused is the same as silence, and nothing follows', () => {
    const f = new HostFixture().up();
    f.command('pldr');
    expect(f.csme(ack(1))).toEqual([]);
    f.later(1500);
    expect(f.timesOf('pldr = -110')).toHaveLength(1);
    f.heard();
    f.command('alive', { success: true });
    expect(f.heard()).toEqual([]);
  });

  test('a refusal takes an acceptance back', () => {
    const f = new HostFixture().up();
    f.csme(ack(0), ack(1));
    f.command('alive', { success: true });
    expect(f.heard()).toEqual([]);
  });

  test('an unsolicited acceptance makes it active', () => {
    const f = new HostFixture().up();
    f.csme(ack(0));
    f.command('alive', { success: true });
    expect(f.heard()).toEqual(['PLDR_END']);
  });

  test('still active from before: sent, and returns without waiting', () => {
    const f = new HostFixture().up();
    f.csme(ack(0));
    expect(f.command('pldr')).toEqual(['bell', 'pldr = 0']);
    expect(f.heard()).toEqual(['PLDR']);
  });

  test('one request at a time', () => {
    const f = new HostFixture().up();
    f.command('pldr');
    expect(f.command('pldr')).toEqual(['pldr = -16']);
    expect(f.csme(ack(0))).toEqual(['pldr = 0']);
  });

  test('without SAP or AMT it succeeds at once', () => {
    const f = new HostFixture();
    expect(f.command('pldr')).toEqual(['pldr = 0']);
    f.up({ amt: false });
    expect(f.command('pldr')).toEqual(['pldr = 0']);
    f.command('alive', { success: true });
    expect(f.heard()).toEqual([]);
  });
});

describe('what CSME says besides', () => {
  test('PING is answered with PONG, each', () => {
    const f = new HostFixture().up();
    f.csme({ name: 'PING' }, { name: 'PING' });
    expect(f.heard()).toEqual(['PONG', 'PONG']);
  });

  test('PONG and TRIGGER_IP_REFRESH are let pass', () => {
    const f = new HostFixture().up();
    expect(f.csme({ name: 'PONG' }, { name: 'TRIGGER_IP_REFRESH' })).toEqual([]);
    expect(f.heard()).toEqual([]);
  });

  test('an id that is not known is ignored and noted; the next message is handled', () => {
    const f = new HostFixture().up();
    const unknown = { name: 'UNKNOWN', id: 777, payload: new Uint8Array(3) } as const;
    expect(f.csme(unknown, { name: 'PING' })).toEqual(['problem SAP_ERR_UNKNOWN_TYPE', 'bell']);
    expect(f.problems[0]).toMatchObject({ fault: 'csme', detail: 'type 777; ignored' });
    expect(f.heard()).toEqual(['PONG']);
  });

  test('a message of the host from CSME is a breach of the protocol', () => {
    const f = new HostFixture().up();
    expect(f.csme({ name: 'GET_NVM' })).toEqual(['problem SAP_ERR_UNEXPECTED']);
  });

  test('a message that is too short is an error for itself alone; a longer one is accepted', () => {
    const f = new HostFixture().up({ owner: 'csme' });
    f.writeBytes(Uint8Array.of(0xff, 1, 3, 0, 0, 0, 0, 0, 1, 0, 0));
    f.writeBytes(Uint8Array.of(0xff, 1, 5, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9));
    expect(f.bell()).toEqual(['problem SAP_ERR_TRUNCATED']);
    expect(f.host.state.owner).toBe(true);
  });
});

describe('frames', () => {
  const filtered = (copy = false) => {
    const f = new HostFixture().up();
    f.command('set_netdev', { dev: 'wlan0' });
    f.csme(arpFilters({ copy }));
    return f;
  };

  test('before the first filters everything stays with the host', () => {
    const f = new HostFixture().up();
    f.command('set_netdev', { dev: 'wlan0' });
    expect(f.frameIn(arpRequest())).toEqual({ verdict: VERDICT_HOST, did: [] });
  });

  test('a frame that CSME wants is put into its ring and signalled', () => {
    const f = filtered();
    const arp = arpRequest();
    expect(f.frameIn(arp)).toEqual({ verdict: VERDICT_CSME | VERDICT_CONSUMED, did: ['bell'] });
    expect(f.read('data')).toMatchObject([{ name: 'DATA_PACKET', seqNum: f.host.sapSeqNum, frame: arp }]);
    expect(filtered(true).frameIn(arp).verdict).toBe(VERDICT_CSME);
  });

  test('a frame as an input of the machine goes the same way', () => {
    const f = filtered();
    expect(f.handle({ type: 'frame', bytes: arpRequest() })).toEqual(['bell']);
    expect(f.heard('data')).toEqual(['DATA_PACKET']);
  });

  test('other frames stay', () => {
    const f = filtered();
    expect(f.frameIn(multicastFrame(0x01_80_c2_00_00_0e))).toEqual({ verdict: VERDICT_HOST, did: [] });
  });

  test('without AMT or without a network device nothing is looked at; filters outlive both', () => {
    const f = filtered();
    f.command('set_netdev', { dev: null });
    expect(f.frameIn(arpRequest()).verdict).toBe(VERDICT_HOST);
    f.command('set_netdev', { dev: 'wlan0' });
    f.csme({ name: 'AMT_STATE', enabled: 0 });
    expect(f.frameIn(arpRequest()).verdict).toBe(VERDICT_HOST);
    f.csme({ name: 'AMT_STATE', enabled: 1 });
    expect(f.frameIn(arpRequest()).verdict).toBe(VERDICT_CSME | VERDICT_CONSUMED);
  });

  test('one counter numbers notifications and data together', () => {
    const f = filtered();
    const first = f.host.sapSeqNum + 1;
    f.command('country', { mcc: 1 });
    f.frameIn(arpRequest());
    f.command('country', { mcc: 2 });
    expect(f.read().map((m) => m.seqNum)).toEqual([first, first + 2]);
    expect(f.read('data').map((m) => m.seqNum)).toEqual([first + 1]);
  });

  test('a frame that does not fit stays with the host, and uses no number', () => {
    const f = filtered();
    let last = f.frameIn(arpRequest());
    while (last.verdict !== VERDICT_HOST) last = f.frameIn(arpRequest());
    expect(last.did).toEqual(['problem SAP_ERR_RING_FULL']);
    const seqNums = f.read('data').map((m) => m.seqNum);
    expect(seqNums).toHaveLength(Math.floor(48255 / 68));
    f.frameIn(arpRequest());
    expect(f.read('data')[0]?.seqNum).toBe(seqNums.at(-1)! + 1);
  });

  test('frames of CSME go out as they are, also while AMT is off', () => {
    const f = new HostFixture().up({ amt: false });
    f.command('set_netdev', { dev: 'wlan0' });
    const frame = Uint8Array.from({ length: 14 }, (_, i) => i);
    f.write({ name: 'DATA_PACKET', frame }, 'data');
    expect(f.bell()).toEqual(['transmit 14']);
    expect(f.log.at(-1)?.output).toEqual({ type: 'transmit', frame });
  });

  test('without a network device they are dropped', () => {
    const f = new HostFixture().up();
    f.write({ name: 'DATA_PACKET', frame: new Uint8Array(60) }, 'data');
    expect(f.bell()).toEqual([]);
  });

  test('a data message of another type, or shorter than an Ethernet header, is dropped alone', () => {
    const f = new HostFixture().up();
    f.command('set_netdev', { dev: 'wlan0' });
    f.writeBytes(Uint8Array.of(0xd1, 7, 2, 0, 0, 0, 0, 0, 1, 2), 'data');
    f.writeBytes(Uint8Array.of(0xd0, 7, 13, 0, 0, 0, 0, 0, ...new Uint8Array(13)), 'data');
    f.write({ name: 'DATA_PACKET', frame: new Uint8Array(60) }, 'data');
    const did = f.bell();
    expect(did.filter((what) => what.startsWith('problem')).sort()).toEqual([
      'problem SAP_ERR_FRAME',
      'problem SAP_ERR_WRONG_QUEUE',
    ]);
    expect(did).toContain('transmit 60');
  });

  test('DHCP of the host: CSME gets a copy, and is told', () => {
    const f = new HostFixture().up({ amt: false });
    const frame = dhcpFrame();
    expect(f.command('tx_copy', { frame })).toEqual(['bell']);
    expect(f.read('data')).toMatchObject([
      { name: 'CB_DATA_PACKET', toMeFiltStatus: 0x40000000, dataLen: frame.length, frame },
    ]);
    const other = dhcpFrame();
    other[37] = 53;
    expect(f.command('tx_copy', { frame: other })).toEqual([]);
    expect(f.heard('data')).toEqual([]);
  });

  test('DHCP without a link is copied to nobody', () => {
    const f = new HostFixture();
    expect(f.command('tx_copy', { frame: dhcpFrame() })).toEqual([]);
  });
});
