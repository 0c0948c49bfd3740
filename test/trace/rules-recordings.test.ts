/** The real driver before the judge: what is known to be wrong with it is found where it shows, and nothing else is. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Judge, type JudgeReport, RULES, type RuleId, type TraceEvent } from '../../trace/index.ts';
import { RECORDINGS, recording } from '../support/traces.ts';

/** By recording: the rules that are broken, with the lines. Those that are not here have no finding. */
const KNOWN: { readonly [recording: string]: { readonly [R in RuleId]?: readonly number[] } } = {
  malformed: { 'hostile.skipped': [260] },
  'no-headroom': { 'rx.to-csme': [26] },
  nvm: { 'nvm.stale': [36, 42, 49] },
  'random-10': { 'init.collocated': [130] },
  'random-11': { 'init.collocated': [208] },
  'random-2': { 'nvm.stale': [128, 167, 169] },
  'random-4': { 'init.collocated': [69, 153] },
  'random-5': { 'init.collocated': [229] },
  'random-8': { 'init.collocated': [28] },
  'random-902': { 'init.collocated': [31], 'nvm.stale': [241] },
  'remove-while-waiting': { 'removal.wakes': [32] },
  'ring-full': { 'ring.full-reads-empty': [245] },
  'settings-cached-before-connect': { 'init.collocated': [32, 60] },
  'short-data-frame': { 'hostile.survives': [26] },
};

function judged(events: readonly TraceEvent[], batch = 1): JudgeReport {
  const judge = new Judge({ file: 'recording' });
  for (let i = 0; i < events.length; i += batch) judge.push(events.slice(i, i + batch));
  return judge.finish();
}

function linesOf({ findings }: JudgeReport): Record<string, number[]> {
  const lines: Record<string, number[]> = {};
  for (const { rule, line } of findings) {
    lines[rule] ??= [];
    lines[rule].push(line);
  }
  return lines;
}

describe.each(RECORDINGS)('%s', (name) => {
  const report = judged(recording(name));

  test('has the findings that are known, and no other', () => {
    expect(linesOf(report)).toEqual(KNOWN[name] ?? {});
    expect(report).toMatchObject({ driver: 'iwlmei 6.12', omitted: 0, errors: [] });
  });

  test('each finding counts, with the severity of its rule, and shows what it is about', () => {
    const counts = Object.fromEntries(
      Object.entries(linesOf(report)).map(([rule, lines]) => [rule, lines.length]),
    );
    const found = Object.entries(report.rules).filter(([, rule]) => rule.findings > 0);
    expect(Object.fromEntries(found.map(([rule, { findings }]) => [rule, findings]))).toEqual(counts);
    for (const { rule, severity, excerpt, line } of report.findings) {
      expect(severity).toBe(RULES[rule].severity);
      expect(report.rules[rule].asked).toBeGreaterThan(0);
      expect(excerpt.some((event) => event.line === line)).toBe(true);
    }
  });

  test('the same in one batch', () => {
    const events = recording(name);
    expect(judged(events, events.length)).toEqual(report);
  });
});

test('docs/rules.md has the same table', () => {
  const page = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8');
  const table = page.slice(page.indexOf('<!-- recordings -->'), page.indexOf('<!-- end -->'));
  const rows = [...table.matchAll(/^\| `([\w-]+)` \| `([\w.-]+)` \| ([\d, ]+) \|/gm)];
  const written = rows.map(([, name, rule, lines]) => [name, rule, lines!.split(', ').map(Number)]);
  const known = Object.entries(KNOWN).flatMap(([name, rules]) =>
    Object.entries(rules).map(([rule, lines]) => [name, rule, lines]),
  );
  expect(written).toEqual(known);
});

test('recordings one behind the other are judged one by one', () => {
  const names = ['ring-full', 'handshake-v4', 'remove', 'nvm'];
  const events = names.flatMap(recording).map((event, i) => ({ ...event, line: i + 1 }));
  const report = judged(events, 100);
  const rules = report.findings.map(({ rule }) => rule);
  expect(rules).toEqual(['ring.full-reads-empty', 'nvm.stale', 'nvm.stale', 'nvm.stale']);
});

test('of a trace that begins in the middle nothing is told that stood before', () => {
  for (const name of ['handshake-v4', 'ownership-granted', 'random-1', 'random-3', 'pldr']) {
    const events = recording(name);
    const start = events.findIndex((event) => event.ch === 'me');
    for (let from = start + 1; from < events.length; from++) {
      const report = judged(events.slice(from), 50);
      expect({ name, from, found: linesOf(report) }).toEqual({ name, from, found: {} });
    }
  }
});

test('only what CSME can see: nothing that the WLAN driver did is missed', () => {
  for (const name of RECORDINGS) {
    const wire = recording(name).filter(
      (event) => event.ch !== 'wifi-cmd' && event.ch !== 'wifi-op' && event.ch !== 'frame',
    );
    const { findings } = judged(wire, 50);
    const errors = findings.filter(({ rule }) => RULES[rule].severity === 'error').map(({ rule }) => rule);
    const excused =
      name === 'ring-full' ? ['sap.seq'] : name === 'short-data-frame' ? ['hostile.survives'] : [];
    expect({ name, errors: [...new Set(errors)] }).toEqual({ name, errors: excused });
  }
});
