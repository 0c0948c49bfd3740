import { expect, test } from 'vitest';
import { Expectations } from '../../trace/replay/expectations.ts';
import type { Mismatch } from '../../trace/replay/report.ts';

const numbers = () => new Expectations<number>('wifi-op', (a, b) => a === b, String);

test('effects that are never all seen are dropped once they were', () => {
  const effects = numbers();
  const found: Mismatch[] = [];
  effects.push(0, -1);
  for (let i = 0; i < 10_000; i++) {
    effects.push(0, i);
    effects.match(i - 1, 1, 0, (mismatch) => found.push(mismatch));
  }
  expect(found).toEqual([]);
  expect(effects.empty).toBe(false);
  expect(effects.shift()).toBe(9999);
  expect(effects.empty).toBe(true);
});

test('a recorded effect is found behind ones that the recording lacks, but not at any distance', () => {
  const effects = numbers();
  const found: Mismatch[] = [];
  for (let i = 0; i < 5000; i++) effects.push(0, i);
  effects.match(1000, 1, 0, (mismatch) => found.push(mismatch));
  expect(found).toHaveLength(1000);
  expect(found.every(({ kind }) => kind === 'missing')).toBe(true);
  effects.match(4999, 1, 0, (mismatch) => found.push(mismatch));
  expect(found.slice(1000)).toMatchObject([{ kind: 'different', recorded: '4999', host: '1001' }]);
});
