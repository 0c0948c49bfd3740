/** What can be wrong with the watchdog of this machine, and what to do about it. */

export const WATCHDOG_ERRORS = {
  WATCHDOG_ERR_ABSENT: {
    sentence: 'This machine has no watchdog of AMT.',
    next: 'It needs an Intel platform with AMT and the kernel module mei_me: `sapwood mei list` shows what answers.',
  },
  WATCHDOG_ERR_NOT_REQUIRED: {
    sentence: 'AMT does not require the watchdog now.',
    next: 'It does when an administrator has it watch the operating system; it is waited for.',
  },
  WATCHDOG_ERR_BUSY: {
    sentence: 'Another program keeps the watchdog.',
    next: 'One is enough: leave it to that program, or end it (Intel LMS: `systemctl stop lms`).',
  },
  WATCHDOG_ERR_PERMISSION: {
    sentence: 'This user may not open the watchdog.',
    next: 'Run as root, or give the node to a group with a udev rule: SUBSYSTEM=="watchdog", ATTR{identity}=="iamt_wdt", GROUP="…", MODE="0660".',
  },
  WATCHDOG_ERR_GONE: {
    sentence: 'The watchdog is gone: the firmware was reset, or does not require it any more.',
    next: 'It is opened again when it is there; after a suspend it comes back under another number.',
  },
  WATCHDOG_ERR_IDENTITY: {
    sentence: 'This is another watchdog than that of AMT.',
    next: 'Watchdogs change their numbers: try again.',
  },
  WATCHDOG_ERR_TIMEOUT: {
    sentence: 'The watchdog refuses this timeout.',
    next: 'It takes 120 to 65535 seconds.',
  },
  WATCHDOG_ERR_SYSTEM: {
    sentence: 'A system call on the watchdog failed.',
    next: '`dmesg` may say more.',
  },
} as const satisfies Readonly<Record<string, { readonly sentence: string; readonly next: string }>>;

export type WatchdogErrorCode = keyof typeof WATCHDOG_ERRORS;

export interface WatchdogErrorDetails {
  /** The node, where there is one. */
  readonly path?: string | undefined;
  /** More words, behind the sentence of the table. */
  readonly detail?: string | undefined;
  readonly cause?: unknown;
}

export class WatchdogError extends Error {
  readonly code: WatchdogErrorCode;
  /** What is wrong, without what to do about it. */
  readonly sentence: string;

  constructor(code: WatchdogErrorCode, { path, detail, cause }: WatchdogErrorDetails = {}) {
    const front = path === undefined ? '' : `${path}: `;
    const sentence = `${front}${WATCHDOG_ERRORS[code].sentence}${detail === undefined ? '' : ` ${detail}`}`;
    super(`${sentence} ${WATCHDOG_ERRORS[code].next}`, cause === undefined ? undefined : { cause });
    this.name = 'WatchdogError';
    this.code = code;
    this.sentence = sentence;
  }

  /** What to do about it. */
  get next(): string {
    return WATCHDOG_ERRORS[this.code].next;
  }
}
