import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { Csme } from '../../../csme/index.ts';
import { nativeProblem } from '../../../native/index.ts';
import { listenUnixCsme, run, systemClock } from '../../../transport/index.ts';

const ROOT = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const codesIn = (text: string) => text.match(/TRANSPORT_ERR_[A-Z_]+/g) ?? [];

it('the page lists every error of the transport, and no other', () => {
  const sources = readdirSync(new URL('transport/unix/', ROOT)).map((name) => read(`transport/unix/${name}`));
  const listed = read('docs/transports/unix.md').match(/^\| `TRANSPORT_ERR_[A-Z_]+` \|/gm) ?? [];
  expect(listed.flatMap(codesIn).toSorted()).toEqual([...new Set(sources.flatMap(codesIn))].toSorted());
});

const hasPython =
  spawnSync('python3', ['-c', 'import os, socket; os.memfd_create, socket.send_fds']).status === 0;

it.skipIf(nativeProblem() !== undefined || !hasPython)(
  "the page's driver in Python gets START_OK",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sapwood-'));
    const path = join(folder, 'csme');
    const end = listenUnixCsme(path);
    const runner = run(new Csme(), end, systemClock);
    try {
      end.plug();
      const [, program = ''] = /```python\n(.*?)```/s.exec(read('docs/transports/unix.md')) ?? [];
      const source = program.replace("'/tmp/csme'", JSON.stringify(path));
      const { stdout } = await promisify(execFile)('python3', ['-c', source], { timeout: 30_000 });
      expect(`${program.match(/# START_OK: (.*)/)?.[1]}\n`).toBe(stdout);
    } finally {
      runner.stop();
      rmSync(folder, { recursive: true });
    }
  },
);
