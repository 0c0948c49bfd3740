import { readdirSync, readFileSync } from 'node:fs';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatEvent, type JsonValue, parseTrace, type TraceEvent, TraceWriter } from '../../trace/index.ts';

const TRACES = new URL('../data/traces/', import.meta.url);
const FILES = readdirSync(TRACES).filter((name) => name.endsWith('.jsonl'));

test.each(FILES)('%s: reading and writing gives the same bytes', (file) => {
  const trace = readFileSync(new URL(file, TRACES), 'utf8');
  expect(
    parseTrace(trace)
      .map((event) => `${formatEvent(event)}\n`)
      .join(''),
  ).toBe(trace);
});

test.each([
  [
    '{"t": 5.0, "ch": "me", "dir": "h2m", "hex": "03", "seq": 5, "more": {"a": [1, null]}}',
    'unknown members',
  ],
  ['{"t":5,"ch":"heci","x":[1,2]}', 'an unknown channel'],
  ['{"t": 5.5, "ch": "note", "dir": "-", "text": "\\u00e9 \\ud83d\\ude00 \\" \\u0007"}', 'text'],
  ['{"t": 5.5, "ch": "note", "dir": "-", "text": "", "driver": ""}', 'empty text'],
  [
    '{"t": 5.5, "ch": "area", "dir": "h2m", "size": 4096, "control": "00ff", "trailer": "", "x": 1}',
    'an area',
  ],
  ['{"t": 5.5, "ch": "frame", "dir": "wlan0>stack", "hex": "00ff"}', 'a frame of the stack'],
  [
    '{"t": 5.5, "ch": "wifi-cmd", "dir": "wifi>drv", "name": "new one", "args": {"__proto__": {"x": 1}}}',
    'any name',
  ],
])('%s is kept: %s', (line) => {
  expect(parseTrace(line).map(formatEvent)).toEqual([line]);
});

test('whatever is written reads back', () => {
  const args = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>);
  const t = fc.double({ min: 0, max: 2 ** 43, noNaN: true });
  const bytes = fc.uint8Array({ maxLength: 40 });
  const event: fc.Arbitrary<TraceEvent> = fc.oneof(
    fc.record({ t, ch: fc.constantFrom('me', 'notif', 'data'), dir: fc.constantFrom('h2m', 'm2h'), bytes }),
    fc.record({ t, ch: fc.constant('wifi-op'), dir: fc.constant('drv>wifi'), name: fc.string(), args }),
    fc.record({ t, ch: fc.constant('note'), text: fc.string({ unit: 'binary' }) }),
    fc.record({
      t,
      ch: fc.constant('area'),
      dir: fc.constant('h2m'),
      size: fc.nat(),
      control: bytes,
      trailer: bytes,
    }),
  ) as fc.Arbitrary<TraceEvent>;
  fc.assert(
    fc.property(event, (event) => {
      const line = formatEvent(event);
      expect(line).toMatch(/^[\x20-\x7e]+$/);
      const [read] = parseTrace(line);
      // -0 has no other form in JSON than 0.
      expect(JSON.stringify({ ...read, line: undefined })).toBe(
        JSON.stringify({ ...event, line: undefined }),
      );
    }),
    { seed: 2, numRuns: 200 },
  );
});

test('errors are not written', () => {
  expect(parseTrace('{').map(formatEvent)).toEqual(['']);
});

test('the writer: blocks, and a promise when the stream is full', async () => {
  const trace = readFileSync(new URL('ring-full.jsonl', TRACES), 'utf8');
  const stream = new PassThrough({ highWaterMark: 1000 });
  const written = text(stream);
  const writer = new TraceWriter(stream);
  let waits = 0;
  for (const event of parseTrace(trace)) {
    const full = writer.write(event);
    if (full) waits++;
    await full;
  }
  await writer.end();
  stream.end();
  expect(await written).toBe(trace);
  expect(waits).toBeGreaterThan(0);
  expect(waits).toBeLessThan(10);
});

test('the writer: an error of the stream comes out', async () => {
  const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('disk full')) });
  const writer = new TraceWriter(stream);
  for (const event of parseTrace('{"t": 1, "ch": "note", "text": "x"}')) await writer.write(event);
  await expect(writer.end()).rejects.toThrow('disk full');
});
