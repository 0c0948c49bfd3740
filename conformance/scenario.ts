/**
 * What a scenario is: a script of what CSME and the driver's own side do, as a generator. It yields waits, each with an
 * end; whoever runs it tells whether what was waited for came. So it runs on any clock.
 */
import type { Stage } from './stage.ts';

/** Ends when `until` holds, or at `deadlineMs`. */
export interface Wait {
  readonly deadlineMs: number;
  readonly until: () => boolean;
  /** `until` asks the shared memory, whose change nobody tells. */
  readonly watchesMemory?: boolean;
}

/** Is resumed with whether what it waited for came. */
export type Play<T = void> = Generator<Wait, T, boolean>;

/** What a scenario cannot do without. */
export type Need =
  /** A helper on the driver's side. */
  | 'control'
  /** The user's word that the driver may be killed. */
  | 'danger';

export const SUITES = {
  startup: 'Start-up: version, START_OK, the initial configuration, cached settings, AMT on and off',
  settings: 'Settings that the driver reports while AMT is enabled',
  ownership: 'Ownership: granted, refused, taken, offered, named',
  protection: 'Link protection: what the driver is told of a remote session',
  exchanges: 'PING, NVM and PLDR',
  bells: 'Door bells: the throttle, and what it must not lose',
  rings: 'Rings: wrap, exact fit, full rings',
  hostile: 'A CSME that writes nonsense: the driver must go on',
  rx: 'Received frames: verdicts of the filters, forwarding, copies',
  lifecycle: 'Removal, a new probe, a reset of the firmware',
  slow: 'What takes a minute',
} as const;
export type SuiteName = keyof typeof SUITES;
export const SUITE_NAMES = Object.keys(SUITES) as SuiteName[];

export interface Scenario {
  /** Unique, in words with hyphens. */
  readonly id: string;
  readonly suite: SuiteName;
  readonly title: string;
  readonly needs: readonly Need[];
  /** Begins with the driver in a clean state, and without a link. */
  readonly play: (stage: Stage) => Play;
}
