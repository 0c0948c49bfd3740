import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Ladder, type LadderOptions, parseTrace } from '../../trace/index.ts';
import { cut, hexdump, printable, widthOf, wrap } from '../../trace/text.ts';

const TRACES = new URL('../data/traces/', import.meta.url);
const ESCAPE = String.fromCharCode(27);
const COLOUR = new RegExp(`${ESCAPE}\\[(\\d+)m`, 'g');

function draw(trace: string, options: LadderOptions = {}): string[] {
  const ladder = new Ladder(options);
  return parseTrace(trace).flatMap((event) => ladder.line(event)?.split('\n') ?? []);
}

describe('every recording', () => {
  for (const file of readdirSync(TRACES).filter((name) => name.endsWith('.jsonl'))) {
    test(file, () => {
      const trace = readFileSync(new URL(file, TRACES), 'utf8');
      for (const options of [
        {},
        { width: 60 },
        { width: 133, verbose: true },
        { unicode: false, verbose: true },
      ]) {
        const width = options.width ?? 80;
        const lines = draw(trace, options);
        expect(lines.length).toBeGreaterThanOrEqual(trace.trimEnd().split('\n').length);
        expect(lines.filter((line) => widthOf(line) > width || line.includes('undefined'))).toEqual([]);
        // The last line of CSME stands in the last column.
        const rungs = lines.filter((line) => /^.{12}[┊:]/.test(line));
        expect(rungs.filter((line) => widthOf(line) !== width)).toEqual([]);
        if (options.unicode === false)
          expect(lines.filter((line) => !/^[\x20-\x7e]*$/.test(line))).toEqual([]);
      }
    });
  }
});

test('the area as its pointers and sizes, and a frame of the stack', () => {
  const control = `534150214000000000000000${'100000000800000000800000'}${'0'.repeat(104 - 24)}`.padEnd(
    128,
    '0',
  );
  const area = `{"t": 0, "ch": "area", "dir": "h2m", "size": 172032, "control": "${control}", "trailer": "53415021"}`;
  const frame = '{"t": 1, "ch": "frame", "dir": "wlan0>stack", "hex": "ffffffffffff0200000000010800"}';
  const [first, ...lines] = draw(`${area}\n${frame}`, { width: 140 });
  expect(first).toContain('area of 172032 bytes, "SAP!" 64 … "SAP!", wr/rd/size h2m-notif 16/8/32768');
  expect(lines.join('\n')).toContain("^┊     │ to the host's stack: ");
  expect(draw(area.replace(control, '5341')).join('')).toContain('control block cut to 2');
});

describe('colours', () => {
  const trace = readFileSync(new URL('malformed.jsonl', TRACES), 'utf8');

  test('change nothing but colour', () => {
    expect(draw(trace, { colours: true, verbose: true }).map((line) => line.replace(COLOUR, ''))).toEqual(
      draw(trace, { verbose: true }),
    );
  });

  test('only those that read on dark and light: no white, no yellow, no bright one, no background', () => {
    const used = new Set(
      draw(trace, { colours: true }).flatMap((line) => [...line.matchAll(COLOUR)].map((m) => m[1])),
    );
    // bold, dim and their end; red, green, magenta, cyan and the default.
    for (const code of used) expect(['1', '2', '22', '31', '32', '35', '36', '39']).toContain(code);
  });
});

describe('a live ladder', () => {
  test('the state, when it changes', () => {
    const ladder = new Ladder();
    const state = { owner: 'CSME', rfkill: 'NOT_OWNER', AP: '"home" on 6' };
    expect(ladder.status(state)).toBe(
      `            ══ owner CSME · rfkill NOT_OWNER · AP "home" on 6 ${'═'.repeat(18)}`,
    );
    expect(ladder.status(state)).toBeUndefined();
    expect(ladder.status({ ...state, owner: 'host' })).toContain('owner host');
    expect(widthOf(ladder.status({ AP: 'x'.repeat(100) })!)).toBe(80);
  });

  test('the clock begins where the caller says', () => {
    const ladder = new Ladder({ from: 5 });
    const [event] = parseTrace('{"t": 5.25, "ch": "bus", "dir": "drv", "name": "enable", "args": {}}');
    expect(ladder.line(event!)).toMatch(/^ {2}0\.250000 /);
  });

  test('times of any size keep their column', () => {
    for (const t of [0, 1.5, 99_999.5, 1e7, 1e9, 8e12]) {
      const line = draw(`{"t": ${t}, "ch": "bus", "dir": "drv", "name": "enable", "args": {}}`, {
        from: 0,
      }).at(-1)!;
      expect(line.indexOf('┊')).toBe(12);
    }
  });
});

describe('text', () => {
  test('what could command the terminal is shown as a number', () => {
    expect(printable(`a${ESCAPE}[31m\u202e\u0000é`)).toBe('a\\u001b[31m\\u202e\\u0000é');
    const [line] = draw('{"t": 1, "ch": "note", "text": "\\u001b]0;x\\u0007"}');
    expect(line).toBe('  0.000000  # \\u001b]0;x\\u0007');
  });

  // Found by fuzzing.
  test.each([
    '{"t": 1, "ch": "note", "text": "x", "driver": "\\u0007"}',
    '{"t": 1, "ch": "wifi-op", "dir": "drv>wifi", "name": "me_conn_status", "args": {"ssid": "686f6\u202ed6", "ssid_len": 4}}',
    '{"t": 1, "ch": "\u202e", "x": 1}',
  ])('no control character comes through: %j', (line) => {
    expect(draw(line).join()).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  test('a clock that goes far back keeps the width', () => {
    const note = (t: number) => `{"t": ${t}, "ch": "note", "text": "${'word '.repeat(40)}"}`;
    expect(draw(`${note(34_407_871_776)}\n${note(4.5)}`).filter((line) => widthOf(line) > 80)).toEqual([]);
  });

  test('width', () => {
    expect(widthOf('日本')).toBe(4);
    expect(widthOf('e\u0301')).toBe(1);
    expect(cut('日本語', 5, '…')).toBe('日本…');
    expect(cut('abc', 3, '…')).toBe('abc');
  });

  test('lines break at spaces, and long words anywhere', () => {
    expect(wrap('  one two three', 9)).toEqual(['  one two', '    three']);
    expect(wrap('abcdefghij', 6)).toEqual(['  abcd', '  efgh', '  ij']);
  });

  test('dump', () => {
    expect(hexdump(new TextEncoder().encode('host asks for NIC\n'))).toEqual([
      '0000  686f7374 2061736b 7320666f 72204e49 host asks for NI',
      '0010  430a                                C.',
    ]);
  });
});
