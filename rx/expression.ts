/**
 * CSME's filters as pcap-filter(7) expressions, which tcpdump and everything else over libpcap understand. They match
 * the frames that CSME gets; that the host does not keep some of these cannot be said there.
 */
import {
  ETH_HLEN,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  type FilterQuirks,
  formatIpv4,
  formatMac,
  hexOf,
  type OobFilters,
} from '../sap/index.ts';
import { type FilterRules, type GroupRule, type PortRule, rulesOf } from './rules.ts';

/**
 * The expression that matches exactly the frames that CSME gets, with their first VLAN tag in the frame or taken off
 * by the kernel. It asks bytes at offsets only: `tcp dst port` and the like leave out the later fragments of a
 * datagram, and `vlan` takes more EtherTypes for tags than CSME's filters do.
 *
 * Where pcap-filter cannot say it: of frames on a live interface the kernel has taken the first tag off, so that the
 * second of two looks like the first, and the frame matches as if it had one. And `len` is a frame's length on the
 * wire: one that a capture has cut is judged by that where CSME's filters would judge what is left.
 */
export function pcapExpression(filters: OobFilters | undefined, quirks?: FilterQuirks): string {
  if (filters === undefined) return NOTHING.text;
  const rules = rulesOf(filters, quirks);
  const isTagged = all([
    any([atom('ether[12:2] = 0x8100'), atom('ether[12:2] = 0x88a8')]),
    atom('len >= 18'),
  ]);
  return any([
    all([atom(`not (${isTagged.text})`), ethernet(rules, byOffset(ETH_HLEN))]),
    all([isTagged, ethernet(rules, byOffset(ETH_HLEN + 4))]),
  ]).text;
}

/**
 * Nearly the same, as a person would write it. It differs at the edges: the later fragments of a datagram do not match
 * by port, frames that end inside of a header may match, and a tag is what libpcap calls `vlan`.
 */
export function plainPcapExpression(filters: OobFilters | undefined, quirks?: FilterQuirks): string {
  if (filters === undefined) return NOTHING.text;
  const rules = rulesOf(filters, quirks);
  // `vlan` moves the offsets of everything behind it: it comes last.
  return any([ethernet(rules, byName(ETH_HLEN)), all([atom('vlan'), ethernet(rules, byName(ETH_HLEN + 4))])])
    .text;
}

// ---- the rules, in either vocabulary

interface Vocabulary {
  /** Unicast or broadcast. */
  readonly notGroup: Term;
  group(rule: GroupRule): Term;
  readonly ipv4: Term;
  toAddress(address: number): Term;
  readonly tcp: Protocol;
  readonly udp: Protocol;
  /** Without echo requests. */
  readonly icmp: Term;
  readonly icmpv6: Term;
  readonly arp: Term;
  arpRequest(address: number): Term;
  readonly arpReply: Term;
}

interface Protocol {
  readonly whole: Term;
  rule(rule: PortRule): Term;
}

function ethernet(rules: FilterRules, words: Vocabulary): Term {
  const wanted = rules.groups.filter(({ verdict }) => verdict !== undefined);
  const asked = rules.groups.filter(({ verdict }) => verdict === undefined);
  const destination = any([words.notGroup, ...asked.map((rule) => words.group(rule))]);
  return any([
    ...wanted.map((rule) => words.group(rule)),
    all([destination, any([ipv4(rules, words), arp(rules, words)])]),
  ]);
}

function ipv4(rules: FilterRules, words: Vocabulary): Term {
  const byAddress = (toAddress: boolean) => [
    ports(rules.tcp, words.tcp, toAddress),
    ports(rules.udp, words.udp, toAddress),
  ];
  const address = rules.address === 0 ? ALWAYS : words.toAddress(rules.address);
  const icmp = rules.icmp === 0 ? NOTHING : words.icmp;
  const icmpv6 = rules.icmpv6 === 0 ? NOTHING : words.icmpv6;
  const toUs = all([address, any([...byAddress(true), icmp, icmpv6])]);
  return all([words.ipv4, any([toUs, ...byAddress(false)])]);
}

function ports(rules: readonly PortRule[], protocol: Protocol, toAddress: boolean): Term {
  const met = rules.filter((rule) => rule.toAddress === toAddress);
  return all([protocol.whole, any(met.map((rule) => protocol.rule(rule)))]);
}

function arp(rules: FilterRules, words: Vocabulary): Term {
  const request = rules.arpRequest === 0 ? NOTHING : words.arpRequest(rules.address);
  const reply = rules.arpReply === 0 ? NOTHING : words.arpReply;
  return all([words.arp, any([request, reply])]);
}

// ---- vocabularies. `l3` is the offset behind the EtherType.

function byOffset(l3: number): Vocabulary {
  const headerLength = `((ether[${l3}] & 0xf) << 2)`;
  // Not as a sum on the other side: of that libpcap 1.10 makes a program that reads memory which it never wrote.
  const longerBy = (bytes: number) => `len - ${l3 + bytes} >= ${headerLength}`;
  const field = (at: number, size: number) => `ether[${headerLength} + ${l3 + at}:${size}]`;
  const protocol = (number: number): Protocol => ({
    whole: all([atom(`ether[${l3 + 9}] = ${number}`), atom(longerBy(8))]),
    rule: ({ srcPort, dstPort }) =>
      all([
        dstPort === 0 ? ALWAYS : atom(`${field(2, 2)} = ${dstPort}`),
        srcPort === 0 ? ALWAYS : atom(`${field(0, 2)} = ${srcPort}`),
      ]),
  });
  const type = (value: number, length: number) =>
    all([atom(`ether[${l3 - 2}:2] = 0x${hex(value, 4)}`), atom(`len >= ${l3 + length}`)]);
  const target = (address: number) =>
    address === 0 ? ALWAYS : atom(`ether[${l3 + 24}:4] = 0x${hex(address, 8)}`);
  return {
    notGroup: any([atom('ether[0] & 1 = 0'), bytes('ffffffffffff', l3)]),
    group: (rule) => all([atom(`len >= ${ETH_HLEN}`), bytes(hexOf(rule.bytes), l3)]),
    ipv4: type(ETHERTYPE_IPV4, 20),
    toAddress: (address) => atom(`ether[${l3 + 16}:4] = 0x${hex(address, 8)}`),
    tcp: protocol(6),
    udp: protocol(17),
    icmp: all([protocol(1).whole, atom(`${field(0, 2)} != 0x0800`)]),
    icmpv6: all([atom(`ether[${l3 + 9}] = 58`), atom(longerBy(0))]),
    arp: all([type(ETHERTYPE_ARP, 28), atom(`ether[${l3}:4] = 0x00010800`)]),
    arpRequest: (address) => all([atom(`ether[${l3 + 6}:2] = 1`), target(address)]),
    arpReply: atom(`ether[${l3 + 6}:2] = 2`),
  };
}

function byName(l3: number): Vocabulary {
  const protocol = (name: string): Protocol => ({
    whole: ALWAYS,
    rule: ({ srcPort, dstPort }) => {
      const dst = dstPort === 0 ? ALWAYS : atom(`${name} dst port ${dstPort}`);
      const src = srcPort === 0 ? ALWAYS : atom(`${name} src port ${srcPort}`);
      const both = all([dst, src]);
      return both === ALWAYS ? atom(name) : both;
    },
  });
  const target = (address: number) => (address === 0 ? ALWAYS : atom(`arp[24:4] = 0x${hex(address, 8)}`));
  return {
    notGroup: any([atom('not ether multicast'), atom('ether broadcast')]),
    group: ({ bytes: wanted }) =>
      wanted.length === 6
        ? atom(`ether dst ${formatMac(Number.parseInt(hexOf(wanted), 16))}`)
        : bytes(hexOf(wanted), l3),
    ipv4: atom('ip'),
    toAddress: (address) => atom(`ip dst host ${formatIpv4(address)}`),
    tcp: protocol('tcp'),
    udp: protocol('udp'),
    icmp: all([atom('icmp'), any([atom('icmp[icmptype] != icmp-echo'), atom('icmp[icmpcode] != 0')])]),
    icmpv6: atom('ip proto 58'),
    arp: all([atom('arp'), atom('arp[0:4] = 0x00010800')]),
    arpRequest: (address) => all([atom('arp[6:2] = 1'), target(address)]),
    arpReply: atom('arp[6:2] = 2'),
  };
}

/** The frame begins with these bytes; those from the 13th on are behind its VLAN tag. */
function bytes(wanted: string, l3: number): Term {
  const parts = [
    [0, 4],
    [4, wanted.length === 12 ? 2 : 4],
    [8, 4],
    [12, 2],
  ] as const;
  return all(
    parts
      .filter(([at]) => 2 * at < wanted.length)
      .map(([at, size]) => {
        const frameAt = at === 12 ? l3 - 2 : at;
        return atom(`ether[${frameAt}:${size}] = 0x${wanted.slice(2 * at, 2 * (at + size))}`);
      }),
  );
}

// ---- terms. In pcap-filter `and` and `or` bind equally: the inner one always has parentheses.

interface Term {
  readonly text: string;
  readonly kind: 'atom' | 'and' | 'or';
}

const ALWAYS: Term = { text: '', kind: 'atom' };
/** What no frame has. libpcap refuses expressions of which it sees that they match nothing. */
const NOTHING: Term = { text: 'len = 0xffffffff', kind: 'atom' };

function atom(text: string): Term {
  return { text, kind: 'atom' };
}

function all(terms: readonly Term[]): Term {
  if (terms.includes(NOTHING)) return NOTHING;
  return joined(terms, ALWAYS, 'and');
}

function any(terms: readonly Term[]): Term {
  if (terms.includes(ALWAYS)) return ALWAYS;
  return joined(terms, NOTHING, 'or');
}

function joined(terms: readonly Term[], neutral: Term, kind: 'and' | 'or'): Term {
  const left = terms.filter((term) => term !== neutral);
  if (left.length <= 1) return left[0] ?? neutral;
  const texts = left.map((term) =>
    term.kind === 'atom' || term.kind === kind ? term.text : `(${term.text})`,
  );
  return { text: [...new Set(texts)].join(` ${kind} `), kind };
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
