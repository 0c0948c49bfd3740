/** The binding where something refuses; with a real NetworkManager: test/vm/guest/networkmanager.test.ts. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type BridgeError,
  fileJournal,
  openNetworkManager,
  type Supplicant,
  type SupplicantEvent,
} from '../../../netlink-bridge/index.ts';
import { type Bus, openBus } from '../../../netlink-bridge/networkmanager/bus.ts';
import { cloneUuid } from '../../../netlink-bridge/networkmanager/profiles.ts';
import type { DbusValue } from '../../../netlink-bridge/networkmanager/values.ts';
import { AuthMode } from '../../../sap/index.ts';
import { canHaveBus, PrivateBus } from './private-bus.ts';

const TARGET = {
  ssid: Buffer.from('corp'),
  bssid: 0x001122334455,
  frequencyMhz: 2437,
  authMode: AuthMode.OPEN,
  cipher: 0,
};
const HOME = '11111111-1111-1111-1111-111111111111';
const WORK = '22222222-2222-2222-2222-222222222222';
const [HOME_COPY, WORK_COPY] = [cloneUuid(HOME, 'wlan0'), cloneUuid(WORK, 'wlan0')];
const UNDO_MS = 20;
const WAIT = { timeout: 20_000, interval: 5 };

describe.skipIf(!canHaveBus())('a NetworkManager', () => {
  let daemon: PrivateBus;
  let bus: Bus;
  let folder: string;
  let file: string;
  let journal: ReturnType<typeof fileJournal>;
  let supplicant: Supplicant;
  let events: SupplicantEvent[];
  let problems: BridgeError[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sapwood-nm-'));
    file = join(folder, 'journal');
    journal = fileJournal(file);
    daemon = new PrivateBus();
    await daemon.start();
    await daemon.manager();
    bus = await openBus(daemon.address, () => {});
    await tell('AddProfile', 's', HOME);
    await tell('AddProfile', 's', WORK);
  });
  afterEach(async () => {
    await supplicant.close();
    bus.close();
    await daemon.stop();
    rmSync(folder, { recursive: true });
    expect(problems).toEqual([]);
  });

  async function tell(member: string, signature?: string, ...body: DbusValue[]): Promise<DbusValue[]> {
    const content = signature === undefined ? {} : { signature, body };
    const to = { destination: 'org.sapwood.Test', path: '/org/sapwood/Test', interface: 'org.sapwood.Test' };
    return bus.call({ ...to, member, ...content });
  }
  const refuse = (member: string, on: boolean) => tell('Refuse', 'sb', member, on);
  const state = async () => JSON.parse(String((await tell('State'))[0]));

  async function open(): Promise<void> {
    events = [];
    problems = [];
    supplicant = await openNetworkManager({
      interface: 'wlan0',
      bus: daemon.address,
      journal,
      onEvent: (event) => events.push(event),
      onProblem: (problem) => problems.push(problem),
      times: { undoMs: UNDO_MS },
    });
  }
  const until = (type: SupplicantEvent['type']) =>
    vi.waitFor(() => expect(events.map((event) => event.type)).toContain(type), WAIT);

  async function openInVain(): Promise<void> {
    const read = vi.spyOn(journal, 'read');
    await open();
    await vi.waitFor(() => expect(read.mock.calls.length).toBeGreaterThan(5), WAIT);
    read.mockRestore();
    expect(events).toEqual([]);
  }

  /** As an agent leaves it that was killed. */
  async function leave(clone: string): Promise<void> {
    await tell('AddProfile', 's', clone);
    journal.write({ supplicant: 'networkmanager', clone, autoconnect: true });
  }

  it.each(['Delete', 'FreqList', 'Autoconnect'])(
    'that refuses %s holds `up` back until it does not',
    async (what) => {
      await leave(HOME_COPY);
      const left = journal.read();
      await refuse(what, true);
      await openInVain();
      expect(problems.splice(0)).toMatchObject([
        { code: 'BRIDGE_ERR_REFUSED', message: expect.stringContaining(what) },
      ]);
      const refused = { code: 'BRIDGE_ERR_REFUSED', message: expect.stringContaining(what) };
      await expect(supplicant.find(TARGET)).rejects.toMatchObject(refused);
      await expect(supplicant.prepare({ id: WORK, name: '' }, TARGET)).rejects.toMatchObject(refused);
      await expect(supplicant.connect()).rejects.toMatchObject(refused);
      expect(journal.read()).toEqual(left);
      await refuse(what, false);
      await until('up');
      expect(events).toEqual([{ type: 'up' }]);
      expect(journal.read()).toBeUndefined();
      expect(await state()).toEqual({ profiles: [HOME, WORK], autoconnect: true, frequencies: '0' });
      expect(await supplicant.find(TARGET)).toMatchObject({ id: HOME });
    },
  );

  it.each([
    ['another supplicant', '{"supplicant":"wpa","clone":"x"}', 'restore with that one first'],
    ['nobody', '{}', 'delete it'],
    ['itself, damaged', '{"supplicant":"networkmanager","clone":7}', 'delete it'],
    ['half of it', '{"supplicant":', '/journal is no journal: delete it'],
  ])('is not up, and nothing is touched, with a journal of %s', async (_, text, cure) => {
    const before = await state();
    writeFileSync(file, text);
    await openInVain();
    expect(problems.splice(0)).toMatchObject([
      { code: 'BRIDGE_ERR_FORMAT', message: expect.stringContaining(cure) },
    ]);
    const refused = { code: 'BRIDGE_ERR_FORMAT' };
    await expect(supplicant.prepare({ id: HOME, name: '' }, TARGET)).rejects.toMatchObject(refused);
    await expect(supplicant.lift()).rejects.toMatchObject(refused);
    await expect(supplicant.restore()).rejects.toMatchObject(refused);
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(await state()).toEqual(before);
    rmSync(file);
    await until('up');
  });

  it('is not up with a journal that cannot be read, and says what to do', async () => {
    mkdirSync(file);
    await openInVain();
    expect(problems.splice(0)).toMatchObject([
      { code: 'BRIDGE_ERR_KERNEL', message: expect.stringMatching(/journal.*EISDIR.*can be read/) },
    ]);
    rmSync(file, { recursive: true });
    await until('up');
  });

  it('that drops the device is up when it has it again, and all is undone', async () => {
    await leave(HOME_COPY);
    await refuse('Delete', true);
    await openInVain();
    await tell('Manage', 'b', false);
    await vi.waitFor(() => expect(problems.at(-1)?.message).toContain('does not manage'), WAIT);
    await expect(supplicant.restore()).rejects.toMatchObject({ code: 'BRIDGE_ERR_GONE' });
    await refuse('Delete', false);
    expect(journal.read()).toBeDefined();
    await tell('Manage', 'b', true);
    await until('up');
    // Nobody had heard of it: nobody hears that it went.
    expect(events).toEqual([{ type: 'up' }]);
    expect((await state()).profiles).toEqual([HOME, WORK]);
    expect(problems.splice(0)).toHaveLength(2);
  });

  it('tells nothing any more when it is closed', async () => {
    await leave(HOME_COPY);
    await refuse('Delete', true);
    await openInVain();
    await supplicant.close();
    const read = vi.spyOn(journal, 'read');
    // Another one that tries as often says how time goes by.
    journal = fileJournal(`${file}.other`);
    writeFileSync(`${file}.other`, '{}');
    await openInVain();
    expect(read).not.toHaveBeenCalled();
    problems.length = 0;
    expect(fileJournal(file).read()).toBeDefined();
  });

  it('gets rid of the copy of another profile before there is one of this', async () => {
    await open();
    await until('up');
    await supplicant.prepare({ id: HOME, name: '' }, TARGET);
    await tell('AddProfile', 's', HOME_COPY);
    const first = journal.read();
    await refuse('Delete', true);
    await expect(supplicant.restore()).rejects.toMatchObject({ code: 'BRIDGE_ERR_REFUSED' });
    await expect(supplicant.prepare({ id: WORK, name: '' }, TARGET)).rejects.toMatchObject({
      code: 'BRIDGE_ERR_REFUSED',
    });
    expect(journal.read()).toEqual(first);
    await refuse('Delete', false);
    await supplicant.prepare({ id: WORK, name: '' }, TARGET);
    expect(journal.read()).toMatchObject({ clone: WORK_COPY, autoconnect: true });
    expect(await state()).toEqual({ profiles: [HOME, WORK], autoconnect: false, frequencies: '2437' });
    await supplicant.restore();
    expect(await state()).toEqual({ profiles: [HOME, WORK], autoconnect: true, frequencies: '0' });
    expect(journal.read()).toBeUndefined();
  });

  it.each([8, 10])(
    'that fails for reason %i rejects only where wpa_supplicant has said so',
    async (reason) => {
      await open();
      await until('up');
      await supplicant.prepare({ id: HOME, name: '' }, TARGET);
      const failures = () => events.flatMap((event) => (event.type === 'failed' ? [event.why] : []));
      await tell('Fail', 'u', reason);
      await vi.waitFor(() => expect(failures()).toEqual(['other']), WAIT);
      await tell('Reject', 'i', 15);
      await tell('Fail', 'u', reason);
      await vi.waitFor(() => expect(failures()).toEqual(['other', 'rejected', 'rejected']), WAIT);
      // What was said of the last attempt says nothing of this one.
      const connecting = supplicant.connect();
      await tell('Fail', 'u', reason);
      await vi.waitFor(() => expect(failures()).toEqual(['other', 'rejected', 'rejected', 'other']), WAIT);
      supplicant.giveUp?.();
      await connecting;
    },
  );
});
