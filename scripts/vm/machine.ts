/** One run of the virtual machine: from its first instruction until it switches itself off, dies, or its time is over. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SHARED_FILES, SHARES } from './guest.ts';
import type { Kernel, Qemu } from './packages.ts';

export interface MachineRun {
  /** The folder shared with the guest, with its initramfs and scripts. */
  readonly folder: string;
  readonly qemu: Qemu;
  readonly kernel: Kernel;
  /** Our terminal becomes that of the guest; otherwise the guest's output goes to `output`. */
  readonly shell: boolean;
  readonly timeoutS: number;
  readonly output: (bytes: Uint8Array) => void;
}

/** What was left behind by a machine that has ended. */
export interface MachineEnd {
  /** Exit status of the guest's command; undefined when the guest died before it was there. */
  readonly status: number | undefined;
  /** Whether the guest came as far as the command. */
  readonly up: boolean;
  readonly timedOut: boolean;
  /** This process was asked to end, and took the machine with it. */
  readonly interrupted: boolean;
  /** What qemu itself complained of. */
  readonly complaint: string;
}

/** Without the first sign of the guest after this time it does not come up: 5 s are usual, a busy machine needs longer. */
const BOOT_LIMIT_S = 180;

const CONSOLE_FILE = 'console.log';
const MEMORY_MB = 1024;
const KILLED_BY_TIMEOUT = [124, 137];

export async function runMachine(run: MachineRun): Promise<MachineEnd> {
  const words = [run.qemu.program, ...run.qemu.arguments, ...machineArguments(run)];
  // timeout(1) and not a timer of ours: the machine must end even when this process is killed.
  const child = spawn('timeout', ['--foreground', '--kill-after=5', String(run.timeoutS), ...words], {
    env: { ...process.env, ...run.qemu.environment },
    // An input that ends would close the guest's port: ours is a pipe into which nothing is written.
    stdio: run.shell ? 'inherit' : 'pipe',
  });
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
    child.kill();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, interrupt);
  let overdue = false;
  const boot = setTimeout(() => {
    overdue = !existsSync(join(run.folder, SHARED_FILES.up));
    if (overdue) child.kill();
  }, BOOT_LIMIT_S * 1000);
  let complaint = '';
  child.stdout?.on('data', run.output);
  child.stderr?.on('data', (bytes) => {
    complaint += String(bytes);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  clearTimeout(boot);
  for (const signal of signals) process.off(signal, interrupt);
  const status = readIfThere(join(run.folder, SHARED_FILES.status));
  return {
    status: status === undefined ? undefined : Number(status),
    up: existsSync(join(run.folder, SHARED_FILES.up)),
    timedOut: overdue || KILLED_BY_TIMEOUT.includes(code ?? 0),
    interrupted,
    complaint: complaint.trim(),
  };
}

/** Why there is no result, or undefined when there is one. */
export function machineProblem(end: MachineEnd, timeoutS: number): string | undefined {
  if (end.status !== undefined) return undefined;
  if (end.interrupted) return 'Interrupted: the guest was killed.';
  if (!end.up) {
    return end.timedOut
      ? `The guest did not come up within ${Math.min(timeoutS, BOOT_LIMIT_S)} s and was killed.`
      : `The guest did not come up.${end.complaint === '' ? '' : ` qemu says: ${end.complaint}`}`;
  }
  return end.timedOut
    ? `The guest was not through within ${timeoutS} s and was killed (--timeout gives it more).`
    : `The guest died before it was through.${end.complaint === '' ? '' : ` qemu says: ${end.complaint}`}`;
}

/** The last lines of the guest's console. */
export function consoleTail(folder: string, lines = 80): string {
  const text = readIfThere(join(folder, CONSOLE_FILE)) ?? '';
  return text.replaceAll('\r', '').trimEnd().split('\n').slice(-lines).join('\n');
}

function machineArguments({ folder, kernel, shell }: MachineRun): string[] {
  const share = (tag: string, path: string, more: string) => [
    '-virtfs',
    `local,path=${path},mount_tag=${tag},security_model=none,multidevs=remap${more}`,
  ];
  return [
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
    // Software emulation everywhere: where KVM works it would only be quicker, and elsewhere it hangs.
    ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', String(MEMORY_MB)],
    ...['-kernel', kernel.image, '-initrd', join(folder, SHARED_FILES.initramfs)],
    ...['-append', 'console=ttyS0 quiet loglevel=5 panic=-1 rdinit=/init'],
    ...share(SHARES.host, '/', ',readonly=on'),
    ...share(SHARES.run, folder, ''),
    ...(shell
      ? ['-serial', 'mon:stdio']
      : [
          ...['-serial', `file:${join(folder, CONSOLE_FILE)}`],
          ...['-device', 'virtio-serial-pci', '-chardev', 'stdio,id=output,signal=off'],
          ...['-device', 'virtserialport,chardev=output,nr=1,name=output'],
        ]),
  ];
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
