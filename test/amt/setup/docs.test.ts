import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type AmtMode, planSetup, SETUP_GOALS, SETUP_STEPS, XML_LIMITS } from '../../../amt/index.ts';

const page = readFileSync(new URL('../../../docs/amt-setup.md', import.meta.url), 'utf8');

it('has the steps as they are', () => {
  for (const [name, { does, wire }] of Object.entries(SETUP_STEPS)) {
    expect(page).toContain(`| \`${name}\` | ${does} |${wire === '' ? '' : ` ${wire}`} |`);
  }
});

it.each<[string, AmtMode]>([
  ['not activated', { provisioning: 0, control: 0 }],
  ['remote configuration under way', { provisioning: 1, control: 0 }],
  ['client control mode', { provisioning: 2, control: 1 }],
  ['admin control mode', { provisioning: 2, control: 2 }],
])('has the plans from: %s', (state, mode) => {
  const cells = SETUP_GOALS.map((goal) => {
    const plan = planSetup(goal, mode);
    if ('steps' in plan) return plan.steps.join(', ');
    return 'nothing' in plan ? 'nothing to do' : 'refused';
  });
  expect(page).toContain(`| ${[state, ...cells].join(' | ')} |`);
});

it('has the limits as they are', () => {
  expect(page).toContain(
    `${XML_LIMITS.bytes / 1024} KiB of body, ${XML_LIMITS.depth} levels and ${XML_LIMITS.elements.toLocaleString('en')}\nelements`,
  );
});
