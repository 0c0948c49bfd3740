import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isOk,
  isPlain,
  isRefusal,
  parseCount,
  parseFrequencies,
  parseNetworkIds,
  parseSsid,
  parseStatus,
  printableSsid,
} from '../../../netlink-bridge/wpa/text.ts';
import { hexOf } from '../../../sap/index.ts';

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

describe('an SSID as GET_NETWORK gives it', () => {
  it.each([
    ['"corp-ap"', 'corp-ap'],
    ['"a "b\\"', 'a "b\\'],
    ['"""', '"'],
    ['636f7270', 'corp'],
    ['00FF41', '\x00\xffA'],
  ])('%s', (value, ssid) => {
    expect(latin1(parseSsid(value)!)).toBe(ssid);
  });

  it.each(['', '""', '"', 'corp', '0', '0g', 'FAIL\n', `"${'x'.repeat(33)}"`, '00'.repeat(33), '"\u0100"'])(
    '%j is none',
    (value) => {
      expect(parseSsid(value)).toBeUndefined();
    },
  );

  it('is read back, in quotes and in hex', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 32 }), (ssid) => {
        expect(parseSsid(`"${latin1(ssid)}"`)).toEqual(ssid);
        expect(parseSsid(hexOf(ssid))).toEqual(ssid);
      }),
    );
  });

  it('can be printed, each in its own way', () => {
    expect(printableSsid(Uint8Array.of(0, 0x41, 0x22, 0x5c, 0x7f, 0xff))).toBe('\\x00A"\\x5c\\x7f\\xff');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 32 }), fc.uint8Array({ maxLength: 32 }), (a, b) => {
        expect(printableSsid(a)).toMatch(/^[\x20-\x7e]*$/);
        if (hexOf(a) !== hexOf(b)) expect(printableSsid(a)).not.toBe(printableSsid(b));
      }),
    );
  });
});

it('LIST_NETWORKS: the ids, whatever a network is called', () => {
  const reply =
    'network id / ssid / bssid / flags\n0\tcorp-ap\tany\t[CURRENT]\n7\t\\n8\\t\tany\t[DISABLED]\n\tx\n-1\ty\n12x\tz\n';
  expect(parseNetworkIds(reply)).toEqual([0, 7]);
  for (const nothing of ['', 'FAIL\n', 'network id / ssid / bssid / flags\n']) {
    expect(parseNetworkIds(nothing)).toEqual([]);
  }
});

describe('STATUS', () => {
  it('of a connection', () => {
    const reply =
      'bssid=02:00:00:00:01:00\nfreq=2437\nssid=x=y\nid=1\nmode=station\nwpa_state=COMPLETED\naddress=02:00:00:00:00:00\n';
    expect(parseStatus(reply)).toEqual({
      state: 'COMPLETED',
      bssid: 0x020000000100,
      frequencyMhz: 2437,
      network: 1,
    });
  });

  it('of nothing', () => {
    const nothing = { state: '', bssid: undefined, frequencyMhz: undefined, network: undefined };
    for (const reply of ['', 'FAIL\n', 'freq=0\n', 'bssid=x\nfreq=-1\nid=1e3\n=\n']) {
      expect(parseStatus(reply)).toEqual(nothing);
    }
  });

  it('says each thing once: the first counts', () => {
    expect(parseStatus('wpa_state=SCANNING\nwpa_state=COMPLETED\n').state).toBe('SCANNING');
  });
});

it('numbers are plain digits that fit into an int', () => {
  expect(['0', '2437', '2147483647', '007'].map(parseCount)).toEqual([0, 2437, 2147483647, 7]);
  for (const text of ['', '-1', '+1', '1.5', '0x10', '1e3', ' 1', '1\n', '2147483648', '9'.repeat(11)]) {
    expect(parseCount(text)).toBeUndefined();
  }
  expect(parseFrequencies('2412 2437  x 5180')).toEqual([2412, 2437, 5180]);
});

it('answers', () => {
  expect(['FAIL\n', 'FAIL-BUSY\n', 'UNKNOWN COMMAND\n'].map(isRefusal)).toEqual([true, true, true]);
  expect(['OK\n', '"FAIL"', '*', ''].map(isRefusal)).toEqual([false, false, false, false]);
  expect(['OK\n', 'OK', 'OKAY', 'FAIL\n'].map(isOk)).toEqual([true, true, false, false]);
});

it('what can be part of a command', () => {
  expect(['', 'any', '2412 2437', '02:00:00:00:01:00'].every(isPlain)).toBe(true);
  for (const text of ['a\nb', '\0', 'ü', '\x7f', 'x'.repeat(1025)]) expect(isPlain(text)).toBe(false);
});

it('nothing throws, whatever is said', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }).map(latin1), (text) => {
      for (const parse of [parseSsid, parseNetworkIds, parseStatus, parseFrequencies, parseCount])
        parse(text);
    }),
  );
});
