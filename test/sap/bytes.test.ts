import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bytesOfHex, formatIpv4, formatMac, hexOf, parseMac } from '../../sap/index.ts';

it('hex and back', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(bytesOfHex(hexOf(bytes))).toEqual(bytes);
    }),
    { seed: 1 },
  );
  expect(bytesOfHex('0aFF')).toEqual(new Uint8Array([10, 255]));
});

it.each(['0', '0g', '0x', ' 00', '00 ', '0:1', '+1', '００'])('%j is no hex', (text) => {
  expect(bytesOfHex(text)).toBeUndefined();
});

it('addresses and back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (mac) => {
      expect(parseMac(formatMac(mac))).toBe(mac);
    }),
    { seed: 1 },
  );
  expect(formatMac(0x0a)).toBe('00:00:00:00:00:0a');
  expect(parseMac('02-11-22-33-44-5F')).toBe(0x02112233445f);
});

it.each(['', '02:11:22:33:44', '02:11:22:33:44:5', '02:11:22:33:44:55:66', '02112233445566'])(
  '%j is no address',
  (text) => {
    expect(parseMac(text)).toBeUndefined();
  },
);

it('IPv4 addresses as people write them', () => {
  expect(formatIpv4(0xc0000201)).toBe('192.0.2.1');
  expect(formatIpv4(0xffffffff)).toBe('255.255.255.255');
});
