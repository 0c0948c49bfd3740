import { expect, it } from 'vitest';
import { fuzzWatchdog } from '../../fuzz/watchdog.ts';

it('the watchdog with damaged messages and calls at any time: 20,000 sequences', () => {
  const report = fuzzWatchdog(20_000, 1);
  expect(report.findings).toEqual([]);
  expect(report.executions).toBe(20_000);
});
