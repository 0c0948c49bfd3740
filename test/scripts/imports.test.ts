import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
// @ts-expect-error a plain module of the lint step
import { breaches } from '../../scripts/check-imports.mjs';
// @ts-expect-error likewise
import { IMPORT_TABLE } from '../../scripts/import-table.mjs';

const found = (file: string, source: string): string[] => breaches(file, source);

test.each([
  ['sap/codec.ts', "import { Host } from '../ownership/index.ts';"],
  ['sap/codec.ts', "import { readFileSync } from 'node:fs';"],
  ['sap/area/ring.ts', "export * from '../../trace/index.ts';"],
  ['ownership/host.ts', "import { Csme } from '../csme/index.ts';"],
  ['csme/csme.ts', "import type { HostState } from '../ownership/state.ts';"],
  ['csme/csme.ts', "const later = await import('../transport/index.ts');"],
  ['transport/runner.ts', "import { Host } from '../ownership/index.ts';"],
  ['trace/read.ts', "import { run } from '../transport/index.ts';"],
  ['sap/codec.ts', "import pc from 'picocolors';"],
  ['trace/ladder.ts', "import {\n  a,\n  b,\n} from '../cli/main.ts';"],
])('%s: %s breaks the import table', (file, source) => {
  expect(found(file, source)).toHaveLength(1);
});

test.each([
  ['ownership/host.ts', "import { decodeSap } from '../sap/index.ts';"],
  ['sap/area/ring.ts', "import { sapError } from '../errors.ts';"],
  ['trace/replay/replay.ts', "import { Host } from '../../ownership/index.ts';"],
  ['cli/main.ts', "import { Command } from 'commander';"],
  ['transport/worker.ts', "import { Worker } from 'node:worker_threads';"],
])('%s: %s keeps to it', (file, source) => {
  expect(found(file, source)).toEqual([]);
});

test('the documentation shows the table', () => {
  const page = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
  const documented = [...page.matchAll(/^\| (`[^|]+`) \| ([^|]+) \|$/gm)].flatMap(
    ([, folders = '', imports = '']) => names(folders).map((folder) => [folder, names(imports)] as const),
  );
  const enforced = Object.entries(IMPORT_TABLE as Record<string, { folders: string[] }>);
  expect(documented).toEqual(enforced.map(([folder, { folders }]) => [folder, folders]));
});

function names(text: string): string[] {
  return [...text.matchAll(/`([a-z/-]+)`/g)].map((match) => match[1]!);
}
