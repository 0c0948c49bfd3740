/** AMT's rules for the password of its administrator. */

/**
 * What is wrong with a password, in a sentence that does not show it; undefined: nothing.
 *
 * Source: Intel AMT SDK, "Valid Usernames and Passwords": 8 to 32 characters of printable 7-bit ASCII without `:`, `,`
 * and `"`; a digit, a capital, a small letter and one that is none of these, where `_` and the blank do not count.
 */
export function passwordProblem(password: string): string | undefined {
  if (!/^[\x20-\x7e]*$/.test(password)) return 'It may have printable ASCII characters only.';
  if (/[:,"]/.test(password)) return 'It may not have a colon, a comma or a double quote.';
  if (password.length < 8 || password.length > 32) return 'It needs 8 to 32 characters.';
  const missing = RULES.filter(([pattern]) => !pattern.test(password)).map(([, name]) => name);
  return missing.length === 0 ? undefined : `It needs ${missing.join(', ')}.`;
}

const RULES = [
  [/[0-9]/, 'a digit'],
  [/[A-Z]/, 'a capital letter'],
  [/[a-z]/, 'a small letter'],
  [/[^0-9A-Za-z_ ]/, 'a character such as ! or $ (the underscore does not count)'],
] as const satisfies readonly (readonly [RegExp, string])[];
