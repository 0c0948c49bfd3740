import { expect, it } from 'vitest';
import { fuzzWatchdog } from '../../fuzz/watchdog.ts';

it('the watchdog with damaged messages and calls at any time: 10,000 sequences', () => {
  const report = fuzzWatchdog(10_000, 1);
  expect(report.findings).toEqual([]);
  expect(report.executions).toBe(10_000);
});
