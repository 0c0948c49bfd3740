/** Numbers of the watchdog's protocol and of who keeps it, each with its source. */

/** Seconds between two heart beats that the firmware bears. Source: Linux, drivers/watchdog/mei_wdt.c. */
export const WATCHDOG_TIMEOUT_S = { least: 120, most: 65_535, usual: 120 } as const;

/** From this version of its protocol on the firmware answers each START. Source: mei_wdt.c. */
export const ANSWERING_VERSION = 2;

/** What the kernel's driver calls its watchdog; /dev/watchdogN are told apart by it. Source: mei_wdt.c. */
export const WATCHDOG_IDENTITY = 'iamt_wdt';

/** How keepers of Intel's LMS wait. Source: LMS, WatchdogService. */
export const KEEPER_TIMES = {
  /** After a failure, until the watchdog is opened again. */
  retryMs: 1_000,
  /** Failures in a row that are tried again so soon; from then on once each period, which is half the timeout. */
  soonTries: 3,
} as const;

/** Milliseconds between two heart beats. */
export function periodMs(timeoutS: number): number {
  return timeoutS * 500;
}
