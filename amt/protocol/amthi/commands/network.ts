/** What AMT has of the network: addresses, names, remote access. */
import { ansi, bool32, bytes, ipv4, list, mac, optional, struct, text, u8, u16, u32 } from '../../declare.ts';
import { amthiCommand } from '../command.ts';
import { suffixList } from '../fields.ts';
import {
  DhcpIpMode,
  DhcpMode,
  EnterpriseAccessFlags,
  Ipv6AddressState,
  Ipv6AddressType,
  LanInterface,
  RemoteAccessNetwork,
  RemoteAccessStatus,
  RemoteAccessTrigger,
} from '../values.ts';

const DOMAIN_MAX = 255;
/** Text of an IPv6 address with its NUL. */
const ADDRESS_BYTES = 46;
/** As many as a message of the client's usual length has room for. */
const IPV6_ADDRESSES_MAX = 64;

export const NETWORK_COMMANDS = {
  GET_TCPIP_PARAMETERS: amthiCommand({
    op: 0x06,
    doc: 'The addresses of the wired interface.',
    source: 'LMS GetTcpipParametersCommand.h',
    response: {
      dhcpMode: u32.of(DhcpMode).doc('The rest only counts with fixed addresses.'),
      address: ipv4.doc('Of AMT.'),
      subnetMask: ipv4.doc('Of its network.'),
      defaultGateway: ipv4.doc('0: none.'),
      primaryDns: ipv4.doc('0: none.'),
      secondaryDns: ipv4.doc('0: none.'),
      domainName: ansi(DOMAIN_MAX).doc('The domain.'),
    },
  }),
  GET_MAC_ADDRESSES: amthiCommand({
    op: 0x25,
    doc: 'The addresses of the wired interface.',
    source: 'MeshCentral amt-mei.js',
    response: {
      dedicated: mac.doc("AMT's own; zero when it shares that of the host."),
      host: mac.doc("The host's."),
    },
  }),
  GET_LAN_INTERFACE_SETTINGS: amthiCommand({
    op: 0x48,
    doc: 'One interface. Without it, the status is INTERFACE_DOES_NOT_EXIST.',
    source: 'LMS GetLanInterfaceSettingsCommand.h',
    request: { interfaceIndex: u32.of(LanInterface).doc('Which one.') },
    response: {
      enabled: bool32.doc('AMT uses it.'),
      ipv4Address: ipv4.doc('0: none.'),
      dhcpEnabled: bool32.doc('The address comes from DHCP.'),
      dhcpIpMode: u8.of(DhcpIpMode).doc('Who asks for it.'),
      linkStatus: u8.doc('0 down, 1 up.'),
      macAddress: mac.doc('Of the interface.'),
    },
  }),
  GET_IPV6_LAN_INTERFACE_STATUS: amthiCommand({
    op: 0x52,
    doc: 'The IPv6 addresses of one interface. With IPv6 off, the status is IPV6_INTERFACE_DISABLED.',
    source: 'LMS GetIPv6LanInterfaceStatusCommand.h',
    request: { interfaceIndex: u32.of(LanInterface).doc('Which one.') },
    response: {
      defaultRouter: text(ADDRESS_BYTES).doc('Empty: none.'),
      primaryDns: text(ADDRESS_BYTES).doc('Empty: none.'),
      secondaryDns: text(ADDRESS_BYTES).doc('Empty: none.'),
      addresses: list(
        u32,
        struct({
          address: text(ADDRESS_BYTES).doc('As text.'),
          type: u32.of(Ipv6AddressType).doc('Where it comes from.'),
          state: u32.of(Ipv6AddressState).doc('Whether it can be used.'),
        }),
        IPV6_ADDRESSES_MAX,
      ).doc('All that it has.'),
    },
  }),
  GET_PKI_FQDN_SUFFIX: amthiCommand({
    op: 0x36,
    doc: 'The DNS suffix that the certificate of a configuration server must have; LMS calls it GET_DNS_SUFFIX.',
    source: 'LMS GetDNSSuffixCommand.h',
    response: { suffix: ansi().doc('Empty: the one of the network.') },
  }),
  SET_DNS_SUFFIX: amthiCommand({
    op: 0x2f,
    doc: 'Sets that suffix.',
    source: 'MeshCentral amt-mei.js',
    request: { suffix: ansi(DOMAIN_MAX).doc('Empty: the one of the network.') },
  }),
  GET_DNS_SUFFIX_LIST: amthiCommand({
    op: 0x3e,
    doc: 'The suffixes of the networks that are the enterprise.',
    source: 'LMS GetDNSSuffixListCommand.h',
    response: { suffixes: suffixList.doc('Each with a NUL behind it.') },
  }),
  GET_FQDN: amthiCommand({
    op: 0x56,
    doc: 'The name of AMT in the network.',
    source: 'LMS GetFQDNCommand.h',
    response: {
      sharedFqdn: bool32.doc('It is also that of the host.'),
      ddnsUpdateEnabled: bool32.doc('AMT updates DNS.'),
      ddnsPeriodicUpdateInterval: u32.doc('Minutes.'),
      ddnsTtl: u32.doc('Seconds.'),
      hostNameLength: u32.doc('So many characters of the name are the host, the rest is the domain.'),
      fqdn: ansi().doc('The name.'),
    },
  }),
  SET_HOST_FQDN: amthiCommand({
    op: 0x5b,
    doc: 'Tells AMT the name of the operating system.',
    source: 'LMS SetHostFQDNCommand.h',
    request: { fqdn: ansi(DOMAIN_MAX).doc('The name.') },
  }),
  SET_ENTERPRISE_ACCESS: amthiCommand({
    op: 0x3f,
    doc: 'Tells AMT whether the host is in the enterprise. The answer is a status: REMOTE_ACCESS_… of 0x200 to 0x203.',
    source: 'LMS SetEnterpriseAccessCommand.h',
    request: {
      flags: u8.bits(EnterpriseAccessFlags).doc('What the address is.'),
      hostAddress: bytes(16).doc('Of the host; one of IPv4 is in the first four bytes.'),
      enterpriseAccess: u8.doc('1: it is there.'),
    },
  }),
  OPEN_USER_INITIATED_CONNECTION: amthiCommand({
    op: 0x44,
    doc: 'Asks AMT to connect to its management presence server, for help from outside.',
    source: 'LMS OpenUserInitiatedConnectionCommand.h',
  }),
  CLOSE_USER_INITIATED_CONNECTION: amthiCommand({
    op: 0x45,
    doc: 'Ends that.',
    source: 'LMS CloseUserInitiatedConnectionCommand.h',
  }),
  GET_REMOTE_ACCESS_CONNECTION_STATUS: amthiCommand({
    op: 0x46,
    doc: 'Whether AMT is connected to its management presence server.',
    source: 'LMS GetRemoteAccessConnectionStatusCommand.h',
    response: {
      networkStatus: u32.of(RemoteAccessNetwork).doc('Where AMT believes to be.'),
      remoteStatus: u32.of(RemoteAccessStatus).doc('The connection.'),
      trigger: u32.of(RemoteAccessTrigger).doc('What made it.'),
      mpsHostName: optional(ansi()).doc('The server; may be missing without a connection.'),
    },
  }),
  GET_CONFIG_SERVER_DATA: amthiCommand({
    op: 0x4e,
    doc: 'The configuration server.',
    source: 'LMS GetConfigServerDataCommand.h',
    response: {
      port: u16.doc('0: none is known.'),
      address: text(ADDRESS_BYTES).doc('As text.'),
      fqdn: ansi().doc('Its name.'),
    },
  }),
} as const;
