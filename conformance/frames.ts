/** Ethernet frames for the Rx path. The filters look at headers only, so checksums are left at 0. */
import { ETH_HLEN, ETHERTYPE_ARP, ETHERTYPE_IPV4, PROTO_ICMP, PROTO_TCP, PROTO_UDP } from '../sap/index.ts';

export const STATION = [0x02, 0, 0x5e, 0, 0x53, 0x20];
const SOMEBODY = [0x02, 0, 0x5e, 0, 0x53, 0x30];
const BROADCAST = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
/** 192.0.2.1, as a number: the address of the filters. */
export const OUR_IP = 0xc0000201;
export const OTHER_IP = 0xc0000202;
const PEER_IP = 0xc0000209;
const LEAST = 60;

export interface Addresses {
  readonly to?: number;
  readonly from?: number;
  readonly ip?: number;
  readonly destination?: readonly number[];
}

export function tcp(to: number, options: Addresses = {}): Uint8Array {
  return transport(PROTO_TCP, to, options);
}

export function udp(to: number, options: Addresses = {}): Uint8Array {
  return transport(PROTO_UDP, to, options);
}

function transport(protocol: number, to: number, options: Addresses): Uint8Array {
  const { from = 40_000, ip = OUR_IP, destination = STATION } = options;
  return frameOf(destination, ETHERTYPE_IPV4, [...ipv4(protocol, ip, 40), ...be16(from), ...be16(to)]);
}

export function icmp(type: number, code = 0, ip = OUR_IP): Uint8Array {
  return frameOf(STATION, ETHERTYPE_IPV4, [...ipv4(PROTO_ICMP, ip, 40), type, code]);
}

/** `op` 1: who has `target`; 2: the answer to it. */
export function arp(op: 1 | 2, target = OUR_IP): Uint8Array {
  const body = [0, 1, 8, 0, 6, 4, ...be16(op), ...SOMEBODY, ...be32(PEER_IP), ...STATION, ...be32(target)];
  return frameOf(op === 1 ? BROADCAST : STATION, ETHERTYPE_ARP, body);
}

export function ipv6(): Uint8Array {
  return frameOf(STATION, 0x86dd, [0x60, 0, 0, 0, 0, 20, PROTO_TCP, 64]);
}

/** A frame of a protocol that nobody filters for (LLDP), to any address. */
export function other(destination: readonly number[] = STATION): Uint8Array {
  return frameOf(destination, 0x88cc, [0x02, 0x07, 0x04]);
}

export function macBytes(mac: number): number[] {
  return Array.from({ length: 6 }, (_, i) => Math.floor(mac / 2 ** (8 * (5 - i))) & 0xff);
}

/** The frame with a VLAN tag before its EtherType. */
export function tagged(frame: Uint8Array, tpid: 0x8100 | 0x88a8 = 0x8100, id = 5): Uint8Array {
  const out = new Uint8Array(frame.length + 4);
  out.set(frame.subarray(0, 12));
  out.set([...be16(tpid), ...be16(id)], 12);
  out.set(frame.subarray(12), 16);
  return out;
}

/** The frame, made longer with a pattern that tells every byte from its neighbours. */
export function padded(frame: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = (i * 31 + (i >> 8)) & 0xff;
  out.set(frame.subarray(0, Math.min(frame.length, length)));
  return out;
}

/** A client's DHCP message, as the Ethernet frame that CSME gets and as the 802.11 frame that the driver sends. */
export function dhcpSent(to = 67): { ethernet: Uint8Array; frame80211: Uint8Array; ivLen: number } {
  const body = [...ipv4(PROTO_UDP, 0xffff_ffff, 60), ...be16(68), ...be16(to), ...be16(40), 0, 0];
  const packet = Uint8Array.from([...body, ...Array.from({ length: 32 }, (_, i) => i + 1)]);
  const ethernet = new Uint8Array(ETH_HLEN + packet.length);
  ethernet.set([...BROADCAST, ...STATION, ...be16(ETHERTYPE_IPV4)]);
  ethernet.set(packet, ETH_HLEN);
  // Data to the distribution system, protected, with the header of CCMP before LLC/SNAP.
  const ivLen = 8;
  const head = [0x08, 0x41, 0, 0, ...SOMEBODY, ...STATION, ...BROADCAST, 0, 0];
  const snap = [0xaa, 0xaa, 0x03, 0, 0, 0, ...be16(ETHERTYPE_IPV4)];
  const frame80211 = Uint8Array.from([...head, ...new Array(ivLen).fill(0), ...snap, ...packet]);
  return { ethernet, frame80211, ivLen };
}

function ipv4(protocol: number, to: number, length: number): number[] {
  return [0x45, 0, ...be16(length), 0, 7, 0x40, 0, 64, protocol, 0, 0, ...be32(PEER_IP), ...be32(to)];
}

function frameOf(destination: readonly number[], type: number, body: readonly number[]): Uint8Array {
  const frame = new Uint8Array(Math.max(LEAST, ETH_HLEN + body.length));
  frame.set([...destination, ...SOMEBODY, ...be16(type), ...body]);
  return frame;
}

function be16(value: number): number[] {
  return [(value >> 8) & 0xff, value & 0xff];
}

function be32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
