import { expect, it } from 'vitest';
import { fuzzRfkill } from '../../fuzz/rfkill.ts';

it('damaged records of /dev/rfkill: 30,000 sequences', () => {
  const report = fuzzRfkill(30_000, 20_251);
  expect(report.findings).toEqual([]);
  expect(report.executions).toBe(30_000);
});
