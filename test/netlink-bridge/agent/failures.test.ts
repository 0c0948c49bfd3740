/** Each way in which a take-over can fail, provoked, and how it ends. */
import { describe, expect, test } from 'vitest';
import { TROUBLES } from '../../../netlink-bridge/agent/index.ts';
import { Driven, FREE, HELD, TARGET } from './driven.ts';
import { AT_ANY_MOMENT } from './failures/any.ts';
import { BEFORE_THE_GRANT } from './failures/before.ts';
import { OTHER } from './failures/common.ts';
import { BEHIND_THE_GRANT } from './failures/window.ts';

const BRANCHES = { ...BEFORE_THE_GRANT, ...BEHIND_THE_GRANT, ...AT_ANY_MOMENT };

for (const [trouble, branches] of Object.entries(BRANCHES)) {
  describe(trouble, () => {
    for (const [how, run] of Object.entries(branches)) test(how, run);
  });
}

test('every trouble is provoked here', () => {
  expect(Object.keys(BRANCHES).sort()).toEqual(Object.keys(TROUBLES).sort());
});

describe('answers', () => {
  test('to a question that nobody waits for any more change nothing', () => {
    const d = new Driven().to('learning');
    const { token } = d.agent.state.question!;
    d.hears(FREE).hears(HELD).forget();
    d.hears({ type: 'connInfo', token, target: OTHER });
    expect(d.out).toEqual([]);
    expect(d.agent.state.target).toBeNull();
  });

  test('that do not fit their question change nothing', () => {
    const d = new Driven().to('preparing');
    d.answers({ type: 'owned' }).answers({ type: 'restored' });
    d.answers({ type: 'supplicantFailed', to: 'lift', detail: '' });
    expect(d.out).toEqual([]);
    expect(d.answers({ type: 'prepared' }).phase).toBe('confirming');
  });

  test('count once', () => {
    const d = new Driven().to('preparing');
    const { token } = d.agent.state.question!;
    d.hears({ type: 'prepared', token }).answers({ type: 'connInfo', target: TARGET }).forget();
    d.hears({ type: 'prepared', token });
    expect(d.out).toEqual([]);
  });
});
