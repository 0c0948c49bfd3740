/**
 * How exactly the recorded times are held against the host's timers. The recorded time is the clock: an effect that a
 * timer causes may come within these bounds, everything else in its order.
 */
import { TIMERS, type TimerName } from '../../ownership/index.ts';

/** An effect may be stamped this long before the timer is due: recorders stamp before they act. */
export const EARLY_MS = 15;

/** Two recorders on the two sides stamp what happens at once this far apart. */
export const STAMP_MS = 2;

/** A message may be read this long after it was written: the door bell is throttled. */
export const READ_LAG_MS = TIMERS.bellThrottle.ms + 5;

/** A throttle that is over for longer than this is over, whatever the recorded door bells say. */
export const THROTTLE_LATE_MS = 30;

/** A throttle usually ends within this time: observed 0.5 to 4.5 ms, and the stamp of the bell that it rings. */
export const THROTTLE_USUALLY_LATE_MS = 7;

/** What the host does at once, the recorded driver does within this time. */
export const EFFECT_LAG_MS = 400;

/** Effects of the last moments of a recording may be missing from it. */
export const END_GRACE_MS = 250;

/**
 * How much later than due a timer may go off: 150 ms and 4 % of its length. Long timers of the kernel are coarse
 * (60 s: up to 2 s late), and the recording machine was slow.
 */
export function latenessMs(timer: TimerName): number {
  return 150 + 0.04 * TIMERS[timer].ms;
}

/**
 * When a timer went off whose effect was seen at `seenMs`: not before it was due, and at most a read lag before it was
 * seen. Short timers that follow each other (the drain polls) went off when they were due.
 */
export function wentOffAtMs(timer: TimerName, dueMs: number, seenMs: number): number {
  return TIMERS[timer].ms < 100 ? dueMs : Math.max(dueMs, seenMs - READ_LAG_MS);
}

/** A longer silence of a recording counts as this long: the host, which may ask once a minute, is not driven for years. */
export const GAP_MAX_MS = 24 * 3600 * 1000;
