/** The fields that messages are declared with: in both byte orders, and what they do with bytes and values that do not fit. */
import { describe, expect, it } from 'vitest';
import {
  ansi,
  type ByteOrder,
  blob,
  bool8,
  bool32,
  bytes,
  decodeWith,
  type Fields,
  fixed,
  type Infer,
  ipv4,
  list,
  mac,
  optional,
  Reader,
  readFields,
  reserved,
  rest,
  roomText,
  Secret,
  secret,
  sizeOf,
  skip,
  str,
  struct,
  text,
  u8,
  u16,
  u32,
  uuid,
  Writer,
  writeFields,
} from '../../../amt/protocol/declare.ts';
import type { AmtError } from '../../../amt/protocol/index.ts';
import { bytesOfHex, hexOf } from '../../../sap/index.ts';
import { revealed } from './arbitrary.ts';

const fromHex = (hex: string) => bytesOfHex(hex.replaceAll(' ', ''))!;

function encode<const F extends Fields>(fields: F, value: Infer<F>, order: ByteOrder = 'le'): string {
  const to = new Writer(order, 1);
  writeFields(fields, to, value);
  return hexOf(to.done());
}

function decode<const F extends Fields>(
  fields: F,
  hex: string,
  order: ByteOrder = 'le',
): Infer<F> | AmtError {
  const reader = new Reader(fromHex(hex), order, { message: 'TEST', fault: 'firmware' });
  return decodeWith(reader, (from) => readFields(fields, from));
}

const CASES = [
  ['u8', { v: u8 }, { v: 0x12 }, '12', '12'],
  ['u16', { v: u16 }, { v: 0x1234 }, '3412', '1234'],
  ['u32', { v: u32 }, { v: 0xf2345678 }, '785634f2', 'f2345678'],
  ['bool8', { v: bool8 }, { v: true }, '01', '01'],
  ['bool32', { v: bool32 }, { v: true }, '01000000', '00000001'],
  ['ipv4', { v: ipv4 }, { v: 0xc0a80132 }, '3201a8c0', 'c0a80132'],
  ['mac', { v: mac }, { v: 0x021122334455 }, '021122334455', '021122334455'],
  [
    'uuid',
    { v: uuid },
    { v: '00112233-4455-6677-8899-aabbccddeeff' },
    '33221100554477668899aabbccddeeff',
    '33221100554477668899aabbccddeeff',
  ],
  ['bytes', { v: bytes(2) }, { v: Uint8Array.of(1, 2) }, '0102', '0102'],
  ['rest', { a: u8, v: rest() }, { a: 1, v: Uint8Array.of(2, 3) }, '010203', '010203'],
  ['text', { v: text(4) }, { v: 'ab' }, '61620000', '61620000'],
  ['text that fills its place', { v: text(2) }, { v: 'ab' }, '6162', '6162'],
  ['ansi', { v: ansi() }, { v: 'ab' }, '02006162', '00026162'],
  ['str', { v: str(9) }, { v: 'ab' }, '020000006162', '000000026162'],
  ['blob', { v: blob(9) }, { v: Uint8Array.of(7) }, '0100000007', '0000000107'],
  ['blob of a short count', { v: blob(9, 1) }, { v: Uint8Array.of(7) }, '0107', '0107'],
  ['roomText', { v: roomText(4) }, { v: 'ab' }, '020061620000', '000261620000'],
  ['reserved', { r: reserved(3), v: u8 }, { v: 1 }, '00000001', '00000001'],
  ['fixed', { f: fixed(2, 5), v: u8 }, { v: 1 }, '050001', '000501'],
  ['struct', { v: struct({ a: u8, b: u16 }) }, { v: { a: 1, b: 2 } }, '010200', '010002'],
  ['list', { v: list(u16, u16, 9) }, { v: [1, 2] }, '020001000200', '000200010002'],
  ['optional that is there', { v: optional(u16) }, { v: 1 }, '0100', '0001'],
  ['optional that is not', { a: u8, v: optional(u16) }, { a: 1 }, '01', '01'],
  ['secret', { v: secret(text(2)) }, { v: new Secret('x') }, '7800', '7800'],
] as const satisfies readonly (readonly [string, Fields, unknown, string, string])[];

describe.each(CASES)('%s', (_, fields, value, le, be) => {
  it.each([
    ['le', le],
    ['be', be],
  ] as const)('%s', (order, hex) => {
    expect(encode<Fields>(fields, value, order)).toBe(hex);
    expect(revealed(decode<Fields>(fields, hex, order))).toEqual(revealed(value));
  });

  it('is at least as long as it says', () => {
    expect(le.length / 2).toBeGreaterThanOrEqual(sizeOf(fields));
  });
});

describe('bytes that do not fit', () => {
  it.each([
    ['a number that is cut off', { v: u32 }, '010203', 'AMT_ERR_TRUNCATED', 'v'],
    ['something behind the layout', { v: u8 }, '0102', 'AMT_ERR_LENGTH', undefined],
    ['a count beyond the message', { v: ansi() }, '0300 6162', 'AMT_ERR_TRUNCATED', 'v'],
    ['a count beyond its limit', { v: str(2) }, '03000000 616263', 'AMT_ERR_LENGTH', 'v'],
    ['a count of four billion', { v: blob(9) }, 'ffffffff', 'AMT_ERR_LENGTH', 'v'],
    ['a list beyond its limit', { v: list(u8, u8, 2) }, '03 010203', 'AMT_ERR_LENGTH', 'v'],
    ['a list beyond the message', { v: list(u32, u32, 9) }, '02000000 01000000', 'AMT_ERR_TRUNCATED', 'v'],
    ['another number than the one', { v: fixed(1, 5) }, '06', 'AMT_ERR_VALUE', 'v'],
    ['half an optional', { v: optional(u32) }, '0102', 'AMT_ERR_TRUNCATED', 'v'],
    [
      'in an item of a list',
      { v: list(u8, struct({ name: ansi() }), 9) },
      '02 0000 0500',
      'AMT_ERR_TRUNCATED',
      'v[1].name',
    ],
  ] as const)('%s', (_, fields, hex, code, field) => {
    expect(decode<Fields>(fields, hex)).toMatchObject({ code, details: { field, message: 'TEST' } });
  });

  it('the offset counts from the start of the message, wherever reading begins', () => {
    const reader = new Reader(fromHex('ffffffff 0102'), 'le', { message: 'TEST', fault: 'host' }, 4);
    const error = decodeWith(reader, (from) => readFields({ a: u8, b: u16 }, from));
    expect(error).toMatchObject({ details: { field: 'b', offset: 5, fault: 'host' } });
  });

  it('any number other than 0 is true, and what is behind a NUL is not looked at', () => {
    expect(decode({ v: bool32, t: text(4) }, '00020000 61006263')).toEqual({ v: true, t: 'a' });
    expect(decode({ t: roomText(4), s: skip() }, 'ffff 61626364 0000')).toEqual({ t: 'abcd' });
  });

  it('an error of the reader itself is none of the message', () => {
    const broken = new Reader(new Uint8Array(0), 'le', { message: 'TEST', fault: 'host' });
    const read = () => {
      throw new TypeError('ours');
    };
    expect(() => decodeWith(broken, read)).toThrow('ours');
  });
});

describe('values that do not fit', () => {
  it.each([
    [{ v: u8 }, { v: 256 }, 'v is no number of 1 byte'],
    [{ v: u16 }, { v: -1 }, 'v is no number of 2 bytes'],
    [{ v: u32 }, { v: 0.5 }, 'v is no number of 4 bytes'],
    [{ v: mac }, { v: 2 ** 48 }, 'v is no MAC address'],
    [{ v: uuid }, { v: 'none' }, 'v is no UUID'],
    [{ v: bytes(2) }, { v: new Uint8Array(3) }, 'v does not have 2 bytes'],
    [{ v: text(2) }, { v: 'abc' }, 'v has more than 2 characters'],
    [{ v: ansi() }, { v: '→' }, 'v has a character that is not Latin-1'],
    [{ v: str(2) }, { v: 'abc' }, 'v has more than 2 characters'],
    [{ v: blob(2) }, { v: new Uint8Array(3) }, 'v has more than 2 bytes'],
    [{ v: list(u8, u8, 1) }, { v: [1, 2] }, 'v has more than 1 items'],
    [{ v: list(u8, struct({ a: u8 }), 9) }, { v: [{ a: 1 }, { a: 300 }] }, 'v[1].a is no number of 1 byte'],
    [{ v: secret(text(2)) }, { v: new Secret('hidden') }, 'v has more than 2 characters'],
  ] as const)('%#', (fields, value, message) => {
    expect(() => encode<Fields>(fields, value)).toThrow(new RangeError(message));
  });
});

it('a field keeps what it is when words are added', () => {
  const field = secret(text(4)).doc('A password.');
  expect(field).toMatchObject({ text: 'A password.', secret: true, size: 4, shape: { kind: 'text' } });
  expect(optional(u16.doc('A number.')).text).toBe('A number.');
});
