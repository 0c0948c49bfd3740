/** What is written down before NetworkManager is changed. */
import { BridgeError } from '../errors.ts';
import type { JournalEntry } from '../journal.ts';

export const PREPARED_BY = 'networkmanager';

export interface NetworkManagerEntry {
  readonly supplicant: typeof PREPARED_BY;
  /** The UUID of the copied profile. */
  readonly clone: string;
  /** Whether the device connected by itself. */
  readonly autoconnect: boolean;
}

/** Throws BRIDGE_ERR_FORMAT for what somebody else wrote. */
export function entryOf(entry: JournalEntry | undefined): NetworkManagerEntry | undefined {
  if (entry === undefined) return undefined;
  const { supplicant, clone, autoconnect } = entry;
  if (typeof supplicant === 'string' && supplicant !== PREPARED_BY) {
    const detail = `The journal is of another supplicant, ${JSON.stringify(supplicant)}: restore with that one first.`;
    throw new BridgeError('BRIDGE_ERR_FORMAT', { detail });
  }
  if (supplicant !== PREPARED_BY || typeof clone !== 'string' || typeof autoconnect !== 'boolean') {
    const detail =
      'The journal is not one of this program: delete it and each profile "… (as CSME)", and restart NetworkManager.';
    throw new BridgeError('BRIDGE_ERR_FORMAT', { detail });
  }
  return { supplicant, clone, autoconnect };
}
