/**
 * A filter set as the rules that are left of it: without those behind the first that is not enabled and those that no
 * frame can meet. The compilers for the kernel and for pcap start from here.
 */
import {
  EthFilterFlags,
  encodeOobFilters,
  type FilterQuirks,
  type FilterVerdict,
  FlexFilterFlags,
  Icmpv6Flags,
  Ipv4FilterFlags,
  type OobFilters,
  VERDICT_CSME,
  VERDICT_HOST,
} from '../sap/index.ts';

export interface FilterRules {
  /** CSME's IPv4 address; 0: every destination matches. */
  readonly address: number;
  /** The first that matches decides; none: the host. */
  readonly tcp: readonly PortRule[];
  readonly udp: readonly PortRule[];
  /** Of ICMP (except echo requests) and protocol 58 to CSME's address. */
  readonly icmp: FilterVerdict;
  readonly icmpv6: FilterVerdict;
  /** Of ARP requests for CSME's address, and of all replies. */
  readonly arpRequest: FilterVerdict;
  readonly arpReply: FilterVerdict;
  /** The first that matches a multicast frame decides; none: the host. No two have the same bytes. */
  readonly groups: readonly GroupRule[];
}

export interface PortRule {
  /** 0: any. */
  readonly srcPort: number;
  readonly dstPort: number;
  /** Matches only when the destination address does. Never set when CSME has no address. */
  readonly toAddress: boolean;
  readonly verdict: FilterVerdict;
}

export interface GroupRule {
  /** 6: the destination; 14, with the quirk: both addresses and the EtherType behind the VLAN tag. */
  readonly bytes: Uint8Array;
  /** The verdict, or undefined: the frame's content decides, as for a unicast frame. */
  readonly verdict: FilterVerdict | undefined;
}

const CSME_ALONE: FilterVerdict = 3;

export function rulesOf(filters: OobFilters, quirks: FilterQuirks = {}): FilterRules {
  const { ipv4Addr, flags } = filters.ipv4Filter;
  return {
    address: ipv4Addr,
    tcp: portRules(filters, FlexFilterFlags.UDP),
    udp: portRules(filters, FlexFilterFlags.TCP),
    icmp: verdictOf(flags, Ipv4FilterFlags.ICMP_PASS, Ipv4FilterFlags.ICMP_COPY),
    icmpv6: verdictOf(filters.icmpv6Flags, Icmpv6Flags.ENABLED, Icmpv6Flags.COPY),
    arpRequest: verdictOf(flags, Ipv4FilterFlags.ARP_REQ_PASS, Ipv4FilterFlags.ARP_REQ_COPY),
    arpReply: verdictOf(flags, Ipv4FilterFlags.ARP_RESP_PASS, Ipv4FilterFlags.ARP_RESP_COPY),
    groups: groupRules(filters, quirks.multicastHeaderCompare ? 14 : 6),
  };
}

function verdictOf(flags: number, pass: number, copy: number): FilterVerdict {
  if (!(flags & pass)) return VERDICT_HOST;
  return flags & copy ? VERDICT_CSME : CSME_ALONE;
}

/** The rules that a protocol can meet: those without the flag of the other one. */
function portRules(filters: OobFilters, otherProtocol: number): PortRule[] {
  const rules: PortRule[] = [];
  for (const { srcPort, dstPort, flags } of filters.flexFilters) {
    if (!(flags & FlexFilterFlags.ENABLED)) break;
    if (flags & otherProtocol) continue;
    const asksAddress = (flags & (FlexFilterFlags.IPV4 | FlexFilterFlags.IPV6)) !== 0;
    rules.push({
      srcPort,
      dstPort,
      toAddress: asksAddress && filters.ipv4Filter.ipv4Addr !== 0,
      verdict: verdictOf(flags, FlexFilterFlags.ENABLED, FlexFilterFlags.COPY),
    });
  }
  return rules;
}

/** Where the multicast rules begin in a filter set, and the size of one: what the quirk compares is their bytes. */
const ETH_FILTERS_AT = 104;
const ETH_FILTER_LEN = 7;

function groupRules(filters: OobFilters, compared: 6 | 14): GroupRule[] {
  const table = encodeOobFilters(filters).subarray(ETH_FILTERS_AT);
  const rules: GroupRule[] = [];
  for (const [i, { flags }] of filters.ethFilters.entries()) {
    if (!(flags & EthFilterFlags.ENABLED)) break;
    const bytes = table.slice(i * ETH_FILTER_LEN, i * ETH_FILTER_LEN + compared);
    const isKnown = rules.some((rule) => rule.bytes.every((byte, k) => byte === bytes[k]));
    if (isKnown || !isGroup(bytes)) continue;
    const stops = (flags & EthFilterFlags.STOP) !== 0;
    rules.push({
      bytes,
      verdict: stops ? verdictOf(flags, EthFilterFlags.ENABLED, EthFilterFlags.COPY) : undefined,
    });
  }
  return rules;
}

/** Whether an address is multicast and not broadcast: no other frame is compared with these rules. */
function isGroup(address: Uint8Array): boolean {
  return (address[0]! & 1) !== 0 && !address.subarray(0, 6).every((byte) => byte === 0xff);
}
