/** What the ways to fail have in common. */
import { expect } from 'vitest';
import type { TroubleName } from '../../../../netlink-bridge/agent/index.ts';
import { type Driven, HELD, PROFILE, TARGET } from '../driven.ts';

/** Troubles, each with what provokes it: a sentence and a test. */
export type Branches = Partial<Record<TroubleName, Record<string, () => void>>>;

export const OTHER = { ...TARGET, bssid: TARGET.bssid + 1 };
export const PREPARED = ['confirming', 'waiting', 'rechecking', 'asking', 'releasing'] as const;
export const UNLIMITED = ['idle', 'learning', 'matching', 'paused'] as const;
export const GRANTED = ['connecting', 'addressing', 'held', 'interrupted'] as const;
export const LIMITED = ['preparing', ...PREPARED, ...GRANTED] as const;

/** `trouble` was told, all is put back; the answer to that leads to `next`. */
export function putsBack(d: Driven, trouble: TroubleName, next: string): void {
  expect(d.troubles()).toEqual([trouble]);
  expect(d.phase).toBe('restoring');
  expect(d.asks().at(-1)).toBe('restore');
  d.answers({ type: 'restored' });
  expect(d.phase).toBe(next);
}

/** CSME holds the card again, and it is asked for only when `ownershipRetry` went off. */
export function asksLater(d: Driven): void {
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
