import { expect, test } from 'vitest';
import { fuzzRx } from '../../fuzz/rx.ts';

test('filter sets and frames: 100,000 pairs', () => {
  const report = fuzzRx(100_000, 20_251);
  expect(report.findings).toEqual([]);
  expect(report.executions).toBe(100_000);
  // All verdicts are met often, so that a wrong one of any kind is found.
  expect(Math.min(...Object.values(report.verdicts))).toBeGreaterThan(5000);
});
