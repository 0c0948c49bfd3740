/** Whatever a trace holds: a replay ends with a report. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CallEvent,
  formatEvent,
  type JsonValue,
  type NoteEvent,
  Replay,
  type TraceArgs,
  type TraceEvent,
} from '../../trace/index.ts';
import { DRIVER, parse, RECORDINGS, recording, recordingText } from '../support/traces.ts';

const SEED = { seed: 902, numRuns: 300 };

const number = fc.oneof(
  fc.integer({ min: -1, max: 3 }),
  fc.integer(),
  fc.constantFrom(0x100, 0xffff, 2 ** 32, 2 ** 53, 1e300, 0.5, 139264, 172032, -14, -110),
);
const word = fc.oneof(
  fc.constantFrom('', 'none', 'wlan0', '02:00:00:00:00:01', '00', 'abc', '__proto__', 'toString'),
  fc.string({ maxLength: 8 }),
);
const value: fc.Arbitrary<JsonValue> = fc.oneof(
  number,
  word,
  fc.boolean(),
  fc.constant(null),
  fc.array(number, { maxLength: 11 }),
  fc.constant<JsonValue>({ a: [{}] }),
);
const ARGUMENTS = [
  'ret',
  'arg',
  'buffer_id',
  'size',
  'mcc',
  'hw',
  'sw',
  'up',
  'success',
  'dev',
  'mac',
  'nvm',
  'v',
  'ssid',
  'ssid_len',
  'auth_mode',
  'pairwise_cipher',
  'channel',
  'band',
  'bssid',
  'colloc_channel',
  'colloc_bssid',
  'ivlen',
  'frame80211',
  '__proto__',
];
const args: fc.Arbitrary<TraceArgs> = fc.dictionary(fc.constantFrom(...ARGUMENTS), value, { maxKeys: 12 });

/** What a recording holds, to be taken out of its order. */
const GOOD = RECORDINGS.filter((name) => name !== 'wrap-around').flatMap((name) => recording(name));
const recorded = fc.constantFrom(...GOOD.filter((event) => event.ch !== 'error'));
const NAMES = [...new Set(GOOD.flatMap((event) => ('name' in event ? [event.name] : [])))];
const name = fc.oneof(fc.constantFrom(...NAMES), word);

const t = fc.oneof(fc.double({ min: 0, max: 100, noNaN: true }), fc.constantFrom(0, 1e-9, 1e5, 1e9));
const bytes = fc.uint8Array({ maxLength: 120 });

const wires = fc.record({
  t,
  ch: fc.constantFrom('me', 'notif', 'data'),
  dir: fc.constantFrom('h2m', 'm2h'),
  bytes,
}) as fc.Arbitrary<TraceEvent>;
const frames = fc.record({
  t,
  ch: fc.constant('frame'),
  dir: fc.constantFrom('peer0>wlan0', 'wlan0>peer0'),
  bytes,
}) as fc.Arbitrary<TraceEvent>;
const calls = fc
  .record({
    t,
    where: fc.constantFrom(
      ['wifi-cmd', 'wifi>drv'],
      ['wifi-cmd', 'drv>wifi'],
      ['wifi-op', 'drv>wifi'],
      ['bus', 'drv'],
      ['bus', 'ctl'],
    ),
    name,
    args,
  })
  .map(({ t, where: [ch, dir], name, args }) => ({ t, ch, dir, name, args }) as CallEvent);
const REMARKS = [
  ...new Set(GOOD.flatMap((event) => (event.ch === 'note' ? [event.text] : []))),
  'debugfs send_start_message',
  'host -> CSME notif: rd = size + 1',
  'host -> CSME data: rd = size + 1',
];
const notes = fc
  .record({
    t,
    text: fc.oneof(fc.constantFrom(...REMARKS), word),
    driver: fc.option(fc.oneof(fc.constant(DRIVER), word)),
  })
  .map(({ t, text, driver }): NoteEvent => ({ t, ch: 'note', text, ...(driver !== null && { driver }) }));
const unknown = fc.constant<TraceEvent>({ t: 1, ch: 'unknown', channel: 'x', raw: '{}' });

const event: fc.Arbitrary<TraceEvent> = fc.oneof(
  { weight: 6, arbitrary: recorded },
  { weight: 2, arbitrary: wires },
  { weight: 1, arbitrary: frames },
  { weight: 3, arbitrary: calls },
  { weight: 1, arbitrary: notes },
  { weight: 1, arbitrary: unknown },
);

function replayed(events: readonly TraceEvent[]) {
  const run = new Replay({ maxMismatches: 5 });
  run.push(events);
  return run.finish();
}

describe('hostile traces', () => {
  test('events of every kind in any order', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80 }), (events) => {
        const report = replayed(events);
        expect(report.mismatches.length).toBeLessThanOrEqual(5);
        expect(JSON.parse(JSON.stringify(report))).toBeTypeOf('object');
      }),
      SEED,
    );
  });

  test('behind the beginning of a good recording', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('csme-takes-ownership-up', 'filters-and-forwarding', 'ring-full', 'nvm'),
        fc.nat({ max: 60 }),
        fc.array(event, { maxLength: 40 }),
        (name, length, events) => {
          const good = recording(name).slice(0, length);
          expect(replayed([...good, ...events]).file).toBe('trace');
        },
      ),
      SEED,
    );
  });

  test('a good recording, shuffled', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('pldr', 'remove', 'malformed', 'random-8').chain((name) => {
          const events = recording(name);
          return fc.shuffledSubarray(events, { minLength: events.length >> 1 });
        }),
        (events) => {
          expect(replayed(events).compared).toBeGreaterThanOrEqual(0);
        },
      ),
      { seed: 7, numRuns: 60 },
    );
  });

  test('a good recording as text with some bytes overwritten', () => {
    const text = new TextEncoder().encode(recordingText('link-protection'));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: text.length - 1 }), fc.integer({ min: 0, max: 255 })), {
          maxLength: 30,
        }),
        (damage) => {
          const bytes = text.slice();
          for (const [at, byte] of damage) bytes[at] = byte;
          const report = replayed(parse(new TextDecoder('latin1').decode(bytes)));
          for (const error of report.errors) expect(error.line).toBeGreaterThan(0);
        },
      ),
      { seed: 8, numRuns: 100 },
    );
  });

  test('times that go back or are equal do not stop the clock', () => {
    const events = recording('csme-takes-ownership-up').map((e) => (e.ch === 'error' ? e : { ...e, t: 5 }));
    expect(replayed(events).compared).toBe(19);
  });

  test('the events are left as they were', () => {
    for (const name of ['malformed', 'ring-full']) {
      const events = recording(name);
      const before = events.map(formatEvent);
      replayed(events);
      expect(events.map(formatEvent)).toEqual(before);
    }
  });
});
