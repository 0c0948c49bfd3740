/** Writes what is derived from the declarations. With `--check`, changes nothing and fails when something is stale. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sampleConfig } from '../cli/agent/config.ts';
import { agentSections } from '../cli/agent/docs.ts';
import { fillSections, hostSections } from '../ownership/diagram.ts';
import { generatedSources } from '../sap/walk/registers.ts';
import { ruleSections } from '../trace/rules/docs.ts';
import { agentStateSections } from './agent-states.ts';
import { amthiSections } from './amthi-docs.ts';
import { apfSections } from './apf-docs.ts';
import { watchdogSections } from './watchdog-docs.ts';

const PAGES = [
  ['docs/host.md', hostSections()],
  ['docs/rules.md', ruleSections()],
  ['docs/agent.md', agentSections()],
  ['docs/agent-states.md', agentStateSections()],
  ['docs/amthi.md', amthiSections()],
  ['docs/apf.md', apfSections()],
  ['docs/watchdog.md', watchdogSections()],
] as const;

const check = process.argv.includes('--check');
const pages = PAGES.map(([path, sections]) => {
  const page = contentOf(join(process.cwd(), path)) ?? '';
  return [path, fillSections(page, sections)] as const;
});
const files = [['systemd/agent.toml', sampleConfig()]] as const;
for (const [path, text] of [...generatedSources(), ...pages, ...files]) {
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
