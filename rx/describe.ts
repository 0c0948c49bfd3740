/** CSME's filters in words: which frames each rule is about, and what becomes of them. */
import {
  EthFilterFlags,
  encodeOobFilters,
  enumEntries,
  type FilterQuirks,
  type FlexFilter,
  FlexFilterFlags,
  formatIpv4,
  formatMac,
  hexOf,
  Icmpv6Flags,
  Ipv4FilterFlags,
  type OobFilters,
} from '../sap/index.ts';

export interface RuleInWords {
  /** Where the rule stands: `flexFilters[0]`. */
  readonly field: string;
  /** The flags that are set, by their names; what has no name is a number. */
  readonly flags: readonly string[];
  readonly frames: string;
  /** `CSME only`, `CSME and host`, or why the rule has no effect. */
  readonly outcome: string;
}

/**
 * The rules that are enabled, and what else is not zero, in the order in which a frame meets them. What no rule is
 * about stays with the host.
 */
export function describeFilters(filters: OobFilters, quirks: FilterQuirks = {}): RuleInWords[] {
  return [
    ...multicastRules(filters, quirks.multicastHeaderCompare === true),
    ...arpRules(filters),
    ...portRules(filters),
    ...icmpRules(filters),
    ...unusedFields(filters),
  ];
}

type Flags = Parameters<typeof enumEntries>[0];

function flagNames(set: Flags, flags: number, among = 0xffff_ffff): string[] {
  const names: string[] = [];
  let rest = flags & among;
  for (const { name, value } of enumEntries(set)) {
    if (rest & value) names.push(name);
    rest &= ~value;
  }
  return rest === 0 ? names : [...names, `0x${(rest >>> 0).toString(16)}`];
}

function outcomeOf(hostKeepsIt: number): string {
  return hostKeepsIt ? 'CSME and host' : 'CSME only';
}

/** Items that are not enabled end the list; empty ones are not worth a word. */
function* inUse<T extends { readonly flags: number }>(
  list: readonly T[],
  enabled: number,
  isEmpty: (item: T) => boolean,
): Generator<{ i: number; item: T; idle: string | undefined }> {
  let hasEnded = false;
  for (const [i, item] of list.entries()) {
    const isEnabled = (item.flags & enabled) !== 0;
    if (isEnabled) yield { i, item, idle: hasEnded ? 'no effect, the list has ended' : undefined };
    else if (!isEmpty(item)) yield { i, item, idle: 'no effect, not enabled' };
    hasEnded ||= !isEnabled;
  }
}

// ---- multicast

/** Where the rules begin in a filter set, and the size of one: with the quirk, their bytes are what counts. */
const ETH_FILTERS_AT = 104;
const ETH_FILTER_LEN = 7;
const BROADCAST = 'ffffffffffff';

function* multicastRules(filters: OobFilters, wholeHeader: boolean): Generator<RuleInWords> {
  const table = encodeOobFilters(filters).subarray(ETH_FILTERS_AT);
  const compared = wholeHeader ? 14 : 6;
  const seen = new Set<string>();
  const isEmpty = ({ macAddress, flags }: { macAddress: number; flags: number }) =>
    macAddress === 0 && flags === 0;
  for (const { i, item, idle } of inUse(filters.ethFilters, EthFilterFlags.ENABLED, isEmpty)) {
    const header = hexOf(table.subarray(i * ETH_FILTER_LEN, i * ETH_FILTER_LEN + compared));
    yield {
      field: `ethFilters[${i}]`,
      flags: flagNames(EthFilterFlags, item.flags),
      frames: wholeHeader ? `header ${header}` : `multicast to ${formatMac(item.macAddress)}`,
      outcome: idle ?? multicastOutcome(item.flags, header, seen),
    };
    if (idle === undefined) seen.add(header);
  }
}

function multicastOutcome(flags: number, header: string, seen: ReadonlySet<string>): string {
  const isMulticast = (Number.parseInt(header.slice(0, 2), 16) & 1) !== 0 && !header.startsWith(BROADCAST);
  if (!isMulticast) return 'no effect, not multicast';
  if (seen.has(header)) return 'no effect, a repetition';
  return flags & EthFilterFlags.STOP ? outcomeOf(flags & EthFilterFlags.COPY) : 'as the rules below say';
}

// ---- IPv4 and ARP

function addressIn({ ipv4Filter }: OobFilters): string | undefined {
  return ipv4Filter.ipv4Addr === 0 ? undefined : formatIpv4(ipv4Filter.ipv4Addr);
}

function arpRules(filters: OobFilters): RuleInWords[] {
  const address = addressIn(filters);
  const requests = `ARP requests${address === undefined ? '' : ` for ${address}`}`;
  return [
    ...passRule(filters, requests, 'ARP_REQ_PASS', 'ARP_REQ_COPY'),
    ...passRule(filters, 'ARP replies', 'ARP_RESP_PASS', 'ARP_RESP_COPY'),
  ];
}

type Ipv4Flag =
  | 'ICMP_PASS'
  | 'ICMP_COPY'
  | 'ARP_REQ_PASS'
  | 'ARP_REQ_COPY'
  | 'ARP_RESP_PASS'
  | 'ARP_RESP_COPY';

function passRule({ ipv4Filter }: OobFilters, frames: string, pass: Ipv4Flag, copy: Ipv4Flag): RuleInWords[] {
  const [passes, copies] = [Ipv4FilterFlags[pass], Ipv4FilterFlags[copy]];
  const { flags } = ipv4Filter;
  if (!(flags & (passes | copies))) return [];
  return [
    {
      field: 'ipv4Filter',
      flags: flagNames(Ipv4FilterFlags, flags, passes | copies),
      frames,
      outcome: flags & passes ? outcomeOf(flags & copies) : `no effect without ${pass}`,
    },
  ];
}

function* portRules(filters: OobFilters): Generator<RuleInWords> {
  const isEmpty = ({ srcPort, dstPort, flags }: FlexFilter) => srcPort === 0 && dstPort === 0 && flags === 0;
  for (const { i, item, idle } of inUse(filters.flexFilters, FlexFilterFlags.ENABLED, isEmpty)) {
    const isBoth = (item.flags & TCP_AND_UDP) === TCP_AND_UDP;
    yield {
      field: `flexFilters[${i}]`,
      flags: flagNames(FlexFilterFlags, item.flags),
      frames: portsInWords(item, addressIn(filters)),
      outcome:
        idle ?? (isBoth ? 'no effect, no frame is both' : outcomeOf(item.flags & FlexFilterFlags.COPY)),
    };
  }
}

const TCP_AND_UDP = FlexFilterFlags.TCP | FlexFilterFlags.UDP;
const PROTOCOLS: Readonly<Record<number, string>> = {
  0: 'TCP or UDP',
  [FlexFilterFlags.TCP]: 'TCP',
  [FlexFilterFlags.UDP]: 'UDP',
  [TCP_AND_UDP]: 'TCP and UDP',
};

function portsInWords({ srcPort, dstPort, flags }: FlexFilter, address: string | undefined): string {
  const asksAddress = address !== undefined && flags & (FlexFilterFlags.IPV4 | FlexFilterFlags.IPV6);
  const words = [PROTOCOLS[flags & TCP_AND_UDP]!];
  if (srcPort !== 0) words.push(`from port ${srcPort}`);
  if (dstPort !== 0) words.push(`to port ${dstPort}`);
  if (asksAddress) words.push(dstPort === 0 ? `to ${address}` : `of ${address}`);
  return words.join(' ');
}

function icmpRules(filters: OobFilters): RuleInWords[] {
  const { icmpv6Flags } = filters;
  const address = addressIn(filters);
  const to = address === undefined ? '' : ` to ${address}`;
  const rules = passRule(filters, `ICMP${to}, no echo requests`, 'ICMP_PASS', 'ICMP_COPY');
  if (icmpv6Flags === 0) return rules;
  const outcome =
    icmpv6Flags & Icmpv6Flags.ENABLED ? outcomeOf(icmpv6Flags & Icmpv6Flags.COPY) : 'no effect, not enabled';
  const flags = flagNames(Icmpv6Flags, icmpv6Flags);
  return [...rules, { field: 'icmpv6Flags', flags, frames: `protocol 58 in IPv4${to}`, outcome }];
}

function unusedFields({ ipv6Filters, vlan }: OobFilters): RuleInWords[] {
  const outcome = 'no effect, not used';
  const rules: RuleInWords[] = [];
  if (ipv6Filters.some(({ addrLo24, flags }) => addrLo24 !== 0 || flags !== 0))
    rules.push({ field: 'ipv6Filters', flags: [], frames: 'IPv6', outcome });
  if (vlan.some((word) => word !== 0)) rules.push({ field: 'vlan', flags: [], frames: 'VLANs', outcome });
  return rules;
}
