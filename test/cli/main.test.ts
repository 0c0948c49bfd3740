import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { EXIT_CODES, worse } from '../../cli/exit.ts';
import { terminalOf } from '../../cli/output.ts';
import { MAIN } from './command.ts';
import { sapwood, sapwoodCutOff } from './run.ts';

const RECORDING = fileURLToPath(new URL('../data/traces/wrap-around.jsonl', import.meta.url));

test('docs/cli.md has the table of exit codes', () => {
  const docs = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
  const rows = Object.values(EXIT_CODES).map(({ status, doc }) => `| ${status} | ${doc} |`);
  expect(docs).toContain(`${rows.join('\n')}\n\n`);
});

test('the worse end wins', () => {
  expect(worse('good', 'bad')).toBe('bad');
  expect(worse('usage', 'bad')).toBe('usage');
});

test('the help of every command fits 80 columns', () => {
  const commands = sapwood(['--help']).stdout.match(/^Commands:\n(.*?)\n\n/ms)?.[1] ?? '';
  const names = [...commands.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name!);
  expect(names).toEqual(expect.arrayContaining(['demo', 'emulate', 'nic', 'agent', 'mei', 'doctor']));
  const below = ['mei list', 'nic status', 'nic acquire', 'nic watch'];
  const helps = [...names, ...below].map((name) => sapwood([...name.split(' '), '--help']).stdout);
  expect(helps.flatMap((help) => help.split('\n')).filter((line) => line.length > 80)).toEqual([]);
});

test('help goes to stdout and names the exit codes', () => {
  const help = spawnSync(process.execPath, [MAIN, '--help'], {
    env: { COLUMNS: '120' },
    encoding: 'utf8',
  });
  expect(help.status).toBe(0);
  expect(help.stderr).toBe('');
  for (const { status, doc } of Object.values(EXIT_CODES)) expect(help.stdout).toContain(`${status}  ${doc}`);
});

test('without a command: help on stderr, nothing on stdout', () => {
  const result = spawnSync(process.execPath, [MAIN], { encoding: 'utf8' });
  expect(result.status).toBe(2);
  expect(result.stdout).toBe('');
  expect(result.stderr).toContain('Usage: sapwood');
});

test('a reader that has seen enough is no error', async () => {
  expect(await sapwoodCutOff(['show', '--verbose', RECORDING])).toEqual({ status: 0, stderr: '' });
});

test.skipIf(!existsSync('/dev/full'))('a full disk is one sentence and status 3', () => {
  const disk = openSync('/dev/full', 'w');
  const result = spawnSync(process.execPath, [MAIN, 'show', RECORDING], {
    stdio: ['ignore', disk, 'pipe'],
    encoding: 'utf8',
  });
  closeSync(disk);
  expect(result.stderr).toBe('sapwood: cannot write the output: ENOSPC.\n');
  expect(result.status).toBe(3);
});

test('a compressed trace: says how to read it', () => {
  const packed = gzipSync(readFileSync(RECORDING));
  const result = spawnSync(process.execPath, [MAIN, 'show', '-'], { input: packed, encoding: 'utf8' });
  expect(result.stderr).toContain('It looks compressed: zcat FILE | sapwood COMMAND -\n');
  expect(result.status).toBe(2);
});

test('colours when they are wanted', () => {
  const show = (env: Record<string, string>) =>
    spawnSync(process.execPath, [MAIN, 'show', RECORDING], { env, encoding: 'utf8' }).stdout.includes(
      '\u001b[',
    );
  expect(show({})).toBe(false);
  expect(show({ FORCE_COLOR: '1' })).toBe(true);
  expect(show({ FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false);
});

test.each([
  [{}, {}, { width: 80, colours: false, unicode: true, interactive: false }],
  [{ isTTY: true, columns: 100 }, { LANG: 'de_DE.UTF-8' }, { width: 100, colours: true, unicode: true }],
  [{ isTTY: true, columns: 300 }, { TERM: 'dumb' }, { width: 120, colours: false }],
  [{ isTTY: true, columns: 80 }, { NO_COLOR: '1' }, { colours: false }],
  [{ isTTY: true }, { LANG: 'C' }, { unicode: false, width: 80 }],
  [{ isTTY: true }, { LANG: 'en_US.UTF-8', LC_ALL: 'C' }, { unicode: false }],
  [{}, { COLUMNS: '72' }, { width: 72 }],
  [{}, { COLUMNS: 'wide' }, { width: 80 }],
])('terminal %j %j', (stream, env, expected) => {
  expect(terminalOf(stream, env)).toMatchObject(expected);
});
