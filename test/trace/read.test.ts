import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hexOf } from '../../sap/index.ts';
import {
  type ErrorEvent,
  parseTrace,
  readTrace,
  type TraceEvent,
  TraceParser,
  type WireEvent,
} from '../../trace/index.ts';
import { parseLine } from '../../trace/line.ts';

const TRACES = new URL('../data/traces/', import.meta.url);
const FILES = readdirSync(TRACES).filter((name) => name.endsWith('.jsonl'));
const bytesOf = (text: string) => new TextEncoder().encode(text);

const NOTIF = '{"t": 102.746800611, "ch": "notif", "dir": "m2h", "hex": "f60104000108000000000000"}';

function one(line: string): TraceEvent {
  const events = parseTrace(line);
  expect(events).toHaveLength(1);
  return events[0]!;
}

function error(line: string): ErrorEvent['error'] {
  const event = one(line) as ErrorEvent;
  expect(event.ch).toBe('error');
  return event.error;
}

function plain(events: readonly TraceEvent[]): unknown[] {
  return events.map((event) => ('bytes' in event ? { ...event, bytes: hexOf(event.bytes) } : event));
}

describe('events', () => {
  test('a message', () => {
    const event = one(NOTIF) as WireEvent;
    expect(plain([event])).toEqual([
      { t: 102.746800611, ch: 'notif', dir: 'm2h', bytes: 'f60104000108000000000000', line: 1 },
    ]);
  });

  test('the same without spaces, with other spaces, in another order, in upper case', () => {
    const expected = plain([one(NOTIF)]);
    const same = [
      NOTIF.replaceAll(' ', ''),
      NOTIF.replaceAll(' ', '  '),
      '{"hex": "f60104000108000000000000", "dir": "m2h", "ch": "notif", "t": 102.746800611}',
      NOTIF.replace('f6010', 'F6010'),
      NOTIF.replace('notif', '\\u006eotif'),
      NOTIF.replace('102.746800611', '1.02746800611e2'),
    ];
    for (const line of same) expect(plain([one(line)])).toEqual(expected);
  });

  test('an empty message', () => {
    expect(one('{"t": 1, "ch": "me", "dir": "m2h", "hex": ""}')).toMatchObject({ bytes: new Uint8Array(0) });
  });

  test('a frame, a call, a return, a note', () => {
    const lines = [
      '{"t": 1.5, "ch": "frame", "dir": "wlan0>peer0", "hex": "00ff"}',
      '{"t": 1.5, "ch": "wifi-cmd", "dir": "wifi>drv", "name": "country", "args": {"mcc": 18002}}',
      '{"t": 1.5, "ch": "bus", "dir": "ctl", "name": "probe.ret", "args": {"ret": -14}}',
      '{"t": 1.5, "ch": "note", "dir": "-", "text": "\\u00e9", "driver": "iwlmei 6.12"}',
      '{"t": 1.5, "ch": "note", "text": "no direction"}',
    ];
    expect(plain(parseTrace(lines.join('\n')))).toEqual([
      { t: 1.5, ch: 'frame', dir: 'wlan0>peer0', bytes: '00ff', line: 1 },
      { t: 1.5, ch: 'wifi-cmd', dir: 'wifi>drv', name: 'country', args: { mcc: 18002 }, line: 2 },
      { t: 1.5, ch: 'bus', dir: 'ctl', name: 'probe.ret', args: { ret: -14 }, line: 3 },
      { t: 1.5, ch: 'note', text: 'é', driver: 'iwlmei 6.12', line: 4 },
      { t: 1.5, ch: 'note', text: 'no direction', line: 5 },
    ]);
  });

  test('what CSME saw of the area, and what the stack of the host got', () => {
    const area = '{"t": 1.5, "ch": "area", "dir": "h2m", "size": 172032, "control": "5341", "trailer": "ff"}';
    expect(one(area)).toEqual({
      t: 1.5,
      ch: 'area',
      dir: 'h2m',
      size: 172032,
      control: Uint8Array.of(0x53, 0x41),
      trailer: Uint8Array.of(0xff),
      line: 1,
    });
    expect(one(area.replace('"trailer"', '"more": 1, "trailer"'))).toMatchObject({ extra: { more: 1 } });
    expect(one('{"t": 1.5, "ch": "frame", "dir": "wlan0>stack", "hex": "00ff"}')).toMatchObject({
      dir: 'wlan0>stack',
      bytes: Uint8Array.of(0, 0xff),
    });
  });

  test.each([
    ['a size that is none', '"size": 1.5, "control": "", "trailer": ""', 'TRACE_ERR_TYPE', '1.5, '],
    ['a negative size', '"size": -1, "control": "", "trailer": ""', 'TRACE_ERR_TYPE', '-1, '],
    ['no trailer', '"size": 1, "control": ""', 'TRACE_ERR_MISSING', '}'],
    ['half a byte', '"size": 1, "control": "123", "trailer": ""', 'TRACE_ERR_HEX', '", "trailer": ""}'],
  ])('of an area: %s', (_, members, code, excerpt) => {
    expect(one(`{"t": 1.5, "ch": "area", "dir": "h2m", ${members}}`)).toMatchObject({
      ch: 'error',
      error: { code, excerpt: expect.stringContaining(excerpt) },
    });
  });

  test('an unknown channel and unknown members are kept', () => {
    const raw = '{"t": 2, "ch": "heci", "what": [1, 2]}';
    expect(one(raw)).toEqual({ t: 2, ch: 'unknown', channel: 'heci', raw, line: 1 });
    const event = one('{"t": 2, "ch": "me", "dir": "h2m", "hex": "", "seq": 5, "name": "x"}');
    expect(event).toMatchObject({ extra: { seq: 5, name: 'x' } });
  });

  test('times: the same number as JSON gives', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2 ** 43, noNaN: true }), (t) => {
        expect(one(NOTIF.replace('102.746800611', `${t}`))).toMatchObject({ t });
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  test('every recording: the fast way and the thorough one agree', () => {
    for (const file of FILES) {
      const bytes = readFileSync(new URL(file, TRACES));
      const lines = bytes.toString().trimEnd().split('\n');
      const thorough = lines.map((line, i) => parseLine(bytesOf(line), file, i + 1)!);
      expect(plain(parseTrace(bytes, { file }))).toEqual(plain(thorough));
      expect(thorough.filter((event) => event.ch === 'error' || event.ch === 'unknown')).toEqual([]);
    }
  });
});

describe('the file', () => {
  const events = plain(parseTrace(`${NOTIF}\n${NOTIF}\n`));

  test.each([
    ['no newline at the end', `${NOTIF}\n${NOTIF}`],
    ['CRLF', `${NOTIF}\r\n${NOTIF}\r\n`],
    ['a byte order mark', `\ufeff${NOTIF}\n${NOTIF}\n`],
    ['white space at the end', `${NOTIF}  \n${NOTIF}\t\n \n`],
  ])('%s is no error', (_, text) => {
    expect(plain(parseTrace(text))).toEqual(events);
  });

  test('empty lines count as lines', () => {
    expect(parseTrace(`\n\r\n  \n${NOTIF}\n`)).toMatchObject([{ line: 4 }]);
    expect(parseTrace('')).toEqual([]);
    expect(parseTrace('\n')).toEqual([]);
  });

  test('chunks of any size give the same events', async () => {
    const bytes = readFileSync(new URL('malformed.jsonl', TRACES));
    const whole = plain(parseTrace(bytes));
    for (const size of [1, 2, 3, 7, 100, 4096, 65536, bytes.length]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      const batches: TraceEvent[][] = [];
      for await (const batch of readTrace(chunks)) batches.push(batch);
      expect(plain(batches.flat())).toEqual(whole);
      expect(batches.every((batch) => batch.length > 0)).toBe(true);
    }
  });

  test('events stay what they are while reading goes on', () => {
    const line = (i: number) =>
      `{"t": ${i}, "ch": "data", "dir": "h2m", "hex": "${i.toString(16).padStart(8, '0')}"}\n`;
    const count = 40_000;
    const events = parseTrace(Array.from({ length: count }, (_, i) => line(i)).join(''));
    expect(events).toHaveLength(count);
    expect(
      events.every((event, i) => hexOf((event as WireEvent).bytes) === i.toString(16).padStart(8, '0')),
    ).toBe(true);
  });

  test('messages larger than a slab', () => {
    const hex = 'ab'.repeat(100_000);
    const events = parseTrace(`${NOTIF}\n${NOTIF.replace(/f601\w+/, hex)}\n${NOTIF}\n`) as WireEvent[];
    expect(events.map((event) => hexOf(event.bytes).length)).toEqual([24, 200_000, 24]);
  });
});

describe('lines that cannot be read', () => {
  test.each([
    ['TRACE_ERR_JSON', NOTIF.slice(0, -1), 83, 'JSON'],
    ['TRACE_ERR_JSON', NOTIF.replace('"dir"', 'dir'), 36, 'JSON'],
    ['TRACE_ERR_JSON', NOTIF.replace('102', 'NaN'), 6, 'JSON'],
    ['TRACE_ERR_JSON', NOTIF.replace('102', '0102'), 7, 'JSON'],
    ['TRACE_ERR_OBJECT', '[1]', 0, 'an object'],
    ['TRACE_ERR_MISSING', '{"ch": "me", "dir": "h2m", "hex": ""}', 36, 'a member "t"'],
    ['TRACE_ERR_MISSING', '{"t": 1, "dir": "h2m", "hex": ""}', 32, 'a member "ch"'],
    ['TRACE_ERR_MISSING', '{"t": 1, "ch": "me", "dir": "h2m"}', 33, 'a member "hex"'],
    ['TRACE_ERR_MISSING', '{"t": 1, "ch": "bus", "dir": "drv", "name": "x"}', 47, 'a member "args"'],
    ['TRACE_ERR_TYPE', NOTIF.replace('102.746800611', '"1"'), 6, 'a number of seconds'],
    ['TRACE_ERR_TYPE', NOTIF.replace('"m2h"', '5'), 43, '"dir" as a string'],
    [
      'TRACE_ERR_TYPE',
      '{"t": 1, "ch": "bus", "dir": "drv", "name": "x", "args": []}',
      57,
      'an object of arguments',
    ],
    ['TRACE_ERR_TIME', NOTIF.replace('102', '-102'), 6, 'seconds from 0 to 8796093022208'],
    ['TRACE_ERR_TIME', NOTIF.replace('102.746800611', '1e999'), 6, 'seconds from 0 to 8796093022208'],
    ['TRACE_ERR_TIME', NOTIF.replace('102', '99999999999999'), 6, 'seconds from 0 to 8796093022208'],
    ['TRACE_ERR_DIR', NOTIF.replace('m2h', 'm3h'), 43, '"h2m" or "m2h"'],
    [
      'TRACE_ERR_DIR',
      '{"t": 1, "ch": "wifi-op", "dir": "wifi>drv", "name": "x", "args": {}}',
      33,
      '"drv>wifi"',
    ],
    ['TRACE_ERR_HEX', NOTIF.replace('f601', 'f6011'), 83, 'an even number of hexadecimal digits'],
    ['TRACE_ERR_HEX', NOTIF.replace('f601', 'f6x1'), 60, 'a hexadecimal digit'],
    [
      'TRACE_ERR_DEPTH',
      `{"t": 1, "ch": "x", "y": ${'['.repeat(40)}${']'.repeat(40)}}`,
      0,
      'at most 32 levels of values',
    ],
  ])('%s %s', (code, line, offset, expected) => {
    expect(error(line)).toMatchObject({ code, line: 1, offset, expected, file: 'trace', fault: 'file' });
  });

  test.each([
    ['{"a": [1, 2,]}', 12],
    ['{"a": 1,}', 8],
    ['{"a" 1}', 5],
    ['{"a": tru}', 6],
    ['{"a": 1} x', 9],
    ['{"a": "\\x"}', 8],
    ['{"a": "\\u00g0"}', 11],
    ['{"a": "b', 8],
    ['{"a": 1]', 7],
    ['{1: 2}', 1],
    ['{} {}', 3],
    ['01', 1],
    ['-', 0],
    ['{"a": 1.}', 7],
    ['"', 1],
  ])('where %s stops being JSON', (line, offset) => {
    expect(error(line)).toMatchObject({ code: 'TRACE_ERR_JSON', offset });
  });

  test('bytes that are no UTF-8', () => {
    const events = parseTrace(Uint8Array.of(...bytesOf('{"t": 1, "ch": "'), 0xff, 0x22, 0x7d));
    expect(events).toMatchObject([{ ch: 'error', error: { code: 'TRACE_ERR_UTF8', offset: 16 } }]);
  });

  test('the offset counts bytes, not characters', () => {
    expect(error('{"t": 1, "ch": "note", "text": "é€", "dir": "x"}')).toMatchObject({
      code: 'TRACE_ERR_DIR',
      offset: 47,
    });
  });

  test('the sentence says it all, and shows no control characters', () => {
    const { message } = error(NOTIF.replace('f601', 'f6\u007f1'));
    expect(message).toBe(
      'trace:1: at byte 60, expected a hexadecimal digit, found "\\u007f104000108000000000000"}" (TRACE_ERR_HEX)',
    );
  });

  test('reading goes on with the next line, whatever came before', () => {
    const bad = ['{', '\u0000', '"', '{"t": 1}', NOTIF.slice(0, 40), '[[[['];
    const text = bad.map((line) => `${line}\n${NOTIF}\n`).join('');
    const events = parseTrace(text, { file: 'f' });
    expect(events.map((event) => event.ch)).toEqual(bad.flatMap(() => ['error', 'notif']));
    expect(events.map((event) => event.line)).toEqual(events.map((_, i) => i + 1));
  });
});

describe('lines that are too long', () => {
  const long = NOTIF.replace('f601', 'f6'.repeat(100));

  test('an error, and the next line is read', () => {
    for (const line of [long, long.slice(0, -1), 'x'.repeat(300)]) {
      const events = parseTrace(`${NOTIF}\n${line}\n${NOTIF}`, { maxLine: 200 });
      expect(events).toMatchObject([
        { ch: 'notif', line: 1 },
        { ch: 'error', line: 2, error: { code: 'TRACE_ERR_LINE_LENGTH', offset: 200 } },
        { ch: 'notif', line: 3 },
      ]);
    }
  });

  test('the limit itself is no error', () => {
    expect(parseTrace(NOTIF, { maxLine: NOTIF.length })).toMatchObject([{ ch: 'notif' }]);
    expect(parseTrace(NOTIF, { maxLine: NOTIF.length - 1 })).toMatchObject([{ ch: 'error' }]);
  });

  // Found by fuzzing.
  test('a limit below the length of an excerpt gives the same error in any chunks', () => {
    const events = plain(parseTrace(long, { maxLine: 24 }));
    const cut: TraceEvent[] = [];
    const parser = new TraceParser((event) => cut.push(event), { maxLine: 24 });
    for (const byte of bytesOf(long)) parser.push(Uint8Array.of(byte));
    parser.finish();
    expect(JSON.stringify(cut)).toBe(JSON.stringify(events));
  });

  test('a line without an end takes no memory', () => {
    const events: TraceEvent[] = [];
    const parser = new TraceParser((event) => events.push(event));
    const chunk = new Uint8Array(1 << 20).fill(0x61);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 200; i++) parser.push(chunk);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 << 20);
    parser.push(bytesOf(`\n${NOTIF}\n`));
    parser.finish();
    expect(events).toMatchObject([
      { ch: 'error', line: 1 },
      { ch: 'notif', line: 2 },
    ]);
  });
});
