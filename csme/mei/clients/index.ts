/** The ME clients that there are. */
import { Amt } from '../../amt/index.ts';
import type { MeClient } from '../client.ts';
import type { WatchdogEvent } from '../watchdog.ts';
import { amthiClient } from './amthi.ts';
import { mkhiClient, mkhiFixedClient } from './mkhi.ts';
import { watchdogClient } from './watchdog.ts';

export { AMTHI_GUID, amthiClient } from './amthi.ts';
export { answering } from './answering.ts';
export {
  LME_GUID,
  type LmeChannel,
  type LmeChannelUser,
  type LmeOptions,
  type LmePort,
  lmeClient,
} from './lme.ts';
export { MKHI_FIXED_GUID, MKHI_GUID, mkhiClient, mkhiFixedClient } from './mkhi.ts';
export { TEST_GUIDS, testClients } from './testing.ts';
export { WATCHDOG_GUID, type WatchdogClient, type WatchdogOptions, watchdogClient } from './watchdog.ts';

export interface StandardClientsOptions {
  /** What the watchdog does. */
  readonly onWatchdog?: (event: WatchdogEvent) => void;
}

/**
 * What every firmware with AMT has here: all of it answers from `amt`, and commands change that. LME is not among them,
 * for what is behind it is not of this folder: `serveLme` of `csme/network` adds it to a device.
 */
export function standardClients(
  amt: Amt = new Amt(),
  { onWatchdog: onEvent }: StandardClientsOptions = {},
): MeClient[] {
  const watchdog = watchdogClient(amt, { ...(onEvent && { onEvent }) });
  return [amthiClient(amt), mkhiClient(amt), mkhiFixedClient(amt), watchdog];
}
