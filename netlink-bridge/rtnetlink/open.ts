/** The addresses and links of this network namespace, as they are and as they change. */
import type { BridgeError } from '../errors.ts';
import { NETLINK_ROUTE, type NetlinkPort, openNetlinkPort } from '../netlink/port.ts';
import {
  EVENT_GROUPS,
  IFADDRMSG,
  isReachable,
  RTM,
  type RtnetlinkEvent,
  rtnetlinkEventOf,
} from './decode.ts';

export interface RtnetlinkOptions {
  /** Called for each event from now on, in the order of the kernel. */
  readonly onEvent?: (event: RtnetlinkEvent) => void;
  /** Events were lost or cannot be read; it goes on. */
  readonly onProblem?: (error: BridgeError) => void;
}

/** It keeps the process alive until it is closed. */
export interface Rtnetlink {
  /** Those by which others can reach the interface. None, too, where there is no such interface. Rejects with a BridgeError. */
  addresses(ifindex: number): Promise<string[]>;
  close(): void;
}

/** Rejects with BRIDGE_ERR_ABSENT where there is no netlink. */
export async function openRtnetlink(options: RtnetlinkOptions = {}): Promise<Rtnetlink> {
  const port = openNetlinkPort({
    protocol: NETLINK_ROUTE,
    onMessage: (message) => {
      const event = rtnetlinkEventOf(message);
      if (event !== undefined) options.onEvent?.(event);
    },
    ...(options.onProblem !== undefined && { onProblem: options.onProblem }),
  });
  try {
    for (const group of options.onEvent === undefined ? [] : EVENT_GROUPS) port.join(group);
  } catch (error) {
    port.close();
    throw error;
  }
  return { addresses: (ifindex) => addressesOf(port, ifindex), close: () => port.close() };
}

async function addressesOf(port: NetlinkPort, ifindex: number): Promise<string[]> {
  const request = { what: 'RTM_GETADDR', type: RTM.GETADDR, payload: new Uint8Array(IFADDRMSG), dump: true };
  const answers = await port.request(request);
  const found: string[] = [];
  for (const answer of answers) {
    const event = rtnetlinkEventOf(answer);
    if (event?.type !== 'address' || event.ifindex !== ifindex || !isReachable(event.scope)) continue;
    found.push(event.address);
  }
  return found;
}
