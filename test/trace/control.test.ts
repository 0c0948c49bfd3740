import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ControlReply,
  type ControlRequest,
  formatControlReply,
  formatControlRequest,
  parseControlReply,
  parseControlRequest,
  TraceError,
} from '../../trace/index.ts';

const CALL = '{"id": 7, "ch": "wifi-cmd", "dir": "wifi>drv", "name": "country", "args": {"mcc": 17221}}';

describe('requests', () => {
  test('a call, with and without a time', () => {
    const event = { ch: 'wifi-cmd', dir: 'wifi>drv', name: 'country', args: { mcc: 17221 } };
    expect(parseControlRequest(CALL)).toEqual({ id: 7, event: { t: 0, ...event } });
    expect(parseControlRequest(CALL.replace('{', '{"t": 1.5, '))).toEqual({
      id: 7,
      event: { t: 1.5, ...event },
    });
  });

  test('a frame from the air, and the bus', () => {
    const frame = parseControlRequest('{"id":0,"ch":"frame","dir":"peer0>wlan0","hex":"00ff"}');
    expect(frame).toEqual({
      id: 0,
      event: { t: 0, ch: 'frame', dir: 'peer0>wlan0', bytes: Uint8Array.of(0, 255) },
    });
    const probe = '{"id":4294967295,"ch":"bus","dir":"ctl","name":"probe","args":{"arg":0}}';
    expect(parseControlRequest(probe)).toMatchObject({ id: 0xffff_ffff, event: { name: 'probe' } });
  });

  test.each([
    ['', 'a request'],
    ['{', 'JSON'],
    ['[]', 'an object'],
    [CALL.replace('7', '-1'), '"id" as a whole number up to 4294967295'],
    [CALL.replace('7', '1.5'), '"id" as a whole number up to 4294967295'],
    [CALL.replace('"id": 7, ', ''), '"id" as a whole number up to 4294967295'],
    [CALL.replace('wifi>drv', 'drv>wifi'), 'a call, a frame from the air or the bus'],
    [CALL.replace('{"mcc": 17221}', '3'), 'an object of arguments'],
    ['{"id":1,"ch":"notif","dir":"m2h","hex":"00"}', 'a call, a frame from the air or the bus'],
    [`{"id":1,"args":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 'at most 32 levels of values'],
  ])('wrong: %.60s', (line, expected) => {
    const error = parseControlRequest(line);
    expect(error).toBeInstanceOf(TraceError);
    expect((error as TraceError).expected).toBe(expected);
  });
});

describe('replies', () => {
  test('done, with and without an error', () => {
    expect(parseControlReply('{"ch": "done", "id": 7}')).toEqual({ ch: 'done', id: 7 });
    const refused: ControlReply = { ch: 'done', id: 7, error: 'there is no driver' };
    expect(parseControlReply(formatControlReply(refused))).toEqual(refused);
    expect(parseControlReply('{"ch": "done", "id": 7, "error": 3}')).toBeInstanceOf(TraceError);
    expect(parseControlReply('{"ch": "done"}')).toBeInstanceOf(TraceError);
  });

  test('effects are lines of a trace', () => {
    const line = '{"t": 1.0, "ch": "wifi-op", "dir": "drv>wifi", "name": "sap_connected", "args": {}}';
    const reply = parseControlReply(line) as ControlReply;
    expect(reply).toMatchObject({ ch: 'wifi-op', name: 'sap_connected' });
    expect(formatControlReply(reply)).toBe(line);
  });
});

test('what is written is read, whatever its arguments', () => {
  const args = fc.dictionary(
    fc.string(),
    fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
    {
      noNullPrototype: true,
    },
  );
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), fc.string(), args, (id, name, args) => {
      const request: ControlRequest = {
        id,
        event: { t: 0, ch: 'wifi-cmd', dir: 'wifi>drv', name, args: { ...args } },
      };
      expect(parseControlRequest(formatControlRequest(request))).toEqual(request);
    }),
  );
});

test('no line makes them throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.json(), fc.constant(CALL)),
      fc.nat(),
      fc.string(),
      (line, at, put) => {
        const text = line.slice(0, at % (line.length + 1)) + put + line.slice(at % (line.length + 1));
        parseControlRequest(text);
        parseControlReply(text);
      },
    ),
  );
});
