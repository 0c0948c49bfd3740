/** What the kernel has: modules that are loaded or could be, options that it was built with, rights of this process. */
import { gunzipSync } from 'node:zlib';
import type { Files } from './files.ts';

/** The modules that matter here, with the option that builds them. */
export const MODULES = {
  cfg80211: 'CONFIG_CFG80211',
  cuse: 'CONFIG_CUSE',
  iwlmei: 'CONFIG_IWLMEI',
  iwlwifi: 'CONFIG_IWLWIFI',
  mei_me: 'CONFIG_INTEL_MEI_ME',
  rfkill: 'CONFIG_RFKILL',
  tun: 'CONFIG_TUN',
} as const;
export type ModuleName = keyof typeof MODULES;

/** `there` is loaded or part of the kernel, `loadable` lies on disk, `absent` was not built. */
export type ModuleState = 'there' | 'loadable' | 'absent' | 'unknown';

export class Kernel {
  readonly release: string;
  readonly #files: Files;
  #options: Map<string, string> | undefined;

  constructor(files: Files, release: string) {
    this.#files = files;
    this.release = release;
  }

  module(name: ModuleName): ModuleState {
    if (this.#files.exists(`/sys/module/${name}`)) return 'there';
    const folder = `/lib/modules/${this.release}`;
    if (listed(this.#files.text(`${folder}/modules.builtin`), name)) return 'there';
    const dependencies = this.#files.text(`${folder}/modules.dep`);
    if (listed(dependencies, name)) return 'loadable';
    const option = this.#option(MODULES[name]);
    if (option === 'y') return 'there';
    if (dependencies !== undefined || option === 'n') return 'absent';
    return option === 'm' ? 'loadable' : 'unknown';
  }

  /** How to get a module that is not there. */
  remedyFor(name: ModuleName): string {
    const state = this.module(name);
    if (state === 'absent') return `This kernel is built without it: it needs one with ${MODULES[name]}.`;
    if (state === 'unknown') return `\`modprobe ${name}\`, if this kernel has it (${MODULES[name]}).`;
    return `\`modprobe ${name}\`.`;
  }

  /** Whether this process has a capability, by its number. */
  can(capability: number): boolean {
    const status = this.#files.text('/proc/self/status') ?? '';
    const effective = /^CapEff:\s*([0-9a-f]{1,16})$/m.exec(status)?.[1] ?? '0';
    return ((BigInt(`0x${effective}`) >> BigInt(capability)) & 1n) === 1n;
  }

  /** `y`, `m`, or `n` for what the configuration does not have; undefined without a configuration. */
  #option(name: string): string | undefined {
    this.#options ??= parseKernelConfig(this.#config() ?? '');
    return this.#options.size === 0 ? undefined : (this.#options.get(name) ?? 'n');
  }

  #config(): string | undefined {
    const packed = this.#files.bytes('/proc/config.gz');
    return (
      this.#files.text(`/boot/config-${this.release}`) ??
      this.#files.text(`/lib/modules/${this.release}/config`) ??
      (packed && unpacked(packed))
    );
  }
}

/** Source: include/uapi/linux/capability.h. */
export const CAP_NET_ADMIN = 12;
export const CAP_NET_RAW = 13;

/** The options that are set. What is not in the form of a kernel's configuration has none. */
export function parseKernelConfig(text: string): Map<string, string> {
  const options = new Map<string, string>();
  for (const [, name, value] of text.matchAll(/^(CONFIG_\w+)=(.*)$/gm)) options.set(name!, value!);
  return options;
}

const CONFIG_BYTES_MAX = 16 << 20;

function unpacked(bytes: Uint8Array): string | undefined {
  try {
    return gunzipSync(bytes, { maxOutputLength: CONFIG_BYTES_MAX }).toString('latin1');
  } catch {
    return undefined;
  }
}

/** Whether a list of module files has one of that name; file names have `-` or `_`. */
function listed(files: string | undefined, name: string): boolean {
  return new RegExp(`/${name.replaceAll('_', '[-_]')}\\.ko(\\.\\w+)?(:|$)`, 'm').test(files ?? '');
}
