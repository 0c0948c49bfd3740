/** The named values of the fields of AMTHI. Source: Intel LMS and rpc-go, unless an entry says otherwise. */
import { openEnum } from '../../../sap/index.ts';

export const ProvisioningMode = openEnum({
  NONE: [0, 'Not provisioned.'],
  ENTERPRISE: [1, 'Provisioned: every mode of present firmware is this one.'],
  SMALL_BUSINESS: [2, 'Provisioned by hand, of old firmware.'],
  REMOTE_ASSISTANCE: [3, 'Only for help over the Internet.'],
});

export const ProvisioningState = openEnum({
  PRE: [0, 'Not provisioned.'],
  IN: [1, 'Waits for a configuration server.'],
  POST: [2, 'Provisioned.'],
});

export const ControlMode = openEnum({
  NONE: [0, 'Nobody controls AMT.'],
  CLIENT: [
    1,
    'Client control (CCM): set up by a program of the host; redirection needs the consent of the user.',
  ],
  ADMIN: [2, 'Admin control (ACM): set up by an administrator; no consent is needed.'],
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
  DIRECT: [0, 'In the network of the enterprise.'],
  VPN: [1, 'In it through a VPN of the host.'],
  OUTSIDE: [2, 'Outside of it.'],
  UNKNOWN: [3, 'Not known.'],
});

export const RemoteAccessStatus = openEnum({
  NOT_CONNECTED: [0, 'No connection.'],
  CONNECTING: [1, 'It is being made.'],
  CONNECTED: [2, 'It is there.'],
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
  REMOTE_CONTROL: [0, 'Somebody did it through AMT.'],
  OTHER: [1, 'It was not AMT.'],
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
