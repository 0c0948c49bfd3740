import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseVmArguments, USAGE } from '../../scripts/vm/arguments.ts';
import { cpioArchive } from '../../scripts/vm/initramfs.ts';
import { consoleTail, type MachineEnd, machineProblem } from '../../scripts/vm/machine.ts';
import { loadOrder, ModuleTree, moduleDependencies } from '../../scripts/vm/modules.ts';
import { headerPackages, isStatic, kernelPackage, newest } from '../../scripts/vm/packages.ts';

const MAIN = fileURLToPath(new URL('../../dist/scripts/vm/main.js', import.meta.url));
const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'].find(existsSync);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sapwood-vm-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the command line', () => {
  it('takes filters and a name for the tests', () => {
    expect(parseVmArguments(['cuse', '-t', 'errno', 'mei']).job).toEqual({
      kind: 'test',
      vitest: ['-t', 'errno', 'cuse', 'mei'],
      report: false,
    });
  });

  it('takes files that are left out', () => {
    expect(parseVmArguments(['--without', 'killed', '--without', 'speed', 'agent']).job).toEqual({
      kind: 'test',
      vitest: ['--exclude', '**/*killed*', '--exclude', '**/*speed*', 'agent'],
      report: false,
    });
  });

  it('takes a command, more modules and another kernel', () => {
    const args = [
      '--run',
      'uname -a',
      '--module',
      'a',
      '--module',
      'b',
      '--kernel',
      'linux-image-6.12-amd64',
    ];
    expect(parseVmArguments([...args, '--timeout', '60'])).toEqual({
      job: { kind: 'run', command: 'uname -a' },
      kernel: 'linux-image-6.12-amd64',
      modules: ['a', 'b'],
      timeoutS: 60,
      junit: undefined,
    });
  });

  it.each([
    [['--run', 'id', '--shell'], 'exclude each other'],
    [['--run', 'id', 'cuse'], 'do not go with'],
    [['--shell', '--junit', 'x'], 'do not go with'],
    [['--shell', '--without', 'x'], 'do not go with'],
    [['--timeout', '0'], 'at least 1'],
    [['--timeout', 'soon'], 'whole seconds'],
    [['--kernel', '../x'], 'linux-image-'],
    [['--what'], '--what'],
  ])('%j is wrong use', (args, sentence) => {
    expect(() => parseVmArguments(args)).toThrow(sentence);
  });

  it('has a usage text with every option', () => {
    for (const option of ['test', 'junit', 'run', 'shell', 'kernel', 'module', 'timeout']) {
      expect(USAGE).toContain(`--${option} `);
    }
  });
});

describe('which headers', () => {
  it('are those of the kernel, and what of them lies in further packages', () => {
    const said = `linux-headers-6.12.117+deb12-amd64
  Depends: linux-base
  Depends: linux-headers-6.12.117+deb12-common
 |Depends: linux-image-6.12.117+deb12-amd64
  Depends: linux-image-6.12.117+deb12-amd64-unsigned
  Depends: linux-kbuild-6.12.117+deb12
  Depends: gcc-12
`;
    expect(headerPackages('linux-headers-6.12.117+deb12-amd64', said)).toEqual([
      'linux-headers-6.12.117+deb12-amd64',
      'linux-headers-6.12.117+deb12-common',
      'linux-kbuild-6.12.117+deb12',
    ]);
  });
});

describe('which kernel', () => {
  it('is what the meta-package depends on', () => {
    const said = 'linux-image-amd64\n  Depends: linux-image-6.1.0-56-amd64\n';
    expect(kernelPackage('linux-image-amd64', said)).toBe('linux-image-6.1.0-56-amd64');
  });

  it('is the package itself when that is no meta-package', () => {
    const said = 'linux-image-6.1.0-56-amd64\n  Depends: kmod\n |Depends: initramfs-tools\n';
    expect(kernelPackage('linux-image-6.1.0-56-amd64', said)).toBe('linux-image-6.1.0-56-amd64');
  });

  it('is nothing when apt does not know the package', () => {
    expect(kernelPackage('linux-image-amd64', '')).toBeUndefined();
  });

  it('is the newest in the cache without apt', () => {
    expect(
      newest(['linux-image-6.1.0-9-amd64', 'linux-image-6.12.1-amd64', 'linux-image-6.1.0-56-amd64']),
    ).toBe('linux-image-6.12.1-amd64');
    expect(newest([])).toBeUndefined();
  });
});

describe('modules', () => {
  const needs: Record<string, string[]> = { a: ['b', 'c'], b: ['d'], c: ['d'], d: [] };

  it('load behind what they need, each once', () => {
    expect(loadOrder(['c', 'a'], (name) => needs[name])).toEqual(['d', 'c', 'b', 'a']);
  });

  it('that are not there are left out', () => {
    expect(loadOrder(['none', 'b', 'd'], (name) => needs[name])).toEqual(['d', 'b']);
  });

  it('that need each other end the search too', () => {
    expect(loadOrder(['x'], (name) => ({ x: ['y'], y: ['x'] })[name])).toEqual(['y', 'x']);
  });

  it('say themselves what they need', () => {
    const info = (text: string) => Buffer.from(`\0license=GPL\0${text}\0name=x\0`);
    expect(moduleDependencies(info('depends=mac80211,virtio-ring'))).toEqual(['mac80211', 'virtio_ring']);
    expect(moduleDependencies(info('depends='))).toEqual([]);
    expect(moduleDependencies(info('author=y'))).toEqual([]);
    expect(moduleDependencies(Buffer.from('\0depends=cut,off'))).toEqual(['cut', 'off']);
  });

  it('are found in their tree, also as part of the kernel', () => {
    mkdirSync(join(folder, 'kernel/net'), { recursive: true });
    const first = Buffer.from('\0depends=second-half\0');
    writeFileSync(join(folder, 'kernel/net/first.ko'), first);
    writeFileSync(join(folder, 'kernel/net/second-half.ko'), '\0depends=\0');
    writeFileSync(join(folder, 'modules.builtin'), 'kernel/fs/built-in.ko\n');
    const tree = new ModuleTree(folder);
    expect(['first', 'second_half', 'second-half', 'built_in', 'none'].map((name) => tree.has(name))).toEqual(
      [...[true, true, true, true], false],
    );
    const order = tree.inOrder(['built_in', 'first', 'none']);
    expect(order.map(({ name }) => name)).toEqual(['second_half', 'first']);
    expect(order[1]!.bytes).toEqual(first);
  });
});

describe.skipIf(BUSYBOX === undefined)('with busybox', () => {
  it('the archive unpacks to what was put in', () => {
    const archive = cpioArchive([
      { path: 'bin' },
      { path: 'bin/five', bytes: Buffer.from('12345') },
      { path: 'eight', bytes: Buffer.from('12345678') },
      { path: 'none', bytes: Buffer.alloc(0) },
    ]);
    execFileSync(BUSYBOX!, ['cpio', '-i'], {
      cwd: folder,
      input: archive,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    expect(readFileSync(join(folder, 'bin/five'), 'utf8')).toBe('12345');
    expect(readFileSync(join(folder, 'eight'), 'utf8')).toBe('12345678');
    expect(readFileSync(join(folder, 'none'), 'utf8')).toBe('');
    execFileSync('test', ['-x', join(folder, 'bin/five')]);
  });
});

it('a program with an interpreter is not static', () => {
  expect(isStatic(readFileSync(process.execPath))).toBe(false);
  const header = Buffer.alloc(64);
  expect(isStatic(header)).toBe(true);
});

describe('the end of a machine', () => {
  const end: MachineEnd = { status: undefined, up: true, timedOut: false, interrupted: false, complaint: '' };

  it.each([
    [{ status: 1 }, undefined],
    [{ status: 0, complaint: 'a warning' }, undefined],
    [{ interrupted: true, complaint: 'terminating on signal 15' }, 'Interrupted: the guest was killed.'],
    [{}, 'The guest died before it was through.'],
    [{ timedOut: true }, 'not through within 7 s'],
    [{ up: false, timedOut: true }, 'did not come up within 7 s'],
    [{ up: false, complaint: 'no such file' }, 'did not come up. qemu says: no such file'],
  ])('%j', (more, sentence) => {
    const problem = machineProblem({ ...end, ...more }, 7);
    if (sentence === undefined) expect(problem).toBeUndefined();
    else expect(problem).toContain(sentence);
  });

  it('shows the last lines of its console', () => {
    writeFileSync(join(folder, 'console.log'), 'one\r\ntwo\r\nthree\r\n');
    expect(consoleTail(folder, 2)).toBe('two\nthree');
    expect(consoleTail(join(folder, 'none'))).toBe('');
  });
});

describe('the command', () => {
  const command = (args: string[], environment: Record<string, string> = {}) =>
    spawnSync(process.execPath, [MAIN, ...args], {
      encoding: 'utf8',
      env: { ...process.env, ...environment },
    });

  it('explains itself', () => {
    expect(command(['--help'])).toMatchObject({ status: 0, stdout: USAGE });
  });

  it('ends with 2 upon wrong use', () => {
    const { status, stderr } = command(['--timeout', 'x']);
    expect(status).toBe(2);
    expect(stderr).toContain(USAGE);
  });

  it('ends with 3 and a sentence where it has no programs and no packages', () => {
    const { status, stdout, stderr } = command([], { PATH: folder, XDG_CACHE_HOME: folder });
    expect(stderr).toMatch(
      /^vm: no virtual machine on this machine: apt-get cannot be run .*Debian packages/,
    );
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
  });
});
