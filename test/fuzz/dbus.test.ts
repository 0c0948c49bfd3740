/** A short run with a fixed seed. `npm run fuzz -- dbus --runs 1000000` goes on. */
import { expect, it } from 'vitest';
import { fuzzDbus } from '../../fuzz/dbus.ts';

it('damaged D-Bus messages throw nothing outside of the client', { timeout: 120_000 }, () => {
  const { executions, findings } = fuzzDbus(2_000, 1);
  expect(findings).toEqual([]);
  expect(executions).toBe(2_000);
});
