import { expect, it } from 'vitest';
import { fuzzDecode } from '../../fuzz/decode.ts';

it('damaged messages give errors or messages that are whole', () => {
  const report = fuzzDecode(60_000, 1);
  expect(report.findings).toEqual([]);
  expect(report.executions).toBe(60_000);
});

it('the same seed makes the same run', () => {
  const [a, b] = [fuzzDecode(500, 9), fuzzDecode(500, 9)];
  expect({ ...a, seconds: 0 }).toEqual({ ...b, seconds: 0 });
});
