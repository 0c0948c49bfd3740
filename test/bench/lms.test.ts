/** What `npm run bench:lms` checks of the bytes that come through. */
import { describe, expect, test } from 'vitest';
import { bytesAt, Checker, TRANSFER_BYTES } from '../../bench/lms/work.ts';

describe('the checker of a transfer', () => {
  test('takes the right bytes, in pieces of any length', () => {
    const checker = new Checker();
    const piece = Buffer.concat([bytesAt(0, 65_536), bytesAt(65_536, 65_536)]);
    checker.take(piece.subarray(0, 1));
    checker.take(piece.subarray(1, 99_999));
    checker.take(piece.subarray(99_999));
    expect(checker.offset).toBe(piece.length);
    for (let at = piece.length; at < TRANSFER_BYTES; at += 65_536) checker.take(bytesAt(at, 65_536));
    expect(checker.isDone).toBe(true);
    expect(() => checker.take(Uint8Array.of(0))).toThrow();
  });

  test('finds one that is wrong, missing, or there twice', () => {
    const bytes = Buffer.from(bytesAt(0, 1_000));
    const wrong = Buffer.from(bytes);
    wrong[500]! ^= 1;
    for (const others of [
      wrong,
      Buffer.concat([bytes.subarray(0, 10), bytes.subarray(11)]),
      Buffer.concat([bytes.subarray(0, 10), bytes.subarray(9)]),
    ]) {
      expect(() => new Checker().take(others)).toThrow(/is wrong/);
    }
  });
});
