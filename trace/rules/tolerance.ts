/**
 * How exactly times are judged. A trace is stamped by whoever recorded it, on a machine that was busy with other
 * things; these bounds never make a finding of that, and still tell a wrong timer from a slow one.
 */
import { TIMERS } from '../../ownership/index.ts';

/** What a host does at once has happened after this time, on the slowest machine. */
export const AT_ONCE_MS = 1000;

/** A message that was passed over by a later one of the same kind of cause may still follow for this long. */
export const SKIP_MS = 300;

/** What is recorded within this time belongs together: CSME reads both rings. */
export const BATCH_MS = 50;

/** Two things that a host does on threads of its own keep their order when they are this far apart. */
export const OVERTAKEN_MS = 100;

/** The end of a trace excuses what its last moments lack. */
export const END_GRACE_MS = 500;

/** Two door bells this close together were not throttled: 94.2 ms were seen of the reference, stamped before it sent. */
export const BELL_GAP_MS = TIMERS.bellThrottle.ms - 15;

/**
 * Who stamps a bell where it arrives stamps it late when the machine is busy, and the next ones look early: all together by
 * no more than this. 110 ms were seen of the reference in a virtual machine without processor time to spare.
 */
export const BELL_SEEN_LATE_MS = 400;

/** A throttle that is over has rung by now. */
export const BELL_LATE_MS = 3 * TIMERS.bellThrottle.ms;

/** A timer may go off this much before it is due: stamps of two recorders differ. */
export const EARLY_MS = 30;

/** How much later than due a timer may go off: long timers of the kernel are coarse. */
export function lateMs(dueMs: number): number {
  return 300 + 0.04 * dueMs;
}
