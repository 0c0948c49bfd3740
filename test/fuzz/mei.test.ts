import { expect, it } from 'vitest';
import { fuzzCuse } from '../../fuzz/cuse.ts';
import { fuzzMei } from '../../fuzz/mei.ts';

it('hostile requests: each is answered once, and nothing more', () => {
  const report = fuzzCuse(2_000, 1);
  expect(report.findings).toEqual([]);
  expect(report.executions).toBe(2_000);
});

it('random calls: every call is answered once, no message is lost, joined or misled', () => {
  const report = fuzzMei(2_000, 1);
  expect(report.findings).toEqual([]);
  expect(report.executions).toBe(2_000);
});

it('the same seed makes the same run', () => {
  for (const fuzz of [fuzzCuse, fuzzMei]) {
    const [a, b] = [fuzz(50, 9), fuzz(50, 9)];
    expect({ ...a, seconds: 0 }).toEqual({ ...b, seconds: 0 });
  }
});
