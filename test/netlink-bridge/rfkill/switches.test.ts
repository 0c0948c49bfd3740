import fc from 'fast-check';
import { expect, test } from 'vitest';
import { switchOfWiphy } from '../../../netlink-bridge/index.ts';
import { RFKILL_OPS, RFKILL_TYPES, type RfkillRecord } from '../../../netlink-bridge/rfkill/record.ts';
import { type RfkillFacts, RfkillSwitches } from '../../../netlink-bridge/rfkill/switches.ts';

const NOTHING: RfkillFacts = { name: undefined, wiphy: undefined, reasonBits: undefined };
const record = (op: RfkillRecord['op'], more: Partial<RfkillRecord> = {}): RfkillRecord => ({
  index: 1,
  type: 'wlan',
  op,
  soft: false,
  hard: false,
  reasonBits: 0,
  ...more,
});

test('what comes, changes and goes', () => {
  const switches = new RfkillSwitches((index) => ({ name: `phy${index}`, wiphy: index, reasonBits: 0 }));
  const added = switches.take(record('add'));
  expect(added).toEqual({
    type: 'add',
    switch: {
      index: 1,
      type: 'wlan',
      name: 'phy1',
      soft: false,
      hard: false,
      reasons: new Set(),
      wiphy: 1,
    },
  });
  expect(switches.take(record('change'))).toBeUndefined();
  expect(switches.take(record('change', { hard: true, reasonBits: 2 }))).toMatchObject({
    type: 'change',
    switch: { name: 'phy1', hard: true, reasons: new Set(['NOT_OWNER']) },
  });
  // CSME's block, then also the key: one of two reasons goes.
  expect(switches.take(record('change', { hard: true, reasonBits: 3 }))).toMatchObject({
    switch: { reasons: new Set(['SIGNAL', 'NOT_OWNER']) },
  });
  expect(switches.take(record('change', { hard: true, reasonBits: 1 }))).toMatchObject({
    switch: { reasons: new Set(['SIGNAL']) },
  });
  expect(switches.take(record('change-all', { soft: true }))).toBeUndefined();
  expect(switches.take(record('del'))).toMatchObject({ type: 'del', switch: { hard: true } });
  expect(switches.take(record('del'))).toBeUndefined();
  expect(switches.byIndex.size).toBe(0);
});

test('a change of one that was never added is its begin', () => {
  const switches = new RfkillSwitches(() => NOTHING);
  expect(switches.take(record('change', { soft: true }))).toMatchObject({
    type: 'add',
    switch: { soft: true, name: undefined, wiphy: undefined },
  });
});

test('without reasons in the record those of sysfs count, and SIGNAL where it has none', () => {
  let bits: number | undefined = 2;
  const switches = new RfkillSwitches(() => ({ ...NOTHING, wiphy: 0, reasonBits: bits }));
  const blocked = record('change', { hard: true, reasonBits: undefined });
  expect([...switches.take(blocked)!.switch.reasons]).toEqual(['NOT_OWNER']);
  bits = undefined;
  expect([...switches.take(blocked)!.switch.reasons]).toEqual(['SIGNAL']);
});

test('a wiphy that shows later is learnt with the next record', () => {
  let facts = NOTHING;
  const switches = new RfkillSwitches(() => facts);
  switches.take(record('add'));
  expect(switchOfWiphy(switches.byIndex, 4)).toBeUndefined();
  facts = { name: 'phy4', wiphy: 4, reasonBits: 0 };
  expect(switches.take(record('change'))).toMatchObject({ type: 'change', switch: { wiphy: 4 } });
  expect(switchOfWiphy(switches.byIndex, 4)).toMatchObject({ index: 1, name: 'phy4' });
});

test('of several radios each wiphy has its own switch', () => {
  // A laptop's key comes first, and is of the type wlan too.
  const wiphys = [undefined, 7, 0];
  const switches = new RfkillSwitches((index) => ({ ...NOTHING, wiphy: wiphys[index] }));
  for (const index of wiphys.keys()) switches.take(record('add', { index }));
  expect(wiphys.map((wiphy) => wiphy !== undefined && switchOfWiphy(switches.byIndex, wiphy)?.index)).toEqual(
    [false, 1, 2],
  );
});

test('after any records: what was told, put together, is what there is', () => {
  const any: fc.Arbitrary<RfkillRecord> = fc.record({
    index: fc.nat(3),
    type: fc.constantFrom(...RFKILL_TYPES),
    op: fc.constantFrom(...RFKILL_OPS),
    soft: fc.boolean(),
    hard: fc.boolean(),
    reasonBits: fc.option(fc.nat(7), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(any), (records) => {
      const switches = new RfkillSwitches((index) => ({ ...NOTHING, wiphy: index }));
      const told = new Map<number, unknown>();
      for (const one of records) {
        const event = switches.take(one);
        if (event === undefined) continue;
        expect(told.has(event.switch.index)).toBe(event.type !== 'add');
        // Nobody is told what he knows.
        expect(event.type === 'change' && told.get(event.switch.index)).not.toEqual(event.switch);
        if (event.type === 'del') told.delete(event.switch.index);
        else told.set(event.switch.index, event.switch);
        expect(event.switch.reasons.size > 0).toBe(event.switch.hard);
      }
      expect(told).toEqual(switches.byIndex);
    }),
  );
});
