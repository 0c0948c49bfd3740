/** What the kernel answers to netlink requests, as errors with a name and a cure. */
import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { BridgeError, type BridgeErrorCode } from '../errors.ts';
import type { Verdict } from './message.ts';

const { EACCES, ENODEV, ENOENT, EOPNOTSUPP, ENOTTY, EPERM, ETIMEDOUT } = constants.errno;

type Meaning = readonly [code: BridgeErrorCode, cure: string];
export type Meanings = ReadonlyMap<number, Meaning>;

const NOT_PERMITTED: Meaning = ['BRIDGE_ERR_PERMISSION', 'CAP_NET_ADMIN is needed: run as root.'];
const NO_INTERFACE: Meaning = [
  'BRIDGE_ERR_ABSENT',
  'There is no such interface, or it is gone: `ip link` lists them.',
];

/** What holds for every request. */
const MEANINGS: Meanings = new Map([
  [EACCES, NOT_PERMITTED],
  [EPERM, NOT_PERMITTED],
  [ENODEV, NO_INTERFACE],
  [EOPNOTSUPP, ['BRIDGE_ERR_UNSUPPORTED', 'The kernel, or the driver, does not know it.']],
  [ETIMEDOUT, ['BRIDGE_ERR_TIMEOUT', '']],
]);

const NO_IWLMEI: Meaning = [
  'BRIDGE_ERR_UNSUPPORTED',
  "The driver of this interface has no such command: it needs iwlwifi with CSME's iwlmei (CONFIG_IWLMEI).",
];

/** What holds for the commands of a vendor. */
export const VENDOR_MEANINGS: Meanings = new Map([
  [EOPNOTSUPP, NO_IWLMEI],
  [ENOENT, NO_IWLMEI],
  [ENOTTY, NO_IWLMEI],
  [ETIMEDOUT, ['BRIDGE_ERR_TIMEOUT', 'The firmware did not answer the driver in time.']],
]);

/** The error of a request that was refused. `what` is its name; `meanings` go before those of every request. */
export function kernelError(what: string, { errno, extended }: Verdict, meanings?: Meanings): BridgeError {
  const meaning = meanings?.get(errno) ?? MEANINGS.get(errno);
  const [code, cure] = meaning ?? (['BRIDGE_ERR_KERNEL', ''] as const);
  const said = extended === undefined ? '' : ` (${extended})`;
  const detail = `${what}: ${getSystemErrorName(-errno)}${said}.${cure === '' ? '' : ` ${cure}`}`;
  return new BridgeError(code, extended === undefined ? { detail, errno } : { detail, errno, extended });
}
