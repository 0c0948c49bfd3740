import { expect, it } from 'vitest';
import { fuzzWsman } from '../../fuzz/wsman.ts';

it('finds nothing', () => {
  expect(fuzzWsman(3000, 1).findings).toEqual([]);
});
