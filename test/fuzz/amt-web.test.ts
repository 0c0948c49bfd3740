import { expect, it } from 'vitest';
import { fuzzAmtWeb } from '../../fuzz/amt-web.ts';

it('damaged headers open nothing, and damaged requests get an answer', () => {
  const report = fuzzAmtWeb(5_000, 1);
  expect(report.findings).toEqual([]);
  expect(report.executions).toBe(5_000);
});

it('the same seed makes the same run', () => {
  const [a, b] = [fuzzAmtWeb(500, 9), fuzzAmtWeb(500, 9)];
  expect({ ...a, seconds: 0 }).toEqual({ ...b, seconds: 0 });
});
