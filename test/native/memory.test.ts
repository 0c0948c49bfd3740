import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { native, nativeProblem } from '../../native/index.ts';
import { NO_PYTHON } from '../transport/support/descriptors.ts';

const PAGE = 4096;
const ADDON = fileURLToPath(new URL('../../build/Release/sapwood_native.node', import.meta.url));
/** Of 2 MiB, which nothing else uses; most machines keep none. */
const freeHugePages = () =>
  Number(/HugePages_Free:\s*(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0);
const openFiles = () => readdirSync('/proc/self/fd').length;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe.skipIf(nativeProblem() !== undefined)('shared memory', () => {
  let folder: string;
  let fd: number;
  const mappings = () => readFileSync('/proc/self/maps', 'utf8').split(folder).length - 1;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sapwood-'));
    const file = join(folder, 'file');
    writeFileSync(file, new Uint8Array(8 * PAGE).fill(7));
    fd = openSync(file, 'r+');
  });

  afterEach(() => {
    closeSync(fd);
    expect(mappings()).toBe(0);
    rmSync(folder, { recursive: true });
  });

  it('is the file: what is written on one side is there on the other', () => {
    const memory = native().memoryMap(fd, 0, 8 * PAGE);
    new Uint8Array(memory)[5000] = 42;
    expect(readFileSync(join(folder, 'file'))[5000]).toBe(42);
    writeSync(fd, Uint8Array.of(43), 0, 1, 5001);
    expect(new Uint8Array(memory)[5001]).toBe(43);
    native().memoryUnmap(memory);
  });

  it('begins at any multiple of 4 and has the length that was asked for', () => {
    fc.assert(
      fc.property(fc.nat(2 * PAGE), fc.integer({ min: 1, max: 6 * PAGE - 4 }), (words, size) => {
        const offset = words & ~3;
        const memory = native().memoryMap(fd, offset, Math.min(size, 8 * PAGE - offset));
        expect(memory.byteLength).toBe(size);
        const bytes = new Uint8Array(memory);
        expect([bytes[0], bytes[size - 1]]).toEqual([7, 7]);
        bytes[0] = 8;
        writeSync(fd, Uint8Array.of(7), 0, 1, offset);
        expect(bytes[0]).toBe(7);
        native().memoryUnmap(memory);
      }),
      { numRuns: 200 },
    );
  });

  it('is unmapped once', () => {
    const memory = native().memoryMap(fd, 0, PAGE);
    const view = new Uint8Array(memory);
    expect(mappings()).toBe(1);
    native().memoryUnmap(memory);
    expect([view.length, memory.byteLength, mappings()]).toEqual([0, 0, 0]);
    const next = native().memoryMap(fd, 0, PAGE);
    native().memoryUnmap(memory);
    expect(mappings()).toBe(1);
    expect(native().memoryDamaged(memory)).toBe(false);
    native().memoryUnmap(next);
    for (const wrong of [new ArrayBuffer(8), new SharedArrayBuffer(8), new Uint8Array(8), undefined]) {
      expect(() => native().memoryUnmap(wrong as ArrayBuffer)).toThrow(TypeError);
      expect(() => native().memoryDamaged(wrong as ArrayBuffer)).toThrow(TypeError);
    }
  });

  it('gives its file up, and is zeroes from then on', () => {
    const memory = native().memoryMap(fd, 4, 2 * PAGE);
    const bytes = new Uint8Array(memory);
    expect([bytes[0], mappings()]).toEqual([7, 1]);
    native().memoryBlank(memory);
    expect([bytes.length, bytes[0], mappings()]).toEqual([2 * PAGE, 0, 0]);
    bytes.fill(9);
    ftruncateSync(fd, 0);
    expect(bytes.every((byte) => byte === 9)).toBe(true);
    expect(native().memoryDamaged(memory)).toBe(false);
    native().memoryUnmap(memory);
    native().memoryBlank(memory);
    expect(() => native().memoryBlank(new ArrayBuffer(8))).toThrow('not from memoryMap');
  });

  it('is collected when nobody holds it', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    (() => {
      for (let i = 0; i < 5; i++) native().memoryMap(fd, 0, PAGE);
    })();
    expect(mappings()).toBe(5);
    for (let turns = 0; turns < 100 && mappings() > 0; turns++) {
      collect();
      await turn();
    }
  });

  it('refuses what cannot be mapped', () => {
    expect(() => native().memoryMap(fd, 2, PAGE)).toThrow('multiple of 4');
    expect(() => native().memoryMap(fd, 0, 0)).toThrow(/^size must be/);
    expect(() => native().memoryMap(fd, 0, 2 ** 30 + 1)).toThrow(/^size must be/);
    expect(() => native().memoryMap(1 << 24, 0, PAGE)).toThrow('mmap: EBADF');
    const folderFd = openSync(folder, 'r');
    expect(() => native().memoryMap(folderFd, 0, PAGE)).toThrow(/mmap: E(NODEV|ACCES|PERM)/);
    closeSync(folderFd);
  });

  it('made here keeps its size', () => {
    const files = openFiles();
    const own = native().memoryCreate(2 * PAGE);
    const memory = native().memoryMap(own, 0, 2 * PAGE);
    expect(new Uint8Array(memory).every((byte) => byte === 0)).toBe(true);
    expect(() => ftruncateSync(own, PAGE)).toThrow('EPERM');
    expect(() => ftruncateSync(own, 3 * PAGE)).toThrow('EPERM');
    native().close(own);
    native().memoryUnmap(memory);
    expect(openFiles()).toBe(files);
    expect(() => native().memoryCreate(0)).toThrow(/^size must be/);
  });

  describe('whose file is shortened', () => {
    it('reads as zeroes where nothing is left, and says so', () => {
      const memory = native().memoryMap(fd, 0, 8 * PAGE);
      const whole = native().memoryMap(fd, 0, PAGE);
      const bytes = new Uint8Array(memory);
      ftruncateSync(fd, 2 * PAGE);
      expect(native().memoryDamaged(memory)).toBe(false);
      expect(bytes[0]).toBe(7);
      expect(native().memoryDamaged(memory)).toBe(false);
      expect(bytes[5 * PAGE]).toBe(0);
      expect(native().memoryDamaged(memory)).toBe(true);
      bytes[5 * PAGE] = 9;
      expect(bytes[5 * PAGE]).toBe(9);
      // What is left is still shared.
      bytes[PAGE] = 5;
      expect(readFileSync(join(folder, 'file'))[PAGE]).toBe(5);
      expect(native().memoryDamaged(whole)).toBe(false);
      native().memoryUnmap(memory);
      native().memoryUnmap(whole);
    });

    it('is survived by every kind of access', () => {
      const uses: ((memory: ArrayBuffer) => unknown)[] = [
        (memory) => Atomics.load(new Int32Array(memory), 3000),
        (memory) => Atomics.store(new Int32Array(memory), 3000, 1),
        (memory) => new Uint8Array(memory).fill(1),
        (memory) => new Uint8Array(memory).slice(),
        (memory) => new Uint8Array(memory).set(new Uint8Array(100), 20_000),
        (memory) => new DataView(memory).getFloat64(20_000),
        (memory) => Buffer.from(memory).toString('latin1'),
        (memory) => Buffer.compare(Buffer.from(memory), Buffer.alloc(memory.byteLength)),
        (memory) => structuredClone(memory),
      ];
      for (const use of uses) {
        ftruncateSync(fd, 0);
        ftruncateSync(fd, 8 * PAGE);
        const memory = native().memoryMap(fd, 0, 8 * PAGE);
        ftruncateSync(fd, 0);
        use(memory);
        expect(native().memoryDamaged(memory)).toBe(true);
        native().memoryUnmap(memory);
      }
    });

    it('is survived in a worker, while others are mapped and unmapped', async () => {
      const source = `
        const { workerData, parentPort } = require('node:worker_threads');
        const fs = require('node:fs');
        const addon = require(workerData.addon);
        addon.onSystemError((call, errno) => new Error(call + ' ' + errno));
        const fd = fs.openSync(workerData.file + workerData.number, 'w+');
        let damaged = 0;
        for (let round = 0; round < 300; round++) {
          fs.ftruncateSync(fd, ${8 * PAGE});
          const memory = addon.memoryMap(fd, 0, ${8 * PAGE});
          fs.ftruncateSync(fd, ${PAGE});
          new Uint8Array(memory).fill(round);
          if (addon.memoryDamaged(memory)) damaged++;
          addon.memoryUnmap(memory);
        }
        fs.closeSync(fd);
        parentPort.postMessage(damaged);`;
      const workers = [1, 2].map(
        (number) =>
          new Worker(source, { eval: true, workerData: { addon: ADDON, file: join(folder, 'w'), number } }),
      );
      const exits = workers.map((worker) => once(worker, 'exit'));
      const results = await Promise.all(workers.map((worker) => once(worker, 'message')));
      await Promise.all(exits);
      expect(results).toEqual([[300], [300]]);
    });

    it('is unmapped when the thread ends that mapped it', async () => {
      const source = `
        const { workerData } = require('node:worker_threads');
        const addon = require(workerData.addon);
        addon.onSystemError((call, errno) => new Error(call + ' ' + errno));
        globalThis.kept = [addon.memoryMap(workerData.fd, 0, 4096), addon.memoryMap(workerData.fd, 8, 4096)];
        addon.memoryCreate(4096);`;
      const files = openFiles();
      const worker = new Worker(source, { eval: true, workerData: { addon: ADDON, fd } });
      await once(worker, 'exit');
      expect(mappings()).toBe(0);
      expect(openFiles()).toBeLessThanOrEqual(files);
    });
  });

  it.skipIf(NO_PYTHON || freeHugePages() === 0)('may be of huge pages, a part of which cannot go', () => {
    // Only another program can make such memory.
    const made = spawnSync(
      'python3',
      [
        '-c',
        `
import os, sys
fd = os.memfd_create('huge', os.MFD_HUGETLB)
os.ftruncate(fd, 2 << 20)
os.set_inheritable(fd, True)
os.execv(sys.argv[1], [sys.argv[1], '-e', sys.argv[2], str(fd)])`,
        process.execPath,
        `const addon = require(${JSON.stringify(ADDON)});
      const fs = require('node:fs');
      const fd = Number(process.argv[1]);
      const mapped = () => fs.readFileSync('/proc/self/maps', 'utf8').split('memfd:huge').length - 1;
      const given = new Uint8Array(addon.memoryMap(fd, 4100, 8192));
      given.fill(5);
      addon.memoryUnmap(given.buffer);
      console.log(mapped());
      const memory = addon.memoryMap(fd, 4100, 8192);
      fs.ftruncateSync(fd, 0);
      console.log(new Uint8Array(memory)[0], addon.memoryDamaged(memory));
      addon.memoryUnmap(memory);
      console.log(mapped());`,
      ],
      { encoding: 'utf8' },
    );
    expect(made.stdout).toBe('0\n0 true\n0\n');
  });

  it('leaves other bus errors to whoever had them', () => {
    const prelude = `
      const addon = require(${JSON.stringify(ADDON)});
      addon.onSystemError((call, errno) => new Error(call + ' ' + errno));
      const memory = addon.memoryMap(addon.memoryCreate(4096), 0, 4096);`;
    const sent = spawnSync(process.execPath, [
      '-e',
      `${prelude} process.kill(process.pid, 'SIGBUS'); setTimeout(() => {}, 5000);`,
    ]);
    expect(sent.signal).toBe('SIGBUS');
    // Whoever else handles bus errors of mappings of their own: here it is a copy of the addon.
    const copy = join(folder, 'copy.node');
    execFileSync('cp', [ADDON, copy]);
    const foreign = spawnSync(
      process.execPath,
      [
        '-e',
        `${prelude}
      const fs = require('node:fs');
      const other = require(${JSON.stringify(copy)});
      other.onSystemError((call, errno) => new Error(call + ' ' + errno));
      const fd = fs.openSync(${JSON.stringify(join(folder, 'x'))}, 'w+');
      fs.ftruncateSync(fd, 8192);
      const ours = addon.memoryMap(fd, 0, 8192);
      const theirs = other.memoryMap(fd, 0, 8192);
      fs.ftruncateSync(fd, 0);
      // The handler installed last is the copy's: it passes on what is the first one's.
      console.log(new Uint8Array(ours)[0], new Uint8Array(theirs)[0]);
      console.log(addon.memoryDamaged(ours), other.memoryDamaged(theirs));`,
      ],
      { encoding: 'utf8' },
    );
    expect(foreign.stdout).toBe('0 0\ntrue true\n');
  });
});
