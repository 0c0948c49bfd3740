import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BridgeError } from '../../../netlink-bridge/errors.ts';
import {
  type CsmeConnInfo,
  decodeCsmeConnInfo,
  decodeRoamingForbidden,
  encodeCsmeConnInfo,
  encodeRoamingForbidden,
  targetOf,
} from '../../../netlink-bridge/nl80211/index.ts';
import { AuthMode, Band, hexOf, PairwiseCipher } from '../../../sap/index.ts';

const EXAMPLE: CsmeConnInfo = {
  authMode: AuthMode.RSNA_PSK,
  ssid: new TextEncoder().encode('corp-ap'),
  cipher: PairwiseCipher.CCMP,
  channel: 36,
  bssid: 0x001122334455,
};
const EXAMPLE_HEX =
  '08 00 65 00 07 00 00 00 | 0b 00 3d 00 63 6f 72 70 2d 61 70 00 | 08 00 51 00 04 00 00 00 | ' +
  '05 00 66 00 24 00 00 00 | 0a 00 0a 00 00 11 22 33 44 55 00 00';
const EXAMPLE_BYTES = Uint8Array.from(Buffer.from(EXAMPLE_HEX.replaceAll(/[ |]/g, ''), 'hex'));

const anyInfo = fc.record(
  {
    authMode: fc.nat(0xffff_ffff),
    ssid: fc.uint8Array({ maxLength: 32 }),
    cipher: fc.nat(0xffff_ffff),
    channel: fc.nat(0xff),
    bssid: fc.maxSafeNat().map((n) => n % 2 ** 48),
    band: fc.nat(0xff),
  },
  { requiredKeys: ['authMode', 'ssid', 'cipher', 'channel', 'bssid'] },
);

describe('the answer to GET_CSME_CONN_INFO', () => {
  it('has the bytes of the example, both ways', () => {
    expect(EXAMPLE_BYTES).toHaveLength(48);
    expect(hexOf(encodeCsmeConnInfo(EXAMPLE))).toBe(hexOf(EXAMPLE_BYTES));
    expect(decodeCsmeConnInfo(EXAMPLE_BYTES)).toEqual(EXAMPLE);
  });

  it('comes back as it was, with and without a band', () => {
    fc.assert(
      fc.property(anyInfo, (info) => {
        expect(decodeCsmeConnInfo(encodeCsmeConnInfo(info))).toEqual(info);
      }),
    );
  });

  it('may have attributes that nobody knows, and any order', () => {
    const pieces = [
      EXAMPLE_BYTES.slice(28),
      Uint8Array.of(5, 0, 0xff, 0, 1, 0, 0, 0),
      EXAMPLE_BYTES.slice(0, 28),
    ];
    expect(decodeCsmeConnInfo(Uint8Array.from(Buffer.concat(pieces)))).toEqual(EXAMPLE);
  });

  it.each([
    ['AUTH_MODE', 0],
    ['SSID', 8],
    ['STA_CIPHER', 20],
    ['CHANNEL_NUM', 28],
    ['ADDR', 36],
  ])('cannot be read without %s', (name, at) => {
    const without = EXAMPLE_BYTES.slice();
    without[at + 2] = 0xee;
    expect(() => decodeCsmeConnInfo(without)).toThrow(`IWL_MVM_VENDOR_ATTR_${name} is missing.`);
  });

  it('cannot be read with an SSID of 33 bytes', () => {
    const long = encodeCsmeConnInfo({ ...EXAMPLE, ssid: new Uint8Array(33) });
    expect(() => decodeCsmeConnInfo(long)).toThrow('SSID has 33 bytes, and should have at most 32.');
  });

  it('of damaged bytes is read or refused', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(47), fc.nat(255)), { maxLength: 6 }),
        fc.nat(48),
        (changes, length) => {
          const bytes = EXAMPLE_BYTES.slice(0, length);
          for (const [at, byte] of changes) if (at < length) bytes[at] = byte;
          try {
            const info = decodeCsmeConnInfo(bytes);
            expect(decodeCsmeConnInfo(encodeCsmeConnInfo(info))).toEqual(info);
          } catch (error) {
            expect((error as BridgeError).code).toBe('BRIDGE_ERR_FORMAT');
          }
        },
      ),
    );
  });
});

describe('the event ROAMING_FORBIDDEN', () => {
  it('has the address of the interface, and a byte', () => {
    const bytes = encodeRoamingForbidden({ mac: 0x020000000000, forbidden: true });
    expect(hexOf(bytes)).toBe('0a000200' + '020000000000' + '0000' + '05006400' + '01' + '000000');
  });

  it.each([true, false])('says %s', (forbidden) => {
    const said = { mac: 0x0afeedc0ffee, forbidden };
    expect(decodeRoamingForbidden(encodeRoamingForbidden(said))).toEqual(said);
  });

  it('cannot be read without one of them', () => {
    const bytes = encodeRoamingForbidden({ mac: 1, forbidden: true });
    expect(() => decodeRoamingForbidden(bytes.subarray(0, 12))).toThrow('ROAMING_FORBIDDEN is missing');
    expect(() => decodeRoamingForbidden(bytes.subarray(12))).toThrow('VIF_ADDR is missing');
  });
});

describe('what the agent looks for', () => {
  const target = (changes: Partial<CsmeConnInfo>) => targetOf({ ...EXAMPLE, ...changes });
  const frequency = (channel: number, band?: number) => {
    const found = target(band === undefined ? { channel } : { channel, band });
    return found instanceof BridgeError ? undefined : found.frequencyMhz;
  };

  it('is the access point on its frequency', () => {
    const { channel, ...same } = EXAMPLE;
    expect(targetOf(EXAMPLE)).toEqual({ ...same, frequencyMhz: 5180 });
  });

  it.each([
    [1, 2412],
    [6, 2437],
    [13, 2472],
    [14, 2484],
    [36, 5180],
    [100, 5500],
    [165, 5825],
    [177, 5885],
  ])('channel %i without a band is at %i MHz', (channel, mhz) => {
    expect(frequency(channel)).toBe(mhz);
  });

  it.each([0, 15, 35, 178, 233, 255])('channel %i without a band is refused', (channel) => {
    const found = target({ channel });
    expect(found).toBeInstanceOf(BridgeError);
    expect((found as BridgeError).message).toContain(`is on channel ${channel}, which there is not`);
  });

  it.each([
    [Band.GHZ_2_4, 14, 2484],
    [Band.GHZ_2_4, 36, undefined],
    [Band.GHZ_5, 36, 5180],
    [Band.GHZ_5, 1, undefined],
    [Band.GHZ_6, 1, 5955],
    [Band.GHZ_6, 37, 6135],
    [Band.GHZ_6, 233, 7115],
    [Band.GHZ_6, 0, undefined],
    [Band.GHZ_6, 234, undefined],
    [3, 36, undefined],
  ])('band %i, channel %i: %s', (band, channel, mhz) => {
    expect(frequency(channel, band)).toBe(mhz);
  });

  it('has a name and an address of its own', () => {
    expect(target({ ssid: new Uint8Array(0) })).toBeInstanceOf(BridgeError);
    for (const bssid of [0, 0xffffffffffff, 0x010000000000]) {
      expect((target({ bssid }) as BridgeError).code).toBe('BRIDGE_ERR_FORMAT');
    }
    expect(target({ bssid: 0x020000000100 })).toMatchObject({ bssid: 0x020000000100 });
  });

  it('is never without a frequency that a radio could have', () => {
    fc.assert(
      fc.property(anyInfo, (info) => {
        const found = targetOf(info);
        if (found instanceof BridgeError) return;
        expect(found.frequencyMhz).toBeGreaterThanOrEqual(2412);
        expect(found.frequencyMhz).toBeLessThanOrEqual(7115);
        expect(found.ssid.length).toBeGreaterThan(0);
      }),
    );
  });
});
