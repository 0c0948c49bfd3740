/** `npm run test:vm`: the tests of test/vm/guest in a virtual machine with a kernel that has WLAN, rfkill and CUSE. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type GuestJob, parseVmArguments, USAGE, type VmArguments } from './arguments.ts';
import { SHARED_FILES, writeGuest } from './guest.ts';
import { consoleTail, machineProblem, runMachine } from './machine.ts';
import { Missing } from './missing.ts';
import { BOOT_MODULES, GUEST_MODULES, type KernelModule, ModuleTree, READY_MODULES } from './modules.ts';
import { OWN_MODULES, type OwnModuleName, ownModule } from './own-module.ts';
import { cacheFolder, PackageCache } from './packages.ts';

// This file runs from dist/scripts/vm.
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const EXIT = { failed: 1, usage: 2, missing: 3 } as const;

process.exitCode = await main();

async function main(): Promise<number> {
  let args: VmArguments;
  try {
    args = parseVmArguments(process.argv.slice(2));
  } catch (error) {
    say((error as Error).message);
    process.stderr.write(USAGE);
    return EXIT.usage;
  }
  if (args.job.kind === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), 'sapwood-vm-'));
  try {
    return await boot(args, args.job, folder);
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    say(`no virtual machine on this machine: ${error.message}`);
    return EXIT.missing;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function boot(args: VmArguments, job: GuestJob, folder: string) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Missing(
      `the guest shares the host's programs, which must be Linux on x86-64; this is ${process.platform} on ${process.arch}.`,
    );
  }
  const cache = new PackageCache(cacheFolder(process.env), say);
  const qemu = cache.qemu();
  const kernel = cache.kernel(args.kernel);
  const tree = new ModuleTree(kernel.modules);
  const wanted = [...BOOT_MODULES, ...GUEST_MODULES, ...args.modules];
  const lacking = wanted.filter((name) => !tree.has(name));
  if (lacking.length > 0) say(`${kernel.name} does not have: ${lacking.join(', ')}`);
  const colour = process.stdout.isTTY === true;
  const modules = [...tree.inOrder(wanted), ...ownModules(cache, kernel.name, true)];
  const ready = [...tree.only(READY_MODULES), ...ownModules(cache, kernel.name, false)];
  writeGuest({ folder, root: ROOT, busybox: cache.busybox(), modules, ready, colour }, job);

  const shell = job.kind === 'shell';
  const { timeoutS } = args;
  say(`booting ${kernel.name}`);
  const end = await runMachine({
    folder,
    qemu,
    kernel,
    shell,
    timeoutS,
    output: (bytes) => process.stdout.write(bytes),
  });
  const problem = machineProblem(end, timeoutS);
  if (problem !== undefined) {
    say(problem);
    if (!shell) process.stderr.write(`The end of its console:\n${consoleTail(folder)}\n`);
  }
  const report = join(folder, SHARED_FILES.junit);
  if (args.junit !== undefined && existsSync(report)) copyFileSync(report, args.junit);
  return end.status ?? EXIT.failed;
}

/** Those that are loaded, or those that lie ready. Where they cannot be built the tests that need them are skipped. */
function ownModules(cache: PackageCache, kernel: string, loaded: boolean): KernelModule[] {
  const names = Object.keys(OWN_MODULES) as OwnModuleName[];
  try {
    return names
      .filter((name) => OWN_MODULES[name].loaded === loaded)
      .map((name) => ownModule(cache, kernel, ROOT, name));
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    say(`without modules of our own: ${error.message}`);
    return [];
  }
}

function say(text: string): void {
  process.stderr.write(`vm: ${text}\n`);
}
