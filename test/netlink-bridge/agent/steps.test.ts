/** A take-over as it should be, and what may vary in it. */
import { describe, expect, test } from 'vitest';
import { STEPS, TIMERS } from '../../../netlink-bridge/agent/index.ts';
import { ADDRESS, Driven, FREE, HELD, PROFILE, TARGET } from './driven.ts';

const ALL = Object.keys(STEPS).map(Number);

describe('the ten steps', () => {
  test('come in their order, each asked for what it needs', () => {
    const d = new Driven().to('idle').on('held');
    expect(d.steps()).toEqual(ALL);
    expect(d.asks()).toEqual(['askConnInfo', 'find', 'prepare', 'askConnInfo', 'askOwnership', 'connect']);
    expect(d.troubles()).toEqual([]);
    expect(d.questions()).toContainEqual(expect.objectContaining({ type: 'find', target: TARGET }));
    expect(d.questions()).toContainEqual(
      expect.objectContaining({ type: 'prepare', target: TARGET, profile: PROFILE }),
    );
  });

  test('say how long each took, and how long ago the request was', () => {
    const d = new Driven().to('matching');
    d.passes(7).answers({ type: 'found', profile: PROFILE });
    d.passes(20).answers({ type: 'prepared' });
    d.passes(1).answers({ type: 'connInfo', target: TARGET });
    d.passes(90).answers({ type: 'owned' });
    d.passes(4).hears(FREE);
    d.passes(200).connected();
    d.passes(100).hears(ADDRESS);
    const told = d.out.flatMap((o) => (o.type === 'step' ? [[o.step, o.tookMs, o.sinceRequestMs]] : []));
    expect(told).toEqual([
      [4, 7, undefined],
      [5, 20, undefined],
      [6, 1, 0],
      [7, 90, 90],
      [8, 4, 94],
      [9, 200, 294],
      [10, 100, 394],
    ]);
  });

  test('name access point, profile and address', () => {
    const d = new Driven().to('idle').on('held');
    const details = d.out.flatMap((o) => (o.type === 'step' && o.detail !== '' ? [o.detail] : []));
    expect(details).toEqual([
      '"corp-ap", 00:11:22:33:44:55, 5180 MHz',
      'the office',
      '00:11:22:33:44:55',
      '192.0.2.7',
    ]);
  });

  test('show the bytes of a name that is no text', () => {
    const d = new Driven().to('learning');
    d.answers({ type: 'connInfo', target: { ...TARGET, ssid: Uint8Array.of(0x1b, 0, 0xff) } });
    expect(d.out).toContainEqual(
      expect.objectContaining({ step: 3, detail: '1b00ff, 00:11:22:33:44:55, 5180 MHz' }),
    );
  });

  test('begin in whatever order the facts are told', () => {
    const facts = [
      { type: 'interface', present: true },
      { type: 'supplicant', event: { type: 'up' } },
      HELD,
    ] as const;
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]) {
      const d = new Driven();
      for (const i of order) d.hears(facts[i]!);
      expect(d.phase).toBe('learning');
      expect(d.steps()).toEqual([1, 2]);
    }
  });

  test('facts that are told twice change nothing', () => {
    for (const phase of ['learning', 'matching', 'preparing', 'confirming', 'asking', 'releasing'] as const) {
      const d = new Driven().to(phase);
      d.hears(HELD).hears({ type: 'interface', present: true });
      expect(d.out).toEqual([]);
      expect(d.phase).toBe(phase);
    }
    for (const phase of ['connecting', 'addressing', 'held', 'interrupted'] as const) {
      const d = new Driven().to(phase);
      d.hears(FREE).hears({ type: 'interface', present: true });
      expect(d.out).toEqual([]);
      expect(d.phase).toBe(phase);
    }
  });
});

describe('the grant', () => {
  test('the radio is free before the answer comes: steps 7 and 8 at once, the answer changes nothing', () => {
    const d = new Driven().to('asking');
    const { token } = d.agent.state.question!;
    d.hears(FREE);
    expect(d.phase).toBe('connecting');
    expect(d.steps()).toEqual([7, 8]);
    d.hears({ type: 'owned', token });
    expect(d.phase).toBe('connecting');
    expect(d.asks()).toEqual(['connect']);
  });

  test('the window runs from the first sign of it', () => {
    const d = new Driven().to('asking');
    d.answers({ type: 'owned' })
      .passes(1000)
      .hears(FREE)
      .passes(TIMERS.window.ms - 1001);
    expect(d.phase).toBe('connecting');
    d.passes(1);
    expect(d.troubles()).toEqual(['window-missed']);
  });

  test.each(['confirming', 'waiting', 'rechecking'] as const)(
    'without a request, in %s: prepared as it is, the supplicant connects',
    (phase) => {
      const d = new Driven().to(phase).hears(FREE);
      expect(d.phase).toBe('connecting');
      expect(d.asks()).toEqual(['connect']);
    },
  );

  test('the driver asked by itself, or CSME answers late: prepared as it is, the supplicant connects', () => {
    const d = new Driven().to('asking');
    d.answers({ type: 'notOwned', why: 'timeout', detail: '' }).forget();
    d.passes(100).hears(FREE);
    expect(d.phase).toBe('connecting');
    expect(d.asks()).toEqual(['connect']);
    expect(d.out).toContainEqual(expect.objectContaining({ step: 8, sinceRequestMs: undefined }));
  });

  test('the radio gets free while the supplicant is prepared: that is finished first', () => {
    const d = new Driven().to('preparing').hears(FREE);
    expect(d.asks()).toEqual([]);
    d.answers({ type: 'prepared' });
    expect(d.phase).toBe('connecting');
    expect(d.asks()).toEqual(['connect']);
  });

  test('the radio gets free before anything was prepared: nothing is done', () => {
    for (const phase of ['learning', 'matching', 'paused'] as const) {
      const d = new Driven().to(phase).hears(FREE);
      expect(d.phase).toBe('idle');
      expect(d.asks()).toEqual([]);
    }
  });
});

describe('the connection', () => {
  test('an address that is there already ends it', () => {
    const d = new Driven().to('connecting').hears(ADDRESS).connected();
    expect(d.phase).toBe('held');
    expect(d.steps()).toEqual([9, 10]);
  });

  test('an access point that the first scan missed is looked for again', () => {
    const d = new Driven().to('connecting').supplicant({ type: 'failed', why: 'ap-gone', detail: '' });
    expect(d.phase).toBe('connecting');
    expect(d.asks()).toEqual(['connect']);
    d.connected().hears(ADDRESS);
    expect(d.phase).toBe('held');
  });

  test('a short loss behind it is lived through', () => {
    const d = new Driven()
      .to('interrupted')
      .passes(TIMERS.reconnect.ms - 1)
      .connected();
    expect(d.phase).toBe('held');
    expect(d.passes(TIMERS.reconnect.ms).phase).toBe('held');
    expect(d.asks()).toEqual([]);
  });
});

describe('the end of the session', () => {
  test('lifts the limits and leaves the connection alone', () => {
    const d = new Driven().to('held').hears({ type: 'roaming', forbidden: true });
    d.passes(10 * TIMERS.session.ms);
    expect(d.phase).toBe('held');
    expect(d.out).toEqual([]);
    d.hears({ type: 'roaming', forbidden: false });
    expect(d.asks()).toEqual(['lift']);
    d.answers({ type: 'lifted' });
    expect(d.phase).toBe('idle');
    expect(d.agent.nextTimeoutAt()).toBeUndefined();
  });

  test('may come before the connection stands', () => {
    const d = new Driven().to('connecting').hears({ type: 'roaming', forbidden: false }).connected();
    expect(d.phase).toBe('addressing');
    d.hears(ADDRESS);
    expect(d.steps()).toEqual([9, 10]);
    expect(d.asks()).toEqual(['lift']);
    const early = new Driven().to('connecting').hears(ADDRESS).hears({ type: 'roaming', forbidden: false });
    expect(early.connected().asks()).toEqual(['lift']);
  });

  test('while the connection is away, all is put back', () => {
    const d = new Driven().to('interrupted').hears({ type: 'roaming', forbidden: false });
    expect(d.asks()).toEqual(['restore']);
  });

  test('what was heard before the request belongs to another session', () => {
    const d = new Driven().to('preparing').hears({ type: 'roaming', forbidden: false });
    d.answers({ type: 'prepared' }).answers({ type: 'connInfo', target: TARGET });
    d.hears(FREE).connected().hears(ADDRESS);
    expect(d.phase).toBe('held');
  });

  test('the next session begins from the start', () => {
    const d = new Driven()
      .to('held')
      .hears({ type: 'roaming', forbidden: false })
      .answers({ type: 'lifted' });
    d.forget().on('held');
    expect(d.steps()).toEqual(ALL);
  });
});

describe('the stop', () => {
  test.each(['idle', 'off', 'learning', 'matching', 'paused'] as const)(
    'in %s nothing has to be put back',
    (phase) => {
      const d = new Driven().to(phase).hears({ type: 'stop' });
      expect(d.asks()).toEqual([]);
      expect(d.out.at(-1)).toEqual({ type: 'stopped' });
    },
  );

  test.each([
    'preparing',
    'confirming',
    'waiting',
    'rechecking',
    'asking',
    'releasing',
    'connecting',
    'interrupted',
  ] as const)('in %s all is put back first', (phase) => {
    const d = new Driven().to(phase).hears({ type: 'stop' });
    expect(d.asks()).toEqual(['restore']);
    d.answers({ type: 'restored' });
    expect(d.out.at(-1)).toEqual({ type: 'stopped' });
    expect(d.phase).toBe('stopped');
  });

  test.each(['addressing', 'held'] as const)('in %s the connection stays', (phase) => {
    const d = new Driven().to(phase).hears({ type: 'stop' });
    expect(d.asks()).toEqual(['lift']);
    d.answers({ type: 'lifted' });
    expect(d.out.at(-1)).toEqual({ type: 'stopped' });
  });

  test('before anything is there, and in sleep, it is the end', () => {
    expect(new Driven().hears({ type: 'stop' }).out.at(-1)).toEqual({ type: 'stopped' });
    const d = new Driven().to('idle').hears({ type: 'sleep' }).hears({ type: 'stop' });
    expect(d.out.at(-1)).toEqual({ type: 'stopped' });
  });

  test('nothing comes behind it', () => {
    const d = new Driven().to('held').hears({ type: 'stop' }).answers({ type: 'lifted' }).forget();
    d.hears(HELD).supplicant({ type: 'gone' }).supplicant({ type: 'up' }).hears({ type: 'stop' });
    d.passes(1_000_000);
    expect(d.out).toEqual([]);
  });
});

describe('options', () => {
  test('a dry run ends before anything is changed, and says so once', () => {
    const d = new Driven({ dryRun: true }).to('matching').answers({ type: 'found', profile: PROFILE });
    expect(d.steps()).toEqual([4]);
    expect(d.troubles()).toEqual(['dry-run']);
    for (let i = 0; i < 3; i++) {
      d.passes(TIMERS.lookAgain.ms).answers({ type: 'connInfo', target: TARGET });
      d.answers({ type: 'found', profile: PROFILE });
    }
    expect(d.asks().filter((type) => type !== 'askConnInfo' && type !== 'find')).toEqual([]);
    expect(d.troubles()).toEqual(['dry-run']);
  });

  test('any time can be another', () => {
    const d = new Driven({ times: { window: 500 } }).to('connecting').passes(499);
    expect(d.troubles()).toEqual([]);
    expect(d.passes(1).troubles()).toEqual(['window-missed']);
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('%d is no time', (ms) => {
    expect(() => new Driven({ times: { session: ms } })).toThrow(/^The time session is .* ms: /);
  });
});
