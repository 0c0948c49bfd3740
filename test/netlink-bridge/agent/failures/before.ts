/** Ways to fail before CSME has given the card away. */
import { expect } from 'vitest';
import { TIMERS, type TroubleName } from '../../../../netlink-bridge/agent/index.ts';
import { Driven, FREE, HELD, PROFILE, TARGET } from '../driven.ts';
import { asksLater, type Branches, OTHER, putsBack } from './common.ts';

export const BEFORE_THE_GRANT = {
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
} satisfies Branches;

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
