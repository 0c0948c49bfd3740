import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Properties, variant } from '../../../netlink-bridge/networkmanager/values.ts';
import { WpasState } from '../../../netlink-bridge/networkmanager/wpas-state.ts';

const AP = { bssid: 0x001122334455, frequencyMhz: 2437 };
const OTHER = { bssid: 0x001122334466, frequencyMhz: 5180 };
const properties = (values: Readonly<Record<string, string | number>>): Properties =>
  new Map(
    Object.entries(values).map(([key, value]) => [
      key,
      variant(typeof value === 'string' ? 's' : 'i', value),
    ]),
  );
const state = (name: string) => properties({ State: name });

function connected(): WpasState {
  const wpas = new WpasState();
  wpas.begin(state('interface_disabled'));
  for (const name of ['inactive', 'associating', '4way_handshake', 'completed']) wpas.change(state(name));
  wpas.connect(AP);
  return wpas;
}
const types = (events: readonly { type: string }[]) => events.map(({ type }) => type);

it('can be used when the interface is up', () => {
  const wpas = new WpasState();
  expect(wpas.usable).toBe(false);
  wpas.begin(state('interface_disabled'));
  expect(wpas.usable).toBe(false);
  expect(types(wpas.change(state('inactive')).events)).toEqual(['changed']);
  expect(wpas.usable).toBe(true);
  wpas.end('');
  expect(wpas.usable).toBe(false);
});

it('tells each access point once', () => {
  const wpas = new WpasState();
  wpas.begin(state('inactive'));
  expect(wpas.connect(AP)).toEqual([]);
  expect(wpas.change(state('completed')).look).toBe(true);
  expect(wpas.connect(AP)).toEqual([{ type: 'connected', ...AP }]);
  expect(wpas.connect(AP)).toEqual([]);
  expect(wpas.change(properties({ CurrentBSS: '/2' })).look).toBe(true);
  expect(wpas.connect(OTHER)).toEqual([{ type: 'connected', ...OTHER }]);
  expect(wpas.connected).toEqual(OTHER);
});

it('stays connected while it goes from one access point to the next', () => {
  const wpas = connected();
  for (const name of ['authenticating', 'associating', 'associated', 'completed']) {
    expect(types(wpas.change(state(name)).events)).toEqual(['changed']);
  }
  expect(wpas.connected).toEqual(AP);
});

it.each(['disconnected', 'inactive', 'interface_disabled', 'scanning'])('is disconnected when %s', (name) => {
  const wpas = connected();
  expect(types(wpas.change(state(name)).events)).toEqual(['disconnected', 'changed']);
  expect(wpas.connected).toBeUndefined();
});

it('is disconnected when it is gone', () => {
  expect(connected().end('stopped')).toEqual([
    { type: 'disconnected', detail: 'stopped' },
    { type: 'changed' },
  ]);
});

it.each([
  ['authentication', { AuthStatusCode: 15 }],
  ['association', { AssocStatusCode: 1 }],
])('tells a failed %s, and not one of before', (_, values) => {
  const wpas = new WpasState();
  expect(types(wpas.begin(properties({ ...values, State: 'disconnected' })).events)).toEqual(['changed']);
  expect(types(wpas.change(properties(values)).events)).toEqual(['rejected']);
});

it.each([2, 15, -15])('tells a wrong key from reason %d in the 4-way handshake', (reason) => {
  const wpas = new WpasState();
  wpas.begin(state('4way_handshake'));
  const news = wpas.change(properties({ State: 'disconnected', DisconnectReason: reason }));
  expect(types(news.events)).toEqual(['rejected', 'changed']);
});

it('takes no other disconnection for a wrong key', () => {
  const wpas = new WpasState();
  wpas.begin(state('4way_handshake'));
  expect(types(wpas.change(properties({ State: 'disconnected', DisconnectReason: 3 })).events)).toEqual([
    'changed',
  ]);
  expect(
    types(connected().change(properties({ State: 'disconnected', DisconnectReason: 15 })).events),
  ).toEqual(['disconnected', 'changed']);
});

it('is connected only when completed and read, whatever comes', () => {
  const names = [
    '',
    'completed',
    'associating',
    '4way_handshake',
    'scanning',
    'interface_disabled',
    'nonsense',
  ];
  const step = fc.oneof(
    fc.constantFrom(...names).map((name) => ({ change: state(name) })),
    fc.record({
      change: fc
        .dictionary(fc.constantFrom('State', 'CurrentBSS', 'DisconnectReason'), fc.integer())
        .map(properties),
    }),
    fc.constantFrom(AP, OTHER).map((bss) => ({ bss })),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const wpas = new WpasState();
      let told = false;
      for (const each of steps) {
        const events = 'bss' in each ? wpas.connect(each.bss) : wpas.change(each.change).events;
        for (const { type } of events) {
          if (type === 'connected') told = true;
          if (type === 'disconnected') {
            expect(told).toBe(true);
            told = false;
          }
        }
        expect(wpas.connected !== undefined).toBe(told);
        if (told) expect(wpas.usable).toBe(true);
      }
    }),
  );
});
