/** Each way in which a take-over can fail, provoked, and how it ends. */
import { describe, expect, test } from 'vitest';
import {
  CONNECT_TRIES,
  RESTORE_TRIES,
  TIMERS,
  TROUBLES,
  type TroubleName,
} from '../../../netlink-bridge/agent/index.ts';
import { ADDRESS, AIRPLANE, Driven, FREE, HELD, PROFILE, SWITCHED, TARGET } from './driven.ts';

const OTHER = { ...TARGET, bssid: TARGET.bssid + 1 };
const PREPARED = ['confirming', 'waiting', 'rechecking', 'asking', 'releasing'] as const;
const UNLIMITED = ['idle', 'learning', 'matching', 'paused'] as const;
const GRANTED = ['connecting', 'addressing', 'held', 'interrupted'] as const;
const LIMITED = ['preparing', ...PREPARED, ...GRANTED] as const;

/** `trouble` was told, all is put back; the answer to that leads to `next`. */
function putsBack(d: Driven, trouble: TroubleName, next: string): void {
  expect(d.troubles()).toEqual([trouble]);
  expect(d.phase).toBe('restoring');
  expect(d.asks().at(-1)).toBe('restore');
  d.answers({ type: 'restored' });
  expect(d.phase).toBe(next);
}

/** CSME holds the card again, and it is asked for only when `ownershipRetry` went off. */
function asksLater(d: Driven): void {
  const waits = d.agent.state.timers.ownershipRetry! - d.nowMs;
  expect(waits).toBeGreaterThan(0);
  if (d.phase === 'idle') d.hears(HELD);
  if (d.phase === 'learning') {
    d.answers({ type: 'connInfo', target: TARGET }).answers({ type: 'found', profile: PROFILE });
    d.answers({ type: 'prepared' }).answers({ type: 'connInfo', target: TARGET });
  }
  expect(d.phase).toBe('waiting');
  d.forget().passes(waits - 1);
  expect(d.out).toEqual([]);
  d.passes(1);
  expect(d.asks()).toEqual(['find']);
  d.answers({ type: 'found', profile: PROFILE }).answers({ type: 'connInfo', target: TARGET });
  expect(d.asks()).toEqual(['find', 'askConnInfo', 'askOwnership']);
}

/** Each trouble with what provokes it. */
const BRANCHES: { readonly [T in TroubleName]: Record<string, () => void> } = {
  'no-conn-info': {
    'is asked for again, and told once': () => {
      const d = new Driven().to('learning');
      for (let i = 0; i < 3; i++) {
        d.answers({ type: 'noConnInfo', why: 'nothing', detail: 'EINVAL' });
        expect(d.phase).toBe('paused');
        d.passes(TIMERS.lookSoon.ms);
        expect(d.phase).toBe('learning');
      }
      expect(d.troubles()).toEqual(['no-conn-info']);
      d.answers({ type: 'connInfo', target: TARGET });
      expect(d.phase).toBe('matching');
    },
    'is asked for again when the radio switch says something': () => {
      const d = new Driven().to('learning').answers({ type: 'noConnInfo', why: 'nothing', detail: '' });
      d.hears(HELD);
      expect(d.phase).toBe('learning');
    },
  },

  unsupported: {
    'ends it until the interface comes anew': () => {
      const d = new Driven().to('learning').answers({ type: 'noConnInfo', why: 'unsupported', detail: '' });
      expect(d.phase).toBe('off');
      d.hears(FREE).hears(HELD).supplicant({ type: 'gone' }).supplicant({ type: 'up' });
      expect(d.phase).toBe('off');
      expect(d.agent.nextTimeoutAt()).toBeUndefined();
      d.hears({ type: 'interface', present: false }).hears({ type: 'interface', present: true });
      expect(d.phase).toBe('learning');
    },
    'may show with the request only': () => {
      const d = new Driven().to('asking').answers({ type: 'notOwned', why: 'unsupported', detail: '' });
      putsBack(d, 'unsupported', 'off');
    },
  },

  'unusable-ap': {
    'is looked at again, and told once': () => pausesAndTellsOnce('unusable-ap', 'unusable'),
  },

  'conn-info-failed': {
    'is looked at again, and told once': () => pausesAndTellsOnce('conn-info-failed', 'failed'),
    'also when no answer comes at all': () => {
      const d = new Driven().to('learning').passes(TIMERS.question.ms);
      expect(d.troubles()).toEqual(['conn-info-failed']);
      expect(d.phase).toBe('paused');
    },
    'puts back what is prepared': () => {
      const d = new Driven().to('confirming').answers({ type: 'noConnInfo', why: 'nothing', detail: '' });
      putsBack(d, 'conn-info-failed', 'paused');
    },
  },

  'no-credentials': {
    'never leads to a request, however often it is looked for': () => {
      const d = new Driven().to('matching');
      for (let i = 0; i < 10; i++) {
        d.answers({ type: 'found', profile: undefined });
        expect(d.phase).toBe('paused');
        d.passes(TIMERS.lookAgain.ms).answers({ type: 'connInfo', target: TARGET });
      }
      expect(new Set(d.asks())).toEqual(new Set(['askConnInfo', 'find']));
      expect(d.troubles()).toEqual(['no-credentials']);
    },
    'when the profile is deleted before the next request, all is put back': () => {
      const d = new Driven().to('rechecking').answers({ type: 'found', profile: undefined });
      putsBack(d, 'no-credentials', 'paused');
    },
    'ends with a profile that was added': () => {
      const d = new Driven().to('matching').answers({ type: 'found', profile: undefined });
      d.passes(TIMERS.lookAgain.ms).answers({ type: 'connInfo', target: TARGET });
      d.answers({ type: 'found', profile: PROFILE });
      expect(d.asks().at(-1)).toBe('prepare');
    },
  },

  distrusted: {
    'a rejected profile counts as none': () => {
      const d = rejected();
      d.passes(TIMERS.distrust.ms - TIMERS.lookAgain.ms);
      expect(d.asks()).not.toContain('prepare');
    },
    'until some time has passed': () => {
      const d = rejected().passes(TIMERS.distrust.ms).hears(HELD);
      d.answers({ type: 'connInfo', target: TARGET }).answers({ type: 'found', profile: PROFILE });
      expect(d.phase).toBe('preparing');
    },
    'or the supplicant was started again': () => {
      const d = rejected().supplicant({ type: 'gone' }).supplicant({ type: 'up' });
      d.answers({ type: 'connInfo', target: TARGET }).answers({ type: 'found', profile: PROFILE });
      expect(d.phase).toBe('preparing');
    },
    'another profile does not suffer from it': () => {
      const d = rejected().passes(TIMERS.lookAgain.ms).answers({ type: 'connInfo', target: TARGET });
      d.answers({ type: 'found', profile: { id: '4', name: 'another' } });
      expect(d.phase).toBe('preparing');
    },
  },

  'dry-run': {
    'changes nothing': () => {
      const d = new Driven({ dryRun: true }).to('matching').answers({ type: 'found', profile: PROFILE });
      expect(d.troubles()).toEqual(['dry-run']);
      expect(d.phase).toBe('paused');
    },
  },

  'find-failed': {
    'before the next request all is put back': () => {
      const d = new Driven().to('rechecking').answers({ type: 'supplicantFailed', to: 'find', detail: '' });
      putsBack(d, 'find-failed', 'paused');
    },
    'is tried again': () => {
      const d = new Driven().to('matching');
      d.answers({ type: 'supplicantFailed', to: 'find', detail: 'it says so' });
      expect(d.out).toContainEqual({ type: 'trouble', trouble: 'find-failed', detail: 'it says so' });
      expect(d.passes(TIMERS.lookAgain.ms).phase).toBe('learning');
    },
  },

  'prepare-failed': {
    'puts back what may have been done, and tries again later': () => {
      const d = new Driven().to('preparing');
      d.answers({ type: 'supplicantFailed', to: 'prepare', detail: '' });
      putsBack(d, 'prepare-failed', 'paused');
      expect(d.passes(TIMERS.lookAgain.ms - 1).phase).toBe('paused');
      expect(d.passes(1).phase).toBe('learning');
    },
    'also when no answer comes at all': () => {
      const d = new Driven().to('preparing').passes(TIMERS.question.ms);
      putsBack(d, 'prepare-failed', 'paused');
    },
  },

  'another-ap': {
    'everything begins again with the new one': () => {
      for (const change of [
        OTHER,
        { ...TARGET, frequencyMhz: 2412 },
        { ...TARGET, authMode: 9 },
        { ...TARGET, cipher: 8 },
        { ...TARGET, ssid: new TextEncoder().encode('corp-aq') },
        { ...TARGET, ssid: new TextEncoder().encode('corp-a') },
      ]) {
        const d = new Driven().to('confirming').answers({ type: 'connInfo', target: change });
        putsBack(d, 'another-ap', 'learning');
        d.answers({ type: 'connInfo', target: change });
        expect(d.asked('find').target).toEqual(change);
      }
    },
    'also after the wait for the next request': () => {
      const d = new Driven().to('asking').answers({ type: 'notOwned', why: 'timeout', detail: '' });
      d.passes(TIMERS.ownershipRetry.ms).answers({ type: 'found', profile: PROFILE }).forget();
      d.answers({ type: 'connInfo', target: OTHER });
      putsBack(d, 'another-ap', 'learning');
    },
  },

  'another-profile': {
    'everything begins again with the new one': () => {
      const d = new Driven()
        .to('rechecking')
        .answers({ type: 'found', profile: { id: '4', name: 'another' } });
      putsBack(d, 'another-profile', 'learning');
    },
  },

  'not-granted': {
    'is asked again after 60 s': () => {
      const d = new Driven().to('asking').answers({ type: 'notOwned', why: 'timeout', detail: 'ETIMEDOUT' });
      expect(d.troubles()).toEqual(['not-granted']);
      expect(d.agent.state.timers.ownershipRetry).toBe(d.nowMs + 60_000);
      asksLater(d);
    },
    'also when no answer comes at all': () => {
      const d = new Driven().to('asking').passes(TIMERS.question.ms);
      expect(d.troubles()).toEqual(['not-granted']);
      asksLater(d);
    },
  },

  refused: {
    'is asked again after 60 s': () => {
      const d = new Driven().to('asking').answers({ type: 'notOwned', why: 'refused', detail: '' });
      expect(d.troubles()).toEqual(['refused']);
      asksLater(d);
    },
  },

  'ask-failed': {
    'is asked again after 60 s': () => {
      const d = new Driven().to('asking').answers({ type: 'notOwned', why: 'failed', detail: '' });
      expect(d.troubles()).toEqual(['ask-failed']);
      asksLater(d);
    },
  },

  'still-blocked': {
    'a success that frees nothing is asked for again after 60 s': () => {
      const d = new Driven().to('releasing').passes(TIMERS.window.ms);
      expect(d.troubles()).toEqual(['still-blocked']);
      expect(d.asks()).toEqual([]);
      asksLater(d);
    },
  },

  'window-missed': {
    'without a connection all is put back': () => {
      const d = new Driven().to('connecting').passes(TIMERS.window.ms);
      putsBack(d, 'window-missed', 'idle');
      asksLater(d);
    },
    'without an address the connection is kept': () => {
      const d = new Driven().to('addressing').passes(TIMERS.window.ms);
      expect(d.troubles()).toEqual(['window-missed']);
      expect(d.phase).toBe('held');
      expect(d.hears(ADDRESS).steps()).toEqual([10]);
    },
    'without an address, the session over, the limits go': () => {
      const d = new Driven().to('addressing').hears({ type: 'roaming', forbidden: false });
      d.passes(TIMERS.window.ms);
      expect(d.asks()).toEqual(['lift']);
    },
  },

  stolen: Object.fromEntries(
    GRANTED.map((phase) => [
      `in ${phase}: all is put back, and the card asked for after 60 s`,
      () => {
        const d = new Driven().to(phase).hears(HELD);
        putsBack(d, 'stolen', 'learning');
        asksLater(d);
      },
    ]),
  ),

  'ap-gone': {
    'after some tries all is put back': () => {
      const d = new Driven().to('connecting');
      for (let i = 0; i < CONNECT_TRIES; i++) {
        expect(d.phase).toBe('connecting');
        d.supplicant({ type: 'failed', why: 'ap-gone', detail: '' });
      }
      expect(d.asks().filter((type) => type === 'connect')).toHaveLength(CONNECT_TRIES - 1);
      putsBack(d, 'ap-gone', 'idle');
      asksLater(d);
    },
  },

  rejected: Object.fromEntries(
    GRANTED.map((phase) => [
      `in ${phase}: all is put back at once`,
      () => {
        const d = new Driven().to(phase).supplicant({ type: 'failed', why: 'rejected', detail: '' });
        putsBack(d, 'rejected', 'idle');
      },
    ]),
  ),

  'no-address': Object.fromEntries(
    GRANTED.map((phase) => [
      `in ${phase}: all is put back`,
      () => {
        const d = new Driven().to(phase).supplicant({ type: 'failed', why: 'address', detail: '' });
        putsBack(d, 'no-address', 'idle');
      },
    ]),
  ),

  'connect-failed': {
    'the call itself': () => {
      const d = new Driven().to('connecting');
      d.answers({ type: 'supplicantFailed', to: 'connect', detail: '' });
      putsBack(d, 'connect-failed', 'idle');
    },
    'for another reason, after some tries': () => {
      const d = new Driven().to('connecting');
      for (let i = 0; i < CONNECT_TRIES; i++) d.supplicant({ type: 'failed', why: 'other', detail: '' });
      putsBack(d, 'connect-failed', 'idle');
    },
    'behind the connection': () => {
      for (const phase of ['addressing', 'held'] as const) {
        const d = new Driven().to(phase).supplicant({ type: 'failed', why: 'other', detail: '' });
        putsBack(d, 'connect-failed', 'idle');
      }
    },
  },

  'wrong-bssid': Object.fromEntries(
    GRANTED.map((phase) => [
      `in ${phase}: all is put back`,
      () => {
        const d = new Driven().to(phase).connected(OTHER.bssid);
        putsBack(d, 'wrong-bssid', 'idle');
      },
    ]),
  ),

  'connection-lost': {
    'and not back in time': () => {
      const d = new Driven().to('interrupted').passes(TIMERS.reconnect.ms);
      putsBack(d, 'connection-lost', 'idle');
    },
    'again and again while the address is awaited': () => {
      const d = new Driven().to('addressing');
      for (let i = 0; i < CONNECT_TRIES - 1; i++) {
        d.supplicant({ type: 'disconnected', detail: '' });
        expect(d.phase).toBe('connecting');
        d.connected();
      }
      d.supplicant({ type: 'disconnected', detail: '' });
      putsBack(d, 'connection-lost', 'idle');
    },
  },

  'roaming-unheard': {
    'the limits are lifted after a while': () => {
      const d = new Driven().to('held').passes(TIMERS.session.ms - 1);
      expect(d.out).toEqual([]);
      d.passes(1);
      expect(d.troubles()).toEqual(['roaming-unheard']);
      expect(d.asks()).toEqual(['lift']);
    },
    'a loss of the connection does not lengthen it': () => {
      const d = new Driven({ times: { reconnect: 400_000 } }).to('interrupted').passes(TIMERS.session.ms);
      putsBack(d, 'roaming-unheard', 'idle');
    },
    'not when it was heard in time': () => {
      const d = new Driven().to('held').passes(TIMERS.session.ms - 1);
      d.hears({ type: 'roaming', forbidden: true }).passes(TIMERS.session.ms);
      expect(d.out).toEqual([]);
    },
    'events were lost, its end may be among them': () => {
      const d = new Driven().to('held').hears({ type: 'roaming', forbidden: true }).passes(TIMERS.session.ms);
      d.hears({ type: 'roaming', forbidden: undefined }).passes(TIMERS.session.ms - 1);
      // More of them lengthen nothing.
      d.hears({ type: 'roaming', forbidden: undefined });
      expect(d.out).toEqual([]);
      d.passes(1);
      expect(d.troubles()).toEqual(['roaming-unheard']);
      expect(d.asks()).toEqual(['lift']);
    },
    'heard while the connection is away': () => {
      const d = new Driven().to('interrupted').hears({ type: 'roaming', forbidden: true });
      expect(d.connected().passes(10 * TIMERS.session.ms).out).toEqual([
        { type: 'phase', from: 'interrupted', to: 'held' },
      ]);
    },
  },

  'supplicant-gone': {
    'in any phase: begins again when it is back': () => {
      for (const phase of [...UNLIMITED, ...LIMITED]) {
        const d = new Driven().to(phase).supplicant({ type: 'gone' });
        expect(d.phase).toBe('absent');
        expect(d.troubles()).toEqual(['supplicant-gone']);
        expect(d.asks()).toEqual([]);
        d.hears(HELD).supplicant({ type: 'up' });
        expect(d.phase).toBe('learning');
      }
    },
    'while it is put back: the journal does the rest': () => {
      const d = new Driven().to('connecting').passes(TIMERS.window.ms).supplicant({ type: 'gone' });
      expect(d.phase).toBe('absent');
      const lifting = new Driven().to('held').hears({ type: 'roaming', forbidden: false });
      expect(lifting.supplicant({ type: 'gone' }).phase).toBe('absent');
    },
    'while it is put back for the end: that is the end': () => {
      for (const phase of ['lifting', 'restoring'] as const) {
        const d = new Driven().to(phase).hears({ type: 'stop' }).supplicant({ type: 'gone' });
        expect(d.out.at(-1)).toEqual({ type: 'stopped' });
      }
    },
  },

  'interface-gone': {
    'with nothing prepared it is waited for': () => {
      for (const phase of UNLIMITED) {
        const d = new Driven().to(phase).hears({ type: 'interface', present: false });
        expect(d.phase).toBe('absent');
        expect(d.asks()).toEqual([]);
        d.hears(HELD).hears({ type: 'interface', present: true });
        expect(d.phase).toBe('learning');
      }
    },
    'while the limits are lifted it is waited for': () => {
      const d = new Driven().to('lifting').hears({ type: 'interface', present: false });
      expect(d.answers({ type: 'lifted' }).phase).toBe('absent');
    },
    'else all is put back first': () => {
      for (const phase of LIMITED) {
        const d = new Driven().to(phase).hears({ type: 'interface', present: false });
        putsBack(d, 'interface-gone', 'absent');
      }
    },
  },

  'radio-off': {
    'with nothing prepared nothing is done': () => {
      for (const phase of ['learning', 'matching', 'paused'] as const) {
        const d = new Driven().to(phase).hears(AIRPLANE);
        expect(d.phase).toBe('idle');
        expect(d.asks()).toEqual([]);
      }
    },
    'else all is put back, and CSME keeps the card': () => {
      for (const phase of LIMITED) {
        for (const off of [AIRPLANE, SWITCHED]) {
          const d = new Driven().to(phase).hears(off);
          putsBack(d, 'radio-off', 'idle');
          expect(d.asks()).not.toContain('askOwnership');
        }
      }
    },
    'its end begins a take-over': () => {
      const d = new Driven().to('asking').hears(AIRPLANE).answers({ type: 'restored' }).hears(HELD);
      expect(d.phase).toBe('learning');
    },
    'while it waits for the next request': () => {
      const d = new Driven().to('asking').answers({ type: 'notOwned', why: 'timeout', detail: '' });
      d.forget().hears(SWITCHED);
      putsBack(d, 'radio-off', 'idle');
    },
  },

  asleep: {
    'with nothing prepared the machine may sleep at once': () => {
      for (const phase of [...UNLIMITED, 'off'] as const) {
        expect(new Driven().to(phase).hears({ type: 'sleep' }).phase).toBe('asleep');
      }
      expect(new Driven().hears({ type: 'sleep' }).phase).toBe('asleep');
    },
    'else all is put back first': () => {
      for (const phase of LIMITED) {
        const d = new Driven().to(phase).hears({ type: 'sleep' });
        putsBack(d, 'asleep', 'asleep');
        d.hears(HELD);
        expect(d.phase).toBe('asleep');
        d.hears({ type: 'wake' });
        expect(d.phase).toBe('learning');
      }
    },
    'it wakes before that is done': () => {
      const d = new Driven().to('asking').hears({ type: 'sleep' }).hears({ type: 'wake' });
      expect(d.answers({ type: 'restored' }).phase).toBe('learning');
    },
    'the machine wakes to whatever is so': () => {
      const asleep = (phase: 'idle' | 'off') => new Driven().to(phase).hears({ type: 'sleep' });
      expect(asleep('idle').hears({ type: 'wake' }).phase).toBe('idle');
      expect(asleep('off').hears({ type: 'wake' }).phase).toBe('off');
      const gone = asleep('idle').hears({ type: 'interface', present: false });
      expect(gone.hears({ type: 'wake' }).phase).toBe('absent');
    },
    'the supplicant ends meanwhile': () => {
      for (const phase of ['lifting', 'restoring'] as const) {
        const d = new Driven().to(phase).hears({ type: 'sleep' }).supplicant({ type: 'gone' });
        expect(d.phase).toBe('asleep');
      }
    },
    'while the limits are lifted': () => {
      const d = new Driven().to('held').hears({ type: 'roaming', forbidden: false });
      expect(d.hears({ type: 'sleep' }).answers({ type: 'lifted' }).phase).toBe('asleep');
    },
  },

  'lift-failed': {
    'all is put back instead': () => {
      const d = new Driven().to('held').hears({ type: 'roaming', forbidden: false });
      d.answers({ type: 'supplicantFailed', to: 'lift', detail: '' });
      putsBack(d, 'lift-failed', 'idle');
    },
    'CSME takes the card meanwhile: it is asked for after 60 s': () => {
      const d = new Driven().to('held').hears({ type: 'roaming', forbidden: false }).hears(HELD);
      d.answers({ type: 'lifted' });
      asksLater(d);
    },
  },

  'restore-failed': {
    'is tried until it works, and told once': () => {
      const d = new Driven().to('connecting').passes(TIMERS.window.ms).forget();
      for (let i = 0; i < 5; i++) {
        d.answers({ type: 'supplicantFailed', to: 'restore', detail: '' });
        d.passes(TIMERS.restoreRetry.ms);
      }
      expect(d.asks()).toHaveLength(5);
      expect(d.troubles()).toEqual(['restore-failed']);
      expect(d.answers({ type: 'restored' }).phase).toBe('idle');
    },
    'also when no answer comes at all': () => {
      const d = new Driven().to('connecting').passes(TIMERS.window.ms).forget().passes(TIMERS.question.ms);
      expect(d.troubles()).toEqual(['restore-failed']);
      expect(d.passes(TIMERS.restoreRetry.ms).asks()).toEqual(['restore']);
    },
  },

  abandoned: {
    'the end is not put off for ever': () => {
      const d = new Driven().to('held').hears({ type: 'sleep' }).hears({ type: 'stop' }).forget();
      for (let i = 0; i < RESTORE_TRIES; i++) {
        expect(d.phase).toBe('restoring');
        d.answers({ type: 'supplicantFailed', to: 'restore', detail: '' }).passes(TIMERS.restoreRetry.ms);
      }
      expect(d.troubles()).toEqual(['restore-failed', 'abandoned']);
      expect(d.out.at(-1)).toEqual({ type: 'stopped' });
    },
    'a try that is under way at the stop is the first': () => {
      const d = new Driven().to('held').hears({ type: 'sleep' });
      const fails = () => d.answers({ type: 'supplicantFailed', to: 'restore', detail: '' });
      for (let i = 0; i < 2 * RESTORE_TRIES; i++) fails().passes(TIMERS.restoreRetry.ms);
      d.hears({ type: 'stop' });
      for (let i = 1; i < RESTORE_TRIES; i++) {
        fails().passes(TIMERS.restoreRetry.ms);
        expect(d.phase).toBe('restoring');
      }
      expect(fails().phase).toBe('stopped');
    },
    'the tries count from the stop on, which tries at once': () => {
      const d = new Driven().to('held').hears({ type: 'sleep' });
      for (let i = 0; i < 2 * RESTORE_TRIES; i++) {
        d.answers({ type: 'supplicantFailed', to: 'restore', detail: '' });
        if (i < 2 * RESTORE_TRIES - 1) d.passes(TIMERS.restoreRetry.ms);
      }
      d.forget().hears({ type: 'stop' });
      expect(d.asks()).toEqual(['restore']);
      expect(d.phase).toBe('restoring');
    },
  },
};

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

function pausesAndTellsOnce(trouble: TroubleName, why: 'unusable' | 'failed'): void {
  const d = new Driven().to('learning');
  for (let i = 0; i < 3; i++) {
    d.answers({ type: 'noConnInfo', why, detail: '' });
    expect(d.phase).toBe('paused');
    expect(d.passes(TIMERS.lookAgain.ms - 1).phase).toBe('paused');
    expect(d.passes(1).phase).toBe('learning');
  }
  expect(d.troubles()).toEqual([trouble]);
}

/** Its access point rejected the profile, CSME has the card again: the profile is found once more. */
function rejected(): Driven {
  const d = new Driven().to('connecting').supplicant({ type: 'failed', why: 'rejected', detail: '' });
  d.answers({ type: 'restored' }).hears(HELD).forget();
  d.answers({ type: 'connInfo', target: TARGET }).answers({ type: 'found', profile: PROFILE });
  expect(d.troubles()).toEqual(['distrusted']);
  expect(d.phase).toBe('paused');
  return d;
}
