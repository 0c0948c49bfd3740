/**
 * CSME's filters as classic BPF: exactly the verdicts of `filterFrame`, given by the kernel.
 *
 * As the filter of a socket it lets only frames through that CSME gets. In tc it takes the frames from the host that
 * the host does not keep. Unwanted frames leave early: after their kind, their destination, their protocol and one
 * search for their port.
 */
import {
  ETH_HLEN,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  type FilterQuirks,
  type FilterVerdict,
  type OobFilters,
  PROTO_ICMP,
  PROTO_ICMPV6,
  PROTO_TCP,
  PROTO_UDP,
  VERDICT_CONSUMED,
  VERDICT_CSME,
} from '../sap/index.ts';
import { assemble, BpfGraph, type BpfNode } from './bpf-assembler.ts';
import { Bpf, type BpfProgram } from './bpf-program.ts';
import { PACKET_OUTGOING } from './packet-ring.ts';
import { type FilterRules, type GroupRule, type PortRule, rulesOf } from './rules.ts';

export interface BpfOptions {
  /**
   * What the program answers. `csme`, for sockets: how many bytes of the frame to take, all when CSME gets it, else
   * none. `ring`, for a socket that sees both directions: the same of what comes in, and of what the host sends its
   * DHCP client frames. `consume`, for tc: TC_ACT_SHOT when CSME alone gets it, else TC_ACT_UNSPEC (go on).
   */
  readonly answer?: 'csme' | 'ring' | 'consume';
  /**
   * Where the first VLAN tag is. `stripped`: the kernel has taken it off before its packet sockets and tc see the
   * frame, and a tag that is still there is a second one. `inline`: in the frame, as in files.
   */
  readonly vlan?: 'stripped' | 'inline';
  readonly quirks?: FilterQuirks;
}

/**
 * The program for `oobFilters` of the last CSME_FILTERS; undefined before the first one: CSME gets nothing. It has a few
 * dozen instructions for filters as firmware sends them, and never near the 4096 that the kernel takes.
 *
 * Throws SAP_ERR_DRAFT for a filter set whose values do not fit their fields; a decoded one always fits.
 */
export function compileBpf(filters: OobFilters | undefined, options: BpfOptions = {}): BpfProgram {
  const { answer = 'csme', vlan = 'stripped', quirks } = options;
  const compiler = new Compiler(filters && rulesOf(filters, quirks), answer === 'consume');
  const received = compiler.received(vlan === 'inline');
  return assemble(answer === 'ring' ? compiler.bothDirections(received) : received);
}

/** More than any frame has. */
const WHOLE_FRAME = 0x40000;
const TC_ACT_SHOT = 2;
const TC_ACT_UNSPEC = 0xffffffff;

/** SKF_AD_OFF + SKF_AD_PKTTYPE of linux/filter.h. */
const PKTTYPE = 0xfffff004;

const VLAN_TAG = 4;
const TPID_8021Q = 0x8100;
const TPID_8021AD = 0x88a8;

const IPV4_HEADER = 20;
const PORTS_AND_MORE = 8;
const ECHO_REQUEST = 0x0800;
const DHCP_CLIENT_TO_SERVER = (68 << 16) | 67;

const ARP_LEN = 28;
/** Hardware type and protocol type. */
const ETHERNET_IPV4 = (1 << 16) | ETHERTYPE_IPV4;
const ARP_REQUEST = 1;
const ARP_REPLY = 2;

/** Bytes of a group rule that are compared at once, and where they are in the frame. */
interface Part {
  readonly at: number;
  readonly size: 2 | 4;
  readonly frameAt: number;
}
/** What tells addresses apart comes first. */
const ADDRESS: readonly Part[] = [
  { at: 2, size: 4, frameAt: 2 },
  { at: 0, size: 2, frameAt: 0 },
];
const ADDRESSES: readonly Part[] = [
  { at: 0, size: 4, frameAt: 0 },
  { at: 4, size: 4, frameAt: 4 },
  { at: 8, size: 4, frameAt: 8 },
];

/** In all of it, `l3` is the offset behind the EtherType. */
class Compiler {
  readonly #graph = new BpfGraph();
  readonly #rules: FilterRules | undefined;
  /**
   * A load from behind the frame's end answers 0. To a socket that is a no, so that loads are the length checks. To tc
   * it is TC_ACT_OK, which keeps the frame from all filters behind this one: there, lengths are asked before.
   */
  readonly #asksLengths: boolean;
  readonly #yes: BpfNode;
  readonly #no: BpfNode;

  constructor(rules: FilterRules | undefined, consume: boolean) {
    this.#rules = rules;
    this.#asksLengths = consume;
    this.#yes = this.#graph.ret(consume ? TC_ACT_SHOT : WHOLE_FRAME);
    this.#no = this.#graph.ret(consume ? TC_ACT_UNSPEC : 0);
  }

  received(hasInlineTags: boolean): BpfNode {
    const rules = this.#rules;
    if (rules === undefined) return this.#no;
    const untagged = this.#ethernet(rules, ETH_HLEN);
    if (!hasInlineTags) return this.#withLength(ETH_HLEN, untagged);

    const tagged = this.#ethernet(rules, ETH_HLEN + VLAN_TAG);
    const wholeTag = this.#ifLength(ETH_HLEN + VLAN_TAG, tagged, untagged);
    const tpids = new Map([TPID_8021Q, TPID_8021AD].map((type) => [type, wholeTag]));
    const search = this.#graph.select(tpids, untagged);
    return this.#withLength(ETH_HLEN, this.#load(Bpf.LD_H_ABS, ETH_HLEN - 2, search));
  }

  bothDirections(received: BpfNode): BpfNode {
    return this.#load(Bpf.LD_W_ABS, PKTTYPE, this.#is(PACKET_OUTGOING, this.#dhcpClient(), received));
  }

  /** As `isDhcpClientFrame`. */
  #dhcpClient(): BpfNode {
    const l3 = ETH_HLEN;
    const udp = this.#payload(l3, PORTS_AND_MORE, (whole) =>
      this.#load(Bpf.LD_W_IND, l3, this.#is(DHCP_CLIENT_TO_SERVER, whole(VERDICT_CSME), this.#no)),
    );
    const protocol = this.#load(Bpf.LD_B_ABS, l3 + 9, this.#is(PROTO_UDP, udp, this.#no));
    const header = this.#load(Bpf.LD_W_ABS, l3 + 16, protocol);
    return this.#load(Bpf.LD_H_ABS, l3 - 2, this.#is(ETHERTYPE_IPV4, header, this.#no));
  }

  // ---- Ethernet

  #ethernet(rules: FilterRules, l3: number): BpfNode {
    const types = new Map([
      [ETHERTYPE_IPV4, this.#ipv4(rules, l3)],
      [ETHERTYPE_ARP, this.#arp(rules, l3)],
    ]);
    const content = this.#load(Bpf.LD_H_ABS, l3 - 2, this.#graph.select(types, this.#no));
    const group = this.#group(rules, l3, content);
    return this.#load(Bpf.LD_B_ABS, 0, this.#graph.test(Bpf.JMP_JSET_K, 1, group, content));
  }

  #group(rules: FilterRules, l3: number, content: BpfNode): BpfNode {
    const length = rules.groups[0]?.bytes.length ?? 6;
    const parts = length === 6 ? ADDRESS : [...ADDRESSES, { at: 12, size: 2, frameAt: l3 - 2 } as const];
    const listed = this.#compare(rules.groups, parts, content);
    const broadcast = this.#load(Bpf.LD_H_ABS, 4, this.#is(0xffff, content, listed));
    return this.#load(Bpf.LD_W_ABS, 0, this.#is(0xffffffff, broadcast, listed));
  }

  /** The way of the one rule whose bytes the frame has. */
  #compare(groups: readonly GroupRule[], parts: readonly Part[], content: BpfNode): BpfNode {
    const [part, ...others] = parts;
    if (part === undefined) {
      const { verdict } = groups[0]!;
      return verdict === undefined ? content : this.#load(Bpf.LD_H_ABS, ETH_HLEN - 2, this.#answer(verdict));
    }
    const partOf = (group: GroupRule) => beAt(group.bytes, part.at, part.size);
    const ways = new Map<number, BpfNode>();
    for (const value of new Set(groups.map(partOf))) {
      const equal = groups.filter((group) => partOf(group) === value);
      ways.set(value, this.#compare(equal, others, content));
    }
    const code = part.size === 4 ? Bpf.LD_W_ABS : Bpf.LD_H_ABS;
    return this.#load(code, part.frameAt, this.#graph.select(ways, this.#no));
  }

  // ---- ARP

  #arp(rules: FilterRules, l3: number): BpfNode {
    const targetAt = l3 + 24;
    const whole = (verdict: FilterVerdict) => this.#load(Bpf.LD_W_ABS, targetAt, this.#answer(verdict));
    const request =
      rules.address === 0
        ? whole(rules.arpRequest)
        : this.#load(
            Bpf.LD_W_ABS,
            targetAt,
            this.#is(rules.address, this.#answer(rules.arpRequest), this.#no),
          );
    const operations = new Map([
      [ARP_REQUEST, request],
      [ARP_REPLY, whole(rules.arpReply)],
    ]);
    const operation = this.#load(Bpf.LD_H_ABS, l3 + 6, this.#graph.select(operations, this.#no));
    const kind = this.#load(Bpf.LD_W_ABS, l3, this.#is(ETHERNET_IPV4, operation, this.#no));
    return this.#withLength(l3 + ARP_LEN, kind);
  }

  // ---- IPv4

  #ipv4(rules: FilterRules, l3: number): BpfNode {
    const toUs = this.#protocol(rules, l3, true);
    const toOthers = rules.address === 0 ? toUs : this.#protocol(rules, l3, false);
    // Loaded in any case: it is the last word of the shortest header.
    const address = this.#load(Bpf.LD_W_ABS, l3 + 16, this.#is(rules.address, toUs, toOthers));
    return this.#withLength(l3 + IPV4_HEADER, address);
  }

  #protocol(rules: FilterRules, l3: number, toUs: boolean): BpfNode {
    const ports = (all: readonly PortRule[]) => {
      const met = all.filter((rule) => toUs || !rule.toAddress);
      return this.#payload(l3, PORTS_AND_MORE, (whole) => this.#dstPort(met, l3, whole));
    };
    const ways = new Map([
      [PROTO_TCP, ports(rules.tcp)],
      [PROTO_UDP, ports(rules.udp)],
    ]);
    if (toUs) {
      ways.set(PROTO_ICMP, this.#icmp(rules, l3));
      ways.set(
        PROTO_ICMPV6,
        this.#payload(l3, 0, (whole) => whole(rules.icmpv6)),
      );
    }
    return this.#load(Bpf.LD_B_ABS, l3 + 9, this.#graph.select(ways, this.#no));
  }

  #icmp(rules: FilterRules, l3: number): BpfNode {
    return this.#payload(l3, PORTS_AND_MORE, (whole) =>
      this.#load(Bpf.LD_H_IND, l3, this.#is(ECHO_REQUEST, this.#no, whole(rules.icmp))),
    );
  }

  #dstPort(rules: readonly PortRule[], l3: number, whole: Whole): BpfNode {
    const of = (port: number) =>
      this.#srcPort(
        rules.filter(({ dstPort }) => dstPort === 0 || dstPort === port),
        l3,
        whole,
      );
    const ways = new Map(rules.map(({ dstPort }) => [dstPort, of(dstPort)]));
    return this.#portLoad(l3 + 2, ways, of(0));
  }

  #srcPort(rules: readonly PortRule[], l3: number, whole: Whole): BpfNode {
    const of = (port: number) => {
      const first = rules.find(({ srcPort }) => srcPort === 0 || srcPort === port);
      return first === undefined ? this.#no : whole(first.verdict);
    };
    const ways = new Map(rules.map(({ srcPort }) => [srcPort, of(srcPort)]));
    return this.#portLoad(l3, ways, of(0));
  }

  #portLoad(at: number, ways: ReadonlyMap<number, BpfNode>, none: BpfNode): BpfNode {
    const search = this.#graph.select(ways, none);
    return search === none ? none : this.#load(Bpf.LD_H_IND, at, search);
  }

  /** What `then` makes of the payload, at offset `l3` + X, when `length` bytes of it are there. */
  #payload(l3: number, length: number, then: (whole: Whole) => BpfNode): BpfNode {
    if (!this.#asksLengths) {
      const lastByte = l3 + length - 1;
      const made = then((verdict) => this.#load(Bpf.LD_B_IND, lastByte, this.#answer(verdict)));
      return this.#load(Bpf.LDX_B_MSH, l3, made);
    }
    const made = then((verdict) => this.#answer(verdict));
    const again = made.next === undefined ? made : this.#load(Bpf.LDX_B_MSH, l3, made);
    const compared = this.#load(Bpf.LD_W_LEN, 0, this.#graph.test(Bpf.JMP_JGE_X, 0, again, this.#no));
    const end = this.#load(Bpf.ALU_ADD_K, l3 + length, this.#load(Bpf.MISC_TAX, 0, compared));
    return this.#load(Bpf.LDX_B_MSH, l3, this.#load(Bpf.MISC_TXA, 0, end));
  }

  // ---- small ones

  #answer(verdict: FilterVerdict): BpfNode {
    return verdict & (this.#asksLengths ? VERDICT_CONSUMED : VERDICT_CSME) ? this.#yes : this.#no;
  }

  #is(k: number, yes: BpfNode, no: BpfNode): BpfNode {
    return this.#graph.test(Bpf.JMP_JEQ_K, k, yes, no);
  }

  /** A load before a no is left out: whether it succeeds or not, the answer is the same. */
  #load(code: number, k: number, next: BpfNode): BpfNode {
    return next === this.#no ? next : this.#graph.step(code, k, next);
  }

  #ifLength(least: number, yes: BpfNode, no: BpfNode): BpfNode {
    const test = this.#graph.test(Bpf.JMP_JGE_K, least, yes, no);
    return test === no ? no : this.#load(Bpf.LD_W_LEN, 0, test);
  }

  #withLength(least: number, then: BpfNode): BpfNode {
    return this.#asksLengths ? this.#ifLength(least, then, this.#no) : then;
  }
}

/** The answer for a payload that must be whole. */
type Whole = (verdict: FilterVerdict) => BpfNode;

function beAt(bytes: Uint8Array, at: number, size: 2 | 4): number {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + bytes[at + i]!;
  return value;
}
