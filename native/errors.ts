/** The errors of the native calls: one table, one class, and a cure for each failure that has one. */
import { getSystemErrorName } from 'node:util';

export const NATIVE_ERRORS = {
  NATIVE_ERR_MISSING: 'The native addon is not there.',
  NATIVE_ERR_PERMISSION: 'The system does not permit this.',
  NATIVE_ERR_SYSTEM: 'A system call failed.',
} as const;

export type NativeErrorCode = keyof typeof NATIVE_ERRORS;

export interface NativeErrorDetails {
  /** What exactly and what helps, in words that follow the sentence of the table. */
  readonly detail: string;
  /** Positive, where a system call failed. */
  readonly errno?: number;
  /** The call that gave the errno. */
  readonly syscall?: string;
  readonly cause?: unknown;
}

export class NativeError extends Error {
  readonly code: NativeErrorCode;
  readonly errno: number | undefined;
  readonly syscall: string | undefined;

  constructor(code: NativeErrorCode, details: NativeErrorDetails) {
    super(
      `${NATIVE_ERRORS[code]} ${details.detail}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = 'NativeError';
    this.code = code;
    this.errno = details.errno;
    this.syscall = details.syscall;
  }
}

/** The error of a system call. `subject` is what the call was about, an interface or a device, or ''. */
export function systemError(syscall: string, errno: number, subject: string): NativeError {
  const name = getSystemErrorName(-errno);
  const device = /^device( |$)/.test(subject);
  const refused = (name === 'EPERM' || name === 'EACCES') && !device;
  const capability = refused ? CAPABILITIES[syscall] : undefined;
  const about = subject === '' ? '' : ` (${subject})`;
  const cures = device ? CURES_OF_DEVICES : CURES;
  const cure =
    capability === undefined
      ? ((device ? undefined : CURES_OF_CALLS[`${syscall} ${name}`]) ?? cures[name])
      : permissionFor(capability);
  return new NativeError(capability === undefined ? 'NATIVE_ERR_SYSTEM' : 'NATIVE_ERR_PERMISSION', {
    detail: `${syscall}${about}: ${name}.${cure === undefined ? '' : ` ${cure}`}`,
    errno,
    syscall,
  });
}

function permissionFor(capability: string): string {
  return (
    `${capability} is needed: run as root, in a user namespace (unshare --user --map-root-user --net), ` +
    `or give it to Node.js (setcap ${capability.toLowerCase()}+ep).`
  );
}

const CAPABILITIES: Readonly<Record<string, string>> = {
  socket: 'CAP_NET_RAW',
  open: 'CAP_NET_ADMIN',
  'ioctl TUNSETIFF': 'CAP_NET_ADMIN',
  unshare: 'CAP_SYS_ADMIN',
};

const NO_TUN = 'The kernel module tun is not loaded: `modprobe tun`.';

/** What holds for every character device; what a number means to one kind of them is known where it is used. */
const CURES_OF_DEVICES: Readonly<Record<string, string>> = {
  EACCES: 'Run as root, or give this user the right to read and write the node.',
  ENOENT: 'There is no such node: is the module of the driver loaded?',
  ENXIO: 'The node has no driver behind it: is its module loaded?',
  ENOTTY: 'It is no device of this kind.',
  EMFILE: 'This process has too many open files: `ulimit -n`.',
};

/** Where the same number means something else than in most calls. */
const CURES_OF_CALLS: Readonly<Record<string, string>> = {
  'open ENOENT': NO_TUN,
  'open ENODEV': NO_TUN,
  'open ENXIO': NO_TUN,
};

const CURES: Readonly<Record<string, string>> = {
  ENODEV: 'There is no such network interface in this network namespace: `ip link` lists them.',
  ENXIO: 'There is no such network interface any more.',
  ENETDOWN: 'The interface is down: `ip link set … up`.',
  EPROTOTYPE: 'The interface does not carry Ethernet frames: use an Ethernet, WLAN, veth or TAP interface.',
  EPERM: 'It cannot be done with this descriptor.',
  EBUSY: 'It is in use: choose another name, or end the program that has it.',
  ENOMEM: 'The kernel has no memory for rings of this size: use fewer or smaller blocks.',
  EBADF: 'The descriptor is not open, or was opened by another thread.',
  EINVAL: 'The kernel refuses the values; a filter program must end with a return on every path.',
  EMFILE: 'This process has too many open files: `ulimit -n`.',
  EIO: 'The interface is down: `ip link set … up`.',
};
