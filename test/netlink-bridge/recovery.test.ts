/** What keeps a supplicant from being up: how often it is tried to undo, and what is said of it. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BridgeError } from '../../netlink-bridge/errors.ts';
import { Recovery } from '../../netlink-bridge/recovery.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function started() {
  const problems: string[] = [];
  const seen = { tries: 0, ups: 0, problems, cause: '' };
  const recovery = new Recovery({
    async comeUp(wanted) {
      seen.tries++;
      const { cause } = seen;
      await Promise.resolve();
      if (cause !== '') throw new BridgeError('BRIDGE_ERR_REFUSED', { detail: cause });
      if (wanted()) seen.ups++;
    },
    onProblem: ({ message }) => problems.push(message.split(' ').at(-1)!),
    retryMs: undefined,
  });
  return { recovery, seen };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('tries every 5 s until it succeeds, and says each cause once', async () => {
  const { recovery, seen } = started();
  seen.cause = 'first';
  recovery.begin();
  await pass(4999);
  expect(seen).toMatchObject({ tries: 1, ups: 0, problems: ['first'] });
  expect(recovery.problem?.message).toContain('first');
  await pass(5000);
  expect(seen).toMatchObject({ tries: 2, problems: ['first'] });
  seen.cause = 'second';
  await pass(10_000);
  expect(seen).toMatchObject({ tries: 4, problems: ['first', 'second'] });
  seen.cause = '';
  await pass(60_000);
  expect(seen).toMatchObject({ tries: 5, ups: 1, problems: ['first', 'second'] });
  expect(recovery.problem).toBeUndefined();
});

test('a cause that stands when the supplicant is back is not said again, one that had gone is', async () => {
  const { recovery, seen } = started();
  seen.cause = 'first';
  recovery.begin();
  await pass(0);
  recovery.end();
  recovery.begin();
  await pass(0);
  expect(seen).toMatchObject({ tries: 2, problems: ['first'] });
  seen.cause = '';
  await pass(5000);
  recovery.end();
  seen.cause = 'first';
  recovery.begin();
  await pass(0);
  expect(seen.problems).toEqual(['first', 'first']);
});

test.each(['', 'late'])(
  'what ends during a try, which then ends with %j, is neither up nor a problem',
  async (cause) => {
    const { recovery, seen } = started();
    seen.cause = cause;
    recovery.begin();
    recovery.end();
    await pass(60_000);
    expect(seen).toMatchObject({ tries: 1, ups: 0, problems: [] });
    expect(recovery.problem).toBeUndefined();
  },
);

test('no try follows the end', async () => {
  const { recovery, seen } = started();
  seen.cause = 'first';
  recovery.begin();
  await pass(1000);
  recovery.end();
  await pass(60_000);
  expect(seen.tries).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});
