/** From the client's appearance to SAP being connected. */
import { describe, expect, test } from 'vitest';
import { AREA_LAYOUTS, encodeMe, SAP_AREA_ID } from '../../sap/index.ts';
import { HostFixture } from '../support/host-fixture.ts';

const V4 = AREA_LAYOUTS[4].size;
const V3 = AREA_LAYOUTS[3].size;

describe('mapping the shared area', () => {
  test('version 4 first; START names the version that was mapped', () => {
    const f = new HostFixture();
    expect(f.probe()).toEqual([`map ${V4}`, 'enable', 'START 4']);
    expect(f.host.state).toMatchObject({ phase: 'started', version: 4 });
  });

  test('a firmware that refuses the larger area gets the smaller one at once', () => {
    const f = new HostFixture({ speaks: [3] });
    expect(f.probe()).toEqual([`map ${V4}`, `map ${V3}`, 'enable', 'START 3']);
    expect(f.startOk(3)).toEqual([]);
    expect(f.host.state).toMatchObject({ phase: 'connected', version: 3 });
  });

  test('three rounds, 100 ms apart; then only the removal of the client helps', () => {
    const f = new HostFixture({ speaks: [] });
    f.probe();
    expect(f.host.state.phase).toBe('mapRetry');
    f.later(1000);
    expect(f.timesOf(`map ${V4}`)).toEqual([1000, 1100, 1200]);
    expect(f.timesOf(`map ${V3}`)).toEqual([1000, 1100, 1200]);
    expect(f.host.state.phase).toBe('failed');
    expect(f.host.nextTimeoutAt()).toBeUndefined();
    f.remove();
    expect(f.probe()[0]).toBe(`map ${V4}`);
  });

  test('the second round may bring what the first did not', () => {
    const f = new HostFixture();
    f.answersMap = false;
    f.probe();
    f.handle({ type: 'mapRefused', errno: 14 });
    f.handle({ type: 'mapRefused', errno: 14 });
    f.answersMap = true;
    expect(f.later(100)).toEqual([`map ${V4}`, 'enable', 'START 4']);
  });

  test('the area is complete before START is sent: zeroes, control block, trailer', () => {
    const f = new HostFixture();
    f.answersMap = false;
    f.probe();
    const memory = new ArrayBuffer(V4);
    new Uint8Array(memory).fill(0xaa);
    f.handle({ type: 'mapped', memory });
    const words = new Uint32Array(memory);
    expect([words[0], words[1]]).toEqual([SAP_AREA_ID, 64]);
    expect(words[AREA_LAYOUTS[4].trailerAt >> 2]).toBe(SAP_AREA_ID);
    const { h2m, m2h } = AREA_LAYOUTS[4].rings;
    for (const ring of [h2m.notif, h2m.data, m2h.notif, m2h.data]) {
      expect([words[ring.wrAt >> 2], words[ring.rdAt >> 2], words[ring.sizeAt >> 2]]).toEqual([
        0,
        0,
        ring.size,
      ]);
    }
    expect(new Uint8Array(memory, 64, 4096).every((byte) => byte === 0)).toBe(true);
  });

  test('an area that is too small counts as refused', () => {
    const f = new HostFixture();
    f.answersMap = false;
    f.probe();
    expect(f.handle({ type: 'mapped', memory: new ArrayBuffer(V3) })).toEqual([
      'problem SAP_ERR_AREA_SIZE',
      `map ${V3}`,
    ]);
    expect(f.handle({ type: 'mapped', memory: new ArrayBuffer(V3) })).toEqual(['enable', 'START 3']);
  });

  test('a START that the bus does not take ends the link', () => {
    const f = new HostFixture();
    f.sendErrno = 5;
    expect(f.probe()).toEqual([
      `map ${V4}`,
      'enable',
      'START 4',
      'problem SAP_ERR_TRANSPORT',
      'disable',
      'unmap',
    ]);
    expect(f.host.state.phase).toBe('absent');
  });

  test('a client that appears again replaces the one before', () => {
    const f = new HostFixture().up();
    expect(f.probe()).toEqual(['rfkill free', 'disable', 'unmap', `map ${V4}`, 'enable', 'START 4']);
    expect(f.host.state).toMatchObject({ phase: 'started', amtEnabled: false, owner: false });
  });

  test('a second answer to the same question does not disturb the link', () => {
    const f = new HostFixture();
    f.probe();
    f.handle({ type: 'mapped', memory: new ArrayBuffer(V4) });
    f.startOk();
    f.csme({ name: 'AMT_STATE', enabled: 1 });
    expect(f.heard()).toContain('WHO_OWNS_NIC');
  });

  test('an answer that comes after the client went away is given back', () => {
    const f = new HostFixture();
    f.answersMap = false;
    f.probe();
    f.lost();
    expect(f.handle({ type: 'mapped', memory: new ArrayBuffer(V4) })).toEqual(['disable', 'unmap']);
    expect(f.host.state.phase).toBe('absent');
  });
});

describe('START', () => {
  test('its bytes are those of the reference', () => {
    const f = new HostFixture();
    f.probe();
    expect(f.me).toEqual([
      {
        name: 'START',
        seqNum: 1,
        len: 88,
        sharedMem: 0n,
        initDataSeqNum: 0x100,
        initNotifSeqNum: 0x800,
        supportedVersions: [4],
        behindVersions: new Uint8Array(0),
        tail: new Uint8Array(0),
      },
    ]);
  });

  test('can be sent once more on a link that is up; the numbering goes on', () => {
    const f = new HostFixture().up();
    const before = f.host.meSeqNum;
    expect(f.handle({ type: 'restart' })).toEqual(['START 4']);
    expect(f.me.at(-1)).toMatchObject({ name: 'START', seqNum: before + 1 });
    expect(f.startOk()).toEqual([]);
    expect(f.host.state.amtEnabled).toBe(true);
  });

  test('ME and SAP numbers begin again with each client', () => {
    const f = new HostFixture().up();
    f.lost();
    f.probe();
    expect(f.me.at(-1)).toMatchObject({ name: 'START', seqNum: 1 });
    f.startOk();
    f.csme({ name: 'AMT_STATE', enabled: 1 });
    expect(f.read()[0]).toMatchObject({ seqNum: 1 });
  });
});

describe('START_OK', () => {
  test('only the version that was asked for connects; a later good one still does', () => {
    const f = new HostFixture();
    f.probe();
    expect(f.startOk(3)).toEqual(['problem SAP_ERR_VERSION']);
    expect(f.host.state.phase).toBe('started');
    expect(f.startOk(4)).toEqual([]);
    expect(f.host.state.phase).toBe('connected');
  });

  test('a bad version or a second START_OK on a link that is up changes nothing', () => {
    const f = new HostFixture().up({ owner: 'host' });
    const before = structuredClone(f.host.state);
    expect(f.startOk(4)).toEqual([]);
    expect(f.startOk(9)).toEqual(['problem SAP_ERR_VERSION']);
    expect(f.host.state).toEqual(before);
  });

  test.each([0, 3, 12, 19, 21, 100])('of %d bytes is refused', (size) => {
    const f = new HostFixture();
    f.probe();
    const bytes = encodeMe({ name: 'START_OK', supportedVersion: 4 }, 1, { size });
    expect(f.meFromCsme(bytes)).toEqual([expect.stringMatching(/^problem SAP_ERR_(ME_SIZE|HEADER)$/)]);
    expect(f.host.state.phase).toBe('started');
  });

  test('unknown ME messages are reported and change nothing', () => {
    const f = new HostFixture();
    f.probe();
    const before = structuredClone(f.host.state);
    for (const type of [0, 1, 7, 0xffffffff]) {
      const bytes = new Uint8Array(88);
      new DataView(bytes.buffer).setUint32(0, type, true);
      expect(f.meFromCsme(bytes)).toEqual(['problem SAP_ERR_UNEXPECTED']);
    }
    expect(f.host.state).toEqual(before);
  });

  test('what CSME wrote too early waits in the ring and is read upon START_OK', () => {
    const f = new HostFixture();
    f.command('register');
    f.probe();
    expect(f.csme({ name: 'AMT_STATE', enabled: 1 })).toEqual([]);
    expect(f.heard()).toEqual([]);
    // The bell was rung before; nobody rings it again.
    expect(f.startOk()).toEqual(['bell', 'sap_connected']);
    expect(f.heard()).toEqual(['WIFIDR_UP', 'WHO_OWNS_NIC', 'COUNTRY_CODE', 'RADIO_STATE']);
  });

  test.each([4, 12, 88, 100, 200])('CHECK_SHARED_AREA of %d bytes is obeyed', (size) => {
    const f = new HostFixture().up({ amt: false });
    f.write({ name: 'PING' });
    f.meFromCsme(encodeMe({ name: 'CHECK_SHARED_AREA' }, 1, { size }));
    expect(f.heard()).toEqual(['PONG']);
  });
});
