/** The agent with a network manager of one's own: the six calls that it needs, here only kept in mind. */
import { runAgent, type Supplicant, type SupplicantEvent, type Target } from '../netlink-bridge/index.ts';

async function ownNetworkManager(tell: (event: SupplicantEvent) => void): Promise<Supplicant> {
  let wanted: Target | undefined;
  const limit = async (target?: Target) => {
    wanted = target;
  };
  setImmediate(() => tell({ type: 'up' }));
  return {
    addresses: 'own', // it does DHCP, too
    find: async () => ({ id: '1', name: 'the profile with credentials for that network' }),
    prepare: (_profile, target) => limit(target), // only this BSSID and frequency, no scans
    connect: async () => wanted && tell({ type: 'connected', ...wanted }),
    lift: () => limit(), // it may roam again
    restore: () => limit(), // all as before `prepare`
    close: async () => {},
  };
}

const agent = await runAgent({ interface: 'wlan0', openSupplicant: ownNetworkManager, onNews: console.log });
process.once('SIGINT', () => agent.stop());
