import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type NativeError,
  native,
  nativeProblem,
  POLLERR,
  POLLIN,
  POLLOUT,
  POLLPRI,
} from '../../native/index.ts';

const NO_ADDON = nativeProblem();
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const openFiles = () => readdirSync('/proc/self/fd').length;
const GUID = new Uint8Array(16);

function canOpen(path: string): boolean {
  try {
    closeSync(openSync(path, 'r+'));
    return true;
  } catch {
    return false;
  }
}
/** A handle of /dev/fuse that nothing is mounted with is in error. */
const NO_FUSE = NO_ADDON !== undefined || !canOpen('/dev/fuse');

describe.skipIf(NO_ADDON !== undefined)('character devices', () => {
  it('are read and written where it does not block', () => {
    const zero = native().deviceOpen('/dev/zero');
    const into = new Uint8Array(8).fill(7);
    expect(native().deviceRead(zero, into, 6)).toBe(2);
    expect([...into]).toEqual([7, 7, 7, 7, 7, 7, 0, 0]);
    expect(native().deviceWrite(zero, into, 1, 4)).toBe(3);
    native().close(zero);
    const nothing = native().deviceOpen('/dev/null');
    expect(native().deviceRead(nothing, into, 0)).toBe(0);
    native().close(nothing);
  });

  it('opened for reading only, it takes no writing', () => {
    const zero = native().deviceOpen('/dev/zero', true);
    expect(native().deviceRead(zero, new Uint8Array(4), 0)).toBe(4);
    expect(() => native().deviceWrite(zero, GUID, 0, 4)).toThrow(/write \(device\): EBADF/);
    native().close(zero);
    expect(() => native().deviceOpen('/dev/zero', 1 as unknown as boolean)).toThrow(/^readOnly/);
  });

  it('what is no watchdog says so', async () => {
    const nothing = native().deviceOpen('/dev/null');
    expect(() => native().watchdogIdentity(nothing)).toThrow(/WDIOC_GETSUPPORT \(device\): ENOTTY/);
    await expect(native().watchdogSetTimeout(nothing, 120)).rejects.toThrow(/WDIOC_SETTIMEOUT .*ENOTTY/);
    await expect(native().watchdogKeepAlive(nothing)).rejects.toThrow(/WDIOC_KEEPALIVE .*ENOTTY/);
    await native().deviceClose(nothing);
  });

  it('a device that has nothing to read is told from one that gave nothing', () => {
    const terminal = native().deviceOpen('/dev/ptmx');
    expect(native().deviceRead(terminal, new Uint8Array(8), 0)).toBe(-1);
    native().close(terminal);
  });

  it('what cannot be opened is said with its path, and with no word about networks', () => {
    const failure = (path: string): NativeError => {
      try {
        native().close(native().deviceOpen(path));
      } catch (error) {
        return error as NativeError;
      }
      throw new Error(`${path} was opened`);
    };
    expect(failure('/dev/none9').message).toBe(
      'A system call failed. open (device /dev/none9): ENOENT. There is no such node: is the module of the driver loaded?',
    );
    expect(failure(new URL(import.meta.url).pathname)).toMatchObject({ syscall: 'open', errno: 25 });
    expect(failure('/tmp').message).toContain('EISDIR');
  });

  it('an error of the device is one of the call, and not of an interface', () => {
    const full = native().deviceOpen('/dev/full');
    expect(() => native().deviceWrite(full, GUID, 0, 4)).toThrow(/write \(device\): ENOSPC\.$/);
    native().close(full);
    expect(() => native().deviceRead(1 << 24, GUID, 0)).toThrow(/read \(device\): EBADF\.$/);
  });

  it('only what was opened here is closed, and once', async () => {
    const files = openFiles();
    const fd = native().deviceOpen('/dev/null');
    await native().deviceClose(fd);
    expect(openFiles()).toBe(files);
    expect(() => native().deviceClose(fd)).toThrow(/EBADF/);
    expect(() => native().close(fd)).toThrow(/EBADF/);
    expect(() => native().deviceClose(1)).toThrow(/EBADF/);
  });

  it('an ioctl that the device does not have is ENOTTY, and leaves no descriptor', async () => {
    const files = openFiles();
    const fd = native().deviceOpen('/dev/null');
    await expect(native().meiConnect(fd, GUID)).rejects.toMatchObject({
      errno: 25,
      syscall: 'ioctl IOCTL_MEI_CONNECT_CLIENT',
    });
    await expect(native().meiConnect(fd, GUID, 3)).rejects.toMatchObject({
      errno: 25,
      syscall: 'ioctl IOCTL_MEI_CONNECT_CLIENT_VTAG',
    });
    await expect(native().meiNotifySet(fd, 1)).rejects.toMatchObject({ errno: 25 });
    expect(() => native().meiNotifyGet(fd)).toThrow(/ENOTTY/);
    expect(() => native().rfkillMaxSize(fd, 9)).toThrow(/ioctl RFKILL_IOCTL_MAX_SIZE \(device\): ENOTTY/);
    native().close(fd);
    expect(openFiles()).toBe(files);
  });

  it('a call goes on with its device when the descriptor is closed under it', async () => {
    const files = openFiles();
    const calls = Array.from({ length: 50 }, () => {
      const fd = native().deviceOpen('/dev/null');
      const call = native().meiConnect(fd, GUID);
      native().close(fd);
      // A regular file with the number of the device would answer the same: that it is not asked shows in the count.
      return call;
    });
    for (const { status } of await Promise.allSettled(calls)) expect(status).toBe('rejected');
    expect(openFiles()).toBe(files);
  });

  const wrong = fc.oneof(
    fc.integer({ min: 1 << 24 }),
    // 0 is a descriptor that is open: with 16 bytes behind it, there is nothing wrong.
    fc.double().filter((value) => Math.abs(value) > 0),
    fc.constantFrom(undefined, null, Number.NaN, -1, 2 ** 53, 10n, Symbol.iterator, '', 'a\0b'),
    fc.constantFrom({}, [], () => 1, new Uint8Array(3), new Uint8Array(16), new ArrayBuffer(8)),
  );
  it.each([
    'deviceOpen',
    'deviceRead',
    'deviceWrite',
    'deviceClose',
    'meiConnect',
    'meiNotifySet',
    'meiNotifyGet',
    'rfkillMaxSize',
    'watchdogIdentity',
    'watchdogSetTimeout',
    'watchdogKeepAlive',
  ] as const)('%s throws about anything, and survives', (name) => {
    const call = native()[name] as (...args: unknown[]) => unknown;
    fc.assert(
      fc.property(fc.array(wrong, { maxLength: 5 }), (args) => {
        expect(() => call(...args)).toThrow();
      }),
      { numRuns: 300 },
    );
  });

  it('names the argument', () => {
    const { meiConnect, meiNotifySet, deviceOpen, rfkillMaxSize, watchdogSetTimeout } = native();
    expect(() => meiConnect(1, new Uint8Array(15))).toThrow('guid must be 16 bytes');
    expect(() => meiConnect(1, GUID, 256)).toThrow('vtag must be a whole number from 0 to 255');
    expect(() => meiNotifySet(1, -1)).toThrow(/^value/);
    expect(() => rfkillMaxSize(1, 9.5)).toThrow(/^bytes/);
    expect(() => watchdogSetTimeout(1, 0)).toThrow(/^seconds/);
    expect(() => deviceOpen('/dev/null\0x')).toThrow(/^path must be a string/);
  });
});

describe.skipIf(NO_FUSE)('a device in error', () => {
  it.each([
    ['POLLIN', POLLIN],
    ['POLLPRI', POLLPRI],
    ['POLLIN and POLLPRI', POLLIN | POLLPRI],
    ['all three', POLLIN | POLLPRI | POLLOUT],
  ])('says POLLERR once to a watch of %s', async (_, events) => {
    const files = openFiles();
    const fd = native().deviceOpen('/dev/fuse');
    const seen: number[] = [];
    const watch = native().watch(fd, events, (ready) => seen.push(ready));
    // The loop polls in every turn.
    for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual([POLLERR]);
    watch.close();
    // The duplicate of the watch goes with it, so that a close of the device is the last one.
    native().close(fd);
    expect(openFiles()).toBe(files);
  });
});

describe.skipIf(NO_ADDON !== undefined)('threads and processes that end', () => {
  const run = (code: string) => {
    const script = `import { native } from '${ROOT}dist/native/index.js';\n${code}`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    return { status, stdout, stderr };
  };
  const ASK = `
    const ask = () => {
      const fd = native().deviceOpen('/dev/null');
      const call = native().meiConnect(fd, new Uint8Array(16)).catch((error) => error.errno);
      native().deviceClose(fd);
      return call;
    };`;

  it('a process with calls under way', () => {
    expect(run(`${ASK} for (let i = 0; i < 100; i++) ask(); process.exit(7);`)).toEqual({
      status: 7,
      stdout: '',
      stderr: '',
    });
  });

  it('threads with calls under way, which leave no descriptor', () => {
    const thread = `
      import { parentPort } from 'node:worker_threads';
      import { native } from '${ROOT}dist/native/index.js';
      ${ASK}
      parentPort.postMessage(await ask());
      for (;;) { for (let i = 0; i < 20; i++) ask(); await ask(); }`;
    const { status, stdout, stderr } = run(`
      import { once } from 'node:events';
      import { readdirSync } from 'node:fs';
      import { Worker } from 'node:worker_threads';
      const files = () => readdirSync('/proc/self/fd').length;
      let before;
      for (let i = 0; i < 20; i++) {
        const worker = new Worker(${JSON.stringify(thread)}, { eval: true });
        const [errno] = await once(worker, 'message');
        if (errno !== 25) throw new Error('errno is ' + errno);
        await worker.terminate();
        before ??= files();
      }
      // A call that was under way at the end closes what it holds when it comes back.
      const until = performance.now() + 10_000;
      while (files() > before && performance.now() < until) await new Promise((go) => setImmediate(go));
      console.log(Math.max(0, files() - before));`);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '0\n', stderr: '' });
  });
});
