/** `sapwood host --interface` and `sapwood emulate` as two processes, with kernel TCP at both ends. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ipProblem } from '../../csme/network/index.ts';
import { namespaceProblem, nativeProblem, spawnInNamespace } from '../../native/index.ts';
import { MAIN } from './command.ts';

const LAB = fileURLToPath(new URL('interface-lab.sh', import.meta.url));
const missing = ['curl', 'tc', 'nsenter', 'unshare'].find((name) => spawnSync(name, ['-V']).error);
const problem = nativeProblem() ?? namespaceProblem() ?? ipProblem() ?? missing;

test.skipIf(problem)("AMT's page comes through the host's interface and two processes", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sapwood-'));
  try {
    const child = spawnInNamespace('bash', [LAB, folder, process.execPath, MAIN], { stdio: 'pipe' });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]!.setEncoding('utf8').on('data', (text: string) => {
        said[name] += text;
      });
    }
    const [status] = await once(child, 'close');
    expect({ status, stderr: said.stderr }).toEqual({
      status: 0,
      stderr: expect.stringContaining('CSME answers at 192.0.2.20, port 16992.'),
    });
    expect(said.stdout).toContain('Active Management Technology');
    expect(said.stdout).toContain('filters left: 0');
    expect(said.stderr).not.toContain('problem');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
