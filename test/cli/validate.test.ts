import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { RULE_IDS, RULES, type RuleId } from '../../trace/index.ts';
import { sapwood } from './run.ts';

const TRACES = fileURLToPath(new URL('../data/traces/', import.meta.url));
const trace = (name: string) => join(TRACES, `${name}.jsonl`);
const FILES = readdirSync(TRACES)
  .filter((name) => name.endsWith('.jsonl'))
  .map((name) => join(TRACES, name));
const folder = mkdtempSync(join(tmpdir(), 'sapwood-validate-'));

afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('every recording of the real driver', () => {
  const { status, stdout, stderr } = sapwood(['validate', '--json', ...FILES]);
  const reports = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

  test('is one document, with every rule in it', () => {
    expect(stderr).toBe('');
    expect(reports.map((r) => r.file)).toEqual(FILES);
    for (const report of reports) {
      expect(Object.keys(report.rules)).toEqual(RULE_IDS);
      expect(report).toMatchObject({ driver: 'iwlmei 6.12', omitted: 0, errors: [], errorsOmitted: 0 });
      for (const { rule, severity, line, excerpt } of report.findings) {
        expect(RULES[rule as RuleId].severity).toBe(severity);
        expect(excerpt.map((event: { line: number }) => event.line)).toContain(line);
        for (const event of excerpt)
          expect(event).toMatchObject({ t: expect.any(Number), ch: expect.any(String) });
      }
    }
  });

  test('fails for errors, and for nothing less', () => {
    const failed = reports.filter((r) => r.failed).map((r) => r.file.split('/').at(-1));
    expect(failed).toEqual(['no-headroom.jsonl', 'ring-full.jsonl', 'short-data-frame.jsonl']);
    expect(status).toBe(1);
    expect(sapwood(['validate', trace('nvm'), trace('ping')]).status).toBe(0);
  });

  test('as text: a line each, what was found, and a sum', () => {
    const { stdout, status } = sapwood(['validate', trace('ping'), trace('nvm'), trace('ring-full')]);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^✓ +30 messages +\d+ rules asked {2}.*ping\.jsonl$/);
    expect(lines[1]).toMatch(/^✓ .*nvm\.jsonl: 3 warnings$/);
    expect(lines.at(-2)).toBe('3 files, 159 messages, 1 error, 3 warnings');
    expect(status).toBe(1);
  });
});

describe('a finding', () => {
  const { stdout } = sapwood(['validate', trace('ring-full')], { COLUMNS: '100' });
  const lines = stdout.trimEnd().split('\n');

  test('names the line, the time, the rule', () => {
    expect(lines[1]).toBe(
      `  ${trace('ring-full')}:245  t 212.147776  error ring.full-reads-empty: ${RULES['ring.full-reads-empty'].title}`,
    );
    expect(lines[2]).toBe('    expected  at most 2239 of 2240 bytes in the notif ring');
    expect(lines[3]).toMatch(/^ {4}seen {6}140 messages fill it/);
  });

  test('shows the events as the ladder does, on the clock of the trace', () => {
    const shown = sapwood(['show', trace('ring-full')], { COLUMNS: '96' }).stdout.split('\n');
    for (const line of lines.slice(4)) expect(shown).toContain(line.slice(4));
    expect(lines.length).toBeGreaterThan(5);
  });

  test('keeps to the width of the terminal', () => {
    const narrow = sapwood(['validate', trace('random-10')], { COLUMNS: '80' })
      .stdout.split('\n')
      .slice(2);
    expect(narrow.filter((line) => line.length > 80)).toEqual([]);
  });
});

describe('--rule', () => {
  test('looks at nothing else', () => {
    expect(sapwood(['validate', '--rule', 'sap.seq,bell', trace('ring-full')])).toMatchObject({ status: 0 });
    const { stdout } = sapwood(['validate', '--json', '--rule', 'ring', trace('ring-full')]);
    const { rules, findings } = JSON.parse(stdout);
    expect(findings.map((finding: { rule: string }) => finding.rule)).toEqual(['ring.full-reads-empty']);
    expect(rules['ping.pong'].asked).toBe(0);
  });

  test('knows what there is', () => {
    const { status, stderr } = sapwood(['validate', '--rule', 'ring.ful', trace('ping')]);
    expect(status).toBe(2);
    expect(stderr).toContain('There is no rule or topic "ring.ful"; docs/rules.md has all of them.');
  });
});

describe('what cannot be judged', () => {
  test('a file that is not there, between others', () => {
    const { status, stdout, stderr } = sapwood(['validate', trace('ping'), '/no/such/file', trace('nvm')]);
    expect(status).toBe(2);
    expect(stderr).toContain('cannot read /no/such/file: there is no such file');
    expect(stdout).toContain('2 files, 1 not read');
  });

  test('a file that is no trace, and one without a message', () => {
    expect(sapwood(['validate', written('text', 'hello\n')])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('is not a trace'),
    });
    const note = '{"t": 1, "ch": "note", "text": "nothing"}\n';
    expect(sapwood(['validate', written('note', note)])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('holds no message: there is nothing to judge.'),
    });
  });

  test('a line that cannot be read is told, and the rest is judged', () => {
    const text = readFileSync(trace('ping'), 'utf8').split('\n').toSpliced(20, 0, '{"t": }').join('\n');
    const { status, stdout, stderr } = sapwood(['validate', written('bad.jsonl', text)]);
    expect(status).toBe(1);
    expect(stdout).toContain('1 line not read');
    expect(stderr).toContain('bad.jsonl:21:');
  });

  test('stdin', () => {
    const text = readFileSync(trace('ping'), 'utf8');
    expect(sapwood(['validate', '-'], {}, text)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('rules asked  stdin'),
    });
  });
});
