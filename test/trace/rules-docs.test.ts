/** docs/rules.md says what is so. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fillSections } from '../../ownership/diagram.ts';
import { Judge, RULE_IDS } from '../../trace/index.ts';
import { ruleSections } from '../../trace/rules/docs.ts';
import * as tolerance from '../../trace/rules/tolerance.ts';

const PAGE = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8');

describe('docs/rules.md', () => {
  const rows = PAGE.split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1')));

  test('has every rule, as the catalogue has it', () => {
    expect(fillSections(PAGE, ruleSections()) === PAGE, 'stale: run `npm run generate`').toBe(true);
    for (const id of RULE_IDS) expect(PAGE.split(`**\`${id}\`**`).length).toBe(2);
  });

  test('has every tolerance with its number', () => {
    const constants = Object.entries(tolerance).filter(([, value]) => typeof value === 'number');
    const written = rows
      .filter(([, name]) => name?.endsWith('_MS'))
      .map(([, name, ms]) => [name, Number(ms)]);
    expect(written.sort()).toEqual(constants.sort());
    expect(tolerance.lateMs(1000) - 0.04 * 1000).toBe(300);
  });

  test('has every member of the report', () => {
    const names = rows.map(([, name]) => name);
    for (const member of Object.keys(new Judge().finish())) expect(names).toContain(member);
  });
});
