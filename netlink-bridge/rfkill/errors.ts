/** The errors of /dev/rfkill, from those of the native calls. */
import { getSystemErrorName } from 'node:util';
import { NativeError } from '../../native/index.ts';
import { BridgeError, type BridgeErrorCode } from '../errors.ts';

const ABSENT = 'There is no rfkill here: is the kernel module rfkill loaded? A WLAN driver loads it.';
const NO_RFKILL = 'That is not the device of rfkill, /dev/rfkill.';
const REFUSED = 'Run as root, as the user of an active session, or give this user the right to the node.';

const FAILURES: Readonly<Record<string, readonly [BridgeErrorCode, string]>> = {
  'open ENOENT': ['BRIDGE_ERR_ABSENT', ABSENT],
  'open ENXIO': ['BRIDGE_ERR_ABSENT', ABSENT],
  'open ENODEV': ['BRIDGE_ERR_ABSENT', ABSENT],
  'open ENOTTY': ['BRIDGE_ERR_OPTION', NO_RFKILL],
  'uv_poll_init EPERM': ['BRIDGE_ERR_OPTION', NO_RFKILL],
  'open EACCES': ['BRIDGE_ERR_PERMISSION', REFUSED],
  'open EPERM': ['BRIDGE_ERR_PERMISSION', REFUSED],
};

/** The named error of what a native call threw. Misuse is no error of the device, and stays as it is. */
export function rfkillError(cause: unknown, path: string): unknown {
  if (!(cause instanceof NativeError)) return cause;
  if (cause.code === 'NATIVE_ERR_MISSING') {
    return new BridgeError('BRIDGE_ERR_ABSENT', { detail: cause.message, cause });
  }
  const { errno, syscall } = cause;
  const name = errno === undefined ? '' : getSystemErrorName(-errno);
  const [code, cure] = FAILURES[`${syscall} ${name}`] ?? (['BRIDGE_ERR_KERNEL', ''] as const);
  const detail = `${path}: ${syscall}: ${name}.${cure === '' ? '' : ` ${cure}`}`;
  return new BridgeError(code, errno === undefined ? { detail, cause } : { detail, errno, cause });
}
