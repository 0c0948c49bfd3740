/** Structures and open sets that several messages share. Source of all: iwlwifi/mei/sap.h, iwlwifi/mei/iwl-mei.h. */
import {
  array,
  bytes,
  mac,
  openEnum,
  reserved,
  struct,
  u8,
  u16,
  u16be,
  u24be,
  u32,
  u32be,
  type ValueOf,
} from '../declare.ts';

export const AuthMode = openEnum({
  OPEN: [0, 'No authentication.'],
  RSNA: [6, '802.1X.'],
  RSNA_PSK: [7, 'Pre-shared key.'],
  SAE: [9, 'SAE (WPA3-Personal).'],
});

export const PairwiseCipher = openEnum({
  NONE: [0, 'No encryption.'],
  TKIP: [2, 'TKIP.'],
  CCMP: [4, 'CCMP-128.'],
  GCMP: [8, 'GCMP-128.'],
  GCMP_256: [9, 'GCMP-256.'],
});

export const Band = openEnum({
  GHZ_2_4: [0, '2.4 GHz.'],
  GHZ_5: [1, '5 GHz.'],
  GHZ_6: [2, '6 GHz.'],
});

/** The longest SSID that 802.11 knows, in bytes. */
export const SSID_MAX_LEN = 32;

export const ConnectionInfo = struct('connection_info', {
  ssidLen: u32.atMost(SSID_MAX_LEN).doc('Bytes of `ssid` that count; a larger value voids the message.'),
  ssid: bytes(SSID_MAX_LEN).doc('SSID, zero padded.'),
  authMode: u32.of(AuthMode).doc('Authentication of the association.'),
  pairwiseCipher: u32.of(PairwiseCipher).doc('Pairwise cipher; SAP numbers, not suite selectors.'),
  channel: u8.doc('Primary channel number.'),
  band: u8.of(Band).doc('Band of the channel.'),
  reserved46: reserved(2),
  bssid: mac.doc('BSSID of the access point.'),
  reserved54: reserved(2),
}).doc('An association with an access point.');
export type ConnectionInfo = ValueOf<typeof ConnectionInfo>;

export const FlexFilterFlags = openEnum({
  COPY: [0x01, 'The host keeps the frame too.'],
  ENABLED: [0x02, 'In use; the first filter without it ends the list.'],
  IPV6: [0x04, 'Demands that the IPv4 address matches, like IPV4 (the reference has no IPv6 rules).'],
  IPV4: [0x08, 'Demands that the IPv4 address matches.'],
  TCP: [0x10, 'TCP only.'],
  UDP: [0x20, 'UDP only.'],
});
export const FlexFilter = struct('iwl_sap_flex_filter', {
  srcPort: u16be.doc('Source port; 0: any.'),
  dstPort: u16be.doc('Destination port; 0: any.'),
  flags: u8.bits(FlexFilterFlags).doc('What must match, and whether the host keeps the frame.'),
  reserved5: reserved(1),
});
export type FlexFilter = ValueOf<typeof FlexFilter>;

export const Icmpv6Flags = openEnum({
  ENABLED: [0x1, 'In use.'],
  COPY: [0x2, 'The host keeps the frame too.'],
});

export const Ipv6FilterFlags = openEnum({
  COPY: [0x1, 'The host keeps the frame too.'],
  ENABLED: [0x2, 'In use.'],
});
export const Ipv6Filter = struct('iwl_sap_ipv6_filter', {
  addrLo24: u24be.doc('Low 24 bits of the address.'),
  flags: u8.bits(Ipv6FilterFlags).doc('Not used by the reference.'),
});
export type Ipv6Filter = ValueOf<typeof Ipv6Filter>;

export const EthFilterFlags = openEnum({
  STOP: [0x1, 'CSME gets the frame, no other rule is asked.'],
  COPY: [0x2, 'The host keeps the frame too.'],
  ENABLED: [0x4, 'In use; the first filter without it ends the list.'],
});
export const EthFilter = struct('iwl_sap_eth_filter', {
  macAddress: mac.doc('Multicast destination.'),
  flags: u8.bits(EthFilterFlags).doc('What happens to a frame that matches.'),
});
export type EthFilter = ValueOf<typeof EthFilter>;

export const Ipv4FilterFlags = openEnum({
  ICMP_PASS: [0x01, 'CSME gets ICMP, except echo requests.'],
  ICMP_COPY: [0x02, 'The host keeps ICMP too.'],
  ARP_REQ_PASS: [0x04, 'CSME gets ARP requests.'],
  ARP_REQ_COPY: [0x08, 'The host keeps ARP requests too.'],
  ARP_RESP_PASS: [0x10, 'CSME gets ARP replies.'],
  ARP_RESP_COPY: [0x20, 'The host keeps ARP replies too.'],
});
export const Ipv4Filter = struct('iwl_sap_ipv4_filter', {
  ipv4Addr: u32be.doc('Address of CSME, network order; 0: any.'),
  flags: u32.bits(Ipv4FilterFlags).doc('Which frames CSME wants.'),
});
export type Ipv4Filter = ValueOf<typeof Ipv4Filter>;

export const OobFilters = struct('iwl_sap_oob_filters', {
  flexFilters: array(14, FlexFilter).doc('TCP and UDP rules.'),
  icmpv6Flags: u32.bits(Icmpv6Flags).doc('ICMPv6 rule.'),
  ipv6Filters: array(4, Ipv6Filter).doc('Not used by the reference.'),
  ethFilters: array(5, EthFilter).doc('Multicast rules.'),
  reserved139: reserved(1),
  ipv4Filter: Ipv4Filter.doc('IPv4 address, ICMP and ARP rules.'),
  vlan: array(4, u16).doc('Bits 0-11 id, bit 15 enabled; not used by the reference.'),
}).doc('Which received frames CSME wants.');
export type OobFilters = ValueOf<typeof OobFilters>;
