import { expect, it } from 'vitest';
import { fuzzApf } from '../../fuzz/apf.ts';

it('damaged messages: errors or messages that are whole, the same in pieces, and no session that breaks', () => {
  const report = fuzzApf(5_000, 1);
  expect(report.findings).toEqual([]);
  expect(report.executions).toBe(5_000);
});

it('the same seed makes the same run', () => {
  const [a, b] = [fuzzApf(100, 9), fuzzApf(100, 9)];
  expect({ ...a, seconds: 0 }).toEqual({ ...b, seconds: 0 });
});
