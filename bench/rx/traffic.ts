/**
 * What a Wi-Fi station receives in an office, from a seed: frames of many flows, and a few percent for AMT.
 *
 * The frames lie as in a pcap file, each behind the 16 bytes of a record header, so that their alignment is that of a
 * capture. Addresses are those of documentation (RFC 5737, RFC 7042).
 */
import { AMT_PORTS } from '../../csme/index.ts';
import { Random } from '../../fuzz/random.ts';
import {
  arpFrame,
  ethernet,
  ICMP,
  icmp,
  ipv4Frame,
  ipv6Frame,
  TCP,
  tagged,
  tcp,
  UDP,
  udp,
} from './packets.ts';

/** Frames where they lie: number `i` is `bytes[starts[i]..ends[i])`. */
export interface Frames {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly count: number;
}

export interface TrafficSize {
  readonly seed: number;
  /** Frames are made until they are so many, */
  readonly frames?: number;
  /** or until they have so many bytes. */
  readonly bytes?: number;
}

/** The station's address, which CSME shares: 192.0.2.10. */
export const STATION_ADDRESS = 0xc000020a;
export const STATION_MAC = 0x02_00_5e_00_53_10;

/** Mixed traffic of the given size. The same seed gives the same frames. */
export function mixedTraffic(size: TrafficSize): Frames {
  const { seed, frames = Number.POSITIVE_INFINITY, bytes = Number.POSITIVE_INFINITY } = size;
  const random = new Random(seed);
  const flows = Array.from({ length: FLOWS }, () => newFlow(random));
  const made: Uint8Array[] = [];
  for (let total = 0; made.length < frames && total < bytes; ) {
    const frame = pick(random)(random, flows);
    made.push(frame);
    total += frame.length;
  }
  return laidOut(made);
}

/** The frames one behind the other, as the records of a pcap file lie. */
export function laidOut(frames: readonly Uint8Array[]): Frames {
  const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + RECORD_HEADER + frame.length, 0));
  const starts = new Uint32Array(frames.length);
  const ends = new Uint32Array(frames.length);
  let at = 0;
  for (const [i, frame] of frames.entries()) {
    starts[i] = at + RECORD_HEADER;
    bytes.set(frame, starts[i]);
    at = starts[i]! + frame.length;
    ends[i] = at;
  }
  return { bytes, starts, ends, count: frames.length };
}

const RECORD_HEADER = 16;

/** A connection of the station with somebody outside. */
interface Flow {
  readonly peer: number;
  readonly peerPort: number;
  readonly ownPort: number;
}
const FLOWS = 400;

type Kind = (random: Random, flows: readonly Flow[]) => Uint8Array;

const GATEWAY_MAC = 0x02_00_5e_00_53_01;
const BROADCAST_MAC = 0xff_ff_ff_ff_ff_ff;
const ETHERTYPE_EAPOL = 0x888e;
const DHCP_SERVER = 0xc0000201;
const ECHO_REQUEST = 8;
const ECHO_REPLY = 0;
const FROM_GATEWAY = { dst: STATION_MAC, src: GATEWAY_MAC };

const tcpData: Kind = (random, flows) => {
  const { peer, peerPort, ownPort } = flows[random.below(FLOWS)]!;
  return ipv4Frame(FROM_GATEWAY, TCP, peer, STATION_ADDRESS, tcp(peerPort, ownPort, dataLength(random)));
};

const quic: Kind = (random, flows) => {
  const { peer, ownPort } = flows[random.below(FLOWS)]!;
  const length = random.oneIn(4) ? 30 + random.below(60) : 1200 + random.below(152);
  return ipv4Frame(FROM_GATEWAY, UDP, peer, STATION_ADDRESS, udp(443, ownPort, length));
};

const tcpOverIpv6: Kind = (random, flows) => {
  const { ownPort } = flows[random.below(FLOWS)]!;
  return ipv6Frame(FROM_GATEWAY, TCP, tcp(443, ownPort, Math.min(1420, dataLength(random))));
};

/** Frames to a guest behind the station, which has an address of its own. */
const toGuest: Kind = (random, flows) => {
  const { peer, peerPort, ownPort } = flows[random.below(FLOWS)]!;
  return ipv4Frame(FROM_GATEWAY, TCP, peer, 0xc00002c8, tcp(peerPort, ownPort, dataLength(random)));
};

const amt: Kind = (random) => {
  const port = AMT_PORTS[random.below(AMT_PORTS.length)]!;
  const isUdp = port < 1024 && random.oneIn(2);
  const segment = isUdp
    ? udp(50_123, port, 12 + random.below(40))
    : tcp(50_123, port, random.oneIn(3) ? random.below(1200) : 0);
  return ipv4Frame(FROM_GATEWAY, isUdp ? UDP : TCP, 0xc6336405, STATION_ADDRESS, segment);
};

const mdns: Kind = (random) => multicast(random, 0xe00000fb, 5353);
const ssdp: Kind = (random) => multicast(random, 0xeffffffa, 1900);
const mdnsOverIpv6: Kind = (random) => {
  const macs = { dst: 0x33_33_00_00_00_fb, src: macOf(neighbour(random)) };
  return ipv6Frame(macs, UDP, udp(5353, 5353, 40 + random.below(300)));
};

const netbios: Kind = (random) => {
  const src = neighbour(random);
  return ipv4Frame({ dst: BROADCAST_MAC, src: macOf(src) }, UDP, src, 0xffffffff, udp(137, 137, 50));
};

const arpRequest: Kind = (random) => {
  const sender = neighbour(random);
  const target = random.oneIn(8) ? STATION_ADDRESS : neighbour(random);
  return arpFrame({ dst: BROADCAST_MAC, src: macOf(sender) }, 1, sender, target);
};
const arpReply: Kind = (random) => {
  const sender = neighbour(random);
  return arpFrame({ dst: STATION_MAC, src: macOf(sender) }, 2, sender, STATION_ADDRESS);
};

const ping: Kind = (random, flows) => {
  const type = random.oneIn(2) ? ECHO_REQUEST : ECHO_REPLY;
  return ipv4Frame(FROM_GATEWAY, ICMP, flows[random.below(FLOWS)]!.peer, STATION_ADDRESS, icmp(type));
};

const dhcpAck: Kind = (random) =>
  ipv4Frame(FROM_GATEWAY, UDP, DHCP_SERVER, STATION_ADDRESS, udp(67, 68, 300 + random.below(40)));

const eapol: Kind = (random) =>
  ethernet(STATION_MAC, GATEWAY_MAC, ETHERTYPE_EAPOL, new Uint8Array(60 + random.below(100)));

/** Every kind of frame, and how many of a hundred are of it. */
const MIX: readonly (readonly [percent: number, kind: Kind])[] = [
  [42, tcpData],
  [5, (random, flows) => tagged(100, tcpData(random, flows))],
  [18, quic],
  [8, tcpOverIpv6],
  [4, toGuest],
  [4, amt],
  [3, mdns],
  [2, mdnsOverIpv6],
  [2, ssdp],
  [2, netbios],
  [5, arpRequest],
  [1, arpReply],
  [2, ping],
  [1, dhcpAck],
  [1, eapol],
];

function pick(random: Random): Kind {
  let left = random.below(100);
  for (const [percent, kind] of MIX) {
    if (left < percent) return kind;
    left -= percent;
  }
  return eapol;
}

function newFlow(random: Random): Flow {
  return {
    peer: 0xcb007100 + random.below(254),
    peerPort: random.oneIn(4) ? 1024 + random.below(40_000) : 443,
    ownPort: 32_768 + random.below(28_232),
  };
}

function multicast(random: Random, group: number, port: number): Uint8Array {
  const src = neighbour(random);
  const dst = 0x01_00_5e_00_00_00 + (group & 0x7fffff);
  return ipv4Frame({ dst, src: macOf(src) }, UDP, src, group, udp(port, port, 40 + random.below(300)));
}

/** Bytes of data in a TCP segment: mostly full, sometimes a bare acknowledgement. */
function dataLength(random: Random): number {
  if (random.oneIn(3)) return 0;
  return random.oneIn(5) ? random.below(1448) : 1448;
}

/** An address in the station's own network. */
function neighbour(random: Random): number {
  return 0xc0000220 + random.below(64);
}

function macOf(address: number): number {
  return 0x02_00_5e_10_00_00 + (address & 0xff);
}
