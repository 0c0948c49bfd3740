import { expect, test } from 'vitest';
import { fuzzTrace } from '../../fuzz/trace.ts';

test('damaged traces: 10,000 cases', () => {
  const report = fuzzTrace(10_000, 20_251);
  expect(report.findings).toEqual([]);
  expect(report.executions).toBe(10_000);
});
