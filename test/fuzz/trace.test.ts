import { expect, test } from 'vitest';
import { fuzzTrace } from '../../fuzz/trace.ts';

test('damaged traces: 20,000 cases', () => {
  const report = fuzzTrace(20_000, 20_251);
  expect(report.findings).toEqual([]);
  expect(report.executions).toBe(20_000);
});
