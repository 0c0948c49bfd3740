import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatGuid, hexOf, parseGuid } from '../../sap/index.ts';

test('the bytes that the kernel and the firmware have', () => {
  expect(hexOf(parseGuid('12f80028-b4b7-4b2d-aca8-46e0ff65814c')!)).toBe('2800f812b7b42d4baca846e0ff65814c');
  expect(hexOf(parseGuid('13280904-7792-4fcb-a1aa-5e70cbb1e865')!)).toBe('040928139277cb4fa1aa5e70cbb1e865');
  expect(hexOf(parseGuid('8E6A6715-9ABC-4043-88EF-9E39C6F63E0F')!)).toBe('15676a8ebc9a434088ef9e39c6f63e0f');
});

test('any 16 bytes have one text, and come back from it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const text = formatGuid(bytes);
      expect(text).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
      expect(parseGuid(text)).toEqual(bytes);
      expect(parseGuid(text.toUpperCase())).toEqual(bytes);
    }),
  );
});

test('what is no GUID has no bytes', () => {
  const guid = '12f80028-b4b7-4b2d-aca8-46e0ff65814c';
  for (const text of [
    '',
    `{${guid}}`,
    `${guid}\n`,
    ` ${guid}`,
    guid.replaceAll('-', ''),
    guid.replace('f', 'g'),
  ]) {
    expect(parseGuid(text)).toBeUndefined();
  }
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF-g ') }), (text) => {
      expect(parseGuid(text) === undefined).toBe(!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text));
    }),
  );
  fc.assert(
    fc.property(fc.nat(guid.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, other) => {
      const text = guid.slice(0, at) + other + guid.slice(at + 1);
      const bytes = parseGuid(text);
      if (bytes !== undefined) expect(formatGuid(bytes)).toBe(text.toLowerCase());
    }),
  );
  expect(() => formatGuid(new Uint8Array(15))).toThrow(RangeError);
});
