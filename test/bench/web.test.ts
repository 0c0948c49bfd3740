import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ipProblem } from '../../csme/network/index.ts';
import { namespaceProblem, nativeProblem } from '../../native/index.ts';

const MAIN = fileURLToPath(new URL('../../dist/bench/web/main.js', import.meta.url));
const curl = spawnSync('curl', ['--version']).error === undefined ? undefined : 'no curl';

test.skipIf(nativeProblem() ?? namespaceProblem() ?? ipProblem() ?? curl)(
  'a page of 1 MB comes as it is through packet ring, host, data rings and CSME, and no frame is lost',
  () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, '--json', '--rounds', '2'], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { rx, framesDroppedForCsme, problems } = JSON.parse(stdout);
    expect(problems).toEqual([]);
    expect(framesDroppedForCsme).toBe(0);
    expect(rx).toMatchObject({ droppedByKernel: 0, droppedRingFull: 0, unusable: 0, txDropped: 0 });
    // All that passes the kernel's filter is CSME's; only ARP is the host's as well.
    expect(rx.forCsme).toBe(rx.seen);
    expect(rx.consumed).toBeGreaterThan(500);
    // 2 MB in segments of 1,448 bytes at most.
    expect(rx.transmitted).toBeGreaterThan(1380);
  },
);

test('says what is wrong with its arguments', () => {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, '--rounds', 'x'], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toBe('bench:web: --rounds takes a whole number from 1.\n');
});
