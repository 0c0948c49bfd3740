/** The times of an attempt to connect; attempts themselves: test/vm/guest/networkmanager.test.ts. */
import { expect, it } from 'vitest';
import { TIMERS } from '../../../netlink-bridge/agent/timers.ts';
import { USABLE_MS } from '../../../netlink-bridge/networkmanager/attempt.ts';

it('says that the device is not usable before the agent stops waiting for an answer', () => {
  expect(USABLE_MS).toBeLessThan(TIMERS.question.ms);
});
