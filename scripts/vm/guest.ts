/** What runs in the guest before the tests: two shell scripts, and the folder that host and guest share. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GuestJob, TestJob } from './arguments.ts';
import { type ArchiveEntry, cpioArchive } from './initramfs.ts';
import { type KernelModule, MODULE_PARAMETERS } from './modules.ts';

/** Names of the two 9p shares. */
export const SHARES = { host: 'host', run: 'run' } as const;

/** Files of the folder that host and guest share. */
export const SHARED_FILES = {
  initramfs: 'initramfs',
  start: 'start',
  command: 'command',
  up: 'up',
  status: 'status',
  junit: 'junit.xml',
  modules: 'modules',
} as const;

/** Where the guest has that folder. */
const RUN = '/run/sapwood';

const NINE_P = 'trans=virtio,version=9p2000.L,msize=262144';

/**
 * The first program of the guest. The root file system becomes that of the host, unchangeable, with a layer of memory above
 * it that takes all writing: every program of the host runs in the guest as it is.
 */
const INIT = `#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mkdir -p /proc /sys /dev /host /memory /root
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in /modules/*.ko; do
  insmod "$module" $(cat "$module.parameters" 2>/dev/null) || echo "sapwood: the kernel does not take $module"
done
ip link set lo up
mount -t 9p -o ro,${NINE_P},cache=loose ${SHARES.host} /host
mount -t tmpfs memory /memory
mkdir /memory/upper /memory/work
mount -t overlay -o lowerdir=/host,upperdir=/memory/upper,workdir=/memory/work overlay /root
mount --move /dev /root/dev
mount --move /sys /root/sys
mount -t tmpfs run /root/run
mkdir /root/run/sapwood
mount -t 9p -o ${NINE_P} ${SHARES.run} /root${RUN}
umount /proc
exec switch_root /root /bin/sh ${RUN}/${SHARED_FILES.start}
`;

export interface Guest {
  /** Shared with the guest, for this run only. */
  readonly folder: string;
  /** Of the repository. */
  readonly root: string;
  readonly busybox: Buffer;
  readonly modules: readonly KernelModule[];
  /** Those that a test loads itself. */
  readonly ready: readonly KernelModule[];
  readonly colour: boolean;
}

/** Writes what the machine boots from and what it is to do. */
export function writeGuest(guest: Guest, job: GuestJob): void {
  const put = (name: string, content: string | Buffer) => writeFileSync(join(guest.folder, name), content);
  put(SHARED_FILES.initramfs, cpioArchive(initramfs(guest.busybox, guest.modules)));
  mkdirSync(join(guest.folder, SHARED_FILES.modules));
  for (const { name, bytes } of guest.ready) put(`${SHARED_FILES.modules}/${name}.ko`, bytes);
  put(SHARED_FILES.start, startScript(guest, job.kind === 'shell'));
  if (job.kind !== 'shell') {
    put(SHARED_FILES.command, job.kind === 'run' ? job.command : testCommand(job));
  }
}

function initramfs(busybox: Buffer, modules: readonly KernelModule[]): ArchiveEntry[] {
  return [
    { path: 'bin' },
    { path: 'bin/busybox', bytes: busybox },
    { path: 'init', bytes: Buffer.from(INIT) },
    { path: 'modules' },
    ...modules.flatMap(({ name, bytes }, index) => {
      const path = `modules/${String(index).padStart(3, '0')}-${name}.ko`;
      const parameters = MODULE_PARAMETERS[name];
      return [
        { path, bytes },
        ...(parameters === undefined ? [] : [{ path: `${path}.parameters`, bytes: Buffer.from(parameters) }]),
      ];
    }),
  ];
}

/** Runs as the first process, with the host's programs. */
function startScript({ root, colour }: Guest, shell: boolean): string {
  const path = process.env.PATH ?? '';
  // Its output goes through a pipe, as programs expect it, to the port that the harness reads. What it leaves running would
  // keep the pipe open.
  const command = `
mkfifo /run/output
cat </run/output >/dev/$(ls /sys/class/virtio-ports) &
reader=$!
sh ${RUN}/${SHARED_FILES.command} >/run/output 2>&1 </dev/null
echo $? >${RUN}/${SHARED_FILES.status}
for process in /proc/[0-9]*; do
  process=\${process#/proc/}
  [ $process = 1 ] || [ $process = $reader ] || kill -9 $process
done 2>/dev/null
wait $reader
`;
  const terminal = `
setsid -c sh -c 'exec sh -i </dev/ttyS0 >/dev/ttyS0 2>&1'
echo 0 >${RUN}/${SHARED_FILES.status}
`;
  return `
export PATH=${quoted(`${path}:/usr/local/sbin:/usr/sbin:/sbin`)} HOME=/root LANG=C.UTF-8 TERM=${quoted(process.env.TERM ?? 'dumb')}
export ${colour ? 'FORCE_COLOR' : 'NO_COLOR'}=1
mount -t proc proc /proc
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t debugfs debugfs /sys/kernel/debug
ln -s /proc/self/fd /dev/fd
ln -s fd/0 /dev/stdin
ln -s fd/1 /dev/stdout
ln -s fd/2 /dev/stderr
hostname guest
cd ${quoted(root)}
: >${RUN}/${SHARED_FILES.up}
${shell ? terminal : command}
echo o >/proc/sysrq-trigger
sleep 60
`;
}

function testCommand({ vitest, report }: TestJob): string {
  const reporters = report
    ? ['--reporter=default', '--reporter=junit', `--outputFile.junit=${RUN}/${SHARED_FILES.junit}`]
    : [];
  const words = [
    process.execPath,
    'node_modules/vitest/vitest.mjs',
    'run',
    '--config',
    'vitest.vm.config.ts',
  ];
  return `exec ${[...words, ...reporters, ...vitest].map(quoted).join(' ')}\n`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
