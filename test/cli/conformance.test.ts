import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SaxesParser } from 'saxes';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SCENARIOS, SUITE_NAMES } from '../../conformance/index.ts';
import { nativeProblem } from '../../native/index.ts';
import { Judge, parseTrace } from '../../trace/index.ts';
import { MAIN } from './command.ts';
import { sapwood } from './run.ts';

const LIMIT_MS = 240_000;

let folder: string;
const children: ChildProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sapwood-conformance-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
});

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[]): ChildProcess {
  const env = { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8' };
  const child = spawn(process.execPath, [MAIN, ...args], { env, timeout: LIMIT_MS });
  children.push(child);
  return child;
}

async function ended(child: ChildProcess): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, ...said };
}

/** A host in a process of its own, and its judge in another. */
async function judged(host: readonly string[], judge: readonly string[], control = true): Promise<Ended> {
  const socket = join(folder, 'csme');
  const helper = join(folder, 'helper');
  const driver = start([
    'host',
    '--transport',
    `unix:${socket}`,
    '--quiet',
    ...host,
    ...(control ? ['--control', helper] : []),
  ]);
  driver.stdout?.resume();
  driver.stderr?.resume();
  return ended(
    start([
      ...['conformance', '--transport', `unix:${socket}`, '--wait', '60', ...judge],
      ...(control ? ['--control', helper] : []),
    ]),
  );
}

describe.skipIf(nativeProblem() !== undefined)('two processes', () => {
  test('our host passes, and the conversation is a trace', { timeout: LIMIT_MS }, async () => {
    const record = join(folder, 'record.jsonl');
    const junit = join(folder, 'junit.xml');
    const suites = 'ownership,protection,rings,rx,lifecycle';
    const { status, stdout, stderr } = await judged(
      [],
      ['--suite', suites, '--record', record, '--junit', junit, '--json'],
    );
    expect(stderr).toContain('lifecycle-resets: passed');
    const document = JSON.parse(stdout) as {
      driver: string;
      totals: { scenarios: object };
      checks: { id: string; findings: { expected: string; seen: string }[] }[];
    };
    expect(document.checks.filter(({ findings }) => findings.length > 0)).toEqual([]);
    expect(document.driver).toMatch(/^sapwood /);
    expect(document.totals.scenarios).toMatchObject({ failed: 0, 'not run': 0 });
    expect(status).toBe(0);

    const played = SCENARIOS.filter(({ suite }) => suites.split(',').includes(suite)).length;
    expect(testCases(readFileSync(junit, 'utf8'))).toBe(played);

    const judge = new Judge();
    judge.push(parseTrace(readFileSync(record)));
    const report = judge.finish();
    expect(report.errors).toEqual([]);
    expect(report.messages).toBeGreaterThan(10_000);
  });

  test('a full ring that reads as empty is found, and told with what was said', {
    timeout: LIMIT_MS,
  }, async () => {
    const { status, stdout } = await judged(
      ['--quirk', 'full-ring-reads-empty'],
      ['--scenario', 'rings-exact-fit,rings-overflow'],
    );
    expect(stdout).toContain('ring.full-reads-empty');
    expect(stdout).toMatch(/expected {2}a full ring\n +seen {6}wr_ptr equals rd_ptr/);
    expect(stdout).toMatch(/│◀─+ PING/);
    expect(status).toBe(1);
  });

  test('without a helper what needs none is played', { timeout: LIMIT_MS }, async () => {
    const { status, stdout, stderr } = await judged(
      [],
      ['--scenario', 'exchanges-ping,exchanges-nvm'],
      false,
    );
    expect(stderr).toContain('Without --control');
    expect(stdout).toContain('not run, no control socket: 1 scenario\n  exchanges-nvm\n');
    expect(stdout).toContain('scenarios: 1 passed, 0 failed, 1');
    expect(status).toBe(0);
  });

  test('a driver that does not come is not waited for without end', () => {
    const socket = join(folder, 'nobody');
    const { status, stderr } = sapwood(['conformance', '--transport', `unix:${socket}`, '--wait', '0.2']);
    expect(stderr).toContain('sapwood: nothing could be played: no driver came within 0.2 s.');
    expect(status).toBe(3);
  });

  test.each([
    ['driver', [], 'Without --control', 'sapwood: interrupted; the report is of what was played.'],
    ['helper', ['--control', '/none/helper'], 'looked for', 'sapwood: interrupted before the helper came.'],
  ])('interrupted while no %s comes: it ends, and the socket is gone', async (_, more, waits, says) => {
    const socket = join(folder, 'nobody');
    const child = start(['conformance', '--transport', `unix:${socket}`, '--wait', '3600', ...more]);
    const end = ended(child);
    child.stderr?.on('data', (text: string) => {
      if (text.includes(waits)) child.kill('SIGINT');
    });
    const { status, stderr } = await end;
    expect(stderr).toContain(says);
    expect(status).toBe(1);
    expect(existsSync(socket)).toBe(false);
  });

  test.each(['--record', '--junit'])('%s in a folder that is not there', (option) => {
    const { status, stderr } = sapwood([
      ...['conformance', '--transport', `unix:${join(folder, 'csme')}`],
      ...[option, join(folder, 'no', 'file')],
    ]);
    expect(stderr).toMatch(/^sapwood: cannot write .*no\/file: ENOENT\.\nGive a file/);
    expect(status).toBe(2);
  });

  test('a helper that is not there is named', () => {
    const socket = join(folder, 'nobody');
    const { status, stderr } = sapwood([
      ...['conformance', '--transport', `unix:${socket}`, '--wait', '0.2'],
      ...['--control', join(folder, 'no-helper')],
    ]);
    expect(stderr).toMatch(/sapwood: nobody listens at the control socket .*no-helper: ENOENT\./);
    expect(status).toBe(3);
  });
});

test('--list names every suite and scenario', () => {
  const { status, stdout } = sapwood(['conformance', '--list']);
  for (const suite of SUITE_NAMES)
    expect(stdout).toContain(`\n${suite}: `.slice(suite === 'startup' ? 1 : 0));
  for (const { id } of SCENARIOS) expect(stdout).toContain(`  ${id}\n`);
  expect(status).toBe(0);
});

test.each([
  [['conformance'], 'give --transport unix:PATH, or --list.'],
  [['conformance', '--transport', 'memory:'], 'the transport is unix:PATH here, not "memory:".'],
  [
    ['conformance', '--list', '--suite', 'nonsense'],
    'There is no suite "nonsense"; there are startup, settings, ',
  ],
  [['conformance', '--list', '--scenario', 'nonsense'], 'there is no scenario "nonsense".'],
  [['conformance', '--transport', 'unix:/tmp/x', '--wait', '-1'], 'Give seconds'],
])('wrong usage: %j', (args, sentence) => {
  const { status, stderr } = sapwood(args);
  expect(stderr).toContain(sentence);
  expect(status).toBe(2);
});

/** Throws for what is no XML. */
function testCases(xml: string): number {
  let count = 0;
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name }) => {
    if (name === 'testcase') count++;
  });
  parser.write(xml).close();
  return count;
}
