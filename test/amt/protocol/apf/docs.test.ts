/** docs/apf.md shows what the declarations and tables say. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { fillSections } from '../../../../ownership/diagram.ts';
import { apfSections } from '../../../../scripts/apf-docs.ts';

const PAGE = readFileSync(new URL('../../../../docs/apf.md', import.meta.url), 'utf8');

it('the sections that are generated', () => {
  for (const name of apfSections().keys()) expect(PAGE).toContain(`<!-- generated: ${name} -->`);
  expect(fillSections(PAGE, apfSections()) === PAGE, 'stale: run `npm run generate`').toBe(true);
});
