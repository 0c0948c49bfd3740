import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { mismatchLines } from '../../cli/replay-text.ts';
import { QUIRKS } from '../../ownership/index.ts';
import { sapwood } from './run.ts';

const TRACES = fileURLToPath(new URL('../data/traces/', import.meta.url));
const FILES = readdirSync(TRACES)
  .filter((name) => name.endsWith('.jsonl'))
  .map((name) => join(TRACES, name));
const GRANTED = join(TRACES, 'ownership-granted.jsonl');
const folder = mkdtempSync(join(tmpdir(), 'sapwood-replay-'));

afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** A recording with what another driver would have sent: a country that nobody set. */
function mutated(): string {
  const text = readFileSync(GRANTED, 'utf8');
  const changed = text
    .replace('"hex": "f003080003000000', '"hex": "f003080003000000ff00')
    .replace('ff000000', 'ff00');
  expect(changed).not.toBe(text);
  return written('mutated.jsonl', changed);
}

describe('every recording of the real driver', () => {
  const { status, stdout, stderr } = sapwood(['replay', '--json', ...FILES]);
  const reports = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

  test('replays without a mismatch', () => {
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(reports.map((r) => r.file)).toEqual(FILES);
    for (const report of reports) {
      expect(report).toMatchObject({ mismatches: [], errors: [], omitted: 0 });
      expect(report.compared).toBeGreaterThan(0);
    }
  });

  test('has the quirks of its driver switched on, and listed', () => {
    for (const { quirks } of reports) {
      expect(quirks).toContain('full-ring-reads-empty');
      for (const name of quirks) expect(QUIRKS).toHaveProperty(name);
    }
  });

  test('has a line of text, and all of them a sum', () => {
    const text = sapwood(['replay', ...FILES]);
    expect(text.status).toBe(0);
    for (const file of FILES) expect(text.stdout).toContain(`compared  ${file}\n`);
    expect(text.stdout).toMatch(
      new RegExp(`\\n${FILES.length} files, \\d+ messages, \\d+ compared, no mismatch\\n`),
    );
  });
});

describe('a mismatch', () => {
  test('is shown with its place, and ends with 1', () => {
    const file = mutated();
    const { status, stdout } = sapwood(['replay', file]);
    expect(status).toBe(1);
    expect(stdout).toMatch(new RegExp(`✗ +36 messages +30 compared {2}${file}: 1 mismatch`));
    expect(stdout).toContain(`${file}:17  t 67.258850  notif: the host did something else`);
    expect(stdout).toContain('recorded  COUNTRY_CODE mcc=255');
    expect(stdout).toContain('our host  COUNTRY_CODE mcc=0');
    expect(stdout).toMatch(/recorded {2}f003\w*\n +our host {2}f003\w*\n +\^\^/);
  });

  test('is a member of the document', () => {
    const file = mutated();
    const { status, stdout } = sapwood(['replay', '--json', file]);
    expect(status).toBe(1);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ file, messages: 36, compared: 30 });
    expect(report.mismatches).toHaveLength(1);
    expect(report.mismatches[0]).toMatchObject({ line: 17, stream: 'notif', kind: 'different' });
  });

  test('of one file does not keep the others from being replayed', () => {
    const { status, stdout } = sapwood(['replay', mutated(), GRANTED]);
    expect(status).toBe(1);
    expect(stdout).toContain('2 files, 72 messages, 60 compared, mismatches: 1');
  });

  test('with bytes wider than the terminal is cut into lines', () => {
    const terminal = { width: 60, colours: false, unicode: true, interactive: false };
    const hex = (last: string) => `${'ab'.repeat(40)}${last}`;
    const mismatch = { line: 3, t: 1, stream: 'data', kind: 'different' } as const;
    const lines = mismatchLines('a.jsonl', { ...mismatch, recorded: hex('00'), host: hex('01') }, terminal);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(lines.at(-1)?.trim()).toBe('^');
  });
});

describe('what cannot be replayed', () => {
  test.each([
    ['a file that is not there', '/no/such/file.jsonl', 'there is no such file'],
    ['a folder', folder, 'it is a folder'],
    ['what is no trace', written('a.txt', 'hello\nworld\n'), 'is not a trace'],
    ['an empty file', written('empty.jsonl', ''), 'holds no message'],
  ])('%s ends with 2', (_, file, words) => {
    const { status, stdout, stderr } = sapwood(['replay', file]);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(words);
  });

  test('does not keep the others from being replayed', () => {
    const { status, stdout, stderr } = sapwood(['replay', '/no/such/file.jsonl', GRANTED]);
    expect(status).toBe(2);
    expect(stderr).toContain('there is no such file');
    expect(stdout).toContain('1 file, 1 not read');
  });

  test('lines of a trace are named, and end with 1', () => {
    const lines = readFileSync(GRANTED, 'utf8').split('\n');
    const file = written('damaged.jsonl', [...lines.slice(0, 5), '{"t":', ...lines.slice(5)].join('\n'));
    const { status, stdout, stderr } = sapwood(['replay', file]);
    expect(status).toBe(1);
    expect(stdout).toContain('1 line not read');
    expect(stderr).toContain(`${file}:6:`);
  });
});

describe('the command line', () => {
  test('reads stdin', () => {
    const { status, stdout } = sapwood(['replay', '--json', '-'], {}, readFileSync(GRANTED, 'utf8'));
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ file: 'stdin', messages: 36, mismatches: [] });
  });

  test('switches quirks on', () => {
    const args = ['replay', '--json', '--quirk', 'no-headroom-loses-frame,stale-nvm', GRANTED];
    expect(JSON.parse(sapwood(args).stdout).quirks).toContain('no-headroom-loses-frame');
  });

  test.each([
    [['replay']],
    [['replay', '--quirk', 'no-such-quirk', GRANTED]],
    [['replay', '--quirks', GRANTED]],
  ])('%j is wrong usage', (args) => {
    const { status, stdout, stderr } = sapwood(args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('Try: sapwood replay --help');
  });

  test('lists the quirks in its help, within 80 columns', () => {
    const { stdout } = sapwood(['replay', '--help']);
    for (const name of Object.keys(QUIRKS)) expect(stdout).toContain(name);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
  });
});
