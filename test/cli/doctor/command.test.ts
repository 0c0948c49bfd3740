/** The command on the machine that runs the tests, whatever that has. */
import { expect, test } from 'vitest';
import { FEATURES } from '../../../cli/doctor/features.ts';
import { sapwood } from '../run.ts';

test('a report of everything, and a status that agrees with it', () => {
  const { status, stdout, stderr } = sapwood(['doctor', '--json']);
  expect(stderr).toBe('');
  const { works, node, features } = JSON.parse(stdout);
  expect(features.map(({ name }: { name: string }) => name)).toEqual(Object.keys(FEATURES));
  expect([status, node]).toEqual([works ? 0 : 3, process.versions.node]);
  for (const { findings, works: one } of features) {
    expect(findings.length).toBeGreaterThan(0);
    if (one) expect(findings.map(({ state }: { state: string }) => state)).not.toContain('missing');
    for (const { state, remedy } of findings) expect(remedy === null).toBe(state === 'good');
  }
});

test('one feature that works everywhere', () => {
  const { status, stdout, stderr } = sapwood(['doctor', 'base']);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^base: .*\n {2}✓ Node.js {13}\d+\.\d+\.\d+\nWorks: base\.\n$/);
});

test('a feature that there is not', () => {
  const { status, stdout, stderr } = sapwood(['doctor', 'wlan']);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toContain("'wlan' is invalid");
  expect(stderr).toContain('Try: sapwood doctor --help');
});
