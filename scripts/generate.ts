/** Writes what is derived from the declarations. With `--check`, changes nothing and fails when something is stale. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillSections, hostSections } from '../ownership/diagram.ts';
import { generatedSources } from '../sap/walk/registers.ts';

const HOST_PAGE = 'docs/host.md';

const check = process.argv.includes('--check');
const page = contentOf(join(process.cwd(), HOST_PAGE)) ?? '';
for (const [path, text] of [
  ...generatedSources(),
  [HOST_PAGE, fillSections(page, hostSections())] as const,
]) {
  const file = join(process.cwd(), path);
  if (contentOf(file) === text) {
    console.error(`${path}: up to date`);
  } else if (check) {
    console.error(`${path}: stale, run \`npm run generate\``);
    process.exitCode = 1;
  } else {
    writeFileSync(file, text);
    console.error(`${path}: written`);
  }
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
