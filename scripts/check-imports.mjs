/** Lint rule: every import of the shipped folders is one that the import table allows. Exit status 1 when one is not. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { IMPORT_TABLE } from './import-table.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^'";]*?from\s*'([^']+)'|(?:^|\n)\s*import\s*'([^']+)'|\bimport\(\s*'([^']+)'/g;

/** The breaches of one file: sentences, one per import that the table does not allow. */
export function breaches(file, source, table = IMPORT_TABLE) {
  const owner = ownerOf(file, table);
  if (owner === undefined) return [];
  const rule = table[owner];
  const found = [];
  for (const match of source.matchAll(IMPORT)) {
    const target = match[1] ?? match[2] ?? match[3];
    const problem = judge(file, owner, rule, target, table);
    if (problem) found.push(`${file}: ${problem}`);
  }
  return found;
}

function judge(file, owner, rule, target, table) {
  if (target.startsWith('node:')) return rule.node ? undefined : `${owner} may not import Node's '${target}'`;
  if (!target.startsWith('.')) {
    const name = target
      .split('/')
      .slice(0, target.startsWith('@') ? 2 : 1)
      .join('/');
    return rule.packages.includes(name) ? undefined : `${owner} may not import package '${target}'`;
  }
  const path = relative(ROOT, resolve(ROOT, dirname(file), target));
  const other = ownerOf(path, table);
  if (other === owner || rule.folders.includes(other)) return undefined;
  return `${owner} may not import ${other ?? path} ('${target}')`;
}

function ownerOf(file, table) {
  return Object.keys(table)
    .filter((folder) => file.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length)[0];
}

function sources(folder) {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const tops = [...new Set(Object.keys(IMPORT_TABLE).map((folder) => folder.split('/')[0]))];
  const files = tops.flatMap(sources);
  const found = files.flatMap((file) => breaches(file, readFileSync(join(ROOT, file), 'utf8')));
  for (const line of found) console.error(line);
  if (found.length > 0) process.exitCode = 1;
  else console.error(`imports: ${files.length} files keep to the import table`);
}
