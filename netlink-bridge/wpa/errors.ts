/** The errors of wpa_supplicant's control socket, from those of the native calls. */
import { getSystemErrorName } from 'node:util';
import { NativeError } from '../../native/index.ts';
import { BridgeError, type BridgeErrorCode } from '../errors.ts';

const ABSENT =
  'wpa_supplicant does not run for this interface, or has no control socket: `ctrl_interface=` in its configuration.';
const REFUSED = 'Run as root, or as a member of its ctrl_interface_group.';

const FAILURES: Readonly<Record<string, readonly [BridgeErrorCode, string]>> = {
  ENOENT: ['BRIDGE_ERR_ABSENT', ABSENT],
  ENOTDIR: ['BRIDGE_ERR_ABSENT', ABSENT],
  EACCES: ['BRIDGE_ERR_PERMISSION', REFUSED],
  EPERM: ['BRIDGE_ERR_PERMISSION', REFUSED],
  EPROTOTYPE: ['BRIDGE_ERR_OPTION', 'That is not a control socket of wpa_supplicant.'],
  ECONNREFUSED: ['BRIDGE_ERR_GONE', 'wpa_supplicant was stopped.'],
  ENOTCONN: ['BRIDGE_ERR_GONE', 'wpa_supplicant was stopped.'],
  ECONNRESET: ['BRIDGE_ERR_GONE', 'wpa_supplicant was stopped.'],
};

export function controlError(cause: unknown, path: string): BridgeError {
  if (!(cause instanceof NativeError)) throw cause;
  const { errno, syscall } = cause;
  if (errno === undefined) {
    return new BridgeError('BRIDGE_ERR_ABSENT', { detail: cause.message, cause });
  }
  const name = getSystemErrorName(-errno);
  const [code, cure] = FAILURES[name] ?? (['BRIDGE_ERR_KERNEL', ''] as const);
  const detail = `${path}: ${syscall}: ${name}.${cure === '' ? '' : ` ${cure}`}`;
  return new BridgeError(code, { detail, errno, cause });
}
