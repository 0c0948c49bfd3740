import { expect, it } from 'vitest';
import { APF_DEFECTS } from '../../fuzz/sim/apf/planted.ts';
import { simulateApf } from '../../fuzz/sim/apf/simulate.ts';

it('1,000 random sessions of APF: nothing is lost, moved, overrun or left', () => {
  const { failure, runs, connections, refusals, bytes } = simulateApf(1_000, 20_261);
  expect(failure && `seed ${failure.seed}: ${failure.what}\n${failure.ladder}`).toBeUndefined();
  expect(runs).toBe(1_000);
  expect(connections - refusals).toBeGreaterThan(4_000);
  expect(bytes).toBeGreaterThan(10_000_000);
});

it.each(APF_DEFECTS)('found: $what', ({ tamper, finding }) => {
  const { failure } = simulateApf(300, 1, tamper);
  expect(failure?.what).toMatch(finding);
});

it('a failure can be repeated by its seed', () => {
  const { tamper } = APF_DEFECTS[0]!;
  const found = simulateApf(300, 1, tamper).failure!;
  expect(simulateApf(1, found.seed, tamper).failure).toEqual(found);
});
