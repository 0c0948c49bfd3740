/** docs/amthi.md shows what the declarations and tables say. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { AMTHI_ERRORS } from '../../amt/amthi.ts';
import { fillSections } from '../../ownership/diagram.ts';
import { amthiSections } from '../../scripts/amthi-docs.ts';

const PAGE = readFileSync(new URL('../../docs/amthi.md', import.meta.url), 'utf8');

it('the sections that are generated', () => {
  for (const name of amthiSections().keys()) expect(PAGE).toContain(`<!-- generated: ${name} -->`);
  expect(fillSections(PAGE, amthiSections()) === PAGE, 'stale: run `npm run generate`').toBe(true);
});

it('the errors of the client', () => {
  for (const code of Object.keys(AMTHI_ERRORS)) expect(PAGE).toContain(`| \`${code}\` |`);
});
