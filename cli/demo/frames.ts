/** The DHCP exchange of the demo. */
import { type MacAddress, PROTO_UDP } from '../../sap/index.ts';

/** A host of the network. */
export interface Endpoint {
  readonly mac: MacAddress;
  readonly ipv4: number;
}

const ETHERNET = 14;
const IPV4 = 20;
const UDP = 8;

const BROADCAST = 0xffff_ffff_ffff;
const DHCP_CLIENT = 68;
const DHCP_SERVER = 67;
const DHCP_REQUEST = 3;
const DHCP_ACK = 5;

/** CCMP's header between the MAC header and LLC/SNAP of a protected frame. */
export const CCMP_HEADER = 8;

/** A DHCPREQUEST for the address that the card has had, as the 802.11 frame that the driver sends. */
export function dhcpRequest80211(bssid: MacAddress, mac: MacAddress, wanted: number, id: number): Uint8Array {
  const packet = ipv4(
    PROTO_UDP,
    0,
    0xffffffff,
    udp(DHCP_CLIENT, DHCP_SERVER, 0, 0xffffffff, dhcp(1, DHCP_REQUEST, id, mac, 0, wanted)),
  );
  const header = 24 + CCMP_HEADER;
  const frame = new Uint8Array(header + 8 + packet.length);
  // Data, to the distribution system, protected.
  frame.set([0x08, 0x41, 0, 0]);
  putMac(frame, 4, bssid);
  putMac(frame, 10, mac);
  putMac(frame, 16, BROADCAST);
  frame.set([0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00], header);
  frame.set(packet, header + 8);
  return frame;
}

/** The server's DHCPACK, as it comes in from the air. */
export function dhcpAck(server: Endpoint, mac: MacAddress, given: number, id: number): Uint8Array {
  const body = dhcp(2, DHCP_ACK, id, mac, given, server.ipv4);
  const packet = udp(DHCP_SERVER, DHCP_CLIENT, server.ipv4, given, body);
  return ethernet(mac, server.mac, ipv4(PROTO_UDP, server.ipv4, given, packet));
}

/** Source: RFC 2131, figure 1; options 53 and, for a request, 50, else 54. */
function dhcp(
  op: 1 | 2,
  type: number,
  id: number,
  mac: MacAddress,
  given: number,
  address: number,
): Uint8Array {
  const body = new Uint8Array(240 + 3 + 6 + 1);
  const view = new DataView(body.buffer);
  body.set([op, 1, 6, 0]);
  view.setUint32(4, id);
  view.setUint32(16, given);
  putMac(body, 28, mac);
  view.setUint32(236, 0x63825363);
  body.set([53, 1, type, op === 1 ? 50 : 54, 4], 240);
  view.setUint32(245, address);
  body[249] = 255;
  return body;
}

function udp(from: number, to: number, source: number, target: number, body: Uint8Array): Uint8Array {
  const packet = new Uint8Array(UDP + body.length);
  const view = new DataView(packet.buffer);
  view.setUint16(0, from);
  view.setUint16(2, to);
  view.setUint16(4, packet.length);
  packet.set(body, UDP);
  view.setUint16(6, transportChecksum(PROTO_UDP, source, target, packet));
  return packet;
}

function ipv4(protocol: number, source: number, target: number, body: Uint8Array): Uint8Array {
  const packet = new Uint8Array(IPV4 + body.length);
  const view = new DataView(packet.buffer);
  packet[0] = 0x45;
  view.setUint16(2, packet.length);
  packet[8] = 64;
  packet[9] = protocol;
  view.setUint32(12, source);
  view.setUint32(16, target);
  view.setUint16(10, checksum(sum(packet, 0, IPV4)));
  packet.set(body, IPV4);
  return packet;
}

function ethernet(to: MacAddress, from: MacAddress, packet: Uint8Array): Uint8Array {
  const frame = new Uint8Array(ETHERNET + packet.length);
  putMac(frame, 0, to);
  putMac(frame, 6, from);
  frame.set([0x08, 0x00], 12);
  frame.set(packet, ETHERNET);
  return frame;
}

/** Over the pseudo header of RFC 9293, 3.1, and the packet. */
function transportChecksum(protocol: number, source: number, target: number, packet: Uint8Array): number {
  const addresses = (source >>> 16) + (source & 0xffff) + (target >>> 16) + (target & 0xffff);
  return checksum(addresses + protocol + packet.length + sum(packet, 0, packet.length));
}

function sum(b: Uint8Array, from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i++) total += i % 2 === from % 2 ? b[i]! << 8 : b[i]!;
  return total;
}

function checksum(total: number): number {
  let folded = total;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}

function putMac(b: Uint8Array, at: number, mac: MacAddress): void {
  for (let i = 0, rest = mac; i < 6; i++) {
    b[at + 5 - i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}
