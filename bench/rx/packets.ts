/** Builds the frames of the generated traffic. Checksums of ICMP, TCP and UDP are left 0; contents are zeros. */
import { ETHERTYPE_ARP, ETHERTYPE_IPV4 } from '../../sap/index.ts';

export const ICMP = 1;
export const TCP = 6;
export const UDP = 17;

const ETHERTYPE_VLAN = 0x8100;
const ETHERTYPE_IPV6 = 0x86dd;
/** The shortest frame, without its check sum. */
const ETH_ZLEN = 60;

/** A frame, padded to the least length. */
export function ethernet(dst: number, src: number, type: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(Math.max(ETH_ZLEN, 14 + payload.length));
  const view = viewOf(frame);
  putMac(view, 0, dst);
  putMac(view, 6, src);
  view.setUint16(12, type);
  frame.set(payload, 14);
  return frame;
}

export function tagged(vlan: number, frame: Uint8Array): Uint8Array {
  const out = new Uint8Array(frame.length + 4);
  out.set(frame.subarray(0, 12));
  out.set(frame.subarray(12), 16);
  viewOf(out).setUint16(12, ETHERTYPE_VLAN);
  viewOf(out).setUint16(14, vlan);
  return out;
}

/** An IPv4 packet in a frame. */
export function ipv4Frame(
  macs: { readonly dst: number; readonly src: number },
  protocol: number,
  src: number,
  dst: number,
  payload: Uint8Array,
): Uint8Array {
  const packet = new Uint8Array(20 + payload.length);
  const view = viewOf(packet);
  view.setUint8(0, 0x45);
  view.setUint16(2, packet.length);
  view.setUint8(8, 64);
  view.setUint8(9, protocol);
  view.setUint32(12, src);
  view.setUint32(16, dst);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += view.getUint16(i);
  view.setUint16(10, ~((sum & 0xffff) + (sum >>> 16)));
  packet.set(payload, 20);
  return ethernet(macs.dst, macs.src, ETHERTYPE_IPV4, packet);
}

/** An IPv6 packet in a frame, between addresses of 2001:db8::/64. */
export function ipv6Frame(
  macs: { readonly dst: number; readonly src: number },
  nextHeader: number,
  payload: Uint8Array,
): Uint8Array {
  const packet = new Uint8Array(40 + payload.length);
  const view = viewOf(packet);
  view.setUint8(0, 0x60);
  view.setUint16(4, payload.length);
  view.setUint8(6, nextHeader);
  view.setUint8(7, 64);
  for (const [at, host] of [
    [8, 1],
    [24, 2],
  ] as const) {
    view.setUint32(at, 0x20010db8);
    view.setUint32(at + 12, host);
  }
  packet.set(payload, 40);
  return ethernet(macs.dst, macs.src, ETHERTYPE_IPV6, packet);
}

export function arpFrame(
  macs: { readonly dst: number; readonly src: number },
  operation: number,
  sender: number,
  target: number,
): Uint8Array {
  const packet = new Uint8Array(28);
  const view = viewOf(packet);
  view.setUint16(0, 1);
  view.setUint16(2, ETHERTYPE_IPV4);
  view.setUint8(4, 6);
  view.setUint8(5, 4);
  view.setUint16(6, operation);
  putMac(view, 8, macs.src);
  view.setUint32(14, sender);
  view.setUint32(24, target);
  return ethernet(macs.dst, macs.src, ETHERTYPE_ARP, packet);
}

/** A TCP segment with `length` bytes of data. */
export function tcp(srcPort: number, dstPort: number, length: number): Uint8Array {
  const segment = new Uint8Array(20 + length);
  const view = viewOf(segment);
  view.setUint16(0, srcPort);
  view.setUint16(2, dstPort);
  view.setUint16(12, 0x5010);
  view.setUint16(14, 0xffff);
  return segment;
}

/** A UDP datagram with `length` bytes of data. */
export function udp(srcPort: number, dstPort: number, length: number): Uint8Array {
  const datagram = new Uint8Array(8 + length);
  const view = viewOf(datagram);
  view.setUint16(0, srcPort);
  view.setUint16(2, dstPort);
  view.setUint16(4, datagram.length);
  return datagram;
}

/** An ICMP message with 56 bytes of data. */
export function icmp(type: number): Uint8Array {
  const message = new Uint8Array(64);
  message[0] = type;
  return message;
}

function putMac(view: DataView, at: number, mac: number): void {
  view.setUint16(at, Math.floor(mac / 2 ** 32));
  view.setUint32(at + 2, mac >>> 0);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
