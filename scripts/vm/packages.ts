/**
 * What the virtual machine is made of: programs and a kernel, from Debian's packages. What is not installed is downloaded and
 * unpacked into a cache; nothing is installed, no privileges are needed.
 */
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Missing } from './missing.ts';

export interface Kernel {
  /** Of the package, and of its folder in the cache. */
  readonly name: string;
  readonly image: string;
  /** lib/modules/VERSION */
  readonly modules: string;
}

export interface Qemu {
  readonly program: string;
  /** Where it finds its firmware; empty for an installed one. */
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const QEMU = { program: 'qemu-system-x86_64', package: 'qemu-system-x86' } as const;
const BUSYBOX = { program: 'busybox', package: 'busybox-static' } as const;

export class PackageCache {
  readonly folder: string;
  readonly say: (text: string) => void;

  /** @param say is told of what takes time or is not as usual */
  constructor(folder: string, say: (text: string) => void) {
    this.folder = folder;
    this.say = say;
  }

  /** @throws Missing */
  qemu(): Qemu {
    const installed = onPath(QEMU.program);
    if (installed !== undefined) return { program: installed, arguments: [], environment: {} };
    const tree = this.#tools(QEMU.package);
    const libraries = join(tree, 'usr/lib/x86_64-linux-gnu');
    return {
      program: join(tree, 'usr/bin', QEMU.program),
      arguments: ['usr/share/qemu', 'usr/share/seabios'].flatMap((data) => ['-L', join(tree, data)]),
      environment: {
        LD_LIBRARY_PATH: [libraries, join(tree, 'lib/x86_64-linux-gnu')].join(delimiter),
        QEMU_MODULE_DIR: join(libraries, 'qemu'),
      },
    };
  }

  /** A busybox that needs no libraries. @throws Missing */
  busybox(): Buffer {
    const installed = onPath(BUSYBOX.program);
    if (installed !== undefined) {
      const bytes = readFileSync(installed);
      if (isStatic(bytes)) return bytes;
    }
    const tree = this.#tools(BUSYBOX.package);
    return readFileSync([join(tree, 'bin/busybox'), join(tree, 'usr/bin/busybox')].find(existsSync)!);
  }

  /** The kernel that a package (a meta-package as a rule) stands for; without apt's lists the newest of the cache. @throws Missing */
  kernel(meta: string): Kernel {
    const said = spawnSync('apt-cache', ['depends', meta], { encoding: 'utf8' });
    let name = kernelPackage(meta, said.stdout ?? '');
    if (name === undefined) {
      name = newest(listed(this.folder).filter((entry) => entry.startsWith('linux-image-')));
      if (name === undefined) {
        throw new Missing(
          `apt knows no package ${meta}, and the cache ${this.folder} has no kernel. ` +
            'On a Debian machine `apt-get update` fetches the lists of packages.',
        );
      }
      this.say(`apt knows no package ${meta}: taking ${name} from the cache`);
    }
    const tree = this.#unpacked(name, () => [name]);
    const image = listed(join(tree, 'boot')).find((entry) => entry.startsWith('vmlinuz-'));
    const modules = [join(tree, 'lib/modules'), join(tree, 'usr/lib/modules')].find(existsSync);
    if (image === undefined || modules === undefined) {
      throw new Missing(
        `The package ${name} holds no kernel with modules: choose another one with --kernel.`,
      );
    }
    return { name, image: join(tree, 'boot', image), modules: join(modules, listed(modules)[0]!) };
  }

  /** What modules for a kernel are built with: the folder for `make -C`. @throws Missing */
  headers(kernel: string): string {
    const name = kernel.replace(/^linux-image-/, 'linux-headers-');
    const tree = this.#unpacked(
      name,
      () => headerPackages(name, execute('apt-cache', ['depends', name])),
      (unpacked) => makeRelocatable(join(unpacked, 'usr/src')),
    );
    return join(tree, 'usr/src', name);
  }

  /** A program's package with all that it needs and is not installed, unpacked. */
  #tools(name: string): string {
    return this.#unpacked(name, () => {
      const plan = apt(['-s', 'install', '--no-install-recommends', name]);
      const names = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1]!);
      // Installed, and yet not usable: the package itself is what is wanted.
      return names.length === 0 ? [name] : names;
    });
  }

  /** The folder of the cache with these packages; filled, and finished, by the first who needs it. */
  #unpacked(key: string, names: () => readonly string[], finish?: (tree: string) => void): string {
    const target = join(this.folder, key);
    if (existsSync(target)) return target;
    mkdirSync(this.folder, { recursive: true });
    const work = mkdtempSync(join(this.folder, '.new-'));
    try {
      const wanted = names();
      this.say(
        `downloading ${wanted.length === 1 ? wanted[0] : `${key} and ${wanted.length - 1} more packages`}`,
      );
      // The user `_apt` cannot write here, and apt would warn of it.
      apt(['-o', 'APT::Sandbox::User=root', 'download', ...wanted], work);
      const tree = join(work, 'tree');
      for (const file of listed(work)) execute('dpkg-deb', ['-x', join(work, file), tree]);
      finish?.(tree);
      moveIntoPlace(tree, target);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
    return target;
  }
}

/** Gives a folder that is finished its place; where somebody else was quicker, theirs is as good. */
export function moveIntoPlace(folder: string, target: string): void {
  try {
    renameSync(folder, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  }
}

/** The user's cache for downloads; `build/` would not do: building the addon clears it. */
export function cacheFolder(environment: NodeJS.ProcessEnv): string {
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sapwood', 'vm');
}

/** The package that holds the kernel itself, from `apt-cache depends META`; undefined when apt does not know it. */
export function kernelPackage(meta: string, aptSaid: string): string | undefined {
  const depends = /^ *Depends: (linux-image-\S+)$/m.exec(aptSaid)?.[1];
  return depends ?? (aptSaid.split('\n')[0] === meta ? meta : undefined);
}

/** A package of kernel headers and those that it needs and no other package does, from `apt-cache depends PACKAGE`. */
export function headerPackages(name: string, aptSaid: string): string[] {
  const needed = [...aptSaid.matchAll(/^ *Depends: (linux-(?:headers|kbuild)-\S+)$/gm)];
  return [name, ...needed.map((match) => match[1]!)];
}

/** The Makefiles of the headers name each other as if they were installed: now they do so wherever they are. */
function makeRelocatable(sources: string): void {
  for (const folder of listed(sources)) {
    const path = join(sources, folder, 'Makefile');
    if (!existsSync(path)) continue;
    const text = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      text.replace(/^include \/usr\/src\//m, 'include $(dir $(lastword $(MAKEFILE_LIST)))../'),
    );
  }
}

/** The package of the highest version. */
export function newest(packages: readonly string[]): string | undefined {
  const collator = new Intl.Collator('en', { numeric: true });
  return [...packages].sort((a, b) => collator.compare(a, b)).at(-1);
}

/** Whether a 64-bit ELF program names no interpreter (PT_INTERP), which loads the libraries of others. */
export function isStatic(elf: Buffer): boolean {
  const INTERPRETER = 3;
  const table = Number(elf.readBigUInt64LE(32));
  const entrySize = elf.readUInt16LE(54);
  const count = elf.readUInt16LE(56);
  for (let index = 0; index < count; index++) {
    if (elf.readUInt32LE(table + index * entrySize) === INTERPRETER) return false;
  }
  return true;
}

function listed(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function onPath(program: string): string | undefined {
  // Debian keeps /sbin off the PATH of users.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function apt(args: readonly string[], folder?: string): string {
  return execute('apt-get', ['-q', ...args], folder);
}

function execute(program: string, args: readonly string[], folder?: string): string {
  const { error, status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
  if (error !== undefined) {
    throw new Missing(
      `${program} cannot be run (${error.message}). The virtual machine is made of Debian packages: ` +
        'it needs a machine with apt-get and dpkg-deb.',
    );
  }
  if (status !== 0) {
    throw new Missing(`\`${program} ${args.join(' ')}\` failed: ${stderr.trim() || `exit status ${status}`}`);
  }
  return stdout;
}
