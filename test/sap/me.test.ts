import { describe, expect, it } from 'vitest';
import type { MeDraft, MeMessage } from '../../sap/index.ts';
import { bytesOfHex, decodeMe, encodeMe, hexOf, SapError } from '../../sap/index.ts';
import { recordedMeMessages } from '../support/recordings.ts';

it('what the reference host sends', () => {
  const start = encodeMe({ name: 'START', supportedVersions: [4] }, 1);
  expect(hexOf(start)).toBe(`01000000010000005800000000000000000000000001000804${'00'.repeat(63)}`);
  const check = encodeMe({ name: 'CHECK_SHARED_AREA' }, 2, { size: 88 });
  expect(hexOf(check)).toBe(`0300000002000000${'00'.repeat(80)}`);
});

it('what CSME sends', () => {
  const ok = encodeMe({ name: 'START_OK', supportedVersion: 4 }, 1);
  expect(hexOf(ok)).toBe('0200000001000000140000000000000004000000');
  expect(hexOf(encodeMe({ name: 'CHECK_SHARED_AREA' }, 2, { size: 12 }))).toBe('03000000020000000c000000');
  expect(hexOf(encodeMe({ name: 'CHECK_SHARED_AREA' }, 2))).toBe('03000000020000000c000000');
});

it('every recorded ME message gives its bytes again', () => {
  let decoded = 0;
  for (const { bytes, place, dir } of recordedMeMessages()) {
    const message = decodeMe(bytes, dir === 'h2m' ? 'host' : 'csme');
    if (message instanceof SapError) {
      expect(dir, place).toBe('m2h');
      continue;
    }
    decoded++;
    expect(encodeMe(message, message.seqNum, { size: bytes.length }), place).toEqual(bytes);
  }
  expect(decoded).toBeGreaterThan(1000);
});

describe('sizes', () => {
  it.each([0, 3])('%i bytes are no message', (size) => {
    expect(decodeMe(new Uint8Array(size))).toMatchObject({ code: 'SAP_ERR_HEADER', available: size });
  });

  it('START_OK has exactly 20 bytes', () => {
    const ok = encodeMe({ name: 'START_OK', supportedVersion: 4 }, 1);
    for (const size of [12, 19, 21, 100]) {
      expect(
        decodeMe(encodeMe({ name: 'START_OK', supportedVersion: 4 }, 1, { size }), 'csme'),
      ).toMatchObject({
        code: 'SAP_ERR_ME_SIZE',
        fault: 'csme',
        needed: 20,
        available: size,
      });
    }
    expect(decodeMe(ok)).toMatchObject({ name: 'START_OK', supportedVersion: 4, len: 20 });
  });

  it('START has at least 88 bytes', () => {
    const draft: MeDraft = { name: 'START', supportedVersions: [4] };
    expect(decodeMe(encodeMe(draft, 1, { size: 87 }), 'host')).toMatchObject({
      code: 'SAP_ERR_TRUNCATED',
      field: 'supportedVersions[63]',
    });
    expect(decodeMe(encodeMe(draft, 1, { size: 90 }))).toMatchObject({ tail: new Uint8Array(2) });
  });

  it.each([4, 6, 11, 12, 88, 200])('CHECK_SHARED_AREA of %i bytes is one', (size) => {
    const bytes = encodeMe({ name: 'CHECK_SHARED_AREA' }, 0x01020304, { size });
    const message = decodeMe(bytes) as MeMessage;
    expect(message.name).toBe('CHECK_SHARED_AREA');
    expect(encodeMe(message, message.seqNum, { size })).toEqual(bytes);
  });
});

it('START keeps what stands behind the end of its versions', () => {
  const bytes = encodeMe({ name: 'START', supportedVersions: [4, 3] }, 1);
  bytes[40] = 9;
  const message = decodeMe(bytes) as Extract<MeMessage, { name: 'START' }>;
  expect(message.supportedVersions).toEqual([4, 3]);
  expect(message.behindVersions[13]).toBe(9);
  expect(encodeMe(message, 1)).toEqual(bytes);
  bytes.fill(5, 24, 88);
  const full = decodeMe(bytes) as MeMessage;
  expect(full).toMatchObject({ supportedVersions: new Array(64).fill(5) });
  expect(encodeMe(full, 1)).toEqual(bytes);
});

it('other types are kept', () => {
  const bytes = bytesOfHex('07000000010000000e000000aabb')!;
  const message = decodeMe(bytes) as MeMessage;
  expect(message).toEqual({ name: 'UNKNOWN', type: 7, seqNum: 1, len: 14, payload: bytes.subarray(12) });
  expect(encodeMe(message, 1)).toEqual(bytes);
});

it.each<[string, unknown, string]>([
  ['version', { name: 'START', supportedVersions: [256] }, 'supportedVersions[0]'],
  ['too many versions', { name: 'START', supportedVersions: new Array(65).fill(1) }, 'supportedVersions'],
  ['chosen version', { name: 'START_OK', supportedVersion: -1 }, 'supportedVersion'],
  ['address', { name: 'START', supportedVersions: [4], sharedMem: 1n << 64n }, 'sharedMem'],
  ['type', { name: 'UNKNOWN', type: -1, payload: new Uint8Array(0) }, 'type'],
  ['name', { name: 'PING' }, 'name'],
])('a draft with a wrong %s is thrown', (_, draft, field) => {
  let thrown: unknown;
  try {
    encodeMe(draft as MeDraft, 1);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: 'SAP_ERR_DRAFT', fault: 'local', field });
});
