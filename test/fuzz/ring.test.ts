import { expect, test } from 'vitest';
import { fuzzRing } from '../../fuzz/ring.ts';

test('hostile rings: 60,000 cases', () => {
  const report = fuzzRing(60_000, 20_251);
  expect(report.findings).toEqual([]);
  expect(report.executions).toBe(60_000);
});
