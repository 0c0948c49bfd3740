import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MeMessage, SapDraft, SapMessage } from '../../sap/index.ts';
import {
  bytesOfHex,
  decodeMe,
  decodeSap,
  encodeMe,
  encodeSap,
  formatMe,
  formatSap,
  headlineMe,
  headlineSap,
} from '../../sap/index.ts';
import { anyMessage } from '../support/arbitrary.ts';

const decoded = (draft: SapDraft, seqNum = 5) => decodeSap(encodeSap(draft, seqNum)) as SapMessage;

const connectionInfo = {
  ssidLen: 6,
  ssid: new Uint8Array(32).fill(0).map((_, i) => 'office'.charCodeAt(i) || 0),
  authMode: 9,
  pairwiseCipher: 77,
  channel: 36,
  band: 1,
  bssid: 0x0a1b2c3d4e5f,
};

it('names of values, and numbers that have none', () => {
  expect(headlineSap(decoded({ name: 'NIC_OWNER', owner: 1 }))).toBe('NIC_OWNER owner=HOST');
  expect(headlineSap(decoded({ name: 'NIC_OWNER', owner: 7 }))).toBe('NIC_OWNER owner=7 (unknown)');
  expect(formatSap(decoded({ name: 'NIC_OWNER', owner: 2 }))).toBe(
    'NIC_OWNER (511) seq 5, 12 bytes\n  owner: ME (2)',
  );
});

it('flags, and bits that have no name', () => {
  expect(headlineSap(decoded({ name: 'RADIO_STATE', state: 0x80000003 }))).toBe(
    'RADIO_STATE state=SW_RFKILL_DEASSERTED|HW_RFKILL_DEASSERTED|0x80000000',
  );
  expect(headlineSap(decoded({ name: 'RADIO_STATE', state: 0 }))).toBe('RADIO_STATE state=0');
});

it('structures, addresses, text', () => {
  const draft = { name: 'CSME_CONN_STATUS', linkProtState: 1, scanRequest: 0, connectionInfo } as const;
  expect(headlineSap(decoded(draft))).toBe(
    'CSME_CONN_STATUS linkProtState=1 scanRequest=0 ssid="office" authMode=SAE pairwiseCipher=77 (unknown) channel=36 band=GHZ_5 bssid=0a:1b:2c:3d:4e:5f',
  );
  expect(formatSap(decoded(draft))).toBe(`CSME_CONN_STATUS (512) seq 5, 72 bytes
  linkProtState: 1
  scanRequest: 0
  connectionInfo:
    ssidLen: 6
    ssid: "office"
    authMode: SAE (9)
    pairwiseCipher: 77 (unknown)
    channel: 36
    band: GHZ_5 (1)
    bssid: 0a:1b:2c:3d:4e:5f`);
});

it('an SSID that is no text, or whose length is no length, is bytes', () => {
  const message = (info: Partial<typeof connectionInfo>) =>
    decoded({
      name: 'CSME_CONN_STATUS',
      linkProtState: 0,
      scanRequest: 0,
      connectionInfo: { ...connectionInfo, ...info },
    });
  expect(headlineSap(message({ ssidLen: 8 }))).toContain('ssid=6f66666963650000');
  expect(headlineSap(message({ ssidLen: 33 }))).toContain('ssid=32 bytes');
});

it('reserved bytes and tails are shown when they are not zero', () => {
  const text = formatSap(
    decoded({
      name: 'HOST_LINK_DOWN',
      type: 1,
      reasonValid: 0,
      reason: 0,
      reserved9: 3,
      tail: new Uint8Array([1]),
    }),
  );
  expect(text).toContain('  reserved9: 3');
  expect(text).toContain('  tail (behind the layout, from byte 16 on): 1 byte 01');
});

it('long bytes are a dump, zeros at the end of tables are counted', () => {
  expect(formatSap(decoded({ name: 'DATA_PACKET', frame: new Uint8Array(40).fill(0xab) }))).toBe(
    `DATA_PACKET (2000) seq 5, 48 bytes
  frame: 40 bytes
    0000  ${'ab'.repeat(32)}
    0020  ${'ab'.repeat(8)}`,
  );
  const channels = [1, 2, ...new Array<number>(108).fill(0)];
  expect(
    formatSap(
      decoded({ name: 'NVM', hwAddr: 0, nHwAddrs: 1, radioCfg: 0, caps: 0, nvmVersion: 0, channels }),
    ),
  ).toContain('  channels:\n    [0] 1 2\n    108 more, all zero');
});

it('messages that are not known', () => {
  const message = decoded({ name: 'UNKNOWN', id: 501, payload: new Uint8Array([1, 2]) });
  expect(headlineSap(message)).toBe('UNKNOWN id=501 payload=2 bytes');
  expect(formatSap(message)).toBe('UNKNOWN (501) seq 5, 10 bytes\n  payload: 2 bytes 0102');
});

it('every message prints, its headline on one line', () => {
  fc.assert(
    fc.property(anyMessage(), (message) => {
      expect(headlineSap(message)).not.toContain('\n');
      expect(`${headlineSap(message)}${formatSap(message)}`).not.toMatch(/undefined|NaN|\[object/);
    }),
    { seed: 5, numRuns: 200 },
  );
});

describe('ME messages', () => {
  const me = (bytes: Uint8Array) => decodeMe(bytes) as MeMessage;

  it('START', () => {
    const message = me(encodeMe({ name: 'START', supportedVersions: [4, 3] }, 1));
    expect(headlineMe(message)).toBe('START supportedVersions=4,3');
    expect(formatMe(message)).toBe(
      'START seq 1, len 88\n  sharedMem: 0x0\n  initDataSeqNum: 256\n  initNotifSeqNum: 2048\n  supportedVersions: 4, 3',
    );
  });

  it('the others', () => {
    expect(headlineMe(me(encodeMe({ name: 'START_OK', supportedVersion: 3 }, 1)))).toBe(
      'START_OK supportedVersion=3',
    );
    expect(formatMe(me(encodeMe({ name: 'CHECK_SHARED_AREA' }, 9)))).toBe('CHECK_SHARED_AREA seq 9, len 12');
    const other = me(bytesOfHex('07000000010000000e000000aabb')!);
    expect(headlineMe(other)).toBe('UNKNOWN type=7 payload=2 bytes');
    expect(formatMe(other)).toBe('UNKNOWN (7) seq 1, len 14\n  payload: 2 bytes aabb');
  });
});
