import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryJournal } from '../../../netlink-bridge/journal.ts';
import {
  applyLimits,
  type Change,
  changesOf,
  entryOf,
  planLimits,
  undoLimits,
} from '../../../netlink-bridge/wpa/limits.ts';
import { networkIds } from '../../../netlink-bridge/wpa/networks.ts';
import { formatMac } from '../../../sap/index.ts';
import { cutOff, Store, type StoredNetwork } from './support/store.ts';

const TARGET = {
  ssid: Buffer.from('corp-ap'),
  bssid: 0x020000000100,
  frequencyMhz: 2437,
  authMode: 7,
  cipher: 4,
};

const CORP: StoredNetwork = { ssid: '"corp-ap"', psk: 'secret' };

async function limit(store: Store, network = 0) {
  const journal = memoryJournal();
  await applyLimits(store.ask, journal, await planLimits(store.ask, network, TARGET));
  return journal;
}

describe('limits', () => {
  it('leave one network, one access point, one frequency, and no way to save that', async () => {
    const store = new Store([CORP, { ssid: '"home"', psk: 'x' }, { ssid: '"off"', disabled: '1' }]);
    await limit(store);
    const field = (id: number, name: string) => store.networks.get(id)!.get(name);
    expect([field(0, 'bssid'), field(0, 'scan_freq'), field(0, 'disabled')]).toEqual([
      '02:00:00:00:01:00',
      '2437',
      '0',
    ]);
    expect([field(1, 'disabled'), field(2, 'disabled'), store.globals.get('update_config')]).toEqual([
      '1',
      '1',
      '0',
    ]);
  });

  it.each([
    ['-1', '0', undefined],
    ['-1', '1', '-1'],
    ['0', '1', undefined],
    ['1', '0', '1'],
    ['2', '0', '2'],
  ])(
    'keep the own address of the card where the network says %s and all say %s',
    async (own, all, before) => {
      const store = new Store([{ ...CORP, mac_addr: own }], { mac_addr: all });
      const changes = await planLimits(store.ask, 0, TARGET);
      const found = changes.find(({ field }) => field === 'mac_addr');
      expect(found?.before).toBe(before);
      if (found !== undefined) expect(found.after).toBe('0');
    },
  );

  it('are not asked for what is there already', async () => {
    const bssid = formatMac(TARGET.bssid);
    const store = new Store([{ ...CORP, bssid, scan_freq: '2437' }], { update_config: '0' });
    expect(await planLimits(store.ask, 0, TARGET)).toEqual([]);
  });

  it('cannot be for a network that there is not, or for a frequency that there is not', async () => {
    const store = new Store([CORP]);
    await expect(planLimits(store.ask, 7, TARGET)).rejects.toMatchObject({ code: 'BRIDGE_ERR_ABSENT' });
    for (const frequencyMhz of [0, -1, 2437.5, Number.NaN, 1e9]) {
      await expect(planLimits(store.ask, 0, { ...TARGET, frequencyMhz })).rejects.toMatchObject({
        code: 'BRIDGE_ERR_OPTION',
      });
    }
  });

  it('never ask for a secret, and write none', async () => {
    const store = new Store([CORP, { ssid: '"sae"', sae_password: 'secret' }]);
    const journal = await limit(store);
    expect(JSON.stringify(journal.read())).not.toContain('secret');
    await undoLimits(store.ask, journal);
    expect(store.commands.join('\n')).not.toMatch(/psk|password|secret/);
  });
});

describe('undoing', () => {
  it('leaves alone what somebody else has changed meanwhile', async () => {
    const store = new Store([CORP, { ssid: '"home"' }, { ssid: '"cafe"' }]);
    const journal = await limit(store);
    store.networks.get(0)!.set('bssid', '02:00:00:00:99:99');
    store.networks.get(1)!.set('disabled', '2');
    store.networks.set(
      2,
      new Map([
        ['ssid', '"another"'],
        ['disabled', '1'],
      ]),
    );
    await undoLimits(store.ask, journal);
    expect(store.networks.get(0)!.get('bssid')).toBe('02:00:00:00:99:99');
    expect(store.networks.get(0)!.get('scan_freq')).toBeUndefined();
    expect(store.networks.get(1)!.get('disabled')).toBe('2');
    expect(store.networks.get(2)!.get('disabled')).toBe('1');
    expect(journal.read()).toBeUndefined();
  });

  it('finds nothing to do in a supplicant that was started anew', async () => {
    const networks = [CORP, { ssid: '"home"' }];
    const journal = await limit(new Store(networks));
    const anew = new Store(networks);
    const before = anew.state();
    expect(await undoLimits(anew.ask, journal)).toEqual([]);
    expect(anew.state()).toEqual(before);
    expect(journal.read()).toBeUndefined();
  });

  it('keeps in the journal what the supplicant does not take back', async () => {
    const store = new Store([CORP, { ssid: '"home"' }]);
    const journal = await limit(store);
    const stubborn = async (command: string) =>
      command.startsWith('SET_NETWORK 0 bssid') ? 'FAIL\n' : store.ask(command);
    await expect(undoLimits(stubborn, journal)).rejects.toMatchObject({
      code: 'BRIDGE_ERR_REFUSED',
      message: expect.stringContaining('bssid of 0'),
    });
    expect(changesOf(journal.read()!)).toMatchObject([{ network: 0, field: 'bssid' }]);
    expect(store.networks.get(1)!.get('disabled')).toBe('0');
    await undoLimits(store.ask, journal);
    expect(store.networks.get(0)!.get('bssid')).toBeUndefined();
  });

  const mac = fc.constantFrom('02:00:00:00:01:00', '02:00:00:00:02:00');
  const network = fc.record(
    {
      ssid: fc.constantFrom('"corp-ap"', '"home"', '00ff41', '"a "b"'),
      bssid: mac,
      scan_freq: fc.constantFrom('2412', '2437', '2412 2437'),
      disabled: fc.constantFrom('0', '1', '2'),
      mac_addr: fc.constantFrom('-1', '0', '1', '2'),
    },
    { requiredKeys: ['ssid'] },
  );
  const networks = fc.array(network, { minLength: 1, maxLength: 12 });
  const globals = fc.record({
    update_config: fc.constantFrom('0', '1'),
    mac_addr: fc.constantFrom('0', '1'),
  });

  it('gives back everything, wherever it was cut off, and wherever undoing was', async () => {
    await fc.assert(
      fc.asyncProperty(
        networks,
        globals,
        fc.nat(),
        fc.nat(20),
        fc.array(fc.nat(40), { maxLength: 3 }),
        async (all, global, pick, applied, undone) => {
          const store = new Store(all, global);
          const before = store.state();
          const journal = memoryJournal();
          const changes = await planLimits(store.ask, pick % all.length, TARGET);
          expect(store.state()).toEqual(before);
          await applyLimits(cutOff(store.ask, applied), journal, changes).catch(() => {});
          for (const after of undone) await undoLimits(cutOff(store.ask, after), journal).catch(() => {});
          await undoLimits(store.ask, journal);
          expect(store.state()).toEqual(before);
          expect(journal.read()).toBeUndefined();
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('is told in commands that begin and end no connection', async () => {
    await fc.assert(
      fc.asyncProperty(networks, globals, async (all, global) => {
        const store = new Store(all, global);
        const journal = await limit(store);
        store.commands.length = 0;
        await undoLimits(store.ask, journal);
        for (const command of store.commands) {
          expect(command).toMatch(/^(GET|SET|GET_NETWORK|SET_NETWORK) |^ENABLE_NETWORK \d+ no-connect$/);
        }
      }),
    );
  });
});

describe('a journal', () => {
  const change: Change = { network: 0, ssid: '"a"', field: 'bssid', before: undefined, after: 'any' };

  it('is read as it was written', () => {
    const changes: Change[] = [
      change,
      { network: undefined, field: 'update_config', before: '1', after: '0' },
      { network: 3, ssid: '00ff', field: 'disabled', before: '0', after: '1' },
    ];
    expect(changesOf(JSON.parse(JSON.stringify(entryOf(changes))))).toEqual(changes);
  });

  it.each([
    ['another supplicant', { ...entryOf([]), supplicant: 'networkmanager' }],
    ['another version', { ...entryOf([]), version: 2 }],
    ['no changes', { ...entryOf([]), changes: undefined }],
    ['a secret', entryOf([{ ...change, field: 'psk' }])],
    ['a field of all', entryOf([{ network: undefined, field: 'ctrl_interface', before: 'x', after: 'y' }])],
    ['a network without a name', entryOf([{ network: 0, field: 'bssid', before: 'any', after: 'any' }])],
    ['a second command', entryOf([{ ...change, before: 'any\nTERMINATE' }])],
    ['no way back', entryOf([{ ...change, field: 'disabled', before: undefined }])],
    ['a network of nowhere', entryOf([{ ...change, network: -1 }])],
    ['something else', { ...entryOf([]), changes: [null, 1, 'x'] }],
  ])('with %s is refused', async (_, entry) => {
    expect(() => changesOf(entry)).toThrow(/journal/);
    const journal = memoryJournal();
    journal.write(entry);
    const store = new Store([CORP]);
    await expect(undoLimits(store.ask, journal)).rejects.toMatchObject({ code: 'BRIDGE_ERR_FORMAT' });
    expect(store.commands).toEqual([]);
    expect(journal.read()).toEqual(entry);
  });

  it('of anything is refused or understood', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()), (more, changes) => {
        for (const entry of [more, { ...entryOf([]), changes }]) {
          try {
            changesOf(entry);
          } catch (error) {
            expect(error).toMatchObject({ code: 'BRIDGE_ERR_FORMAT' });
          }
        }
      }),
    );
  });
});

it('all networks are found, however many an answer has room for', async () => {
  const store = new Store(Array.from({ length: 23 }, () => CORP));
  for (const room of [1, 5, 23, 100]) {
    store.room = room;
    expect(await networkIds(store.ask)).toEqual(Array.from({ length: 23 }, (_, id) => id));
  }
  // Who always has more is not believed for ever.
  const endless = async (command: string) => `header\n${Number(command.split('=')[1]) + 1}\tx\tany\t\n`;
  expect(await networkIds(endless)).toHaveLength(1000);
  expect(await networkIds(async () => 'header\n1\tx\tany\t\n')).toEqual([1]);
});
