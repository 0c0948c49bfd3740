import { expect, it } from 'vitest';
import { fuzzNetlink } from '../../fuzz/netlink.ts';

it('damaged messages of netlink: 20,000 datagrams', () => {
  const report = fuzzNetlink(20_000, 20_251);
  expect(report.findings).toEqual([]);
  expect(report.executions).toBe(20_000);
});
