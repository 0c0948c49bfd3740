/** What was done and asked, by number. */
import type { HostMember } from './member.ts';
import { OCCASIONS, type Occasion } from './plan.ts';
import type { SideName } from './protocol.ts';

export class Tally {
  readonly kills: Record<SideName, number> = { host: 0, csme: 0 };
  readonly occasions = Object.fromEntries(OCCASIONS.map((o) => [o, 0])) as Record<Occasion, number>;
  /** How often both were killed at once. */
  together = 0;
  /** Processes that were killed while their first link began. */
  young = 0;
  /** Deaths that the other side slept through: it found the successor in the place of its peer. */
  unseen = 0;
  /** Survivors that were found clean, links that came up, and those compared with a fresh pair. */
  recovered = 0;
  up = 0;
  compared = 0;
  /** Moments at which nothing was in flight and the invariants of a quiet link were asked. */
  quiet = 0;
  /** Lives with a CSME that misbehaves. */
  misbehaved = 0;
  /** Counts of descriptors and mappings that agreed. */
  censuses = 0;
  /** Calls of the WLAN driver that returned, and those that the loss of a link ended. */
  returned = 0;
  woken = 0;

  get killed(): number {
    return this.kills.host + this.kills.csme;
  }

  /** A host's process is at its end. */
  count({ last }: HostMember): void {
    this.returned += last.returned;
    this.woken += last.woken;
  }
}
