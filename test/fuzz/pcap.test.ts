import { expect, test } from 'vitest';
import { fuzzPcap } from '../../fuzz/pcap.ts';

test('good and damaged captures: 30,000 cases', () => {
  const report = fuzzPcap(30_000, 20_251);
  expect(report.findings).toEqual([]);
  expect(report.executions).toBe(30_000);
});
