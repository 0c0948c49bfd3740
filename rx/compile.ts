/**
 * The Rx filter, compiled: the verdicts of `filterFrame`, without walking lists for every frame.
 *
 * One function over tables serves all matchers, so that a process with many filter sets runs the same machine code as
 * one with a single set. A frame that CSME does not want, nearly every one, is known by at most nine of its bytes.
 */
import {
  type FilterQuirks,
  type FilterVerdict,
  type FrameFilter,
  type OobFilters,
  tagLength,
} from '../sap/index.ts';
import * as Tables from './filter-tables.ts';
import type { GroupRule } from './rules.ts';

// An imported constant is read from memory and checked at every use; one of this file becomes part of the machine code.
const { DST_HIGH, DST_LOW, SRC_HIGH, SRC_LOW, ICMP_RULE, ICMPV6_RULE } = Tables;

/**
 * Makes a matcher of CSME's filters; its verdicts are those of `filterFrame` with the same arguments, and of `undefined`
 * filters too. Later changes of `filters` have no effect on it. It allocates nothing and has no state.
 *
 * Throws SAP_ERR_DRAFT for a filter set with values that do not fit their fields; a decoded one has none.
 */
export function compileFilter(filters: OobFilters | undefined, quirks?: FilterQuirks): FrameFilter {
  const tables = new Tables.FilterTables(filters, quirks);
  return (frame, start, end) => match(tables, frame, start, end);
}

function match(tables: Tables.FilterTables, b: Uint8Array, start: number, end: number): FilterVerdict {
  // As a condition that must hold it refuses NaN too.
  if (!(start >= 0 && end <= b.length && end - start >= 14)) return 0;
  if ((b[start]! & 1) !== 0 && !isBroadcast(b, start)) {
    return tables.groups.length === 0 ? 0 : matchMulticast(tables, b, start, end);
  }
  // Written out, and not `matchContent`: what is neither IPv4 nor wanted ends here without a call.
  const type = (b[start + 12]! << 8) | b[start + 13]!;
  if (type === 0x0800) return matchIpv4(tables, b, start + 14, end);
  if (type === 0x0806) return tables.wantsArp ? matchArp(tables, b, start + 14, end) : 0;
  return type === 0x8100 || type === 0x88a8 ? matchTagged(tables, b, start, end) : 0;
}

function matchIpv4(tables: Tables.FilterTables, b: Uint8Array, ip: number, end: number): FilterVerdict {
  if (end - ip < 20) return 0;
  const { masks } = tables;
  const ofProtocol = masks[b[ip + 9]!]!;
  if (ofProtocol === 0) return 0;
  const payload = ip + ((b[ip]! & 0x0f) << 2);
  if (end - payload < 8) return matchShort(tables, ofProtocol, b, ip, payload, end);
  const toPort = ofProtocol & masks[DST_HIGH + b[payload + 2]!]! & masks[DST_LOW + b[payload + 3]!]!;
  if (toPort === 0) return 0;
  const ofPorts = toPort & masks[SRC_HIGH + b[payload]!]! & masks[SRC_LOW + b[payload + 1]!]!;
  return ofPorts === 0 ? 0 : matchAddress(tables, ofPorts, b, ip, payload);
}

/** Less than 8 bytes behind the IPv4 header are enough for the ICMPv6 rule only. */
function matchShort(
  tables: Tables.FilterTables,
  ofProtocol: number,
  b: Uint8Array,
  ip: number,
  payload: number,
  end: number,
): FilterVerdict {
  if (ofProtocol !== ICMPV6_RULE || payload > end) return 0;
  return matchAddress(tables, ofProtocol, b, ip, payload);
}

/** The verdict of the first of `rules` that is met by the destination address too. */
function matchAddress(
  tables: Tables.FilterTables,
  rules: number,
  b: Uint8Array,
  ip: number,
  payload: number,
): FilterVerdict {
  const isEchoRequest = b[payload] === 8 && b[payload + 1] === 0;
  if (rules === ICMP_RULE && isEchoRequest) return 0;
  const met = be32(b, ip + 16) === tables.address ? rules : rules & tables.anyAddress;
  if (met === 0) return 0;
  const first = met & -met;
  return tables.copies & first ? 1 : 3;
}

function matchMulticast(
  tables: Tables.FilterTables,
  b: Uint8Array,
  start: number,
  end: number,
): FilterVerdict {
  const typeAt = start + 12 + tagLength(b, start, end);
  const group = findGroup(tables.groups, b, start, typeAt);
  if (group === undefined) return 0;
  return group.verdict ?? matchContent(tables, b, typeAt, end);
}

function matchTagged(tables: Tables.FilterTables, b: Uint8Array, start: number, end: number): FilterVerdict {
  return matchContent(tables, b, start + 12 + tagLength(b, start, end), end);
}

function matchContent(
  tables: Tables.FilterTables,
  b: Uint8Array,
  typeAt: number,
  end: number,
): FilterVerdict {
  switch ((b[typeAt]! << 8) | b[typeAt + 1]!) {
    case 0x0800:
      return matchIpv4(tables, b, typeAt + 2, end);
    case 0x0806:
      return matchArp(tables, b, typeAt + 2, end);
    default:
      return 0;
  }
}

function isBroadcast(b: Uint8Array, o: number): boolean {
  return (b[o]! & b[o + 1]! & b[o + 2]! & b[o + 3]! & b[o + 4]! & b[o + 5]!) === 0xff;
}

function findGroup(
  groups: readonly GroupRule[],
  b: Uint8Array,
  start: number,
  typeAt: number,
): GroupRule | undefined {
  for (let i = 0; i < groups.length; i++) {
    const { bytes } = groups[i]!;
    let k = 0;
    while (k < bytes.length && bytes[k] === b[k < 12 ? start + k : typeAt + k - 12]) k++;
    if (k === bytes.length) return groups[i];
  }
  return undefined;
}

function matchArp(tables: Tables.FilterTables, b: Uint8Array, arp: number, end: number): FilterVerdict {
  // Hardware and protocol are Ethernet and IPv4; the lengths of their addresses do not count.
  if (end - arp < 28 || be32(b, arp) !== 0x0001_0800 || b[arp + 6] !== 0) return 0;
  switch (b[arp + 7]) {
    case 1:
      return tables.arpAny || be32(b, arp + 24) === tables.address ? tables.arpRequest : 0;
    case 2:
      return tables.arpReply;
    default:
      return 0;
  }
}

/** A signed word. */
function be32(b: Uint8Array, o: number): number {
  return (b[o]! << 24) | (b[o + 1]! << 16) | (b[o + 2]! << 8) | b[o + 3]!;
}
