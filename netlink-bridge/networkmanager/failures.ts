/** What NetworkManager's reason for a failed connection means. */
import type { ConnectFailure } from '../agent/types.ts';

/** By `Device.StateReason`. */
const FAILURES: Readonly<Record<number, ConnectFailure>> = {
  5: 'address',
  7: 'rejected',
  15: 'address',
  16: 'address',
  17: 'address',
  53: 'ap-gone',
};
/** wpa_supplicant disconnected, or failed: for a wrong key as for an access point that was out of reach. */
const SUPPLICANT_REASONS: ReadonlySet<number> = new Set([8, 10]);

/** `rejected`: wpa_supplicant has said in this attempt that the access point or the key refuses. */
export function failureOf(reason: number, rejected: boolean): ConnectFailure {
  if (rejected && SUPPLICANT_REASONS.has(reason)) return 'rejected';
  return FAILURES[reason] ?? 'other';
}
