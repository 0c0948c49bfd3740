import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BridgeError } from '../../../netlink-bridge/errors.ts';
import {
  type AttributePair,
  Attributes,
  attributeIds,
  encodeAttributes,
  required,
} from '../../../netlink-bridge/netlink/attributes.ts';
import { bytesOfHex, hexOf } from '../../../sap/index.ts';

const ID = attributeIds('TEST_ATTR_', { BYTE: 1, WORD: 2, TEXT: 3, MAC: 6, BYTES: 9, SET: 0x105 });

const decoded = (hex: string) => new Attributes(bytesOfHex(hex.replaceAll(' ', ''))!);

describe('attributes', () => {
  it('are laid out as the kernel lays them out', () => {
    const pairs: AttributePair[] = [
      [ID.WORD, 0x01020304],
      [ID.TEXT, 'wlan0'],
      [ID.BYTE, { u8: 7 }],
      [ID.MAC, { mac: 0x001122334455 }],
      [ID.SET, { nested: [[ID.BYTES, Uint8Array.of(1, 2, 3, 4)]] }],
    ];
    expect(hexOf(encodeAttributes(pairs))).toBe(
      [
        '08000200' + '04030201',
        '0a000300' + '776c616e3000' + '0000',
        '05000100' + '07' + '000000',
        '0a000600' + '001122334455' + '0000',
        '0c000581' + '08000900' + '01020304',
      ].join(''),
    );
  });

  it('come back as they were', () => {
    const values = fc.record({
      byte: fc.nat(0xff),
      word: fc.nat(0xffff_ffff),
      text: fc.string({ unit: fc.constantFrom('a', 'Z', '0', 'ä', ' ', '€') }),
      mac: fc.maxSafeNat().map((n) => n % 2 ** 48),
      bytes: fc.uint8Array({ maxLength: 300 }),
    });
    fc.assert(
      fc.property(values, ({ byte, word, text, mac, bytes }) => {
        const set: AttributePair[] = [
          [ID.BYTE, { u8: byte }],
          [ID.WORD, word],
          [ID.TEXT, text],
          [ID.MAC, { mac }],
          [ID.BYTES, bytes],
        ];
        const one = new Attributes(encodeAttributes([...set, [ID.SET, { nested: set }]]));
        for (const a of [one, one.nested(ID.SET)!]) {
          expect([a.u8(ID.BYTE), a.u32(ID.WORD), a.text(ID.TEXT), a.mac(ID.MAC)]).toEqual([
            byte,
            word,
            text,
            mac,
          ]);
          expect(a.bytes(ID.BYTES)).toEqual(bytes);
        }
        expect(one.list(ID.SET)).toHaveLength(set.length);
      }),
    );
  });

  it('of which one comes twice: the last counts', () => {
    expect(decoded('0800 0200 01000000 0800 0200 02000000').u32(ID.WORD)).toBe(2);
  });

  it('end in padding that is shorter than a header', () => {
    expect(decoded('0500 0100 07').u8(ID.BYTE)).toBe(7);
    expect(decoded('0500 0100 07 0000').u8(ID.BYTE)).toBe(7);
    expect(decoded('').has(ID.BYTE)).toBe(false);
  });

  it('flags in the type do not count', () => {
    expect(decoded('0800 02c0 01000000').u32(ID.WORD)).toBe(1);
  });

  it.each([
    ['0300 0100', 'The attribute at byte 0 says that it has 3 bytes; there are 4.'],
    ['0800 0100 00', 'The attribute at byte 0 says that it has 8 bytes; there are 5.'],
    ['0800 0200 01000000 ffff 0200', 'The attribute at byte 8 says that it has 65535 bytes; there are 4.'],
  ])('%s cannot be read', (hex, sentence) => {
    expect(() => decoded(hex)).toThrow(sentence);
  });

  it('of the wrong size are named', () => {
    const a = decoded('0600 0200 0100 0000 0700 0600 010203 00');
    expect(() => a.u32(ID.WORD)).toThrow('TEST_ATTR_WORD has 2 bytes, and should have 4.');
    expect(() => a.mac(ID.MAC)).toThrow('TEST_ATTR_MAC has 3 bytes, and should have 6.');
    expect(() => a.bytes(ID.MAC, 2)).toThrow('TEST_ATTR_MAC has 3 bytes, and should have at most 2.');
    expect(() => required(a.u8(ID.BYTE), ID.BYTE)).toThrow('TEST_ATTR_BYTE is missing.');
  });

  it('of chance are read or refused, and never beyond their end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(255), (bytes, filling) => {
        const room = new Uint8Array(bytes.length + 32).fill(filling);
        room.set(bytes, 16);
        expect(read(room.subarray(16, 16 + bytes.length))).toEqual(read(bytes));
      }),
    );
  });

  it('too long for their length are misuse', () => {
    expect(() => encodeAttributes([[ID.BYTES, new Uint8Array(0x10000)]])).toThrow(RangeError);
  });
});

function read(bytes: Uint8Array): unknown {
  try {
    const a = new Attributes(bytes);
    return Array.from({ length: 0x4000 }, (_, id) => a.bytes({ id, name: '' })).filter(
      (value) => value !== undefined,
    );
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'BRIDGE_ERR_FORMAT') return error.message;
    throw error;
  }
}
