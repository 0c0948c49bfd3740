/** docs/watchdog.md shows what the tables say. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DRIVER_TABLE, KEEPER_TABLE } from '../../../../amt/protocol/index.ts';
import { watchdogSections } from '../../../../scripts/watchdog-docs.ts';

const PAGE = readFileSync(new URL('../../../../docs/watchdog.md', import.meta.url), 'utf8');

it.each([...watchdogSections()])('%s is up to date', (name, text) => {
  expect(PAGE, 'stale: run `npm run generate`').toContain(
    `<!-- generated: ${name} -->\n${text}\n<!-- end: ${name} -->`,
  );
  // Every guard and action has a name.
  expect(text).not.toMatch(/\?`|\[\?\]/);
});

it.each([
  ['driver', DRIVER_TABLE],
  ['keeper', KEEPER_TABLE],
])('every state and event of the %s is there', (name, table) => {
  const rows = watchdogSections().get(`${name}-rows`);
  for (const [phase, events] of Object.entries(table)) {
    expect(rows).toContain(`\`${phase}\``);
    for (const event of Object.keys(events)) expect(rows).toContain(`| \`${event}\` |`);
  }
});
