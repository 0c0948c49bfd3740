import { expect, it } from 'vitest';
import { fuzzUnix } from '../../fuzz/unix.ts';

it('finds nothing in the framing of unix sockets', () => {
  const { executions, findings } = fuzzUnix(5_000, 1);
  expect(findings).toEqual([]);
  expect(executions).toBe(5_000);
});
