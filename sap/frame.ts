/**
 * Ethernet frames on their way into a data ring: the VLAN tag that CSME does not see, DHCP on the transmit side, and
 * the Ethernet form of an 802.11 frame.
 */
import type { RingWriter } from './area/writer.ts';
import { be16At } from './bytes.ts';
import type { SapError } from './errors.ts';
import { CbDataPacket, CbFilterStatus, DataPacket, ETH_HLEN } from './messages/both.ts';

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;

/** Protocols of the IPv4 header. Source: IANA, Assigned Internet Protocol Numbers. */
export const PROTO_ICMP = 1;
export const PROTO_TCP = 6;
export const PROTO_UDP = 17;
export const PROTO_ICMPV6 = 58;

const ADDRESSES = 12;
const TAG = 4;
const DHCP_SERVER_PORT = 67;
const DHCP_CLIENT_PORT = 68;

const SAP_HEADER = 8;
/** Header and fields of a CB_DATA_PACKET, before its frame. */
const CB_HEADER = SAP_HEADER + CbDataPacket.payload;

/**
 * Bytes that a leading VLAN tag takes: 4 or 0. Only 0x8100 and 0x88A8 are tags, and only the first is looked at. A
 * frame that ends inside of its tag, before the EtherType, has none.
 */
export function tagLength(frame: Uint8Array, start: number, end: number): 0 | 4 {
  if (end - start < ETH_HLEN + TAG) return 0;
  const type = be16At(frame, start + ADDRESSES);
  return type === 0x8100 || type === 0x88a8 ? TAG : 0;
}

/** The frame without its first VLAN tag: the frame itself if it has none, else a copy that is 4 bytes shorter. */
export function untag(frame: Uint8Array): Uint8Array {
  if (tagLength(frame, 0, frame.length) === 0) return frame;
  const out = new Uint8Array(frame.length - TAG);
  out.set(frame.subarray(0, ADDRESSES));
  out.set(frame.subarray(ADDRESSES + TAG), ADDRESSES);
  return out;
}

/** Whether a frame that the host sends is a DHCP client's (IPv4, UDP, port 68 to 67): CSME gets a copy of those. */
export function isDhcpClientFrame(frame: Uint8Array, start: number, end: number): boolean {
  const ip = start + ETH_HLEN;
  if (end < ip + 20 || be16At(frame, ip - 2) !== ETHERTYPE_IPV4) return false;
  const udp = ip + (frame[ip]! & 0x0f) * 4;
  return (
    frame[ip + 9] === PROTO_UDP &&
    end >= udp + 8 &&
    be16At(frame, udp) === DHCP_CLIENT_PORT &&
    be16At(frame, udp + 2) === DHCP_SERVER_PORT
  );
}

// A writer copies the header before it returns, so that one buffer of each kind serves every call.
const dataHeader = new Uint8Array(SAP_HEADER + ADDRESSES);
const plainHeader = dataHeader.subarray(0, SAP_HEADER);
const copyHeader = new Uint8Array(CB_HEADER);

/**
 * Writes `frame[start..end)` as a DATA_PACKET, without its VLAN tag. The frame is copied once, into the ring.
 * Errors as of `RingWriter.write`.
 */
export function writeDataPacket(
  writer: RingWriter,
  seqNum: number,
  frame: Uint8Array,
  start: number,
  end: number,
): SapError | undefined {
  const tag = tagLength(frame, start, end);
  putHeader(dataHeader, DataPacket.id, end - start - tag, seqNum);
  if (tag === 0) return writer.writeParts(plainHeader, frame, start, end);
  for (let i = 0; i < ADDRESSES; i++) dataHeader[SAP_HEADER + i] = frame[start + i]!;
  return writer.writeParts(dataHeader, frame, start + ADDRESSES + TAG, end);
}

/** Writes a frame that the host sends as a CB_DATA_PACKET with the status DHCP. Errors as of `RingWriter.write`. */
export function writeDhcpCopy(
  writer: RingWriter,
  seqNum: number,
  frame: Uint8Array,
  start: number,
  end: number,
): SapError | undefined {
  putHeader(copyHeader, CbDataPacket.id, CbDataPacket.payload + end - start, seqNum);
  putU32(copyHeader, 36, CbFilterStatus.DHCP);
  putU32(copyHeader, 44, end - start);
  return writer.writeParts(copyHeader, frame, start, end);
}

/**
 * The Ethernet II form of an 802.11 data frame that a station sends, or undefined if it is no such frame.
 *
 * `frame80211` begins with the MAC header; `ivLen` bytes of cipher header stand between it and LLC/SNAP. Taken are
 * data and QoS data frames to the distribution system (DA: address 3, SA: address 2), with an LLC/SNAP header of
 * RFC 1042. Source: IEEE 802.11-2020, 9.3.2.1; observed in test/data/traces/dhcp-tx-copy.jsonl.
 */
export function ethernetOf80211(frame80211: Uint8Array, ivLen: number): Uint8Array | undefined {
  const f = frame80211;
  if (f.length < 24) return undefined;
  const control = f[0]! | (f[1]! << 8);
  const isData = (control & 0x000c) === 0x0008;
  const hasNoPayload = (control & 0x0040) !== 0;
  const toDistribution = (control & 0x0300) === 0x0100;
  if (!isData || hasNoPayload || !toDistribution) return undefined;

  const qos = (control & 0x0080) !== 0;
  const htControl = qos && (control & 0x8000) !== 0;
  const snap = 24 + (qos ? 2 : 0) + (htControl ? 4 : 0) + ivLen;
  if (f.length < snap + 8 || !isRfc1042(f, snap)) return undefined;

  const type = snap + 6;
  const out = new Uint8Array(ADDRESSES + f.length - type);
  out.set(f.subarray(16, 22), 0);
  out.set(f.subarray(10, 16), 6);
  out.set(f.subarray(type), ADDRESSES);
  return out;
}

function isRfc1042(b: Uint8Array, o: number): boolean {
  return (
    b[o] === 0xaa &&
    b[o + 1] === 0xaa &&
    b[o + 2] === 0x03 &&
    b[o + 3] === 0 &&
    b[o + 4] === 0 &&
    b[o + 5] === 0
  );
}

function putHeader(out: Uint8Array, id: number, len: number, seqNum: number): void {
  out[0] = id;
  out[1] = id >>> 8;
  out[2] = len;
  out[3] = len >>> 8;
  putU32(out, 4, seqNum);
}

function putU32(out: Uint8Array, o: number, value: number): void {
  out[o] = value;
  out[o + 1] = value >>> 8;
  out[o + 2] = value >>> 16;
  out[o + 3] = value >>> 24;
}
