/** Ways to fail behind the grant: in the window, and while the session lives. */
import { expect } from 'vitest';
import { CONNECT_TRIES, TIMERS } from '../../../../netlink-bridge/agent/index.ts';
import { ADDRESS, Driven, HELD } from '../driven.ts';
import { asksLater, type Branches, GRANTED, OTHER, putsBack } from './common.ts';

export const BEHIND_THE_GRANT = {
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
} satisfies Branches;
