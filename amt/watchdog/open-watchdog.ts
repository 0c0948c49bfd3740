/** A watchdog that is open, whichever way. */

export interface OpenWatchdog {
  /** `kernel`: a /dev/watchdogN of mei_wdt. `client`: the firmware's client itself, driven here. */
  readonly way: 'kernel' | 'client';
  /** The node that is used. */
  readonly path: string;
  /** Whether closing does not stop it: the kernel is told never to. */
  readonly unstoppable: boolean;
  /** Sets the timeout in seconds, and pings. */
  setTimeout(timeoutS: number): Promise<void>;
  /** Resolves when the firmware has answered, for which there is no limit. */
  ping(): Promise<void>;
  /** Stops it. Resolves when the calls that were under way are over and it is closed. Twice is once. */
  close(): Promise<void>;
}
