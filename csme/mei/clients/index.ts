/** The ME clients that there are. */
import type { MeClient } from '../client.ts';
import { AMT_FACTS, type AmtFacts, amthiClient } from './amthi.ts';
import { mkhiClient, mkhiFixedClient } from './mkhi.ts';

export { AMT_FACTS, AMTHI_GUID, type AmtFacts, type AmtInterface, amthiClient } from './amthi.ts';
export { answering } from './answering.ts';
export { MKHI_FIXED_GUID, MKHI_GUID, type MkhiFacts, mkhiClient, mkhiFixedClient } from './mkhi.ts';
export { TEST_GUIDS, testClients } from './testing.ts';

/** What every firmware with AMT has here. */
export function standardClients(facts: AmtFacts = AMT_FACTS): MeClient[] {
  return [amthiClient(facts), mkhiClient(facts), mkhiFixedClient(facts)];
}
