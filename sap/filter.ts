/**
 * The Rx filter: which received frames CSME gets, and which of those the host keeps.
 *
 * A plain interpreter of the rules, in their order; whatever is faster must give the same verdicts. It allocates
 * nothing. The parts of CSME's filters that the reference never looks at (`ipv6Filters`, `vlan`, and of the message
 * `mode`, `macAddress`, `cbfilters`) have no effect here either.
 * Source: iwlwifi/mei/net.c; checked against recorded verdicts of the driver (test/data/filters).
 */
import { be16At, be32At, macAt } from './bytes.ts';
import {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  PROTO_ICMP,
  PROTO_ICMPV6,
  PROTO_TCP,
  PROTO_UDP,
  tagLength,
} from './frame.ts';
import { ETH_HLEN } from './messages/both.ts';
import {
  type EthFilter,
  EthFilterFlags,
  type FlexFilter,
  FlexFilterFlags,
  Icmpv6Flags,
  Ipv4FilterFlags,
  type OobFilters,
} from './messages/structures.ts';

/** The host's stack alone gets the frame. */
export const VERDICT_HOST = 0;
/** Bit: CSME gets the frame, without its VLAN tag. */
export const VERDICT_CSME = 1;
/** Bit: the host's stack does not get it. Never without VERDICT_CSME. */
export const VERDICT_CONSUMED = 2;
/** Host only (0), both (1), CSME only (3). */
export type FilterVerdict = 0 | 1 | 3;

export interface FilterQuirks {
  /**
   * Quirk `multicast-header-compare`: the reference compares the frame's whole Ethernet header with the 14 bytes of
   * its filter table that begin with the filter's address, and so matches almost no multicast frame.
   */
  readonly multicastHeaderCompare?: boolean;
}

/**
 * Says what the Ethernet frame `frame[start..end)` gets: one filter set, made ready. What `start` and `end` do not leave
 * inside of `frame` is no frame, and stays with the host.
 */
export type FrameFilter = (frame: Uint8Array, start: number, end: number) => FilterVerdict;

/**
 * The verdict for the Ethernet frame `frame[start..end)`, as received: a VLAN tag is taken off first.
 * `filters` is `oobFilters` of the last CSME_FILTERS, undefined before the first one: then the host gets everything.
 */
export function filterFrame(
  filters: OobFilters | undefined,
  frame: Uint8Array,
  start: number,
  end: number,
  quirks: FilterQuirks = NO_QUIRKS,
): FilterVerdict {
  if (filters === undefined || end - start < ETH_HLEN) return VERDICT_HOST;
  const typeAt = start + 12 + tagLength(frame, start, end);

  if (isMulticast(frame, start)) {
    const filter = findEthFilter(filters, frame, start, typeAt, quirks.multicastHeaderCompare === true);
    if (filter === undefined) return VERDICT_HOST;
    if (filter.flags & EthFilterFlags.STOP) return toCsme(filter.flags & EthFilterFlags.COPY);
  }
  switch (be16At(frame, typeAt)) {
    case ETHERTYPE_IPV4:
      return filterIpv4(filters, frame, typeAt + 2, end);
    case ETHERTYPE_ARP:
      return filterArp(filters, frame, typeAt + 2, end);
    default:
      return VERDICT_HOST;
  }
}

const NO_QUIRKS: FilterQuirks = Object.freeze({});

function toCsme(hostKeepsIt: number): FilterVerdict {
  return hostKeepsIt ? VERDICT_CSME : 3;
}

// ---- multicast

function isMulticast(b: Uint8Array, o: number): boolean {
  if ((b[o]! & 1) === 0) return false;
  const isBroadcast = (b[o]! & b[o + 1]! & b[o + 2]! & b[o + 3]! & b[o + 4]! & b[o + 5]!) === 0xff;
  return !isBroadcast;
}

function findEthFilter(
  filters: OobFilters,
  frame: Uint8Array,
  start: number,
  typeAt: number,
  wholeHeader: boolean,
): EthFilter | undefined {
  const list = filters.ethFilters;
  for (let i = 0; i < list.length; i++) {
    const filter = list[i]!;
    if (!(filter.flags & EthFilterFlags.ENABLED)) return undefined;
    const matches = wholeHeader
      ? equalsTable(filters, i, frame, start, typeAt)
      : filter.macAddress === macAt(frame, start);
    if (matches) return filter;
  }
  return undefined;
}

/** Whether both addresses and the EtherType are the 14 bytes of the table from entry `i` on. */
function equalsTable(
  filters: OobFilters,
  i: number,
  frame: Uint8Array,
  start: number,
  typeAt: number,
): boolean {
  for (let k = 0; k < ETH_HLEN; k++) {
    const at = k < 12 ? start + k : typeAt + k - 12;
    if (frame[at] !== tableByte(filters, i * 7 + k)) return false;
  }
  return true;
}

/** Byte `at` of the table as it lies in the message: five entries of 7, then what follows them there. */
function tableByte(filters: OobFilters, at: number): number {
  const filter = filters.ethFilters[Math.floor(at / 7)];
  if (filter) return at % 7 === 6 ? filter.flags : byteOfMac(filter.macAddress, at % 7);
  const behind = at - filters.ethFilters.length * 7;
  if (behind === 0) return filters.reserved139;
  const { ipv4Addr, flags } = filters.ipv4Filter;
  return (behind <= 4 ? ipv4Addr >>> (8 * (4 - behind)) : flags >>> (8 * (behind - 5))) & 0xff;
}

function byteOfMac(mac: number, i: number): number {
  return Math.floor(mac / 2 ** (8 * (5 - i))) & 0xff;
}

// ---- ARP

const ARP_LEN = 28;
const ARP_REQUEST = 1;
const ARP_REPLY = 2;

function filterArp(filters: OobFilters, b: Uint8Array, arp: number, end: number): FilterVerdict {
  // Of hardware and protocol address only the kinds count, their lengths do not.
  if (end - arp < ARP_LEN || be16At(b, arp) !== 1 || be16At(b, arp + 2) !== ETHERTYPE_IPV4)
    return VERDICT_HOST;
  const { ipv4Addr, flags } = filters.ipv4Filter;
  const operation = be16At(b, arp + 6);
  if (operation === ARP_REQUEST && flags & Ipv4FilterFlags.ARP_REQ_PASS) {
    return ipv4Addr === 0 || ipv4Addr === be32At(b, arp + 24)
      ? toCsme(flags & Ipv4FilterFlags.ARP_REQ_COPY)
      : VERDICT_HOST;
  }
  if (operation === ARP_REPLY && flags & Ipv4FilterFlags.ARP_RESP_PASS) {
    return toCsme(flags & Ipv4FilterFlags.ARP_RESP_COPY);
  }
  return VERDICT_HOST;
}

// ---- IPv4

/** Like the reference: version, total length, fragment offset and a header length below 20 are not looked at. */
function filterIpv4(filters: OobFilters, b: Uint8Array, ip: number, end: number): FilterVerdict {
  if (end - ip < 20) return VERDICT_HOST;
  const payload = ip + (b[ip]! & 0x0f) * 4;
  if (payload > end) return VERDICT_HOST;
  const { ipv4Addr } = filters.ipv4Filter;
  const ipMatches = ipv4Addr === 0 || ipv4Addr === be32At(b, ip + 16);
  const protocol = b[ip + 9]!;
  switch (protocol) {
    case PROTO_TCP:
    case PROTO_UDP:
      return end - payload < 8 ? VERDICT_HOST : filterPorts(filters, b, payload, protocol, ipMatches);
    case PROTO_ICMP:
      return end - payload < 8 ? VERDICT_HOST : filterIcmp(filters, b, payload, ipMatches);
    case PROTO_ICMPV6:
      return filters.icmpv6Flags & Icmpv6Flags.ENABLED && ipMatches
        ? toCsme(filters.icmpv6Flags & Icmpv6Flags.COPY)
        : VERDICT_HOST;
    default:
      return VERDICT_HOST;
  }
}

function filterPorts(
  filters: OobFilters,
  b: Uint8Array,
  payload: number,
  protocol: number,
  ipMatches: boolean,
): FilterVerdict {
  const srcPort = be16At(b, payload);
  const dstPort = be16At(b, payload + 2);
  for (const filter of filters.flexFilters) {
    if (!(filter.flags & FlexFilterFlags.ENABLED)) return VERDICT_HOST;
    if (flexMatches(filter, srcPort, dstPort, protocol, ipMatches)) {
      return toCsme(filter.flags & FlexFilterFlags.COPY);
    }
  }
  return VERDICT_HOST;
}

function flexMatches(
  filter: FlexFilter,
  srcPort: number,
  dstPort: number,
  protocol: number,
  ipMatches: boolean,
): boolean {
  const { flags } = filter;
  if (flags & (FlexFilterFlags.IPV4 | FlexFilterFlags.IPV6) && !ipMatches) return false;
  if (flags & FlexFilterFlags.UDP && protocol !== PROTO_UDP) return false;
  if (flags & FlexFilterFlags.TCP && protocol !== PROTO_TCP) return false;
  if (filter.srcPort !== 0 && filter.srcPort !== srcPort) return false;
  return filter.dstPort === 0 || filter.dstPort === dstPort;
}

function filterIcmp(filters: OobFilters, b: Uint8Array, payload: number, ipMatches: boolean): FilterVerdict {
  const { flags } = filters.ipv4Filter;
  const isEchoRequest = b[payload] === 8 && b[payload + 1] === 0;
  if (!(flags & Ipv4FilterFlags.ICMP_PASS) || !ipMatches || isEchoRequest) return VERDICT_HOST;
  return toCsme(flags & Ipv4FilterFlags.ICMP_COPY);
}
