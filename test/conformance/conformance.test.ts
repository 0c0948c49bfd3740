import { expect, test } from 'vitest';
import { SCENARIOS } from '../../conformance/index.ts';
import { Host } from '../../ownership/index.ts';
import { Judge } from '../../trace/index.ts';
import { judge, told } from './support/rig.ts';

test.each(SCENARIOS.map((scenario) => [scenario.id, scenario] as const))('%s passes', (_, scenario) => {
  const { results } = judge(new Host(), { scenarios: [scenario], danger: true });
  expect(told(results)).toEqual([]);
  expect(results.outcomes).toMatchObject([{ status: 'passed' }]);
});

test('what was said in many scenarios is one good trace', () => {
  // Links that end within a moment of each other leave open which of them a released rfkill is of.
  const scenarios = SCENARIOS.filter(({ suite }) => suite !== 'lifecycle');
  const validator = new Judge({ maxFindings: 10 });
  validator.push(judge(new Host(), { scenarios }).trace);
  const { findings, messages } = validator.finish();
  expect(
    findings.map(({ rule, t, expected, seen }) => `${t} ${rule}: expected ${expected}; seen: ${seen}`),
  ).toEqual([]);
  expect(messages).toBeGreaterThan(10_000);
});
