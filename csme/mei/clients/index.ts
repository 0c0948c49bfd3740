/** The ME clients that there are. */
import { Amt } from '../../amt/index.ts';
import type { MeClient } from '../client.ts';
import { amthiClient } from './amthi.ts';
import { mkhiClient, mkhiFixedClient } from './mkhi.ts';
import { watchdogClient } from './watchdog.ts';

export { AMTHI_GUID, amthiClient } from './amthi.ts';
export { answering } from './answering.ts';
export { MKHI_FIXED_GUID, MKHI_GUID, mkhiClient, mkhiFixedClient } from './mkhi.ts';
export { TEST_GUIDS, testClients } from './testing.ts';
export { WATCHDOG_GUID, type WatchdogClient, type WatchdogOptions, watchdogClient } from './watchdog.ts';

/** What every firmware with AMT has here: all of it answers from `amt`, and commands change that. */
export function standardClients(amt: Amt = new Amt()): MeClient[] {
  return [amthiClient(amt), mkhiClient(amt), mkhiFixedClient(amt), watchdogClient(amt)];
}
