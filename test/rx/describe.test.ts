import { describe, expect, test } from 'vitest';
import { describeFilters } from '../../rx/describe.ts';
import {
  EthFilterFlags,
  encodeOobFilters,
  FlexFilterFlags,
  Icmpv6Flags,
  Ipv4FilterFlags,
  noFilters,
  type OobFilters,
} from '../../sap/index.ts';

type Change = (filters: OobFilters) => void;

function lines(change: Change, multicastHeaderCompare = false): string[] {
  const filters = noFilters();
  change(filters);
  return describeFilters(filters, { multicastHeaderCompare }).map(
    ({ field, flags, frames, outcome }) => `${field} [${flags.join(' ')}] ${frames}: ${outcome}`,
  );
}

test('nothing is said of nothing', () => {
  expect(lines(() => {})).toEqual([]);
});

describe('ports', () => {
  const { ENABLED, COPY, TCP, UDP, IPV4, IPV6 } = FlexFilterFlags;
  const flex = (i: number, srcPort: number, dstPort: number, flags: number): Change => {
    return (filters) => Object.assign(filters.flexFilters[i]!, { srcPort, dstPort, flags });
  };
  const ours: Change = ({ ipv4Filter }) => {
    ipv4Filter.ipv4Addr = 0xc0000202;
  };

  test.each([
    [0, 16992, ENABLED | TCP, '[ENABLED TCP] TCP to port 16992: CSME only'],
    [67, 68, ENABLED | UDP | COPY, '[COPY ENABLED UDP] UDP from port 67 to port 68: CSME and host'],
    [53, 0, ENABLED | IPV4 | UDP, '[ENABLED IPV4 UDP] UDP from port 53 to 192.0.2.2: CSME only'],
    [0, 443, ENABLED | IPV6, '[ENABLED IPV6] TCP or UDP to port 443 of 192.0.2.2: CSME only'],
    [0, 1, ENABLED | TCP | UDP, '[ENABLED TCP UDP] TCP and UDP to port 1: no effect, no frame is both'],
    [0, 0, ENABLED | 0xc0, '[ENABLED 0xc0] TCP or UDP: CSME only'],
    [0, 5, COPY, '[COPY] TCP or UDP to port 5: no effect, not enabled'],
  ])('%d %d %d', (srcPort, dstPort, flags, expected) => {
    const change: Change = (filters) => [ours, flex(0, srcPort, dstPort, flags)].map((f) => f(filters));
    expect(lines(change)).toEqual([`flexFilters[0] ${expected}`]);
  });

  test('without an address of CSME every destination matches', () => {
    expect(lines(flex(0, 0, 80, ENABLED | IPV4 | TCP))).toEqual([
      'flexFilters[0] [ENABLED IPV4 TCP] TCP to port 80: CSME only',
    ]);
  });

  test('what is not enabled ends the list, empty or not', () => {
    const change: Change = (filters) =>
      [flex(0, 0, 1, ENABLED), flex(2, 0, 2, ENABLED)].map((f) => f(filters));
    expect(lines(change)).toEqual([
      'flexFilters[0] [ENABLED] TCP or UDP to port 1: CSME only',
      'flexFilters[2] [ENABLED] TCP or UDP to port 2: no effect, the list has ended',
    ]);
  });
});

describe('multicast', () => {
  const { ENABLED, STOP, COPY } = EthFilterFlags;
  const eth = (...rows: [macAddress: number, flags: number][]): Change => {
    return ({ ethFilters }) => {
      for (const [i, [macAddress, flags]] of rows.entries())
        Object.assign(ethFilters[i]!, { macAddress, flags });
    };
  };
  const MDNS = 0x01005e0000fb;

  test('stop, copy, neither', () => {
    expect(
      lines(eth([MDNS, ENABLED | STOP], [MDNS + 1, ENABLED | STOP | COPY], [MDNS + 2, ENABLED | COPY])),
    ).toEqual([
      'ethFilters[0] [STOP ENABLED] multicast to 01:00:5e:00:00:fb: CSME only',
      'ethFilters[1] [STOP COPY ENABLED] multicast to 01:00:5e:00:00:fc: CSME and host',
      'ethFilters[2] [COPY ENABLED] multicast to 01:00:5e:00:00:fd: as the rules below say',
    ]);
  });

  test('without effect', () => {
    const rows = eth(
      [MDNS, ENABLED],
      [MDNS, ENABLED | STOP],
      [0x020000000001, ENABLED | STOP],
      [0xffffffffffff, ENABLED],
      [MDNS, 0],
    );
    expect(lines(rows).map((line) => line.replace(/.*: /, ''))).toEqual([
      'as the rules below say',
      'no effect, a repetition',
      'no effect, not multicast',
      'no effect, not multicast',
      'no effect, not enabled',
    ]);
  });

  test('with the quirk it is 14 bytes of the table that are compared', () => {
    const change = eth([MDNS, ENABLED | STOP], [MDNS, ENABLED | STOP]);
    const filters = noFilters();
    change(filters);
    const table = Buffer.from(encodeOobFilters(filters)).toString('hex');
    expect(lines(change, true)).toEqual([
      `ethFilters[0] [STOP ENABLED] header ${table.slice(208, 236)}: CSME only`,
      `ethFilters[1] [STOP ENABLED] header ${table.slice(222, 250)}: CSME only`,
    ]);
  });
});

test.each([
  [Ipv4FilterFlags.ARP_REQ_PASS, ['[ARP_REQ_PASS] ARP requests: CSME only']],
  [
    Ipv4FilterFlags.ARP_REQ_PASS | Ipv4FilterFlags.ARP_REQ_COPY,
    ['[ARP_REQ_PASS ARP_REQ_COPY] ARP requests: CSME and host'],
  ],
  [Ipv4FilterFlags.ARP_RESP_PASS, ['[ARP_RESP_PASS] ARP replies: CSME only']],
  [Ipv4FilterFlags.ARP_RESP_COPY, ['[ARP_RESP_COPY] ARP replies: no effect without ARP_RESP_PASS']],
  [Ipv4FilterFlags.ICMP_PASS, ['[ICMP_PASS] ICMP, no echo requests: CSME only']],
  [Ipv4FilterFlags.ICMP_COPY, ['[ICMP_COPY] ICMP, no echo requests: no effect without ICMP_PASS']],
  [0x40, []],
])('IPv4 flags %d', (flags, expected) => {
  const change: Change = (filters) => {
    filters.ipv4Filter.flags = flags;
  };
  expect(lines(change)).toEqual(expected.map((line) => `ipv4Filter ${line}`));
});

test('an address of CSME is named where it is asked', () => {
  const change: Change = ({ ipv4Filter }) => Object.assign(ipv4Filter, { ipv4Addr: 0x0a000001, flags: 0x15 });
  expect(lines(change).map((line) => line.replace(/.*\] /, ''))).toEqual([
    'ARP requests for 10.0.0.1: CSME only',
    'ARP replies: CSME only',
    'ICMP to 10.0.0.1, no echo requests: CSME only',
  ]);
});

test('ICMPv6, and fields that nobody reads', () => {
  const change = (flags: number): Change => {
    return (filters) => {
      filters.icmpv6Flags = flags;
      filters.ipv6Filters[3]!.addrLo24 = 1;
      filters.vlan[0] = 0x8001;
    };
  };
  expect(lines(change(Icmpv6Flags.ENABLED))).toEqual([
    'icmpv6Flags [ENABLED] protocol 58 in IPv4: CSME only',
    'ipv6Filters [] IPv6: no effect, not used',
    'vlan [] VLANs: no effect, not used',
  ]);
  expect(lines(change(Icmpv6Flags.COPY))[0]).toBe(
    'icmpv6Flags [COPY] protocol 58 in IPv4: no effect, not enabled',
  );
});
