import { expect, it } from 'vitest';
import { fuzzAmthi } from '../../fuzz/amthi.ts';

it('finds nothing', () => {
  expect(fuzzAmthi(3000, 1).findings).toEqual([]);
});
