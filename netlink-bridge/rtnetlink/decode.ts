/** Messages of rtnetlink about addresses and links. Source of names and numbers: linux/rtnetlink.h, linux/if_addr.h, linux/if.h. */
import { formatIpv4 } from '../../sap/index.ts';
import { Attributes, attributeIds, required, viewOf } from '../netlink/attributes.ts';
import { headed, type NetlinkMessage } from '../netlink/message.ts';

export type RtnetlinkEvent = AddressEvent | LinkEvent;

export interface AddressEvent {
  readonly type: 'address';
  readonly change: 'new' | 'del';
  readonly ifindex: number;
  /** Such as 192.0.2.7 or 2001:db8:0:0:0:0:0:7. */
  readonly address: string;
  /** RT_SCOPE_…: 0 universe, 200 site, 253 link, 254 host. */
  readonly scope: number;
}

export interface LinkEvent {
  readonly type: 'link';
  readonly change: 'new' | 'del';
  readonly ifindex: number;
  readonly name: string;
  /** It was brought up; with a blocked radio it cannot be. */
  readonly up: boolean;
  /** A station has one while it is associated. */
  readonly carrier: boolean;
}

export const RTM = { NEWLINK: 16, DELLINK: 17, NEWADDR: 20, DELADDR: 21, GETADDR: 22 } as const;

/** Groups: RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR. */
export const EVENT_GROUPS = [1, 5, 9] as const;

/** The whole of struct ifaddrmsg, and of a request for all addresses. */
export const IFADDRMSG = 8;

/** Undefined: it is about something else, or an address of a family that is none of ours. Throws BRIDGE_ERR_FORMAT. */
export function rtnetlinkEventOf({ type, payload }: NetlinkMessage): RtnetlinkEvent | undefined {
  switch (type) {
    case RTM.NEWADDR:
    case RTM.DELADDR:
      return addressOf(payload, type === RTM.NEWADDR ? 'new' : 'del');
    case RTM.NEWLINK:
    case RTM.DELLINK:
      return linkOf(payload, type === RTM.NEWLINK ? 'new' : 'del');
    default:
      return undefined;
  }
}

/** Whether others can reach the interface by an address of this scope: it is not one for the link or the host alone. */
export function isReachable(scope: number): boolean {
  return scope < RT_SCOPE_LINK;
}

const RT_SCOPE_LINK = 253;

const AF_UNSPEC = 0;
const AF_INET = 2;
const AF_INET6 = 10;

const IFA = attributeIds('IFA_', { ADDRESS: 1, LOCAL: 2 });

/** struct ifaddrmsg: u8 family, u8 prefix, u8 flags, u8 scope, u32 interface. */
function addressOf(payload: Uint8Array, change: AddressEvent['change']): AddressEvent | undefined {
  const header = headed(payload, IFADDRMSG);
  const attributes = new Attributes(payload.subarray(IFADDRMSG));
  const family = header[0]!;
  if (family !== AF_INET && family !== AF_INET6) return undefined;
  // Of a point-to-point link IFA_ADDRESS is the other end.
  const bytes = required(attributes.bytes(IFA.LOCAL) ?? attributes.bytes(IFA.ADDRESS), IFA.ADDRESS);
  return {
    type: 'address',
    change,
    ifindex: viewOf(header).getUint32(4, true),
    address: family === AF_INET ? ipv4Text(bytes) : ipv6Text(bytes),
    scope: header[3]!,
  };
}

const IFLA = attributeIds('IFLA_', { IFNAME: 3 });
const IFINFOMSG = 16;
const IFF_UP = 1;
/** As the driver sees it; IFF_RUNNING also asks for what stands above it. */
const IFF_LOWER_UP = 0x10000;

/** struct ifinfomsg: u8 family, a byte, u16 type, i32 interface, u32 flags, u32 which of them changed. */
function linkOf(payload: Uint8Array, change: LinkEvent['change']): LinkEvent | undefined {
  const header = headed(payload, IFINFOMSG);
  // Bridges tell of their ports in the same messages, with a family of their own.
  if (header[0] !== AF_UNSPEC) return undefined;
  const view = viewOf(header);
  const flags = view.getUint32(8, true);
  return {
    type: 'link',
    change,
    ifindex: view.getUint32(4, true),
    name: required(new Attributes(payload.subarray(IFINFOMSG)).text(IFLA.IFNAME), IFLA.IFNAME),
    up: (flags & IFF_UP) !== 0,
    carrier: (flags & IFF_LOWER_UP) !== 0,
  };
}

function ipv4Text(bytes: Uint8Array): string {
  return formatIpv4(viewOf(headed(bytes, 4)).getUint32(0, false));
}

/** Eight groups, none of them left out. */
function ipv6Text(bytes: Uint8Array): string {
  const view = viewOf(headed(bytes, 16));
  return Array.from({ length: 8 }, (_, i) => view.getUint16(2 * i, false).toString(16)).join(':');
}
