import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAuthorization } from '../../../amt/web/index.ts';

describe('the Authorization header', () => {
  it('gives the fields that were written', () => {
    const text = fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((c) => String.fromCharCode(c)) });
    const hex = (length: number) =>
      fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
    const fields = fc.record({
      username: text,
      realm: text,
      nonce: text,
      uri: text,
      response: hex(32),
      algorithm: fc.constantFrom(undefined, 'MD5', 'x'),
      qop: fc.constantFrom('auth', 'auth-int'),
      nc: hex(8),
      cnonce: text.filter((value) => value !== ''),
    });
    const quote = (value: string) => `"${value.replace(/["\\]/g, '\\$&')}"`;
    fc.assert(
      fc.property(fields, fc.constantFrom(',', ', ', ' ,, '), (wanted, comma) => {
        const written = Object.entries(wanted)
          .filter(([, value]) => value !== undefined)
          .map(([name, value]) => `${name.toUpperCase()}=${quote(value!)}`);
        expect(parseAuthorization(`DIGEST ${written.join(comma)}`)).toEqual(wanted);
      }),
    );
  });

  it('never makes the reader throw', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'Digest ',
        'username=',
        '"',
        '\\',
        ',',
        '=',
        'nc=00000001',
        'response=',
        ' ',
        'qop=auth',
      ),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const read = parseAuthorization(pieces.join(''));
        expect(read === 'other' || typeof read === 'object').toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
