/** A filter set as the tables that the compiled matcher asks: whatever can be decided without a frame is decided here. */
import {
  type FilterQuirks,
  type FilterVerdict,
  noFilters,
  type OobFilters,
  PROTO_ICMP,
  PROTO_ICMPV6,
  PROTO_TCP,
  PROTO_UDP,
  VERDICT_CSME,
} from '../sap/index.ts';
import { type GroupRule, type PortRule, rulesOf } from './rules.ts';

/** A mask has a bit for each rule of TCP and of UDP, the first ones lowest, and one each for ICMP and ICMPv6. */
const MAX_PORT_RULES = 28;
export const ICMP_RULE = 1 << MAX_PORT_RULES;
export const ICMPV6_RULE = 1 << (MAX_PORT_RULES + 1);

/** Where the tables begin in `masks`. Each has an entry for every value of one byte of a frame. */
export const DST_HIGH = 256;
export const DST_LOW = 512;
export const SRC_HIGH = 768;
export const SRC_LOW = 1024;
const TABLES_END = 1280;

export class FilterTables {
  /**
   * The rules that agree with a byte of a frame: its protocol (from 0 on), and the bytes of its two ports. What all five
   * agree with matches, but for the address. All of it is 5 KiB, which stays in the first-level cache.
   */
  readonly masks = new Int32Array(TABLES_END);
  /** Rules for which the destination address does not matter. */
  readonly anyAddress: number;
  /** CSME's address, as a signed word. */
  readonly address: number;
  /** Rules whose frames the host keeps. */
  readonly copies: number;
  readonly arpRequest: FilterVerdict;
  readonly arpReply: FilterVerdict;
  readonly wantsArp: boolean;
  /** Whether an ARP request may ask for any address. */
  readonly arpAny: boolean;
  /** For multicast frames; the first whose bytes are the frame's decides. */
  readonly groups: readonly GroupRule[];

  constructor(filters: OobFilters = noFilters(), quirks: FilterQuirks = {}) {
    const { address, tcp, udp, icmp, icmpv6, arpRequest, arpReply, groups } = rulesOf(filters, quirks);
    const { masks } = this;
    masks.fill(ICMP_RULE | ICMPV6_RULE, DST_HIGH);
    if (icmp) masks[PROTO_ICMP] = ICMP_RULE;
    if (icmpv6) masks[PROTO_ICMPV6] = ICMPV6_RULE;
    for (const [i, rule] of tcp.entries()) addPortRule(masks, PROTO_TCP, 1 << i, rule);
    for (const [i, rule] of udp.entries()) addPortRule(masks, PROTO_UDP, 1 << (tcp.length + i), rule);

    const ports = [...tcp, ...udp];
    this.address = address | 0;
    this.anyAddress = address === 0 ? -1 : bitsOf(ports, (rule) => !rule.toAddress);
    this.copies =
      bitsOf(ports, (rule) => rule.verdict === VERDICT_CSME) |
      (icmp === VERDICT_CSME ? ICMP_RULE : 0) |
      (icmpv6 === VERDICT_CSME ? ICMPV6_RULE : 0);
    this.arpRequest = arpRequest;
    this.arpReply = arpReply;
    this.wantsArp = arpRequest !== 0 || arpReply !== 0;
    this.arpAny = address === 0;
    this.groups = groups;
  }
}

function addPortRule(masks: Int32Array, protocol: number, bit: number, rule: PortRule): void {
  masks[protocol]! |= bit;
  addPort(masks, SRC_HIGH, SRC_LOW, bit, rule.srcPort);
  addPort(masks, DST_HIGH, DST_LOW, bit, rule.dstPort);
}

/** Port 0 stands for any. */
function addPort(masks: Int32Array, high: number, low: number, bit: number, port: number): void {
  for (let byte = 0; byte < 256; byte++) {
    if (port === 0 || byte === port >>> 8) masks[high + byte]! |= bit;
    if (port === 0 || byte === (port & 0xff)) masks[low + byte]! |= bit;
  }
}

function bitsOf(rules: readonly PortRule[], holds: (rule: PortRule) => boolean): number {
  return rules.reduce((bits, rule, i) => (holds(rule) ? bits | (1 << i) : bits), 0);
}
