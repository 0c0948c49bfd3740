import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { passwordProblem } from '../../../amt/index.ts';

describe("AMT's rules for passwords", () => {
  it.each([
    ['P@ssw0rd', undefined],
    [`Aa1!${'x'.repeat(28)}`, undefined],
    ['With blank 1$', undefined],
    ['', 'It needs 8 to 32 characters.'],
    ['Aa1!xyz', 'It needs 8 to 32 characters.'],
    [`Aa1!${'x'.repeat(29)}`, 'It needs 8 to 32 characters.'],
    ['P@ssw0rd:', 'It may not have a colon, a comma or a double quote.'],
    ['P@ss,w0rd', 'It may not have a colon, a comma or a double quote.'],
    ['P@ss"w0rd', 'It may not have a colon, a comma or a double quote.'],
    ['P@ssw0rdä', 'It may have printable ASCII characters only.'],
    ['P@ssw0rd\n', 'It may have printable ASCII characters only.'],
    ['p@ssw0rd', 'It needs a capital letter.'],
    ['P@SSW0RD', 'It needs a small letter.'],
    ['P@ssword', 'It needs a digit.'],
    ['Location_1', 'It needs a character such as ! or $ (the underscore does not count).'],
    [
      'aaaaaaaa',
      'It needs a digit, a capital letter, a character such as ! or $ (the underscore does not count).',
    ],
  ])('%j: %s', (password, problem) => {
    expect(passwordProblem(password)).toBe(problem);
  });

  it('are told without the password', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 4, unit: 'grapheme' }), (password) => {
        expect(passwordProblem(password) ?? '').not.toContain(password);
      }),
    );
  });
});
