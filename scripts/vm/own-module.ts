/** The kernel module of the tests: built once for each kernel and each state of its sources, and kept in the cache. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Missing } from './missing.ts';
import type { KernelModule } from './modules.ts';
import { moveIntoPlace, type PackageCache } from './packages.ts';

export const OWN_MODULE = 'sapwood_nic';

/** Below the repository. */
const SOURCES = 'test/vm/iwlwifi/module';
const BUILD_LIMIT_MS = 300_000;

/**
 * @param kernel the package of the kernel
 * @throws Missing when this machine cannot build it
 * @throws Error with what the compiler says when the sources are wrong
 */
export function ownModule(cache: PackageCache, kernel: string, root: string): KernelModule {
  const sources = join(root, SOURCES);
  const key = `${OWN_MODULE}-${kernel.replace(/^linux-image-/, '')}-${fingerprint(sources)}`;
  const built = join(cache.folder, key, `${OWN_MODULE}.ko`);
  if (!existsSync(built)) build(cache, kernel, sources, join(cache.folder, key));
  return { name: OWN_MODULE, bytes: readFileSync(built) };
}

function build(cache: PackageCache, kernel: string, sources: string, target: string): void {
  const headers = cache.headers(kernel);
  const work = mkdtempSync(join(cache.folder, '.build-'));
  try {
    cpSync(sources, work, { recursive: true });
    cache.say(`building ${OWN_MODULE} for ${kernel}`);
    const { error, signal, status, stdout, stderr } = spawnSync(
      'make',
      // Type information for the kernel's BPF would need pahole, and nobody asks for it.
      ['-C', headers, `M=${work}`, 'CONFIG_DEBUG_INFO_BTF_MODULES=', 'modules'],
      {
        encoding: 'utf8',
        timeout: BUILD_LIMIT_MS,
      },
    );
    if (error !== undefined) throw new Missing(`make cannot be run (${error.message}): is it installed?`);
    if (status !== 0) {
      // The headers name the compiler that the kernel was built with; nothing else will do.
      const compiler = /(\S*gcc-\d+): (?:not found|No such file)/.exec(stderr)?.[1];
      if (compiler !== undefined)
        throw new Missing(`${compiler} is not installed, which ${kernel} was built with.`);
      throw new Error(`${OWN_MODULE} cannot be built (${signal ?? `status ${status}`}):\n${stdout}${stderr}`);
    }
    const finished = join(work, 'finished');
    mkdirSync(finished);
    cpSync(join(work, `${OWN_MODULE}.ko`), join(finished, `${OWN_MODULE}.ko`));
    moveIntoPlace(finished, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function fingerprint(folder: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).sort())
    hash.update(`${name}\0`).update(readFileSync(join(folder, name)));
  return hash.digest('hex').slice(0, 16);
}
