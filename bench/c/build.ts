/** The C programs of the benches, compiled where they run: `bench/c/NAME.c` becomes `build/bench/NAME`. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository: this file is `bench/c/build.ts` or `dist/bench/c/build.js` of it. */
const ROOT = new URL(import.meta.url.endsWith('.ts') ? '../../' : '../../../', import.meta.url);

/**
 * Compiles `bench/c/NAME.c` with -O2 and gives the path of the program. `libraries` are linked: `pcap`. Throws an Error that
 * says what is missing.
 */
export function compileC(name: string, libraries: readonly string[] = []): string {
  const folder = new URL('build/bench/', ROOT);
  mkdirSync(folder, { recursive: true });
  const program = fileURLToPath(new URL(name, folder));
  const source = fileURLToPath(new URL(`bench/c/${name}.c`, ROOT));
  const args = ['-O2', '-Wall', '-o', program, source, ...libraries.map((library) => `-l${library}`)];
  const { error, status, stderr } = spawnSync('cc', args, { encoding: 'utf8' });
  if (error !== undefined)
    throw new Error('The bench needs a C compiler (Debian: gcc and libc6-dev), and cc is not on the PATH.');
  if (status !== 0) throw new Error(`cc cannot compile bench/c/${name}.c: ${stderr.trim()}`);
  return program;
}
