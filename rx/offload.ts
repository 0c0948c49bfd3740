/**
 * What a network card would have done to a frame: its transport checksum, and the cut of a large frame into those of
 * the wire.
 *
 * A local sender leaves both to its "card", which on veth pairs and TAP interfaces does nothing, and GRO merges what
 * real cards receive. CSME's own TCP stack needs frames as the wire has them. Both are done in place: the checksum
 * is two bytes, and the header of the next segment is written over the payload of the last one, which is done with.
 */
import { be16At, ETH_HLEN, ETHERTYPE_IPV4, PROTO_TCP, PROTO_UDP } from '../sap/index.ts';
import { VNET_HEADER } from './packet-ring.ts';

/** Bytes and bounds of one frame as the wire would have had it. */
export type WireFrameVisitor = (frame: Uint8Array, start: number, end: number) => void;

/**
 * Shows the frame or frames of the wire that `frame[start..end)` of a packet ring stands for: itself with its
 * checksum, or the segments of a TCP or UDP frame over IPv4. The struct virtio_net_hdr before `start` says which.
 * Frames may be changed in place. False when it is large in a way that is not known here: nothing was shown.
 * Source: linux/virtio_net.h.
 */
export function forEachWireFrame(
  frame: Uint8Array,
  start: number,
  end: number,
  visit: WireFrameVisitor,
): boolean {
  const header = start - VNET_HEADER;
  const gsoType = frame[header + 1]! & ~GSO_ECN;
  if (gsoType !== GSO_NONE) return segment(frame, start, end, gsoType, native16At(frame, header + 4), visit);
  if (frame[header]! & NEEDS_CSUM) {
    const from = start + native16At(frame, header + 6);
    const field = from + native16At(frame, header + 8);
    if (field + 2 > end) return false;
    // The field holds the sum over the pseudo-header. UDP takes 0 for "none", and TCP takes either zero.
    putBe16(frame, field, checksum(sum(frame, from, end, 0)) || 0xffff);
  }
  visit(frame, start, end);
  return true;
}

const NEEDS_CSUM = 1;
const GSO_NONE = 0;
const GSO_TCPV4 = 1;
const GSO_UDP_L4 = 5;
const GSO_ECN = 0x80;

const TCP_HLEN = 20;
const UDP_HLEN = 8;
const FIN_AND_PSH = 0x09;
const CWR = 0x80;

function segment(
  b: Uint8Array,
  start: number,
  end: number,
  gsoType: number,
  segmentSize: number,
  visit: WireFrameVisitor,
): boolean {
  const ip = start + ETH_HLEN;
  if (segmentSize === 0 || ip + 20 > end || be16At(b, ip - 2) !== ETHERTYPE_IPV4) return false;
  const transport = ip + (b[ip]! & 0x0f) * 4;
  const protocol = b[ip + 9]!;
  const isTcp = gsoType === GSO_TCPV4;
  if (protocol !== (isTcp ? PROTO_TCP : gsoType === GSO_UDP_L4 ? PROTO_UDP : -1)) return false;
  const shortest = transport + (isTcp ? TCP_HLEN : UDP_HLEN);
  if (transport < ip + 20 || shortest > end) return false;
  const headerEnd = isTcp ? transport + (b[transport + 12]! >> 4) * 4 : shortest;
  if (headerEnd < shortest || headerEnd > end) return false;

  const headerLength = headerEnd - start;
  const id = be16At(b, ip + 4);
  const sequence = isTcp ? be16At(b, transport + 4) * 65536 + be16At(b, transport + 6) : 0;
  const flags = isTcp ? b[transport + 13]! : 0;
  // The pseudo-header without its length: the same for all segments.
  const pseudo = sum(b, ip + 12, ip + 20, protocol);
  let from = start;
  for (let payload = headerEnd, i = 0; i === 0 || payload < end; i++, payload += segmentSize) {
    const to = Math.min(payload + segmentSize, end);
    const at = payload - headerLength;
    if (i > 0) b.copyWithin(at, from, from + headerLength);
    from = at;
    const ipAt = at + (ip - start);
    const transportAt = at + (transport - start);
    putBe16(b, ipAt + 2, to - ipAt);
    putBe16(b, ipAt + 4, id + i);
    putBe16(b, ipAt + 10, 0);
    putBe16(b, ipAt + 10, checksum(sum(b, ipAt, transportAt, 0)));
    if (isTcp) {
      const number = sequence + (payload - headerEnd);
      putBe16(b, transportAt + 4, number >>> 16);
      putBe16(b, transportAt + 6, number);
      b[transportAt + 13] = flags & ~((to < end ? FIN_AND_PSH : 0) | (i > 0 ? CWR : 0));
    } else {
      putBe16(b, transportAt + 4, to - transportAt);
    }
    const field = transportAt + (isTcp ? 16 : 6);
    putBe16(b, field, 0);
    const value = checksum(sum(b, transportAt, to, pseudo + (to - transportAt)));
    putBe16(b, field, isTcp ? value : value || 0xffff);
    visit(b, at, to);
    // The visitor may have closed the ring, and its memory is gone.
    if (b.length === 0) return true;
  }
  return true;
}

// ---- checksums (RFC 1071)

/** Sum of the big-endian halves of `b[start..end)`; an odd last byte is a high one. Eight bytes a step: 1.5 times as fast. */
function sum(b: Uint8Array, start: number, end: number, initial: number): number {
  let high = 0;
  let low = 0;
  let i = start;
  for (; i + 7 < end; i += 8) {
    high += b[i]! + b[i + 2]! + b[i + 4]! + b[i + 6]!;
    low += b[i + 1]! + b[i + 3]! + b[i + 5]! + b[i + 7]!;
  }
  for (; i + 1 < end; i += 2) {
    high += b[i]!;
    low += b[i + 1]!;
  }
  if (i < end) high += b[i]!;
  return initial + high * 256 + low;
}

/** The complement of the folded sum. */
function checksum(total: number): number {
  let folded = (total & 0xffff) + Math.floor(total / 65536);
  folded = (folded & 0xffff) + (folded >>> 16);
  folded = (folded & 0xffff) + (folded >>> 16);
  return ~folded & 0xffff;
}

function putBe16(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 8;
  b[at + 1] = value;
}

/** Fields of struct virtio_net_hdr are in the byte order of the machine. */
function native16At(b: Uint8Array, at: number): number {
  return IS_LITTLE_ENDIAN ? b[at]! | (b[at + 1]! << 8) : be16At(b, at);
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
