/** The named values of the fields of AMTHI. Source: Intel LMS and rpc-go, unless an entry says otherwise. */
import { openEnum } from '../../../sap/index.ts';

export const ProvisioningMode = openEnum({
  NONE: [0, 'None: AMT is not provisioned.'],
  ENTERPRISE: [1, 'The one that all present firmware is provisioned in.'],
  SMALL_BUSINESS: [2, 'Provisioned by hand, of old firmware.'],
  REMOTE_ASSISTANCE: [3, 'Only for help over the Internet.'],
});

export const ProvisioningState = openEnum({
  PRE: [
    0,
    'AMT is not provisioned: it cannot be reached through the network, and a program of this machine or a configuration server may set it up.',
  ],
  IN: [1, 'AMT waits for a configuration server to set it up.'],
  POST: [2, 'AMT is provisioned: whoever has its password manages this machine through the network.'],
});

export const ControlMode = openEnum({
  NONE: [0, 'Nobody controls AMT.'],
  CLIENT: [
    1,
    'Client control (CCM): a program of this machine set AMT up; remote control of screen and disks needs the consent of the user.',
  ],
  ADMIN: [
    2,
    'Admin control (ACM): an administrator set AMT up; remote control needs no consent unless it was asked for.',
  ],
});

export const ProvisioningTlsMode = openEnum({
  NOT_READY: [0, 'Not ready for a configuration server.'],
  PSK: [1, 'Keys that were shared before.'],
  PKI: [2, 'Certificates.'],
});

export const DhcpMode = openEnum({
  NONE: [0, 'No mode.'],
  DISABLED: [1, 'The address is a fixed one.'],
  ENABLED: [2, 'The address comes from DHCP.'],
});

export const DhcpIpMode = openEnum({
  ACTIVE: [1, 'AMT asks the DHCP server itself.'],
  PASSIVE: [2, 'AMT has the address of the host.'],
});

export const LanInterface = openEnum({
  WIRED: [0, 'Wired.'],
  WIRELESS: [1, 'Wireless.'],
});

export const HashAlgorithm = openEnum({
  MD5: [0, '16 bytes.'],
  SHA1: [1, '20 bytes.'],
  SHA256: [2, '32 bytes.'],
  SHA384: [3, '48 bytes, as rpc-go and the audit record have it; LMS and MeshCentral take it for SHA-512.'],
  SHA224: [4, '28 bytes; only rpc-go has it.'],
  SHA512: [5, '64 bytes; only rpc-go has it.'],
});

/** Bytes of a hash by its algorithm. */
export const HASH_BYTES: ReadonlyMap<number, number> = new Map([
  [HashAlgorithm.MD5, 16],
  [HashAlgorithm.SHA1, 20],
  [HashAlgorithm.SHA256, 32],
  [HashAlgorithm.SHA384, 48],
  [HashAlgorithm.SHA224, 28],
  [HashAlgorithm.SHA512, 64],
]);

export const RemoteAccessNetwork = openEnum({
  DIRECT: [0, 'AMT is in the network of the enterprise.'],
  VPN: [1, 'AMT reaches that network through a VPN of the host.'],
  OUTSIDE: [2, 'AMT is outside of the network of the enterprise.'],
  UNKNOWN: [3, 'AMT does not know in which network it is.'],
});

export const RemoteAccessStatus = openEnum({
  NOT_CONNECTED: [0, 'AMT has no connection to a management presence server.'],
  CONNECTING: [1, 'AMT is connecting to its management presence server.'],
  CONNECTED: [2, 'AMT is connected to its management presence server, and can be managed from there.'],
});

export const RemoteAccessTrigger = openEnum({
  USER: [0, 'The user.'],
  ALERT: [1, 'An alert.'],
  PERIODIC: [2, 'Time, as rpc-go has it; LMS: provisioning.'],
  PROVISIONING: [3, 'Provisioning, as rpc-go has it; LMS: time.'],
});

export const AmtFeature = openEnum({
  REDIRECTION_SESSIONS: [0, 'Sessions of IDE redirection and serial over LAN.'],
  SYSTEM_DEFENSE: [1, 'System defence: filters of the network.'],
  WEB_UI: [2, 'The pages for a browser.'],
  EAC: [3, 'End-point access control.'],
  KVM_SESSION: [4, 'A session of remote KVM.'],
});

export const KvmSessionState = openEnum({
  ACTIVE: [1, 'A session is there.'],
  WAITING_FOR_CONSENT: [2, 'The user is asked to agree to one.'],
});

export const RedirectionFeatures = openEnum({
  SOL: [1, 'Serial over LAN.'],
  IDER: [2, 'IDE redirection.'],
  KVM: [4, 'Remote KVM.'],
});

export const UserInitiatedInterfaces = openEnum({
  BIOS: [1, 'The BIOS.'],
  OS_AGENT: [2, 'A program of the operating system.'],
});

export const HostResetReason = openEnum({
  REMOTE_CONTROL: [0, 'An administrator reset this machine through AMT.'],
  OTHER: [1, 'It was not AMT that reset this machine.'],
});

export const EnterpriseAccessFlags = openEnum({ IPV6: [1, 'The address is one of IPv6.'] });

export const Ipv6AddressType = openEnum({
  LINK_LOCAL: [0, 'Of the link.'],
  ROUTER: [1, 'By a router.'],
  DHCPV6: [2, 'By DHCPv6.'],
  MANUAL: [3, 'Set by hand.'],
  UNKNOWN: [4, 'Not known.'],
});

export const Ipv6AddressState = openEnum({
  TENTATIVE: [0, 'Being checked.'],
  PREFERRED: [1, 'Preferred.'],
  DEPRECATED: [2, 'To be used no more.'],
  VALID: [3, 'Valid.'],
  INVALID: [4, 'Invalid.'],
  COLLISION: [5, 'Somebody else has it.'],
  UNKNOWN: [6, 'Not known.'],
});

export const MeResetType = openEnum({
  NONE: [0, 'None.'],
  ME: [1, 'Of the ME alone.'],
  GLOBAL: [2, 'Of the whole machine.'],
  EXCEPTION: [3, 'After an error of the ME.'],
});
