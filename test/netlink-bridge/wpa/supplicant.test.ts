/** The binding with a real wpa_supplicant on an interface without a radio; for one with, see test/vm/guest/wpa.test.ts. */
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { nativeProblem } from '../../../native/index.ts';
import type { Supplicant, SupplicantEvent, Target } from '../../../netlink-bridge/agent/types.ts';
import type { BridgeError } from '../../../netlink-bridge/errors.ts';
import { fileJournal, memoryJournal } from '../../../netlink-bridge/journal.ts';
import { SILENT } from '../../../netlink-bridge/log.ts';
import { openWpaSupplicant } from '../../../netlink-bridge/wpa/index.ts';
import { applyLimits, planLimits } from '../../../netlink-bridge/wpa/limits.ts';
import { AuthMode } from '../../../sap/index.ts';
import { startWired, type Wired, wiredProblem } from './support/wired.ts';

const TARGET: Target = {
  ssid: Buffer.from('corp-ap'),
  bssid: 0x020000000100,
  frequencyMhz: 5180,
  authMode: AuthMode.RSNA_PSK,
  cipher: 4,
};
const TIMES = { lookMs: 20, looksPerPing: 5, undoMs: 20 };

describe.each(['not/there', '', '.', '..', 'a b', 'sixteen-letters-'])('an interface %j', (name) => {
  it('is none', async () => {
    const opened = openWpaSupplicant({ interface: name, journal: memoryJournal(), onEvent() {} });
    await expect(opened).rejects.toMatchObject({ code: 'BRIDGE_ERR_OPTION' });
  });
});

it.each(['/run/wpa\0supplicant', `/run/${'x'.repeat(100)}`])('no socket can be in %j', async (directory) => {
  const options = { interface: 'wlan0', controlDirectory: directory, journal: memoryJournal(), onEvent() {} };
  await expect(openWpaSupplicant(options)).rejects.toMatchObject({ code: 'BRIDGE_ERR_OPTION' });
});

it.skipIf(nativeProblem() !== undefined)(
  'why it cannot be reached is told, but not that nobody is there',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sapwood-wpa-'));
    const controlDirectory = join(folder, 'control');
    const told: string[] = [];
    const heard = (count: number) =>
      vi.waitFor(() => expect(told).toHaveLength(count), { timeout: 5000, interval: TIMES.lookMs });
    symlinkSync('control', controlDirectory);
    const supplicant = await openWpaSupplicant({
      interface: 'wlan0',
      controlDirectory,
      journal: memoryJournal(),
      onEvent: () => expect.unreachable(),
      onProblem: ({ code, errnoName }) => told.push(`${code} ${errnoName}`),
      log: { ...SILENT, info: (fields) => told.push(JSON.stringify(fields)) },
      times: TIMES,
    });
    await heard(1);
    rmSync(controlDirectory);
    await heard(2);
    symlinkSync('control', controlDirectory);
    await heard(3);
    await supplicant.close();
    rmSync(folder, { recursive: true });
    expect(told[0]).toBe('BRIDGE_ERR_KERNEL ELOOP');
    expect(told[1]).toContain('ctrl_interface=');
    expect(told[2]).toBe(told[0]);
  },
);

describe.skipIf(wiredProblem() !== undefined)('a real wpa_supplicant', () => {
  let wired: Wired;
  let supplicant: Supplicant;
  let events: SupplicantEvent[];
  let problems: BridgeError[];
  let logged: string;
  let journal: ReturnType<typeof fileJournal>;
  let folder: string;

  beforeAll(async () => {
    wired = await startWired();
  });
  afterAll(() => wired.close());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sapwood-journal-'));
    journal = fileJournal(join(folder, 'journal'));
    await wired.start();
    await open();
  });
  afterEach(async () => {
    await supplicant.close();
    rmSync(folder, { recursive: true });
    expect(logged).not.toContain('secret');
    expect(problems).toEqual([]);
  });

  /** Opens it and waits until it is up. */
  async function open(): Promise<void> {
    await openOnly();
    await until('up');
  }

  async function openOnly(): Promise<void> {
    events = [];
    problems = [];
    logged = '';
    const log = (fields: object, message: string) => {
      logged += `${JSON.stringify(fields)} ${message}\n`;
    };
    supplicant = await openWpaSupplicant({
      interface: wired.interface,
      controlDirectory: wired.controlDirectory,
      journal,
      onEvent: (event) => events.push(event),
      onProblem: (problem) => problems.push(problem),
      log: { debug: log, info: log, warn: log, error: log },
      times: TIMES,
    });
    expect(events).toEqual([]);
  }

  /** Opens it and waits until several tries to undo what is in the journal were in vain. */
  async function openInVain(): Promise<void> {
    const read = vi.spyOn(journal, 'read');
    await openOnly();
    await vi.waitFor(() => expect(read.mock.calls.length).toBeGreaterThan(9), { timeout: 20_000 });
    read.mockRestore();
    expect(events).toEqual([]);
  }

  async function until(type: SupplicantEvent['type']): Promise<void> {
    while (!events.some((event) => event.type === type))
      await new Promise((resolve) => setTimeout(resolve, 2));
  }

  it('names the network, and does not count those that do not fit', async () => {
    expect(await supplicant.find(TARGET)).toEqual({ id: '0', name: 'corp-ap (network 0)' });
    const cases = [
      ['a "b\\', AuthMode.SAE, '1'],
      ['\x00\xffA', AuthMode.OPEN, undefined],
      ['campus', AuthMode.RSNA, '3'],
      ['off', AuthMode.RSNA_PSK, undefined],
      ['corp-ap', AuthMode.SAE, undefined],
      ['corp', AuthMode.RSNA_PSK, undefined],
    ] as const;
    for (const [ssid, authMode, id] of cases) {
      const found = await supplicant.find({ ...TARGET, ssid: Buffer.from(ssid, 'latin1'), authMode });
      expect(found?.id).toBe(id);
    }
    const open = { ...TARGET, ssid: Uint8Array.of(0, 0xff, 0x41), authMode: AuthMode.OPEN };
    expect((await supplicant.find({ ...open, bssid: 0x020000000a01 }))?.id).toBe('2');
    // The other network of this name has priority, on its frequency and for its access point.
    const second = { ...TARGET, bssid: 0x020000000077, frequencyMhz: 2412 };
    expect((await supplicant.find(second))?.id).toBe('5');
  });

  it.each(['0', '1', '2', '3'])('limits network %s, and puts back everything', async (id) => {
    const before = await wired.snapshot();
    await supplicant.prepare({ id, name: '' }, TARGET);
    const during = await wired.snapshot();
    expect(during).toMatchObject({
      [`${id} bssid`]: '02:00:00:00:01:00',
      [`${id} scan_freq`]: '5180',
      [`${id} disabled`]: '0',
    });
    expect(['0', '-1']).toContain(during[`${id} mac_addr`]);
    for (const other of ['0', '1', '2', '3', '4', '5']) {
      expect(during[`${other} disabled`]).toBe(other === id ? '0' : '1');
    }
    await supplicant.restore();
    expect(await wired.snapshot()).toEqual(before);
    expect(journal.read()).toBeUndefined();
  });

  it('never lets the limits into its configuration file', async () => {
    const before = await wired.snapshot();
    const file = wired.configuration();
    await supplicant.prepare({ id: '0', name: '' }, TARGET);
    expect(await wired.ask('SAVE_CONFIG')).toBe('FAIL\n');
    expect(wired.configuration()).toBe(file);
    expect(readFileSync(join(folder, 'journal'), 'utf8')).not.toContain('secret');
    await supplicant.lift();
    expect(await wired.snapshot()).toEqual(before);
    expect(await wired.ask('SAVE_CONFIG')).toBe('OK\n');
  });

  it('prepares for another access point without a trace of the first', async () => {
    const before = await wired.snapshot();
    await supplicant.prepare({ id: '0', name: '' }, TARGET);
    await supplicant.prepare({ id: '1', name: '' }, { ...TARGET, frequencyMhz: 2412 });
    expect(await wired.ask('GET_NETWORK 0 bssid')).toBe('FAIL\n');
    expect(await wired.ask('GET_NETWORK 1 scan_freq')).toBe('2412');
    await supplicant.restore();
    expect(await wired.snapshot()).toEqual(before);
  });

  it('finds a network for another access point also while the limits stand', async () => {
    const second = { ...TARGET, bssid: 0x020000000077, frequencyMhz: 2412 };
    await supplicant.prepare({ id: '0', name: '' }, TARGET);
    expect((await supplicant.find(second))?.id).toBe('5');
    expect((await supplicant.find({ ...TARGET, bssid: 0x020000000099 }))?.id).toBe('0');
    await supplicant.prepare({ id: '5', name: '' }, second);
    expect((await supplicant.find(TARGET))?.id).toBe('0');
    await supplicant.restore();
  });

  it('makes calls one after the other', async () => {
    const before = await wired.snapshot();
    const [found] = await Promise.all([
      supplicant.find(TARGET),
      supplicant.prepare({ id: '0', name: '' }, TARGET),
      supplicant.restore(),
      supplicant.prepare({ id: '3', name: '' }, TARGET),
      supplicant.lift(),
    ]);
    expect(found?.id).toBe('0');
    expect(await wired.snapshot()).toEqual(before);
  });

  it('leaves nothing behind when it cannot prepare', async () => {
    const before = await wired.snapshot();
    const prepare = (id: string) => supplicant.prepare({ id, name: '' }, TARGET);
    await expect(prepare('99')).rejects.toMatchObject({ code: 'BRIDGE_ERR_ABSENT' });
    await expect(prepare('0 psk')).rejects.toMatchObject({ code: 'BRIDGE_ERR_OPTION' });
    await expect(supplicant.connect()).rejects.toMatchObject({ code: 'BRIDGE_ERR_REFUSED' });
    expect(await wired.snapshot()).toEqual(before);
    expect(journal.read()).toBeUndefined();
  });

  it('undoes what one left behind who was killed at any command', async () => {
    const before = await wired.snapshot();
    const changes = await planLimits((command) => wired.ask(command), 3, TARGET);
    expect(changes.length).toBeGreaterThan(6);
    for (let made = 0; made <= changes.length; made++) {
      let left = made;
      const cut = (command: string) =>
        left-- > 0 ? wired.ask(command) : Promise.reject(new Error('killed'));
      await applyLimits(cut, journal, changes).catch(() => {});
      await supplicant.close();
      await open();
      expect(await wired.snapshot()).toEqual(before);
      expect(journal.read()).toBeUndefined();
    }
  });

  it.each([
    ['another supplicant', '{"supplicant":"networkmanager","profile":"x"}', 'restore with that one first'],
    ['another version', '{"supplicant":"wpa","version":2}', 'restart wpa_supplicant and delete it'],
    ['nobody', '{}', 'restart wpa_supplicant and delete it'],
    ['a half of one', '{"supplicant":', '/journal is no journal: delete it'],
  ])('never touches a journal of %s, and is not up while it stands', async (_, text, cure) => {
    const file = join(folder, 'journal');
    const before = await wired.snapshot();
    await supplicant.close();
    writeFileSync(file, text);
    await openInVain();
    expect(problems.splice(0)).toMatchObject([
      { code: 'BRIDGE_ERR_FORMAT', message: expect.stringContaining(cure) },
    ]);
    const refused = { code: 'BRIDGE_ERR_FORMAT' };
    await expect(supplicant.find(TARGET)).rejects.toMatchObject(refused);
    await expect(supplicant.prepare({ id: '0', name: '' }, TARGET)).rejects.toMatchObject(refused);
    await expect(supplicant.connect()).rejects.toMatchObject(refused);
    await expect(supplicant.lift()).rejects.toMatchObject(refused);
    await expect(supplicant.restore()).rejects.toMatchObject(refused);
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(await wired.snapshot()).toEqual(before);
    rmSync(file);
    await until('up');
    expect(events).toEqual([{ type: 'up' }]);
    expect(await supplicant.find(TARGET)).toMatchObject({ id: '0' });
  });

  it('is up when what could not be undone is undone, and says each cause once', async () => {
    const file = join(folder, 'journal');
    const before = await wired.snapshot();
    await supplicant.prepare({ id: '0', name: '' }, TARGET);
    const text = readFileSync(file);
    await supplicant.close();
    rmSync(file);
    mkdirSync(file);
    await openInVain();
    expect(problems).toMatchObject([
      { code: 'BRIDGE_ERR_KERNEL', message: expect.stringMatching(/EISDIR.*can be read/) },
    ]);
    rmSync(file, { recursive: true });
    // In one step: half of it would be another cause.
    writeFileSync(`${file}.other`, '{}');
    renameSync(`${file}.other`, file);
    await vi.waitFor(() => expect(problems).toHaveLength(2), { timeout: 20_000 });
    expect(events).toEqual([]);
    writeFileSync(`${file}.own`, text);
    renameSync(`${file}.own`, file);
    await until('up');
    expect(problems.splice(0)).toHaveLength(2);
    expect(await wired.snapshot()).toEqual(before);
    expect(journal.read()).toBeUndefined();
  });

  it('is up soon after a restore that went well where the first tries did not', async () => {
    const before = await wired.snapshot();
    await supplicant.prepare({ id: '0', name: '' }, TARGET);
    await supplicant.close();
    const clear = vi.spyOn(journal, 'clear').mockImplementation(() => {
      throw new Error('EROFS: read-only file system');
    });
    await openInVain();
    expect(problems.splice(0)).toMatchObject([{ code: 'BRIDGE_ERR_KERNEL' }]);
    await expect(supplicant.lift()).rejects.toMatchObject({ code: 'BRIDGE_ERR_KERNEL' });
    clear.mockRestore();
    await supplicant.restore();
    await until('up');
    expect(await wired.snapshot()).toEqual(before);
  });

  it('tries no more when wpa_supplicant went, and again when it is back', async () => {
    const file = join(folder, 'journal');
    await supplicant.close();
    writeFileSync(file, '{}');
    await openInVain();
    await wired.stop();
    await vi.waitFor(() => expect(logged).toContain('waiting for wpa_supplicant'), { timeout: 20_000 });
    const read = vi.spyOn(journal, 'read');
    await expect(supplicant.find(TARGET)).rejects.toMatchObject({ code: 'BRIDGE_ERR_GONE' });
    await wired.start();
    await vi.waitFor(() => expect(read).toHaveBeenCalled(), { timeout: 20_000 });
    // Nobody heard of it, so nobody hears that it went; and the cause is still the same.
    expect(events).toEqual([]);
    expect(problems.splice(0)).toHaveLength(1);
    rmSync(file);
    await until('up');
    expect(events).toEqual([{ type: 'up' }]);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'notices when it ends by %s, and when it is back',
    async (signal) => {
      const before = await wired.snapshot();
      await supplicant.prepare({ id: '0', name: '' }, TARGET);
      const waiting = wired.stop(signal);
      await until('gone');
      await waiting;
      await expect(supplicant.find(TARGET)).rejects.toMatchObject({ code: 'BRIDGE_ERR_GONE' });
      await expect(supplicant.restore()).rejects.toMatchObject({ code: 'BRIDGE_ERR_GONE' });
      expect(journal.read()).toBeDefined();
      events.length = 0;
      await wired.start();
      await until('up');
      expect(journal.read()).toBeUndefined();
      expect(await wired.snapshot()).toEqual(before);
      expect(await supplicant.find(TARGET)).toMatchObject({ id: '0' });
      expect(events).toEqual([{ type: 'up' }]);
    },
  );

  it('tells nothing any more when it is closed', async () => {
    await supplicant.close();
    events.length = 0;
    await wired.stop();
    await expect(supplicant.find(TARGET)).rejects.toMatchObject({ code: 'BRIDGE_ERR_CLOSED' });
    expect(events).toEqual([]);
  });
});
