/** docs/replay.md and docs/traces/ say what is so. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { TIMER_NAMES, TIMERS } from '../../ownership/index.ts';
import { declOf } from '../../sap/index.ts';
import { Replay } from '../../trace/index.ts';
import * as tolerance from '../../trace/replay/tolerance.ts';
import { RECORDINGS, recording, recordingText } from '../support/traces.ts';

const DOCS = new URL('../../docs/', import.meta.url);
const page = (name: string) => readFileSync(new URL(name, DOCS), 'utf8');

describe('docs/replay.md', () => {
  const rows = page('replay.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1')));

  test('has every tolerance with its number', () => {
    const constants = Object.entries(tolerance).filter(([, value]) => typeof value === 'number');
    const written = rows
      .filter(([, name]) => name?.endsWith('_MS'))
      .map(([, name, ms]) => [name, Number(ms)]);
    expect(written.sort()).toEqual(constants.sort());
  });

  test('has every timer with its latest moment, but for the door bell', () => {
    const written = rows
      .filter(([, name]) => (TIMER_NAMES as string[]).includes(name!))
      .map(([, name, due, latest]) => [name, Number(due), Number(latest)]);
    const timers = TIMER_NAMES.filter((name) => name !== 'bellThrottle').map((name) => [
      name,
      TIMERS[name].ms,
      TIMERS[name].ms + tolerance.latenessMs(name),
    ]);
    expect(written).toEqual(timers);
  });

  test('has every member of the report', () => {
    const report = new Replay().finish();
    for (const member of Object.keys(report)) expect(rows.map(([, name]) => name)).toContain(member);
  });

  test('the bound of what may be missing at the end is the sum that it says', () => {
    expect(page('replay.md')).toContain(`the last ${tolerance.END_GRACE_MS + tolerance.EFFECT_LAG_MS} ms`);
  });
});

const WALKS = readdirSync(new URL('traces/', DOCS)).filter((name) => name.endsWith('.md'));

describe.each(WALKS)('docs/traces/%s', (name) => {
  const text = page(`traces/${name}`);
  const file = /\/data\/traces\/([\w-]+)\.jsonl/.exec(text)?.[1] ?? '';
  const quoted = [...text.matchAll(/```jsonl\n([\s\S]*?)```/g)].flatMap((block) =>
    block[1]!.trimEnd().split('\n'),
  );

  test('walks through a recording that is there', () => {
    expect(RECORDINGS).toContain(file);
  });

  test('quotes every line of it, in its order, as it is', () => {
    expect(quoted).toEqual(recordingText(file).trimEnd().split('\n'));
  });

  test('names messages by their numbers', () => {
    const named = [...text.matchAll(/(\d{3,4}), ([A-Z][A-Z_]+)/g)];
    expect(named.length).toBeGreaterThan(5);
    for (const [, id, message] of named) expect(declOf(Number(id))?.short).toBe(message);
  });

  test('the number of compared effects is right', () => {
    const run = new Replay();
    run.push(recording(file));
    expect(text).toContain(`${run.finish().compared} effects, no mismatch`);
  });
});
