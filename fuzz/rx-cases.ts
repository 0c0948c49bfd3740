/** Filter sets, and frames aimed at the edges of their rules, by seed. */
import {
  decodeOobFilters,
  EthFilterFlags,
  encodeOobFilters,
  type FlexFilter,
  FlexFilterFlags,
  noFilters,
  type OobFilters,
  SapError,
} from '../sap/index.ts';
import type { Random } from './random.ts';

/** Frames are at most this long. */
export const FRAME_MAX = 0xffff;

const FILTERS_LEN = 156;
const PORTS = [16992, 16993, 16994, 16995, 623, 664, 5900, 67, 68, 5353, 53, 80, 1, 0xffff];
const ADDRESSES = [0xc0000202, 0x0a000001, 0xffffffff, 0xe00000fb, 1];
/** The last three end in the first byte of an EtherType, which with the flags behind them is what the quirk compares. */
const GROUPS = [
  0x01005e0000fb, 0x01005e7ffffa, 0x3333000000fb, 0x0180c2000000, 0x01005e0000fc, 0x0180000000fb,
  0x01005e000008, 0x333300000008, 0x0180c2000081,
];
const STATION = 0x021122334455;
const BROADCAST = 0xffffffffffff;

/** A filter set: like a firmware's, made up field by field, or garbage. */
export function randomFilters(random: Random): OobFilters {
  switch (random.below(8)) {
    case 0:
      return decoded(Uint8Array.from({ length: FILTERS_LEN }, () => random.u32()));
    case 1: {
      const bytes = encodeOobFilters(madeUp(random));
      for (let left = random.below(8); left >= 0; left--) bytes[random.below(FILTERS_LEN)] = random.u32();
      return decoded(bytes);
    }
    case 2:
    case 3:
      return firmwareLike(random);
    default:
      return madeUp(random);
  }
}

function decoded(bytes: Uint8Array): OobFilters {
  const filters = decodeOobFilters(bytes);
  if (filters instanceof SapError) throw filters;
  return filters;
}

function firmwareLike(random: Random): OobFilters {
  const { ENABLED, IPV4, TCP, UDP } = FlexFilterFlags;
  const tcp = [16992, 16993, 16994, 16995, 5900].map((port) => [0, port, ENABLED | IPV4 | TCP] as const);
  const udp = [623, 664].map((port) => [0, port, ENABLED | IPV4 | UDP] as const);
  const dhcp = [67, 68, ENABLED | UDP | FlexFilterFlags.COPY] as const;
  const rules = [...tcp, ...udp, dhcp].map(([srcPort, dstPort, flags]) => {
    return { srcPort, dstPort, flags, reserved5: 0 };
  });
  const off = noFilters();
  return {
    ...off,
    flexFilters: [...rules, ...off.flexFilters.slice(rules.length)],
    icmpv6Flags: random.below(4),
    ethFilters: off.ethFilters.map((none, i) => {
      const flags = EthFilterFlags.ENABLED | random.below(4);
      return i < 2 ? { macAddress: GROUPS[i]!, flags } : none;
    }),
    ipv4Filter: { ipv4Addr: ADDRESSES[random.below(2)]!, flags: random.below(64) },
  };
}

function madeUp(random: Random): OobFilters {
  const flex = random.below(16);
  const eth = random.below(7);
  return {
    ...noFilters(),
    flexFilters: Array.from({ length: 14 }, (_, i) => ({
      srcPort: random.oneIn(3) ? port(random) : 0,
      dstPort: random.oneIn(6) ? 0 : port(random),
      flags: flexFlags(random, i < flex),
      reserved5: 0,
    })),
    icmpv6Flags: random.below(4),
    ethFilters: Array.from({ length: 5 }, (_, i) => ({
      macAddress: random.oneIn(10) ? mac(random) : GROUPS[random.below(GROUPS.length)]!,
      flags: random.below(4) | (i < eth ? EthFilterFlags.ENABLED : 0),
    })),
    reserved139: random.below(256),
    ipv4Filter: {
      ipv4Addr: random.oneIn(4) ? 0 : ADDRESSES[random.below(ADDRESSES.length)]!,
      flags: random.oneIn(8) ? random.u32() : random.below(64),
    },
  };
}

function flexFlags(random: Random, isEnabled: boolean): number {
  const { ENABLED, TCP, UDP } = FlexFilterFlags;
  const enabled = isEnabled && !random.oneIn(20) ? ENABLED : 0;
  const protocol = [TCP, UDP, 0, TCP | UDP][random.below(10) % 4]!;
  const others = random.u32() & 0xff & ~(ENABLED | TCP | UDP);
  return enabled | protocol | others;
}

function port(random: Random): number {
  return random.oneIn(8) ? random.below(0x10000) : PORTS[random.below(PORTS.length)]!;
}

function mac(random: Random): number {
  return random.below(0x10000) * 2 ** 32 + random.u32();
}

/** Writes frames for one filter set after the other. */
export class FrameMaker {
  readonly #random: Random;
  readonly #frame: Uint8Array;
  #filters = noFilters();
  /** What the quirk compares: 14 bytes from each multicast rule on. */
  #table: Uint8Array = new Uint8Array();

  /** Frames are written to the start of `frame`, which has FRAME_MAX bytes. */
  constructor(random: Random, frame: Uint8Array) {
    this.#random = random;
    this.#frame = frame;
  }

  aimAt(filters: OobFilters): void {
    this.#filters = filters;
    this.#table = encodeOobFilters(filters).subarray(104);
  }

  /** Writes a frame and gives its length. */
  next(): number {
    const random = this.#random;
    const frame = this.#frame;
    let type = 12;
    this.#addresses();
    if (random.oneIn(4)) type += this.#tags(type);
    let end: number;
    const isCrafted = random.oneIn(24);
    if (isCrafted) {
      const entry = random.below(5) * 7;
      for (let i = 0; i < 12; i++) frame[i] = this.#table[entry + i]!;
      frame[0]! |= 1;
      this.#u16(type, (this.#table[entry + 12]! << 8) | this.#table[entry + 13]!);
      end = this.#table[entry + 13]! & 2 ? this.#arp(type + 2) : this.#ipv4(type + 2);
    } else {
      end = this.#content(type);
    }
    end = this.#length(type + 2, end);
    for (let left = random.oneIn(6) ? 1 + random.below(3) : 0; left > 0 && end > 0; left--) {
      frame[random.below(Math.min(end, 64))] = random.oneIn(2) ? random.u32() : 0;
    }
    return end;
  }

  #addresses(): void {
    const random = this.#random;
    this.#mac(6, STATION + 1);
    switch (random.below(8)) {
      case 0:
        return this.#mac(0, BROADCAST);
      case 1:
      case 2: {
        const entry = this.#filters.ethFilters[random.below(5)]!;
        this.#mac(0, entry.macAddress);
        if (random.oneIn(6)) this.#frame[random.below(6)]! ^= 1 << random.below(8);
        return;
      }
      case 3:
        this.#mac(0, random.oneIn(2) ? GROUPS[random.below(GROUPS.length)]! : mac(random));
        return;
      default:
        return this.#mac(0, STATION);
    }
  }

  #tags(type: number): number {
    const random = this.#random;
    const count = random.oneIn(6) ? 2 : 1;
    for (let i = 0; i < count; i++) {
      this.#u16(type + 4 * i, [0x8100, 0x88a8, 0x8100, 0x9100][random.below(8) & 3]!);
      this.#u16(type + 4 * i + 2, random.below(0x10000));
    }
    return 4 * count;
  }

  #content(type: number): number {
    const random = this.#random;
    const kind = random.below(16);
    this.#u16(type, kind < 11 ? 0x0800 : kind < 14 ? 0x0806 : kind === 14 ? 0x86dd : random.below(0x10000));
    return kind >= 11 && kind < 14 ? this.#arp(type + 2) : this.#ipv4(type + 2);
  }

  #arp(at: number): number {
    const random = this.#random;
    const frame = this.#frame;
    frame.fill(0, at, at + 28);
    this.#u16(at, random.oneIn(16) ? random.below(4) : 1);
    this.#u16(at + 2, random.oneIn(16) ? 0x86dd : 0x0800);
    this.#u16(at + 4, random.oneIn(8) ? random.below(0x10000) : 0x0604);
    this.#u16(at + 6, random.oneIn(12) ? random.below(4) : 1 + random.below(2));
    this.#address(at + 24);
    return at + 28;
  }

  #ipv4(at: number): number {
    const random = this.#random;
    const frame = this.#frame;
    const words = random.oneIn(3) ? random.below(16) : 5;
    frame.fill(0, at, at + 60 + 24);
    frame[at] = (random.oneIn(16) ? random.below(16) << 4 : 0x40) | words;
    this.#u16(at + 2, random.below(2000));
    if (random.oneIn(6)) this.#u16(at + 6, random.below(0x10000));
    const aim = this.#filters.flexFilters[random.below(random.oneIn(2) ? 3 : 14)]!;
    frame[at + 9] = this.#protocol(aim.flags);
    this.#address(at + 16);
    const payload = at + 4 * words;
    if (frame[at + 9] === 1) {
      if (words >= 3) this.#u16(payload, random.oneIn(2) ? 0x0800 : random.below(0x1000));
    } else {
      this.#ports(payload, words, aim);
    }
    return payload + 8 + random.below(16);
  }

  #protocol(flags: number): number {
    const random = this.#random;
    if (random.oneIn(3)) return PROTOCOLS[random.below(PROTOCOLS.length)]!;
    if (flags & FlexFilterFlags.TCP) return 6;
    return flags & FlexFilterFlags.UDP || random.oneIn(2) ? 17 : 6;
  }

  /** Over a header that is too short, only where its length and protocol are not. */
  #ports(payload: number, words: number, aim: FlexFilter): void {
    const random = this.#random;
    const isAimed = !random.oneIn(5);
    if (words === 1 || words >= 3) {
      const srcPort = isAimed && aim.srcPort !== 0 ? aim.srcPort : port(random);
      this.#u16(payload, random.oneIn(12) ? srcPort ^ (1 << random.below(16)) : srcPort);
    }
    const dstPort = isAimed && aim.dstPort !== 0 ? aim.dstPort : port(random);
    this.#u16(payload + 2, random.oneIn(12) ? dstPort ^ (1 << random.below(16)) : dstPort);
  }

  /** Most frames as they are, some cut at or next to a place that a rule looks at, some longer. */
  #length(l3: number, end: number): number {
    const random = this.#random;
    const payload = l3 + (this.#frame[l3]! & 15) * 4;
    switch (random.below(24)) {
      case 0:
      case 1: {
        const edges = [
          12,
          14,
          16,
          18,
          l3,
          l3 + 8,
          l3 + 16,
          l3 + 20,
          l3 + 24,
          l3 + 28,
          payload,
          payload + 4,
          payload + 8,
        ];
        return Math.min(Math.max(0, edges[random.below(edges.length)]! + random.below(3) - 1), end);
      }
      case 2:
        return random.below(end + 1);
      case 3:
        return this.#longer(end, end + random.below(64));
      case 4:
        return random.oneIn(64) ? this.#longer(end, FRAME_MAX - random.below(4)) : this.#longer(end, 1514);
      default:
        return end;
    }
  }

  #longer(end: number, length: number): number {
    this.#frame.fill(this.#random.u32(), end, length);
    return length;
  }

  #address(at: number): void {
    const random = this.#random;
    const own = this.#filters.ipv4Filter.ipv4Addr;
    const address = random.oneIn(4) ? ADDRESSES[random.below(ADDRESSES.length)]! : own;
    this.#u16(at, address >>> 16);
    this.#u16(at + 2, random.oneIn(12) ? address ^ (1 << random.below(16)) : address);
  }

  #mac(at: number, value: number): void {
    this.#u16(at, Math.floor(value / 2 ** 32));
    this.#u16(at + 2, value >>> 16);
    this.#u16(at + 4, value);
  }

  #u16(at: number, value: number): void {
    this.#frame[at] = value >>> 8;
    this.#frame[at + 1] = value;
  }
}

const PROTOCOLS = [1, 1, 1, 58, 58, 6, 17, 47];
