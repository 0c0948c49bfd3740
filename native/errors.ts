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
  const capability = name === 'EPERM' || name === 'EACCES' ? CAPABILITIES[syscall] : undefined;
  const about = subject === '' ? '' : ` (${subject})`;
  const cure =
    capability === undefined
      ? (CURES_OF_CALLS[`${syscall} ${name}`] ?? CURES[name])
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
