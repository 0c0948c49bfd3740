/** The filter set that CSME sends unless a profile has another one. */
import {
  EthFilterFlags,
  FlexFilterFlags,
  Icmpv6Flags,
  Ipv4FilterFlags,
  noFilters,
  type OobFilters,
} from '../../sap/index.ts';

/** AMT's own ports: HTTP and HTTPS, redirection and the same over TLS, ASF and its secure form, VNC. */
export const AMT_PORTS = [16992, 16993, 16994, 16995, 623, 664, 5900] as const;

/**
 * Filters for AMT's ports over TCP, 623 and 664 over UDP too, and what a shared IPv4 address needs: ARP both ways,
 * which the host keeps too, and DHCP answers. Ping is the host's to answer.
 *
 * @param ipv4Addr the address that CSME uses, as a number (192.0.2.1 is 0xc0000201); 0: any.
 */
export function amtFilters(ipv4Addr = 0): OobFilters {
  const { ENABLED, IPV4, TCP, UDP, COPY } = FlexFilterFlags;
  const set = noFilters();
  const rules = [
    ...AMT_PORTS.map((dstPort) => ({ srcPort: 0, dstPort, flags: ENABLED | IPV4 | TCP, reserved5: 0 })),
    { srcPort: 0, dstPort: 623, flags: ENABLED | IPV4 | UDP, reserved5: 0 },
    { srcPort: 0, dstPort: 664, flags: ENABLED | IPV4 | UDP, reserved5: 0 },
    { srcPort: 67, dstPort: 68, flags: ENABLED | UDP | COPY, reserved5: 0 },
  ];
  set.flexFilters = [...rules, ...set.flexFilters.slice(rules.length)];
  const { ARP_REQ_PASS, ARP_REQ_COPY, ARP_RESP_PASS, ARP_RESP_COPY } = Ipv4FilterFlags;
  set.ipv4Filter = { ipv4Addr, flags: ARP_REQ_PASS | ARP_REQ_COPY | ARP_RESP_PASS | ARP_RESP_COPY };
  return set;
}

/** Adds a multicast rule: frames to `macAddress` go to CSME, the host keeps them. */
export function withMulticast(filters: OobFilters, macAddress: number): OobFilters {
  const { ENABLED, STOP, COPY } = EthFilterFlags;
  const free = filters.ethFilters.findIndex((f) => (f.flags & ENABLED) === 0);
  const rule = { macAddress, flags: ENABLED | STOP | COPY };
  return { ...filters, ethFilters: filters.ethFilters.map((f, i) => (i === free ? rule : f)) };
}

/** Adds the ICMPv6 rule; the host keeps the frames. */
export function withIcmpv6(filters: OobFilters): OobFilters {
  return { ...filters, icmpv6Flags: Icmpv6Flags.ENABLED | Icmpv6Flags.COPY };
}
