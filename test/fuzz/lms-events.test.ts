import { expect, it } from 'vitest';
import { fuzzLmsEvents } from '../../fuzz/lms-events.ts';

it('finds nothing', () => {
  expect(fuzzLmsEvents(3000, 1).findings).toEqual([]);
});
