/** The control socket against somebody who says whatever he likes. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NativeError, native, nativeProblem } from '../../../native/index.ts';
import type { BridgeError } from '../../../netlink-bridge/errors.ts';
import { Control } from '../../../netlink-bridge/wpa/control.ts';
import { NO_PYTHON, startTalker, type Talker } from './support/talker.ts';

describe.skipIf(nativeProblem() !== undefined || NO_PYTHON)('a control socket', () => {
  let folder: string;
  let path: string;
  let talker: Talker;
  let control: Control;
  let events: string[];
  let ended: Promise<BridgeError>;
  let files: number;
  const openFiles = () => readdirSync('/proc/self/fd').length;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sapwood-wpa-'));
    path = join(folder, 'wlan0');
    talker = await startTalker(path);
    files = openFiles();
    open();
  });
  afterEach(async () => {
    control.close();
    expect(openFiles()).toBe(files);
    await talker.kill();
    rmSync(folder, { recursive: true });
  });

  function open(timeoutMs?: number): void {
    control?.close();
    events = [];
    ended = new Promise((resolve) => {
      control = new Control({
        path,
        onEvent: (text) => events.push(text),
        onEnd: resolve,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      });
    });
  }

  it('asks one thing after the other, and gives each its answer', async () => {
    const replies = Promise.all([control.ask('ONE'), control.ask('TWO'), control.ask('THREE')]);
    for (const word of ['ONE', 'TWO', 'THREE']) {
      expect(await talker.heard()).toBe(word);
      await talker.say(`${word} it is\n`);
    }
    expect(await replies).toEqual(['ONE it is\n', 'TWO it is\n', 'THREE it is\n']);
    // It is nobody's file.
    expect(readdirSync(folder)).toEqual(['wlan0']);
  });

  it('takes no event for an answer, and no answer for one to the next command', async () => {
    const first = control.ask('ONE');
    await talker.heard();
    await talker.say('<3>CTRL-EVENT-SCAN-STARTED ');
    await talker.say('1');
    expect(await first).toBe('1');
    await talker.say('nobody asked');
    await talker.say('<3>CTRL-EVENT-SCAN-RESULTS ');
    while (events.length < 2) await new Promise(setImmediate);
    const second = control.ask('TWO');
    await talker.heard();
    await talker.say('2');
    expect(await second).toBe('2');
    expect(events).toEqual(['<3>CTRL-EVENT-SCAN-STARTED ', '<3>CTRL-EVENT-SCAN-RESULTS ']);
  });

  it('carries every byte, none, and as many as there may be', async () => {
    for (const text of [String.fromCharCode(...Array(256).keys()), '', 'x'.repeat(16_384)]) {
      const reply = control.ask('GET');
      await talker.heard();
      await talker.say(text);
      expect(await reply).toBe(text);
    }
    const command = String.fromCharCode(...Array.from({ length: 255 }, (_, i) => i + 1));
    const reply = control.ask(command);
    expect(await talker.heard()).toBe(command);
    await talker.say('OK\n');
    await reply;
  });

  it('sends nothing that wpa_supplicant would read otherwise', async () => {
    for (const command of ['', 'A\0B', 'x'.repeat(4097)]) {
      await expect(control.ask(command)).rejects.toMatchObject({ code: 'BRIDGE_ERR_OPTION' });
    }
  });

  it('hears nobody else', async () => {
    const reply = control.ask('ONE');
    await talker.heard();
    expect(await talker.foreign('FAIL\n')).toBe(false);
    await talker.say('OK\n');
    expect(await reply).toBe('OK\n');
  });

  it('ends when no answer comes, for all that wait', async () => {
    open(20);
    const [one, two] = [control.ask('ONE'), control.ask('TWO')];
    const error = await ended;
    expect(error.code).toBe('BRIDGE_ERR_TIMEOUT');
    await expect(one).rejects.toBe(error);
    await expect(two).rejects.toBe(error);
    await expect(control.ask('THREE')).rejects.toBe(error);
    expect(await talker.heard()).toBe('ONE');
  });

  it('ends when the other side is gone, and its socket is still there', async () => {
    await talker.kill();
    // The talker's pipes are gone, the socket and its watch are not.
    files = openFiles() - 2;
    expect(existsSync(path)).toBe(true);
    await expect(control.ask('ONE')).rejects.toMatchObject({
      code: 'BRIDGE_ERR_GONE',
      errnoName: 'ECONNREFUSED',
    });
    expect((await ended).code).toBe('BRIDGE_ERR_GONE');
    expect(() => new Control({ path, onEvent() {}, onEnd() {} })).toThrow('wpa_supplicant was stopped');
  });

  it('ends for who waits when it is closed', async () => {
    const reply = control.ask('ONE');
    control.close('DETACH');
    await expect(reply).rejects.toMatchObject({ code: 'BRIDGE_ERR_CLOSED' });
    expect(await talker.heard()).toBe('ONE');
    expect(await talker.heard()).toBe('DETACH');
  });

  it('sends a command later for which there was no room', async () => {
    // So many that nobody reads fill the queue of any kernel; each is asked by a client of its own.
    const others: Control[] = [];
    for (let i = 0; i < 600; i++) {
      const other = new Control({ path, onEvent() {}, onEnd() {} });
      other.ask('NOISE').catch(() => {});
      others.push(other);
    }
    const reply = control.ask('ONE');
    for (const other of others) other.close();
    while ((await talker.heard()) === 'NOISE');
    await talker.say('OK\n');
    expect(await reply).toBe('OK\n');
  });

  it('without a descriptor for its watch ends with an error of its kind, and leaves nothing open', () => {
    const watch = vi.spyOn(native(), 'watch').mockImplementation(() => {
      throw new NativeError('NATIVE_ERR_SYSTEM', { detail: 'EMFILE.', errno: 24, syscall: 'fcntl' });
    });
    try {
      const open = () => new Control({ path, onEvent() {}, onEnd() {} });
      expect(open).toThrow(expect.objectContaining({ code: 'BRIDGE_ERR_KERNEL', errnoName: 'EMFILE' }));
    } finally {
      watch.mockRestore();
    }
  });

  it.each([
    ['nothing', () => {}, 'BRIDGE_ERR_ABSENT'],
    ['a file', (at: string) => writeFileSync(at, ''), 'BRIDGE_ERR_GONE'],
  ])('of %s cannot be opened', (_, make, code) => {
    const other = join(folder, 'other');
    make(other);
    try {
      new Control({ path: other, onEvent() {}, onEnd() {} });
      expect.unreachable();
    } catch (error) {
      expect((error as BridgeError).code).toBe(code);
    }
  });
});
