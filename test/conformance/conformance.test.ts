import { expect, test } from 'vitest';
import { SCENARIOS } from '../../conformance/index.ts';
import { Host } from '../../ownership/index.ts';
import { judge } from './support/rig.ts';

for (const scenario of SCENARIOS) {
  test(scenario.id, () => {
    const { results } = judge(new Host(), { scenarios: [scenario], danger: true });
    const [outcome] = results.outcomes;
    expect(outcome).toMatchObject({ status: 'passed', findings: [] });
  });
}
