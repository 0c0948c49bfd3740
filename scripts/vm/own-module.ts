/** The kernel modules of the tests: built once for each kernel and each state of their sources, and kept in the cache. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Missing } from './missing.ts';
import type { KernelModule } from './modules.ts';
import { moveIntoPlace, type PackageCache } from './packages.ts';

interface OwnModule {
  /** Below the repository. */
  readonly sources: string;
  /** What make is given besides. */
  readonly arguments: readonly string[];
  /** False: it is for a test to load, and only lies ready. */
  readonly loaded: boolean;
}

export const OWN_MODULES = {
  sapwood_nic: { sources: 'test/vm/iwlwifi/module', arguments: [], loaded: true },
  // It has the symbols of the module mei, for drivers that were built for that: without versions they are taken.
  sapwood_mei_bus: { sources: 'test/vm/mei-wdt/module', arguments: ['CONFIG_MODVERSIONS='], loaded: false },
} as const satisfies Readonly<Record<string, OwnModule>>;

export type OwnModuleName = keyof typeof OWN_MODULES;

const BUILD_LIMIT_MS = 300_000;

/**
 * @param kernel the package of the kernel
 * @throws Missing when this machine cannot build it
 * @throws Error with what the compiler says when the sources are wrong
 */
export function ownModule(
  cache: PackageCache,
  kernel: string,
  root: string,
  name: OwnModuleName,
): KernelModule {
  const key = `${name}-${kernel.replace(/^linux-image-/, '')}-${fingerprint(join(root, OWN_MODULES[name].sources))}`;
  const built = join(cache.folder, key, `${name}.ko`);
  if (!existsSync(built)) build(cache, kernel, root, name, join(cache.folder, key));
  return { name, bytes: readFileSync(built) };
}

function build(cache: PackageCache, kernel: string, root: string, name: OwnModuleName, target: string): void {
  const own: OwnModule = OWN_MODULES[name];
  const headers = cache.headers(kernel);
  const work = mkdtempSync(join(cache.folder, '.build-'));
  try {
    cpSync(join(root, own.sources), work, { recursive: true });
    cache.say(`building ${name} for ${kernel}`);
    const { error, signal, status, stdout, stderr } = spawnSync(
      'make',
      // Type information for the kernel's BPF would need pahole, and nobody asks for it.
      ['-C', headers, `M=${work}`, 'CONFIG_DEBUG_INFO_BTF_MODULES=', ...own.arguments, 'modules'],
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
      throw new Error(`${name} cannot be built (${signal ?? `status ${status}`}):\n${stdout}${stderr}`);
    }
    const finished = join(work, 'finished');
    mkdirSync(finished);
    cpSync(join(work, `${name}.ko`), join(finished, `${name}.ko`));
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
