import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadAddon } from '../../native/addon.ts';
import { systemError } from '../../native/errors.ts';
import { type Native, NativeError, native, nativeProblem, POLLIN, POLLOUT } from '../../native/index.ts';

const NO_ADDON = nativeProblem();
const NO_ROOT = NO_ADDON ?? (process.geteuid?.() === 0 ? undefined : 'rings and namespaces need root');
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const GEOMETRY = { blockSize: 65_536, blockCount: 2, retireMs: 10, txFrameSize: 2048, txFrameCount: 4 };

const openFiles = () => readdirSync('/proc/self/fd').length;
const mappings = () => readFileSync('/proc/self/maps', 'utf8').match(/socket:/g)?.length ?? 0;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the loader', () => {
  it('says how to build an addon that is not there', () => {
    const error = loadAddon('/none/sapwood_native.node') as NativeError;
    expect(error).toBeInstanceOf(NativeError);
    expect(error.code).toBe('NATIVE_ERR_MISSING');
    expect(error.message).toMatch(/^The native addon is not there\. \/none\/.*npm run build:native.*g\+\+/);
  });

  it('says it in the words of whoever has installed the package', () => {
    const error = loadAddon('/none/node_modules/sapwood/build/Release/sapwood_native.node') as NativeError;
    expect(error.message).toContain('run `npm rebuild sapwood`');
  });

  it('says the same of a file that is no addon', () => {
    const error = loadAddon(fileURLToPath(new URL('../../package.json', import.meta.url)));
    expect(error).toMatchObject({ code: 'NATIVE_ERR_MISSING', cause: expect.any(Error) });
  });

  it('tells a device node without its driver from an interface that is not there', () => {
    expect(systemError('open', constants.errno.ENODEV, '/dev/net/tun').message).toContain('modprobe tun');
    expect(systemError('if_nametoindex', constants.errno.ENODEV, 'none9').message).toContain(
      'no such network interface',
    );
  });

  it('has the addon, or one sentence', () => {
    if (NO_ADDON === undefined) expect(native().ifIndex('lo')).toBeGreaterThan(0);
    else expect(() => native()).toThrow(NO_ADDON);
  });
});

describe.skipIf(NO_ADDON !== undefined)('wrong use', () => {
  // Descriptors that no process has, so that nothing of this one is touched.
  const wrong = fc.oneof(
    fc.integer({ min: 1 << 24 }),
    fc.double(),
    fc.string(),
    fc.constantFrom(undefined, null, Number.NaN, -1, 2 ** 53, 10n, Symbol.iterator),
    fc.constantFrom(
      {},
      [],
      () => 1,
      new Uint8Array(3),
      new Uint8Array(0),
      new Float64Array(2),
      new ArrayBuffer(8),
    ),
    fc.record({
      blockSize: fc.anything(),
      blockCount: fc.anything(),
      retireMs: fc.nat(),
      txFrameSize: fc.nat(),
    }),
    fc.constant(new Proxy({}, { get: () => 4096 })),
  );
  const CALLS = [
    'ifIndex',
    'packetOpen',
    'packetFilter',
    'packetStatistics',
    'packetSend',
    'packetClose',
    'frameRead',
    'frameWrite',
    'watch',
    'close',
  ] as const satisfies readonly (keyof Native)[];

  it.each(CALLS)('%s throws about anything, and survives', (name) => {
    const call = native()[name] as (...args: unknown[]) => unknown;
    fc.assert(
      fc.property(fc.array(wrong, { maxLength: 5 }), (args) => {
        expect(() => call(...args)).toThrow();
      }),
      { numRuns: 300 },
    );
  });

  it('names the argument', () => {
    const { packetOpen, frameRead, frameWrite, ifIndex, watch } = native();
    const open = (change: object) => () => packetOpen(1, { ...GEOMETRY, ...change });
    expect(open({ blockSize: 4097 })).toThrow('blockSize must be whole pages');
    expect(open({ blockCount: 0 })).toThrow(/^blockCount must be a whole number from 1 to/);
    expect(open({ blockSize: 1 << 29, blockCount: 3 })).toThrow('larger than 1 GiB');
    expect(open({ txFrameSize: 3000 })).toThrow('txFrameSize must be a power of two');
    expect(open({ txFrameCount: 1 })).toThrow('whole pages');
    expect(open({ retireMs: 0 })).toThrow(/^retireMs/);
    expect(() => ifIndex('a-name-of-16-byte')).toThrow('1 to 15 bytes');
    expect(() => frameRead(1, new Uint8Array(4), 5)).toThrow(/^at must be .* to 4$/);
    expect(() => frameWrite(1, new Uint8Array(4), 3, 2)).toThrow(/^start must be .* to 2$/);
    expect(() => watch(1, 8, () => undefined)).toThrow(/^events must be a whole number from 1 to 7$/);
  });

  it('closes no descriptor but its own', () => {
    const fd = openSync('/dev/null', 'r');
    expect(() => native().close(fd)).toThrow(/EBADF/);
    closeSync(fd);
  });
});

describe.skipIf(NO_ROOT !== undefined)('rings, TAP interfaces and watches', () => {
  const open = (name = 'lo') => native().packetOpen(native().ifIndex(name), GEOMETRY);
  const opened: { fd: number; memory: ArrayBuffer }[] = [];

  beforeAll(() => {
    native().unshareNet();
    execFileSync('ip', ['link', 'set', 'lo', 'up']);
    setFlagsFromString('--expose-gc');
  });
  afterEach(() => {
    for (const { fd, memory } of opened.splice(0)) native().packetClose(fd, memory);
  });

  it('a ring is closed once', () => {
    const files = openFiles();
    const ring = open();
    const view = new Uint8Array(ring.memory);
    expect(view.length).toBe(65_536 * 2 + 2048 * 4);
    expect([openFiles(), mappings()]).toEqual([files + 1, 1]);
    native().packetClose(ring.fd, ring.memory);
    expect([view.length, view[0], ring.memory.byteLength]).toEqual([0, undefined, 0]);
    expect([openFiles(), mappings()]).toEqual([files, 0]);

    // The next ring has its number; the second close of the first must leave it alone.
    const next = open();
    opened.push(next);
    expect(next.fd).toBe(ring.fd);
    native().packetClose(ring.fd, ring.memory);
    expect(native().packetStatistics(next.fd)).toEqual({ packets: 0, drops: 0, freezes: 0 });
    expect(() => native().packetClose(next.fd, new ArrayBuffer(8))).toThrow('not that of the ring');
  });

  it('a ring that nobody holds is collected, and its socket with it', async () => {
    const files = openFiles();
    const collect = runInNewContext('gc') as () => void;
    (() => {
      for (let i = 0; i < 5; i++) open();
    })();
    expect(openFiles()).toBe(files + 5);
    for (let turns = 0; turns < 100 && openFiles() > files; turns++) {
      collect();
      await turn();
    }
    expect([openFiles(), mappings()]).toEqual([files, 0]);
  });

  it('the memory of a ring is not given to another thread', () => {
    const ring = open();
    opened.push(ring);
    try {
      structuredClone(ring.memory, { transfer: [ring.memory] });
    } catch (error) {
      // Node.js before 21 copies what it does not transfer.
      expect(error).toMatchObject({ name: 'DataCloneError' });
    }
    expect(ring.memory.byteLength).toBeGreaterThan(0);
  });

  it('a filter that the kernel does not take is an error, and the ring goes on', () => {
    const ring = open();
    opened.push(ring);
    const bad = () => native().packetFilter(ring.fd, new Uint8Array(8).fill(0xff));
    expect(bad).toThrow(/SO_ATTACH_FILTER: EINVAL.*must end with a return/);
    expect(() => native().packetFilter(ring.fd, new Uint8Array(7))).toThrow(RangeError);
    native().packetFilter(ring.fd, Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 0));
    native().packetFilter(ring.fd, new Uint8Array(0));
    native().packetFilter(ring.fd, new Uint8Array(0));
  });

  it('a watch runs callbacks with their microtasks, and may be closed in one', async () => {
    const tap = native().tapOpen('tap1');
    execFileSync('ip', ['link', 'set', 'tap1', 'up']);
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      const watch = native().watch(tap, POLLOUT | POLLIN, (events) => {
        expect(events & POLLOUT).toBe(POLLOUT);
        const calls = order.length / 2 + 1;
        order.push(`call ${calls}`);
        queueMicrotask(() => order.push(`microtask ${calls}`));
        if (calls === 2) {
          watch.close();
          watch.close();
          resolve();
        }
      });
    });
    await turn();
    expect(order).toEqual(['call 1', 'microtask 1', 'call 2', 'microtask 2']);
    native().close(tap);
    expect(() => native().close(tap)).toThrow(/EBADF/);
  });

  it('a watch outlives its descriptor', async () => {
    const tap = native().tapOpen('tap2');
    const watch = native().watch(tap, POLLIN, () => undefined);
    native().close(tap);
    await turn();
    watch.close();
    const file = openSync('/etc/passwd', 'r');
    expect(() => native().watch(file, POLLIN, () => undefined)).toThrow(/EPERM/);
    closeSync(file);
  });

  it('names what a TAP interface lacks', () => {
    const tap = native().tapOpen('tap3');
    expect(() => native().tapOpen('tap3')).toThrow(/TUNSETIFF \(tap3\): EBUSY.*another name/);
    expect(() => native().frameWrite(tap, new Uint8Array(60), 0, 60)).toThrow(/EIO.*interface is down/);
    native().close(tap);
  });

  it('reads and writes frames of a TAP interface', () => {
    const tap = native().tapOpen('tap4');
    // Without an IPv6 address nothing is sent that was not asked for.
    const address = ['address', '02:00:00:00:00:04', 'addrgenmode', 'none', 'up'];
    execFileSync('ip', ['link', 'set', 'tap4', ...address]);
    execFileSync('ip', ['addr', 'add', '10.9.4.1/24', 'dev', 'tap4']);
    const shared = new Uint8Array(new SharedArrayBuffer(2048));
    while (native().frameRead(tap, shared, 0) > 0);
    // who-has 10.9.4.1 tell 10.9.4.2
    const from = [2, 0, 0, 0, 0, 9];
    const ask = [...Array(6).fill(255), ...from, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, ...from, 10, 9, 4, 2];
    const request = Uint8Array.from([0xee, ...ask, ...Array(6).fill(0), 10, 9, 4, 1, 0xee]);
    expect(native().frameWrite(tap, request, 1, 43)).toBe(42);
    expect(native().frameRead(tap, shared, 100)).toBe(42);
    expect([...shared.subarray(100, 142)].slice(0, 22)).toEqual([
      ...from,
      ...[2, 0, 0, 0, 0, 4, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2],
    ]);
    expect(native().frameRead(tap, shared, 0)).toBe(0);
    native().close(tap);
  });
});

describe.skipIf(NO_ROOT !== undefined)('threads and processes', () => {
  const start = async (workerData: object) => {
    const worker = new Worker(new URL('./support/worker.mjs', import.meta.url), { workerData });
    const exit = once(worker, 'exit');
    const [message] = await once(worker, 'message');
    return { worker, message, exit };
  };

  it('several threads at once, each in its own namespace, leave nothing behind', async () => {
    // Descriptors of watches that were closed go in the next turn.
    await turn();
    await turn();
    const files = openFiles();
    for (const end of ['exit', 'wait', 'wait']) {
      const threads = await Promise.all([1, 2, 3].map((name) => start({ name, end, busy: end === 'wait' })));
      expect(threads.map(({ message }) => message.name)).toEqual([1, 2, 3]);
      await Promise.all(threads.map(({ worker, exit }) => (end === 'exit' ? exit : worker.terminate())));
      expect(mappings()).toBe(0);
    }
    expect(openFiles()).toBe(files);
  });

  const run = (code: string, command: readonly string[] = []) => {
    const script = `import { native, POLLIN } from '${ROOT}dist/native/index.js';\n${code}`;
    const [program, ...args] = [...command, process.execPath, '--input-type=module', '-e', script];
    return spawnSync(program!, args, { encoding: 'utf8', timeout: 20_000 });
  };
  const OPEN = `
    const n = native();
    const ring = n.packetOpen(n.ifIndex('lo'), ${JSON.stringify(GEOMETRY)});`;

  it('a process ends with everything open', () => {
    const { status, stderr } = run(`${OPEN}
      n.watch(ring.fd, POLLIN, () => {});
      process.exit(7);`);
    expect({ status, stderr }).toEqual({ status: 7, stderr: '' });
  });

  it('a thread ends in the middle of a call', () => {
    const thread = `
      import { parentPort } from 'node:worker_threads';
      import { native } from '${ROOT}dist/native/index.js';
      parentPort.postMessage('ready');
      for (;;) { native().ifIndex('lo'); try { native().ifIndex('none9'); } catch {} }`;
    const { status, stdout, stderr } = run(
      `import { once } from 'node:events';
      import { Worker } from 'node:worker_threads';
      for (let i = 0; i < 20; i++) {
        const worker = new Worker(${JSON.stringify(thread)}, { eval: true });
        await once(worker, 'message');
        await worker.terminate();
      }
      console.log('all ended');`,
    );
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'all ended\n', stderr: '' });
  });

  it('what a callback throws is an uncaught exception', () => {
    const { status, stdout } = run(
      `import { execFileSync } from 'node:child_process';
      process.on('uncaughtException', (error) => { console.log('caught', error.message); process.exit(5); });
      native().unshareNet();
      const tap = native().tapOpen('tap5');
      execFileSync('ip', ['link', 'set', 'tap5', 'up']);
      native().watch(tap, 4, () => { throw new Error('of a callback'); });`,
    );
    expect({ status, stdout }).toEqual({ status: 5, stdout: 'caught of a callback\n' });
  });

  it('without the capability it names the capability and the ways to have it', () => {
    // Still the owner of the files, but with no capability.
    const powerless = ['setpriv', '--bounding-set=-all', '--inh-caps=-all'];
    const { stdout, stderr } = run(
      `for (const call of [() => { ${OPEN} }, () => native().tapOpen('tap5'), () => native().unshareNet()]) {
        try { call(); } catch (error) { console.log(error.code + ' ' + error.syscall + ' ' + error.message); }
      }`,
      powerless,
    );
    const [ring, tap, namespace] = stdout.split('\n');
    expect(stderr).toBe('');
    expect(ring).toMatch(
      /^NATIVE_ERR_PERMISSION socket .*CAP_NET_RAW is needed: run as root, in a user namespace/,
    );
    expect(ring).toMatch(/setcap cap_net_raw\+ep/);
    expect(tap).toMatch(/^NATIVE_ERR_PERMISSION .*CAP_NET_ADMIN is needed/);
    expect(namespace).toMatch(/^NATIVE_ERR_PERMISSION unshare .*CAP_SYS_ADMIN is needed/);
  });
});
