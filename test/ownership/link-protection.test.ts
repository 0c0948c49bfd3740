/** A remote session must survive: rfkill NOT_OWNER, roaming forbidden, the access point that AMT is on. */
import { describe, expect, test } from 'vitest';
import { AP_BSSID, connStatus, HostFixture } from '../support/host-fixture.ts';

describe('CSME_CONN_STATUS', () => {
  test('not owner: rfkill follows link protection', () => {
    const f = new HostFixture().up({ owner: 'csme' });
    expect(f.csme(connStatus(1))).toEqual(['AP office lp=1', 'rfkill blocked']);
    expect(f.csme(connStatus(1))).toEqual(['AP office lp=1', 'rfkill blocked']);
    expect(f.csme(connStatus(0))).toEqual(['AP office lp=0', 'rfkill free']);
  });

  test('owner: roaming is forbidden while the link is protected', () => {
    const f = new HostFixture().up({ owner: 'host' });
    expect(f.csme(connStatus(1))).toEqual(['AP office lp=1', 'roaming forbidden']);
    expect(f.csme(connStatus(0))).toEqual(['AP office lp=0', 'roaming allowed']);
  });

  test('before anybody was named, the host does not count as the owner', () => {
    const f = new HostFixture().up();
    expect(f.csme(connStatus(1))).toEqual(['AP office lp=1', 'rfkill blocked']);
  });

  test.each([1, 0x100, 0x80000000])('link_prot_state %i protects', (linkProtState) => {
    const f = new HostFixture().up({ owner: 'csme' });
    expect(f.csme(connStatus(linkProtState))).toEqual([`AP office lp=${linkProtState}`, 'rfkill blocked']);
  });

  test('the access point is passed on whole', () => {
    const f = new HostFixture().up({ owner: 'csme' });
    f.csme(connStatus(1));
    const told = f.log.find(({ output }) => output.type === 'tell' && output.name === 'me_conn_status');
    expect(told?.output).toMatchObject({
      args: {
        linkProtState: 1,
        connectionInfo: {
          ssidLen: 6,
          authMode: 7,
          pairwiseCipher: 4,
          channel: 36,
          band: 1,
          bssid: AP_BSSID,
        },
      },
    });
    expect(f.host.state.connection).toMatchObject({ bssid: AP_BSSID });
  });

  test.each([33, 256, 0xffffffff])('an SSID of %i bytes voids the message', (ssidLen) => {
    const f = new HostFixture().up({ owner: 'csme' });
    f.csme(connStatus(0));
    const draft = connStatus(1) as Extract<ReturnType<typeof connStatus>, { name: 'CSME_CONN_STATUS' }>;
    const bad = { ...draft, connectionInfo: { ...draft.connectionInfo, ssidLen } };
    // A draft may not have it; its bytes may.
    f.write({ ...bad, connectionInfo: { ...bad.connectionInfo, ssidLen: 32 } });
    const ring = f.ring('m2h', 'notif');
    const wr = Atomics.load(f.area!.words, ring.wrAt >> 2);
    new DataView(f.area!.bytes.buffer).setUint32(ring.at + wr - 72 + 16, ssidLen, true);
    expect(f.bell()).toEqual(['problem SAP_ERR_VALUE']);
    expect(f.host.state.linkProtState).toBe(0);
  });

  test('an SSID of 32 bytes is good', () => {
    const f = new HostFixture().up({ owner: 'csme' });
    expect(f.csme(connStatus(0, 'x'.repeat(32)))[0]).toContain('x'.repeat(32));
  });

  test('comes while no WLAN driver is there: the next one to register is told', () => {
    const f = new HostFixture().up({ driver: false, owner: 'csme' });
    expect(f.csme(connStatus(1))).toEqual([]);
    expect(f.command('register')).toEqual(['bell', 'AP office lp=1', 'rfkill blocked', 'register = 0']);
  });

  test('the owner changes while the link is protected: rfkill and roaming follow', () => {
    const f = new HostFixture().up({ owner: 'csme' });
    f.csme(connStatus(1));
    expect(f.csme({ name: 'NIC_OWNER', owner: 1 })).toEqual(['rfkill free', 'roaming forbidden']);
    expect(f.csme({ name: 'NIC_OWNER', owner: 1 })).toEqual([]);
    expect(f.csme({ name: 'NIC_OWNER', owner: 2 })).toEqual(['roaming allowed', 'rfkill blocked']);
  });

  test('a WLAN driver that registers with the owner of a protected link may use the device', () => {
    const f = new HostFixture().up({ driver: false, owner: 'host' });
    f.csme(connStatus(1));
    expect(f.command('register')).toEqual([
      'bell',
      'AP office lp=1',
      'rfkill free',
      'roaming forbidden',
      'register = 0',
    ]);
  });

  test('a new link knows nothing of the access point of the one before', () => {
    const f = new HostFixture().up({ owner: 'csme' });
    f.csme(connStatus(1));
    expect(f.lost()).toContain('rfkill free');
    expect(f.host.state).toMatchObject({ connection: null, linkProtState: 0 });
  });
});
