/** Filter sets of scenarios. */
import { AMT_PORTS } from '../csme/index.ts';
import {
  EthFilterFlags,
  FlexFilterFlags,
  Icmpv6Flags,
  Ipv4FilterFlags,
  noFilters,
  type OobFilters,
} from '../sap/index.ts';
import { OTHER_IP, OUR_IP } from './frames.ts';

const { ENABLED, IPV4, TCP, UDP, COPY } = FlexFilterFlags;

/** Multicast addresses that the filters name. */
export const MDNS = 0x01005e0000fb;
export const LLMNR = 0x01005e0000fc;
export const SSDP = 0x01005e7ffffa;

/** AMT's ports over TCP, for CSME alone, whatever the address. */
export function wantAll(): OobFilters {
  return flex(AMT_PORTS.map((dstPort) => ({ dstPort, flags: ENABLED | TCP })));
}

/** The same, and the host keeps the frames, too. */
export function wantCopies(): OobFilters {
  return flex(AMT_PORTS.map((dstPort) => ({ dstPort, flags: ENABLED | TCP | COPY })));
}

/** One of each: ports with and without copy, ARP, ICMP, multicast that stops and that does not. */
export function wantMany(): OobFilters {
  const set = flex([
    { dstPort: 16992, flags: ENABLED | IPV4 | TCP },
    { dstPort: 16994, flags: ENABLED | IPV4 | TCP | COPY },
    { dstPort: 623, flags: ENABLED | IPV4 | UDP },
    { srcPort: 5353, flags: ENABLED | UDP | COPY },
    { dstPort: 5900, flags: ENABLED | TCP },
    { dstPort: 7777, flags: ENABLED },
    // Ends the list: the one behind it is not asked.
    { dstPort: 8888, flags: TCP },
    { dstPort: 9999, flags: ENABLED | TCP },
  ]);
  const { ARP_REQ_PASS, ARP_REQ_COPY, ARP_RESP_PASS, ICMP_PASS } = Ipv4FilterFlags;
  set.ipv4Filter = { ipv4Addr: OUR_IP, flags: ARP_REQ_PASS | ARP_REQ_COPY | ARP_RESP_PASS | ICMP_PASS };
  const eth = (macAddress: number, flags: number) => ({ macAddress, flags: flags | EthFilterFlags.ENABLED });
  const { STOP, COPY: KEEP } = EthFilterFlags;
  set.ethFilters = [eth(MDNS, STOP | KEEP), eth(SSDP, STOP), eth(LLMNR, 0), ...set.ethFilters.slice(3)];
  set.icmpv6Flags = Icmpv6Flags.ENABLED;
  return set;
}

/** As `wantMany`, for another address. */
export function wantManyElsewhere(): OobFilters {
  const set = wantMany();
  return { ...set, ipv4Filter: { ...set.ipv4Filter, ipv4Addr: OTHER_IP } };
}

function flex(rules: readonly { srcPort?: number; dstPort?: number; flags: number }[]): OobFilters {
  const set = noFilters();
  const all = rules.map((rule) => ({ srcPort: 0, dstPort: 0, reserved5: 0, ...rule }));
  set.flexFilters = [...all, ...set.flexFilters.slice(all.length)];
  return set;
}
