import { expect, test } from 'vitest';
import { fuzzValidate } from '../../fuzz/validate.ts';

test('conversations that keep to nothing: 3,000 cases', () => {
  const report = fuzzValidate(3_000, 20_252);
  expect(report.findings).toEqual([]);
  expect(report.executions).toBe(3_000);
});
