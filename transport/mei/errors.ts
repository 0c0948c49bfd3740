/** What can go wrong with a MEI device: the codes, which errno of which call is which of them, and the class. */
import { getSystemErrorName } from 'node:util';
import { NativeError } from '../../native/index.ts';

/** What each code means, and what to do about it. */
export const MEI_ERRORS = {
  MEI_ERR_NO_DEVICE: {
    sentence: 'There is no such MEI device.',
    next: 'Is this an Intel platform with the module mei_me loaded? `ls /dev/mei*` shows the devices.',
  },
  MEI_ERR_NOT_A_DEVICE: {
    sentence: 'This is no MEI device.',
    next: 'MEI devices are /dev/mei0, /dev/mei1 and so on.',
  },
  MEI_ERR_PERMISSION: {
    sentence: 'This user may not open the MEI device.',
    next: 'Run as root, or give the node to a group with a udev rule: SUBSYSTEM=="mei", GROUP="mei", MODE="0660".',
  },
  MEI_ERR_NOT_READY: {
    sentence: 'The firmware is starting, resetting, suspended or disabled.',
    next: 'Try again when dev_state in /sys/class/mei says ENABLED; DISABLED stays until the driver is reloaded.',
  },
  MEI_ERR_TOO_MANY_HANDLES: {
    sentence: 'Too many handles are open.',
    next: 'A device has 255 of them for all programs, and `ulimit -n` says how many files this process may open.',
  },
  MEI_ERR_NO_MEMORY: {
    sentence: 'The kernel has no memory for this.',
    next: 'Try again later, with fewer connections.',
  },
  MEI_ERR_NO_CLIENT: {
    sentence: 'The firmware has no client with this GUID.',
    next: 'Its feature is off or not part of this firmware; `sapwood mei list` shows the clients that answer.',
  },
  MEI_ERR_BUSY: {
    sentence: 'The client takes no further connection.',
    next: 'A kernel driver or another program has it: end that program, or try again in half a second.',
  },
  MEI_ERR_CONNECT_TIMEOUT: {
    sentence: 'The firmware did not answer the connect.',
    next: 'Try again; when it stays so, the firmware needs a reset.',
  },
  MEI_ERR_CONNECT_REFUSED: {
    sentence: 'The firmware refused the connect.',
    next: 'It gave a status that means a wrong request; the firmware may be older than its documentation.',
  },
  MEI_ERR_NO_VTAGS: {
    sentence: 'The firmware, or this client of it, has no virtual tags.',
    next: 'Connect without a tag.',
  },
  MEI_ERR_VTAG: {
    sentence: 'The virtual tag was refused: it is 0, or in use for this client.',
    next: 'Take another tag from 1 to 255.',
  },
  MEI_ERR_NO_NOTIFICATIONS: {
    sentence: 'The firmware has no notifications.',
    next: 'They need HBM 2.0 (hbm_ver in /sys/class/mei): ask the client at intervals instead.',
  },
  MEI_ERR_NOTIFICATIONS_REFUSED: {
    sentence: 'The firmware refused to turn notifications on or off.',
    next: 'This client has none, or an earlier failure is still remembered: connect anew and try once more.',
  },
  MEI_ERR_NOTIFICATIONS_TIMEOUT: {
    sentence: 'The firmware did not answer the request for notifications.',
    next: 'Connect anew and try once more.',
  },
  MEI_ERR_DISCONNECTED: {
    sentence: 'The connection is gone: the firmware was reset or closed it, or the device was removed.',
    next: 'Connect again when the device is there and dev_state in /sys/class/mei says ENABLED.',
  },
  MEI_ERR_TOO_LONG: {
    sentence: 'The message is longer than the client takes.',
    next: 'Nothing was sent: maxMessageLength of the connection is the limit.',
  },
  MEI_ERR_HARDWARE: {
    sentence: 'The hardware did not take the message.',
    next: 'Send it again; when it stays so, `dmesg` says more.',
  },
  MEI_ERR_MESSAGE_LOST: {
    sentence: 'A message of the firmware could not be read and is lost.',
    next: 'The connection goes on: send the request again.',
  },
  MEI_ERR_NO_ANSWER: {
    sentence: 'The firmware sent a message without a byte: it has no answer.',
    next: 'The feature behind the client is off; AMT does this when it is disabled.',
  },
  MEI_ERR_LENGTH: {
    sentence: 'The firmware states a longest message that cannot be.',
    next: 'The connection was closed again. Update the firmware, or report the client and its number.',
  },
  MEI_ERR_TIMEOUT: {
    sentence: 'The time for this is over.',
    next: 'The connection goes on; an answer that comes late is received next.',
  },
  MEI_ERR_CANCELLED: { sentence: 'It was cancelled.', next: 'Whoever gave the signal did it.' },
  MEI_ERR_CLOSED: { sentence: 'The connection was closed here.', next: 'Open another one.' },
  MEI_ERR_SYSTEM: {
    sentence: 'A system call failed with an error that the MEI driver does not document.',
    next: '`dmesg` may say more.',
  },
} as const satisfies Readonly<Record<string, { readonly sentence: string; readonly next: string }>>;

export type MeiErrorCode = keyof typeof MEI_ERRORS;

/**
 * What each errno of each call means. The driver reuses them freely: ENODEV of `open` is a firmware that is not ready,
 * ENODEV of `read` a connection that is gone.
 */
export const MEI_FAILURES = {
  open: {
    ENOENT: 'MEI_ERR_NO_DEVICE',
    ENXIO: 'MEI_ERR_NO_DEVICE',
    ENOTDIR: 'MEI_ERR_NO_DEVICE',
    ENOTTY: 'MEI_ERR_NOT_A_DEVICE',
    EISDIR: 'MEI_ERR_NOT_A_DEVICE',
    EACCES: 'MEI_ERR_PERMISSION',
    EPERM: 'MEI_ERR_PERMISSION',
    ENODEV: 'MEI_ERR_NOT_READY',
    EMFILE: 'MEI_ERR_TOO_MANY_HANDLES',
    ENFILE: 'MEI_ERR_TOO_MANY_HANDLES',
    ENOMEM: 'MEI_ERR_NO_MEMORY',
  },
  connect: {
    ENODEV: 'MEI_ERR_NOT_READY',
    EFAULT: 'MEI_ERR_CONNECT_TIMEOUT',
    EBUSY: 'MEI_ERR_BUSY',
    ENOTTY: 'MEI_ERR_NO_CLIENT',
    ENOENT: 'MEI_ERR_NO_CLIENT',
    EINVAL: 'MEI_ERR_CONNECT_REFUSED',
    ENOMEM: 'MEI_ERR_NO_MEMORY',
    EMFILE: 'MEI_ERR_TOO_MANY_HANDLES',
  },
  connectVtag: {
    ENODEV: 'MEI_ERR_NOT_READY',
    EFAULT: 'MEI_ERR_CONNECT_TIMEOUT',
    EBUSY: 'MEI_ERR_BUSY',
    ENOTTY: 'MEI_ERR_NO_CLIENT',
    ENOENT: 'MEI_ERR_NO_CLIENT',
    EINVAL: 'MEI_ERR_VTAG',
    EOPNOTSUPP: 'MEI_ERR_NO_VTAGS',
    ENOMEM: 'MEI_ERR_NO_MEMORY',
    EMFILE: 'MEI_ERR_TOO_MANY_HANDLES',
  },
  notifySet: {
    EINVAL: 'MEI_ERR_NOTIFICATIONS_REFUSED',
    EOPNOTSUPP: 'MEI_ERR_NO_NOTIFICATIONS',
    ENODEV: 'MEI_ERR_DISCONNECTED',
    EFAULT: 'MEI_ERR_NOTIFICATIONS_TIMEOUT',
    ENOMEM: 'MEI_ERR_NO_MEMORY',
    EMFILE: 'MEI_ERR_TOO_MANY_HANDLES',
  },
  notifyGet: { EOPNOTSUPP: 'MEI_ERR_NO_NOTIFICATIONS', ENODEV: 'MEI_ERR_DISCONNECTED' },
  write: {
    EFBIG: 'MEI_ERR_TOO_LONG',
    ENODEV: 'MEI_ERR_DISCONNECTED',
    ENOTTY: 'MEI_ERR_DISCONNECTED',
    ENOMEM: 'MEI_ERR_NO_MEMORY',
    EIO: 'MEI_ERR_HARDWARE',
    EOVERFLOW: 'MEI_ERR_HARDWARE',
  },
  read: {
    ENODEV: 'MEI_ERR_DISCONNECTED',
    ENOTTY: 'MEI_ERR_DISCONNECTED',
    EMSGSIZE: 'MEI_ERR_MESSAGE_LOST',
    EPROTO: 'MEI_ERR_MESSAGE_LOST',
    EFAULT: 'MEI_ERR_MESSAGE_LOST',
    ENOMEM: 'MEI_ERR_NO_MEMORY',
  },
  watch: {
    EPERM: 'MEI_ERR_NOT_A_DEVICE',
    EMFILE: 'MEI_ERR_TOO_MANY_HANDLES',
    ENOMEM: 'MEI_ERR_NO_MEMORY',
    ENOSPC: 'MEI_ERR_NO_MEMORY',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, MeiErrorCode>>>>;

/** The calls that a connection makes; `connect` and `connectVtag` are two ioctls. */
export type MeiCall = keyof typeof MEI_FAILURES;

export interface MeiErrorDetails {
  /** The device. */
  readonly path: string;
  /** What exactly, in words that follow the sentence of the table. */
  readonly detail?: string;
  /** Positive, where a system call failed. */
  readonly errno?: number | undefined;
  /** The call that gave the errno. */
  readonly syscall?: string | undefined;
  readonly cause?: unknown;
}

export class MeiError extends Error {
  readonly code: MeiErrorCode;
  readonly path: string;
  readonly errno: number | undefined;
  readonly syscall: string | undefined;
  /** What is wrong, without what to do about it. */
  readonly sentence: string;

  constructor(code: MeiErrorCode, details: MeiErrorDetails) {
    const detail = details.detail === undefined ? '' : ` ${details.detail}`;
    const sentence = `${details.path}: ${MEI_ERRORS[code].sentence}${detail}`;
    super(
      `${sentence} ${MEI_ERRORS[code].next}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = 'MeiError';
    this.code = code;
    this.sentence = sentence;
    this.path = details.path;
    this.errno = details.errno;
    this.syscall = details.syscall;
  }

  /** What to do about it. */
  get next(): string {
    return MEI_ERRORS[this.code].next;
  }
}

/** The named error of what a native call threw. Misuse and a missing addon are no errors of the device: as they are. */
export function meiError(call: MeiCall, cause: unknown, path: string): unknown {
  if (!(cause instanceof NativeError) || cause.errno === undefined) return cause;
  const { errno, syscall } = cause;
  const name = getSystemErrorName(-errno);
  const codes: Readonly<Record<string, MeiErrorCode>> = MEI_FAILURES[call];
  // Linux has one number for EOPNOTSUPP and ENOTSUP, and Node.js knows it by the second name.
  const code = codes[name === 'ENOTSUP' ? 'EOPNOTSUPP' : name] ?? 'MEI_ERR_SYSTEM';
  return new MeiError(code, { path, detail: `(${syscall}: ${name})`, errno, syscall, cause });
}
