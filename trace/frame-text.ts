/** An Ethernet frame in a few words: what it is, from whom, to whom. */

/** `ARP who-has 10.0.0.2`, `UDP 10.0.0.1:68 > 10.0.0.2:67 DHCP, 342 bytes`; never longer than a line. */
export function describeFrame(frame: Uint8Array): string {
  const size = `${frame.length} ${frame.length === 1 ? 'byte' : 'bytes'}`;
  if (frame.length < 14) return `no Ethernet header, ${size}`;
  let at = 12;
  let tag = '';
  let type = be16(frame, at);
  if ((type === 0x8100 || type === 0x88a8) && frame.length >= 18) {
    tag = `VLAN ${be16(frame, at + 2) & 0xfff} `;
    at += 4;
    type = be16(frame, at);
  }
  return `${tag}${payload(frame, type, at + 2)}, ${size}`;
}

function payload(frame: Uint8Array, type: number, at: number): string {
  switch (type) {
    case 0x0800:
      return ipv4(frame, at) ?? 'IPv4 cut short';
    case 0x0806:
      return arp(frame, at) ?? 'ARP';
    case 0x86dd:
      return 'IPv6';
    case 0x888e:
      return 'EAPOL';
    default:
      return type < 0x600 ? '802.3' : `EtherType 0x${type.toString(16).padStart(4, '0')}`;
  }
}

function arp(frame: Uint8Array, at: number): string | undefined {
  if (frame.length < at + 28 || be16(frame, at + 2) !== 0x0800) return undefined;
  const operation = be16(frame, at + 6);
  if (operation === 1) return `ARP who-has ${address(frame, at + 24)} tell ${address(frame, at + 14)}`;
  if (operation === 2) return `ARP reply ${address(frame, at + 14)} is-at ${mac(frame, at + 8)}`;
  return `ARP operation ${operation}`;
}

function ipv4(frame: Uint8Array, at: number): string | undefined {
  if (frame.length < at + 20) return undefined;
  const protocol = frame[at + 9]!;
  const from = address(frame, at + 12);
  const to = address(frame, at + 16);
  const inner = at + (frame[at]! & 15) * 4;
  const later = (be16(frame, at + 6) & 0x1fff) !== 0;
  if ((protocol === 6 || protocol === 17) && !later && frame.length >= inner + 4) {
    const source = be16(frame, inner);
    const target = be16(frame, inner + 2);
    const service = SERVICES.get(target) ?? SERVICES.get(source);
    const name = `${protocol === 6 ? 'TCP' : 'UDP'} ${from}:${source} > ${to}:${target}`;
    return service === undefined ? name : `${name} ${service}`;
  }
  if (protocol === 1 && !later && frame.length >= inner + 1) {
    const kind = frame[inner]!;
    return `${ICMP.get(kind) ?? `ICMP type ${kind}`} ${from} > ${to}`;
  }
  return `${later ? 'fragment, ' : ''}IPv4 protocol ${protocol} ${from} > ${to}`;
}

const ICMP = new Map([
  [0, 'ICMP echo reply'],
  [8, 'ICMP echo request'],
]);

/** Ports that matter around AMT. */
const SERVICES = new Map([
  [53, 'DNS'],
  [67, 'DHCP'],
  [623, 'ASF'],
  [664, 'ASF'],
  [5900, 'KVM'],
  [16992, 'AMT HTTP'],
  [16993, 'AMT TLS'],
  [16994, 'AMT redirection'],
  [16995, 'AMT redirection TLS'],
]);

function be16(b: Uint8Array, o: number): number {
  return (b[o]! << 8) | b[o + 1]!;
}

function address(b: Uint8Array, o: number): string {
  return `${b[o]}.${b[o + 1]}.${b[o + 2]}.${b[o + 3]}`;
}

function mac(b: Uint8Array, o: number): string {
  return Array.from(b.subarray(o, o + 6), (byte) => byte.toString(16).padStart(2, '0')).join(':');
}
