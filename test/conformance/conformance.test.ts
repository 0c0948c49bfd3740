import { expect, test } from 'vitest';
import { SCENARIOS } from '../../conformance/index.ts';
import { Host } from '../../ownership/index.ts';
import { judge, told } from './support/rig.ts';

test.each(SCENARIOS.map((scenario) => [scenario.id, scenario] as const))('%s passes', (_, scenario) => {
  const { results } = judge(new Host(), { scenarios: [scenario], danger: true });
  expect(told(results)).toEqual([]);
  expect(results.outcomes).toMatchObject([{ status: 'passed' }]);
});
