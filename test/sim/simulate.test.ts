import { expect, test } from 'vitest';
import { simulate } from '../../fuzz/sim/pair/simulate.ts';

test('2,000 random interleavings of host and CSME', () => {
  const { failure, runs, compared, quiet } = simulate(2_000, 20_251);
  expect(failure && `seed ${failure.seed}: ${failure.what}\n${failure.ladder}`).toBeUndefined();
  expect(runs).toBe(2_000);
  expect(compared).toBe(2_000);
  expect(quiet).toBeGreaterThan(5_000);
});
