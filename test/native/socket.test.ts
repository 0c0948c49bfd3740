import { once } from 'node:events';
import { closeSync, fstatSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Native, native, nativeProblem, POLLIN } from '../../native/index.ts';
import { NO_PYTHON, sendDescriptors } from '../transport/support/descriptors.ts';

const ADDON = fileURLToPath(new URL('../../build/Release/sapwood_native.node', import.meta.url));
const openFiles = () => readdirSync('/proc/self/fd').length;

describe.skipIf(nativeProblem() !== undefined)('unix sockets', () => {
  let folder: string;
  let path: string;
  let files: number;
  const bytes = new Uint8Array(4096);
  const descriptors = new Int32Array(3);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sapwood-'));
    path = join(folder, 'socket');
    files = openFiles();
  });

  afterEach(() => {
    expect(openFiles()).toBe(files);
    rmSync(folder, { recursive: true });
  });

  function pair(): { listener: number; client: number; server: number; close(): void } {
    const { unixBind, unixListen, unixConnect, unixAccept, unixClose } = native();
    const listener = unixBind(path);
    unixListen(listener);
    const client = unixConnect(path);
    const server = unixAccept(listener);
    return {
      listener,
      client,
      server,
      close() {
        for (const fd of [listener, client, server]) unixClose(fd);
        rmSync(path);
      },
    };
  }

  it('refuses who connects before it listens, and accepts one after the other', () => {
    const { unixBind, unixListen, unixConnect, unixAccept, unixClose } = native();
    const listener = unixBind(path);
    expect(() => unixConnect(path)).toThrow('ECONNREFUSED');
    unixListen(listener);
    expect(unixAccept(listener)).toBe(-1);
    const clients = [unixConnect(path), unixConnect(path)];
    const servers = [unixAccept(listener), unixAccept(listener)];
    expect(new Set([...clients, ...servers, listener]).size).toBe(5);
    expect(unixAccept(listener)).toBe(-1);
    for (const fd of [listener, ...clients, ...servers]) unixClose(fd);
    expect(() => unixBind(path)).toThrow('EADDRINUSE');
    expect(() => unixBind(join(folder, 'none', 'socket'))).toThrow('ENOENT');
  });

  it('carries bytes, and says what the other side has not read', () => {
    const link = pair();
    const { unixSend, unixReceive, unixUnread } = native();
    expect(unixReceive(link.server, bytes, 0, 10, descriptors)).toBe(-1);
    expect(unixUnread(link.client)).toBe(0);
    expect(unixSend(link.client, Uint8Array.of(9, 1, 2, 3, 9), 1, 4)).toBe(3);
    expect(unixUnread(link.client)).toBeGreaterThan(0);
    expect(unixReceive(link.server, bytes, 100, 102, descriptors)).toBe(2);
    expect(unixUnread(link.client)).toBeGreaterThan(0);
    expect(unixReceive(link.server, bytes, 102, 200, descriptors)).toBe(1);
    expect([...bytes.subarray(100, 103)]).toEqual([1, 2, 3]);
    expect(unixUnread(link.client)).toBe(0);
    expect(descriptors[0]).toBe(0);
    link.close();
  });

  it('says when there is no room', () => {
    const link = pair();
    const { unixSend, unixReceive } = native();
    let sent = 0;
    for (let length = 1; length > 0; sent += length) length = unixSend(link.client, bytes, 0, bytes.length);
    expect(sent).toBeGreaterThan(bytes.length);
    for (let length = 1; length > 0; ) length = unixReceive(link.server, bytes, 0, bytes.length, descriptors);
    expect(unixSend(link.client, bytes, 0, 1)).toBe(1);
    link.close();
  });

  it('carries a descriptor with the message that it was sent with', () => {
    const link = pair();
    const { unixSend, unixReceive, close } = native();
    const file = openSync(folder, 'r');
    const { ino } = fstatSync(file);
    unixSend(link.client, Uint8Array.of(1), 0, 1);
    unixSend(link.client, Uint8Array.of(2, 3), 0, 2, file);
    closeSync(file);
    expect(unixReceive(link.server, bytes, 0, 1, descriptors)).toBe(1);
    expect(descriptors[0]).toBe(0);
    expect(unixReceive(link.server, bytes, 0, 1, descriptors)).toBe(1);
    expect(descriptors[0]).toBe(1);
    const received = descriptors[1]!;
    expect(fstatSync(received).ino).toBe(ino);
    expect(unixReceive(link.server, bytes, 0, 1, descriptors)).toBe(1);
    expect(descriptors[0]).toBe(0);
    close(received);
    link.close();
  });

  it.skipIf(NO_PYTHON).each([
    [1, 1],
    [3, 2],
    [16, 2],
    [40, 2],
    [253, 2],
  ])('of %i descriptors that come at once it keeps %i', (count, kept) => {
    const link = pair();
    const { unixAccept, unixReceive, unixClose, close } = native();
    sendDescriptors(path, Uint8Array.of(1), count);
    const other = unixAccept(link.listener);
    const before = openFiles();
    expect(unixReceive(other, bytes, 0, 10, descriptors)).toBe(1);
    expect(descriptors[0]).toBe(Math.min(count, 17));
    expect(openFiles()).toBe(before + kept);
    for (let i = 1; i <= kept; i++) close(descriptors[i]!);
    unixClose(other);
    link.close();
  });

  it('is never read on behind a descriptor', () => {
    const link = pair();
    const { unixSend, unixReceive } = native();
    const file = openSync('/dev/null', 'r');
    unixSend(link.client, new Uint8Array(4), 0, 4, file);
    unixSend(link.client, new Uint8Array(20), 0, 20);
    unixSend(link.client, new Uint8Array(4), 0, 4, file);
    closeSync(file);
    // Without one what lies behind is read as well.
    for (const length of [4, 24]) {
      expect(unixReceive(link.server, bytes, 0, 104, descriptors)).toBe(length);
      expect(descriptors[0]).toBe(1);
      native().close(descriptors[1]!);
    }
    link.close();
  });

  it('says that the other side has closed, behind what it had sent', () => {
    const link = pair();
    const { unixSend, unixReceive, unixClose, unixHungUp, unixConnect, unixAccept } = native();
    expect(unixHungUp(link.server)).toBe(false);
    unixSend(link.client, bytes, 0, 5);
    unixClose(link.client);
    expect(unixHungUp(link.server)).toBe(true);
    expect(unixReceive(link.server, bytes, 0, 10, descriptors)).toBe(5);
    expect(unixReceive(link.server, bytes, 0, 10, descriptors)).toBe(0);
    expect(() => unixSend(link.server, bytes, 0, 1)).toThrow('EPIPE');

    const next = unixConnect(path);
    const served = unixAccept(link.listener);
    unixSend(next, bytes, 0, 5);
    unixClose(served);
    expect(() => unixReceive(next, bytes, 0, 10, descriptors)).toThrow('ECONNRESET');
    unixClose(next);
    for (const fd of [link.listener, link.server]) unixClose(fd);
  });

  it('ends at once for the other side, also while it is watched here', () => {
    const link = pair();
    const { watch, unixClose, unixHungUp } = native();
    const watched = watch(link.client, POLLIN, () => {});
    unixClose(link.client);
    expect(unixHungUp(link.server)).toBe(true);
    watched.close();
    for (const fd of [link.listener, link.server]) unixClose(fd);
    // The duplicate of the watch goes with the next turn.
    return new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
  });

  it('a datagram socket needs another one at its path', () => {
    const { unixBind, unixClose, unixDatagram } = native();
    expect(() => unixDatagram(path)).toThrow('ENOENT');
    const stream = unixBind(path);
    expect(() => unixDatagram(path)).toThrow('EPROTOTYPE');
    unixClose(stream);
    // What is left of a socket whose owner is gone.
    expect(() => unixDatagram(path)).toThrow('ECONNREFUSED');
  });

  it('closes only what it opened', () => {
    const file = openSync('/dev/null', 'r');
    expect(() => native().unixClose(file)).toThrow('EBADF');
    closeSync(file);
  });

  it('is closed when its thread ends', async () => {
    const source = `
      const { workerData } = require('node:worker_threads');
      const addon = require(workerData.addon);
      addon.onSystemError((call, errno) => new Error(call + ' ' + errno));
      addon.unixListen(addon.unixBind(workerData.path));
      addon.unixConnect(workerData.path);`;
    const worker = new Worker(source, { eval: true, workerData: { addon: ADDON, path } });
    await once(worker, 'exit');
    expect(() => native().unixConnect(path)).toThrow('ECONNREFUSED');
    files = Math.min(files, openFiles());
  });

  const CALLS = [
    'unixBind',
    'unixListen',
    'unixConnect',
    'unixDatagram',
    'unixAccept',
    'unixSend',
    'unixReceive',
    'unixUnread',
    'unixClose',
    'memoryCreate',
    'memoryMap',
    'memoryUnmap',
    'memoryBlank',
    'memoryDamaged',
  ] as const satisfies readonly (keyof Native)[];

  it.each(CALLS)('%s throws about anything, and survives', (name) => {
    const call = native()[name] as (...args: unknown[]) => unknown;
    const wrong = fc.oneof(
      fc.integer({ min: (1 << 30) + 1 }),
      fc.constantFrom(undefined, null, Number.NaN, -1, 2 ** 53, 10n, '', 'a\0b', 'x'.repeat(108)),
      fc.constantFrom({}, [], () => 1, new Uint8Array(3), new Float64Array(2), new ArrayBuffer(8)),
    );
    fc.assert(
      fc.property(fc.array(wrong, { maxLength: 5 }), (args) => {
        expect(() => call(...args)).toThrow();
      }),
      { numRuns: 300 },
    );
  });
});
