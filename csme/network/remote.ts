/** The other side of the air: a machine that the emulated CSME is reached from. */
import { native } from '../../native/index.ts';
import { formatIpv4 } from '../../sap/index.ts';
import { ip } from './ip.ts';

export interface RemoteOptions {
  /** The card's interface, which appears in the network namespace of the main thread of process `pid`. */
  readonly wlan: string;
  readonly pid: number;
  /** Address of the remote machine. */
  readonly ipv4: number;
  readonly prefixLength: number;
}

const AIR = 'air0';

/**
 * Makes the calling thread, a worker, a machine of its own: a new network namespace with one interface, whose other end
 * is the card's. What the thread opens and starts from then on lives there. Errors as of `native` and `ip`.
 */
export async function becomeRemote({ wlan, pid, ipv4, prefixLength }: RemoteOptions): Promise<void> {
  native().unshareNet();
  await ip([
    'link set lo up',
    `link add ${AIR} type veth peer name ${wlan} netns ${pid}`,
    // What a sender hands over as one piece must be no larger than a frame on the air.
    `link set ${AIR} gso_max_segs 1`,
    // Without an IPv6 address nothing solicits routers and neighbours.
    `link set ${AIR} addrgenmode none`,
    `addr add ${formatIpv4(ipv4)}/${prefixLength} dev ${AIR}`,
    `link set ${AIR} up`,
  ]);
}
