/** What may happen at any moment, and what fails when things are put back. */
import { expect } from 'vitest';
import { RESTORE_TRIES, TIMERS } from '../../../../netlink-bridge/agent/index.ts';
import { AIRPLANE, Driven, HELD, SWITCHED } from '../driven.ts';
import { asksLater, type Branches, LIMITED, putsBack, UNLIMITED } from './common.ts';

export const AT_ANY_MOMENT = {
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
} satisfies Branches;
