/** The kernel modules of the guest, and the order to load them in. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** The guest cannot come up without these. */
export const BOOT_MODULES = ['virtio_pci', 'virtio_console', '9pnet_virtio', '9p', 'overlay'] as const;

/** What the tests are about. */
export const GUEST_MODULES = [
  'fuse',
  'cuse',
  'rfkill',
  'cfg80211',
  'mac80211',
  // Ciphers of WLAN, which the kernel looks for when they are used, and cannot find in the guest.
  'ccm',
  'ctr',
  'cmac',
  'gcm',
  'mac80211_hwsim',
  'bridge',
  'sch_ingress',
  'cls_bpf',
  'nlmon',
  'veth',
  'tun',
  'mei',
  'watchdog',
] as const;

/** Not loaded: they lie in the guest's `/run/sapwood/modules` for the test that wants them. */
export const READY_MODULES = ['mei', 'mei_wdt'] as const;

/** Parameters of modules. */
export const MODULE_PARAMETERS: Readonly<Record<string, string>> = {
  // A station, two access points to roam between, and a second station.
  mac80211_hwsim: 'radios=4',
};

export interface KernelModule {
  readonly name: string;
  readonly bytes: Buffer;
}

/** The modules below a `lib/modules/VERSION`. */
export class ModuleTree {
  readonly #paths = new Map<string, string>();
  readonly #builtin = new Set<string>();
  readonly #loaded = new Map<string, Buffer>();

  constructor(folder: string) {
    for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const match = /^(.+)\.ko(?:\.xz)?$/.exec(basename(entry));
      if (match !== null) this.#paths.set(moduleName(match[1]!), join(folder, entry));
    }
    for (const line of readFileSync(join(folder, 'modules.builtin'), 'utf8').split('\n')) {
      if (line !== '') this.#builtin.add(moduleName(basename(line, '.ko')));
    }
  }

  /** Whether this kernel can do what the module does: there it is, or it is part of the kernel. */
  has(name: string): boolean {
    return this.#paths.has(moduleName(name)) || this.#builtin.has(moduleName(name));
  }

  /** The modules with all that they need, each behind what it needs; those that this kernel does not have are left out. */
  inOrder(names: readonly string[]): KernelModule[] {
    return loadOrder(names, (name) => {
      const bytes = this.#read(name);
      return bytes === undefined ? undefined : moduleDependencies(bytes);
    }).map((name) => ({ name, bytes: this.#read(name)! }));
  }

  /** Those modules and nothing of what they need; without those that this kernel does not have. */
  only(names: readonly string[]): KernelModule[] {
    return names.flatMap((name) => {
      const bytes = this.#read(name);
      return bytes === undefined ? [] : [{ name, bytes }];
    });
  }

  #read(name: string): Buffer | undefined {
    const path = this.#paths.get(name);
    if (path === undefined) return undefined;
    let bytes = this.#loaded.get(name);
    if (bytes === undefined) {
      bytes = path.endsWith('.xz')
        ? execFileSync('xz', ['-dc', path], { maxBuffer: 1 << 28 })
        : readFileSync(path);
      this.#loaded.set(name, bytes);
    }
    return bytes;
  }
}

/** `needs` returns undefined for what is no module: it is left out. */
export function loadOrder(
  names: readonly string[],
  needs: (name: string) => readonly string[] | undefined,
): string[] {
  const visited = new Set<string>();
  const order: string[] = [];
  const visit = (name: string): void => {
    if (visited.has(name)) return;
    visited.add(name);
    const dependencies = needs(name);
    if (dependencies === undefined) return;
    dependencies.forEach(visit);
    order.push(name);
  };
  names.map(moduleName).forEach(visit);
  return order;
}

/** The modules that a module says it needs (`depends=` in its section .modinfo). */
export function moduleDependencies(module: Buffer): string[] {
  const key = '\0depends=';
  const at = module.indexOf(key);
  if (at < 0) return [];
  const from = at + key.length;
  const end = module.indexOf(0, from);
  const list = module.toString('latin1', from, end < 0 ? module.length : end);
  return list === '' ? [] : list.split(',').map(moduleName);
}

/** File names use '-' and '_' for the same. */
function moduleName(name: string): string {
  return name.replaceAll('-', '_');
}
