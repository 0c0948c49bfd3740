/** Recordings of the real driver, held against our host. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { QUIRKS, type QuirkName, quirksOfDriver } from '../../ownership/index.ts';
import { Replay, type ReplayOptions, type ReplayReport, replay, type TraceEvent } from '../../trace/index.ts';
import { anonymous, DRIVER, parse, RECORDINGS, recording, recordingText } from '../support/traces.ts';

function replayed(events: readonly TraceEvent[], options: ReplayOptions = {}): ReplayReport {
  const run = new Replay(options);
  run.push(events);
  return run.finish();
}

const text = (...lines: object[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
const note = (driver?: string) => ({
  t: 1,
  ch: 'note',
  dir: '-',
  text: 'recorded',
  ...(driver && { driver }),
});
const cmd = (name: string, args: object = {}, t = 2) => ({ t, ch: 'wifi-cmd', dir: 'wifi>drv', name, args });
const returned = (name: string, args: object, t = 2) => ({
  t,
  ch: 'wifi-cmd',
  dir: 'drv>wifi',
  name: `${name}.ret`,
  args,
});

describe('every recording of the real driver', () => {
  test('there are some', () => {
    expect(RECORDINGS.length).toBeGreaterThanOrEqual(42);
  });

  test.each(RECORDINGS)('%s: no mismatch, no error', async (name) => {
    const report = await replay([recording(name)], { file: `${name}.jsonl` });
    expect(report).toMatchObject({ file: `${name}.jsonl`, mismatches: [], omitted: 0, errors: [] });
    expect(report.compared).toBeGreaterThan(0);
    expect(report.quirks).toEqual(expect.arrayContaining([...quirksOfDriver(DRIVER)!]));
  });

  test('in whatever pieces it is given', () => {
    for (const name of ['random-3', 'ring-full', 'ownership-denied']) {
      const events = recording(name);
      const whole = replayed(events);
      const run = new Replay();
      for (const event of events) run.push([event]);
      expect(run.finish()).toEqual(whole);
    }
  });

  // Fails: the old host is closed only after the clock of the next recording has moved it.
  test('one behind the other: each begins with a new host', () => {
    const report = replayed(RECORDINGS.flatMap((name) => recording(name)));
    const single = RECORDINGS.map((name) => replayed(recording(name)));
    expect(report.mismatches).toEqual([]);
    expect(report.compared).toBe(single.reduce((sum, r) => sum + r.compared, 0));
    expect(report.messages).toBe(single.reduce((sum, r) => sum + r.messages, 0));
  });

  test('what was switched on for one recording is off again in the next', () => {
    const known = recording('ring-full');
    const unknown = anonymous(known);
    const first = replayed(unknown).mismatches.length;
    expect(first).toBeGreaterThan(0);
    const { mismatches } = replayed([...known, ...unknown]);
    expect(mismatches.length).toBe(first);
  });
});

/** Which recording shows which deviation of the reference: the table of docs/replay.md. */
const SHOWS = new Map<string, QuirkName[]>(
  readFileSync(new URL('../../docs/replay.md', import.meta.url), 'utf8')
    .replace(/^[\s\S]*<!-- recordings -->|<!-- end -->[\s\S]*$/g, '')
    .split('\n')
    .map((row) => [...row.matchAll(/`([^`]+)`/g)].map((match) => match[1]!))
    .filter((names) => names.length > 0)
    .map(([name, ...quirks]) => [name!, quirks as QuirkName[]]),
);

describe('quirks', () => {
  test.each(RECORDINGS)('%s, of a driver that is not known, shows exactly what the table says', (name) => {
    const events = anonymous(recording(name));
    const shown = SHOWS.get(name) ?? [];
    expect(replayed(events).mismatches.length > 0).toBe(shown.length > 0);
    expect(replayed(events, { quirks: shown }).mismatches).toEqual([]);
    for (const quirk of shown) {
      const { mismatches } = replayed(events, { quirks: shown.filter((other) => other !== quirk) });
      expect(mismatches.length, `without ${quirk}`).toBeGreaterThan(0);
    }
  });

  test('the table names recordings and quirks that exist', () => {
    expect([...SHOWS.keys()].filter((name) => !RECORDINGS.includes(name))).toEqual([]);
    expect([...SHOWS.values()].flat().filter((name) => !Object.hasOwn(QUIRKS, name))).toEqual([]);
    expect(SHOWS.size).toBeGreaterThan(20);
  });

  test('none is on unless the recording names a driver that has it', () => {
    expect(replayed(parse(text(note(), cmd('register')))).quirks).toEqual([]);
    expect(replayed(parse(text(note('some other driver')))).quirks).toEqual([]);
    expect(replayed(parse(text(note('constructor')))).quirks).toEqual([]);
    expect(replayed(parse(text(note(DRIVER)))).quirks).toEqual(quirksOfDriver(DRIVER));
  });

  test('one that the recording itself tells of is switched on by its remark', () => {
    expect(replayed(recording('no-headroom')).quirks).toContain('no-headroom-loses-frame');
    expect(replayed(recording('ring-full')).quirks).not.toContain('no-headroom-loses-frame');
  });

  test('those that are asked for are listed as well', () => {
    expect(replayed([], { quirks: ['stale-nvm'] }).quirks).toEqual(['stale-nvm']);
  });
});

describe('what is not understood', () => {
  const wrongArgs: [string, object, string][] = [
    ['country', {}, 'mcc'],
    ['country', { mcc: 70_000 }, 'mcc'],
    ['country', { mcc: '7' }, 'mcc'],
    ['set_rfkill', { hw: 2, sw: 0 }, 'hw'],
    ['nic_info', { mac: '02:00:00:00:00', nvm: '02:00:00:00:00:00' }, 'mac'],
    ['power_limit', { v: [1, 2, 3] }, 'v'],
    ['power_limit', { v: [1, 2, 3, 4, 5, 6, 7, 8, 9, 70_000] }, 'v'],
    ['device_state', { up: true }, 'up'],
    ['alive', {}, 'success'],
    ['set_netdev', { dev: null }, 'dev'],
    ['tx_copy', { ivlen: 8, frame80211: 'xyz' }, 'frame80211'],
    [
      'associated',
      {
        ssid: '00',
        ssid_len: 1,
        auth_mode: 0,
        pairwise_cipher: 0,
        channel: 1,
        band: 0,
        bssid: '02:00:00:00:00:01',
        colloc_channel: 300,
        colloc_bssid: '02:00:00:00:00:02',
      },
      'colloc',
    ],
  ];
  test.each(wrongArgs)(
    '%s %j: an error that names the argument and the line; the rest goes on',
    (name, args, what) => {
      const report = replayed(
        parse(
          text(
            note(),
            cmd('register'),
            returned('register', { ret: 0 }),
            cmd(name, args),
            cmd('register'),
            returned('register', { ret: -16 }),
          ),
        ),
        { file: 'x.jsonl' },
      );
      expect(report.errors).toHaveLength(1);
      expect(report.errors[0]).toMatchObject({ code: 'TRACE_ERR_TYPE', file: 'x.jsonl', line: 4 });
      expect(report.errors[0]?.message.toLowerCase()).toContain(what);
      expect(report.errors[0]?.message).toContain(name);
      expect(report).toMatchObject({ compared: 2, mismatches: [] });
    },
  );

  test('a command that does not exist', () => {
    const report = replayed(parse(text(cmd('toString'), cmd('no_such_thing'))));
    expect(report.errors.map((error) => [error.line, error.excerpt])).toEqual([
      [1, 'toString'],
      [2, 'no_such_thing'],
    ]);
  });

  test('a line that cannot be read stands among the errors; the rest goes on', () => {
    const whole = recordingText('ping');
    const lines = whole.split('\n');
    const report = replayed(parse([...lines.slice(0, 1), '{"t": 1', ...lines.slice(1)].join('\n')));
    expect(report.errors).toMatchObject([{ code: 'TRACE_ERR_JSON', line: 2 }]);
    expect(report.mismatches).toEqual([]);
  });

  test('channels that the format does not know are passed over', () => {
    const lines = recordingText('ping').split('\n');
    const strange = JSON.stringify({ t: 0, ch: 'temperature', dir: '-', celsius: 40 });
    expect(replayed(parse([lines[0], strange, ...lines.slice(1)].join('\n')))).toMatchObject({
      mismatches: [],
      errors: [],
    });
  });

  test('an empty trace is a good one', () => {
    expect(replayed([])).toEqual({
      file: 'trace',
      messages: 0,
      compared: 0,
      mismatches: [],
      omitted: 0,
      quirks: [],
      errors: [],
      errorsOmitted: 0,
    });
  });
});

describe('the report', () => {
  test('a mismatch says where, what the recording has and what the host did', () => {
    const events = parse(text(note(), cmd('register'), returned('register', { ret: -5 }, 2.1)));
    expect(replayed(events).mismatches).toEqual([
      {
        line: 3,
        t: 2.1,
        stream: 'return',
        kind: 'different',
        recorded: 'register ret=-5',
        host: 'register ret=0',
      },
    ]);
  });

  test('what the host did and the recording lacks is missing, once its time is over', () => {
    const late = { t: 9, ch: 'note', dir: '-', text: 'much later' };
    expect(replayed(parse(text(cmd('register'), late))).mismatches).toMatchObject([
      { stream: 'return', kind: 'missing', host: 'register ret=0' },
    ]);
    expect(replayed(parse(text(cmd('register')))).mismatches).toEqual([]);
  });

  test('what the recording has and the host did not do is unexpected', () => {
    const tell = { t: 3, ch: 'wifi-op', dir: 'drv>wifi', name: 'nic_stolen', args: {} };
    expect(replayed(parse(text(tell))).mismatches).toEqual([
      { line: 1, t: 3, stream: 'wifi-op', kind: 'unexpected', recorded: 'nic_stolen' },
    ]);
  });

  test('a message is shown by name, fields, number and bytes', () => {
    const events = recording('csme-takes-ownership-up').map((event) => {
      if (event.ch !== 'notif' || event.line !== 18) return event;
      return { ...event, bytes: event.bytes.with(8, 1) };
    });
    const [mismatch] = replayed(events).mismatches;
    expect(mismatch).toMatchObject({ line: 18, stream: 'notif', kind: 'different' });
    expect(mismatch?.recorded).toMatch(/^RADIO_STATE .*seq=4 \[e90304000400000001000000\]$/);
    expect(mismatch?.host).toMatch(/^RADIO_STATE .*seq=4 \[e90304000400000003000000\]$/);
  });

  test('it lists so many mismatches and counts the others', () => {
    const events = anonymous(recording('ring-full'));
    const all = replayed(events, { maxMismatches: 10_000 });
    const few = replayed(events, { maxMismatches: 3 });
    expect(few.mismatches).toEqual(all.mismatches.slice(0, 3));
    expect(few.omitted).toBe(all.mismatches.length - 3);
  });

  test('it lists so many lines that it could not read and counts the others', () => {
    const damaged = parse('{"t":\n'.repeat(7));
    const unknown = parse(
      `{"t":1,"ch":"wifi-cmd","dir":"wifi>drv","name":"country","args":{"mcc":"${'x'.repeat(500)}"}}`,
    );
    const report = replayed([...damaged, ...unknown], { maxMismatches: 5 });
    expect([report.errors.length, report.errorsOmitted]).toEqual([5, 3]);
    const [error] = replayed(unknown).errors;
    expect(error?.message.length).toBeLessThan(250);
  });

  test('is a plain value', () => {
    const report = replayed(anonymous(recording('ring-full')));
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});
