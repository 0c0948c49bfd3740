import { expect, it } from 'vitest';
import { fuzzWpa } from '../../fuzz/wpa.ts';

it('damaged words of wpa_supplicant and journals: nothing throws, and what is read is such', () => {
  const report = fuzzWpa(20_000, 1);
  expect(report.findings).toEqual([]);
  expect(report.executions).toBe(20_000);
});

it('the same seed makes the same run', () => {
  const [a, b] = [fuzzWpa(50, 9), fuzzWpa(50, 9)];
  expect({ ...a, seconds: 0 }).toEqual({ ...b, seconds: 0 });
});
