import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SCENARIOS } from '../../conformance/index.ts';
import { Host } from '../../ownership/index.ts';
import { DEFECTS } from './defects/index.ts';
import { judge } from './support/rig.ts';
import { checkTable, suiteTable } from './support/tables.ts';

const page = readFileSync(new URL('../../docs/conformance.md', import.meta.url), 'utf8');

function part(name: string): string {
  const [, rest = ''] = page.split(`<!-- begin: ${name} -->\n`);
  return rest.split(`\n<!-- end: ${name} -->`)[0]!;
}

test('the table of suites is that of the code', () => {
  expect(part('suites')).toBe(suiteTable());
});

test('the table of checks is the catalogue', () => {
  expect(part('checks')).toBe(checkTable());
});

test('every check is put to the test by some scenario', () => {
  const { results } = judge(new Host(), { scenarios: SCENARIOS, danger: true });
  expect(results.totals().checks).toMatchObject({ failed: 0, 'not run': 0 });
});

test('the number of defects is that of the fixtures', () => {
  expect(page).toContain(`${DEFECTS.length} drivers with one defect each`);
});
