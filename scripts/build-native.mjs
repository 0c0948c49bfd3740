/**
 * Builds the addon (native/) with node-gyp. As npm's `install` script it never fails: what needs no system call works
 * without the addon, and what needs it says so. With `--must` (npm run build:native) a failure is one.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const must = process.argv.includes('--must');

if (process.platform !== 'linux') {
  end(`the addon is for Linux, this is ${process.platform}`);
} else {
  // npm puts its own node-gyp on the PATH of scripts.
  const level = must ? '--loglevel=error' : '--silent';
  const { error, status, stdout, stderr } = spawnSync('node-gyp', ['rebuild', level], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (error?.code === 'ENOENT') end('node-gyp is not on the PATH: run it through npm (npm run build:native)');
  else if (error !== undefined) end(error.message);
  else if (status !== 0) {
    const said = `${stdout}${stderr}`.trim();
    end(
      `node-gyp failed with status ${status}${said === '' ? ' (npm run build:native shows why)' : `\n${said}`}`,
    );
  }
}

function end(reason) {
  console.error(`sapwood: the addon was not built: ${reason}`);
  console.error(
    'It needs g++, make, python3 and the headers of Node.js (Debian: apt-get install g++ make python3).',
  );
  console.error('Packet rings, TAP interfaces and namespaces need it; everything else works without.');
  if (must) process.exitCode = 1;
}
