/** The other station of the flood bench, in a network namespace of its own: see peer-process.ts. */
import { fileURLToPath } from 'node:url';
import { spawnInNamespace } from '../../native/index.ts';
import { formatMac } from '../../sap/index.ts';
import { STATION_MAC } from '../rx/traffic.ts';
import { CHILD_OPTIONS, Child } from './child.ts';
import { HOST_END, ip, SENDER_END } from './pair.ts';
import type { SendOptions, Sent } from './sender.ts';

/** Addresses of the pair's ends; those of the frames that are sent are of the same network. */
export const HOST_ADDRESS = '192.0.2.10';
export const PEER_ADDRESS = '192.0.2.1';
export const HOST_MAC = formatMac(STATION_MAC);
export const PEER_MAC = '02:00:5e:00:53:01';

/** TCP ports of the peer: bytes without end, and those that came. */
export const STREAM_PORT = 5001;
export const ECHO_PORT = 5002;

export type PeerOrder =
  /** The end of the pair is in its namespace now. */
  { readonly type: 'setUp' } | ({ readonly type: 'send' } & SendOptions);

export type Peer = Child<PeerOrder, Sent | undefined>;

/** Starts the peer and gives it the sender's end of the pair for good; the host's end gets its address. */
export async function startPeer(cpu: number): Promise<Peer> {
  const script = fileURLToPath(new URL('./peer-process.js', import.meta.url));
  const command = ['-c', `${cpu}`, process.execPath, script];
  const peer: Peer = new Child(spawnInNamespace('taskset', command, CHILD_OPTIONS));
  ip(
    `link set ${SENDER_END} netns ${peer.pid}`,
    `address add ${HOST_ADDRESS}/24 dev ${HOST_END}`,
    `neighbour replace ${PEER_ADDRESS} lladdr ${PEER_MAC} dev ${HOST_END} nud permanent`,
  );
  await peer.order({ type: 'setUp' });
  return peer;
}
