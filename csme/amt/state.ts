/**
 * What the emulated AMT is: one plain value, from which AMTHI, the pages, WS-Management and SAP answer.
 *
 * A value is replaced whole when something changes, so what was read before stays as it was. Numbers are those of the
 * AMT host interface unless a field says otherwise.
 */
import type { MacAddress } from '../../sap/index.ts';

export interface AmtState extends AmtIdentity, AmtProvisioning, AmtSettings {
  /** AMT runs. False: AMTHI answers with an empty message, nothing listens, CSME does not use the WLAN. */
  readonly enabled: boolean;
  /** A program of the host may switch AMT on and off. */
  readonly hostMayChangeEnabled: boolean;
  /** AMT wants the host's watchdog to run. */
  readonly watchdogRequired: boolean;
  readonly wired: AmtInterface | null;
  /** `enabled`: CSME may use the WLAN. */
  readonly wireless: AmtInterface | null;
  readonly remoteAccess: AmtRemoteAccess;
  /** Of the last time that the host was reset. */
  readonly hostReset: { readonly reason: 0 | 1; readonly atS: number };
}

/** What stays as it is while the firmware runs. */
export interface AmtIdentity {
  /** UUID of the machine, as SMBIOS has it. */
  readonly uuid: string;
  /** Up to 64 characters; often empty. */
  readonly biosVersion: string;
  /** Firmware version, four numbers: `16.1.25.2049`. */
  readonly version: string;
  /** Bit field in decimal: what AMT of this machine can do. */
  readonly sku: string;
  /** Realm of the Digest: `Digest:` and 32 upper-case hex digits. It enters every digest: clients store it. */
  readonly realm: string;
  /** Embedded host-based configuration: not for usual machines. */
  readonly ehbc: boolean;
}

export interface AmtProvisioning {
  /** 0 none, 1 enterprise, 2 small business, 3 remote assistance. */
  readonly provisioningMode: number;
  /** 0 pre, 1 in, 2 post. */
  readonly provisioningState: 0 | 1 | 2;
  /** 0 none, 1 client control, 2 admin control. */
  readonly controlMode: 0 | 1 | 2;
  /** Who may log on over the network: user, and MD5 of `user:realm:password` in lower-case hex. */
  readonly accounts: Readonly<Record<string, string>>;
  /** Of the certificate of a configuration server; empty where the network says it. */
  readonly dnsSuffix: string;
  readonly dnsSuffixes: readonly string[];
  /** A configuration server may provision AMT by its certificate. */
  readonly zeroTouchEnabled: boolean;
  /** 0 not ready, 1 with shared keys, 2 with certificates. */
  readonly provisioningTlsMode: 0 | 1 | 2;
  /** What the server must know besides its certificate; empty: nothing. */
  readonly provisioningServerOtp: string;
  /** Port 0: none is known. */
  readonly configServer: { readonly port: number; readonly address: string; readonly fqdn: string };
  /** Roots of the certificates that a configuration server may have. */
  readonly certificateHashes: readonly AmtCertificateHash[];
  /** How AMT was provisioned; null: it is not. */
  readonly audit: AmtAudit | null;
}

export interface AmtCertificateHash {
  readonly handle: number;
  readonly name: string;
  /** One that came with the firmware. */
  readonly isDefault: boolean;
  readonly isActive: boolean;
  /** 1 SHA-1, 2 SHA-256, 3 SHA-384. */
  readonly algorithm: 1 | 2 | 3;
  readonly hash: Uint8Array;
}

export interface AmtAudit {
  readonly provisioningTlsMode: 0 | 1 | 2;
  readonly secureDns: boolean;
  /** A program of the host began it. */
  readonly hostInitiated: boolean;
  /** Which of `certificateHashes` it was; null: it went without a certificate. */
  readonly certificateHandle: number | null;
  readonly serverAddress: string;
  readonly serverFqdn: string;
  /** Seconds since 1970. */
  readonly startedAtS: number;
}

/** What an administrator or the host's software sets at any time. */
export interface AmtSettings {
  /** AMT's own host name; empty where it shares the name of the operating system. */
  readonly hostName: string;
  readonly domainName: string;
  /** AMT has the host's name. */
  readonly sharedFqdn: boolean;
  readonly ddnsEnabled: boolean;
  /** Minutes. */
  readonly ddnsInterval: number;
  /** Seconds. */
  readonly ddnsTtl: number;
  /** Name of the operating system's host, as its software told AMT. */
  readonly hostOsFqdn: string;
  /** 0 AC, 1 DC. */
  readonly powerSource: 0 | 1;
  readonly powerPolicy: string;
  readonly tlsEnabled: boolean;
  readonly solEnabled: boolean;
  readonly iderEnabled: boolean;
  readonly kvmEnabled: boolean;
  /** The port of redirection, 16994, is open. */
  readonly redirectionListener: boolean;
  /** IPS_OptInService.OptInRequired: 0 never, 1 for KVM, 0xffffffff always. */
  readonly optInRequired: number;
  /** Who may open a user-initiated connection. Bits: 0 the BIOS, 1 a program of the operating system. */
  readonly userInitiatedInterfaces: number;
  readonly hostVpnAllowed: boolean;
  readonly wifi: AmtWifi;
}

export interface AmtInterface {
  readonly enabled: boolean;
  /** 0xc0000201 for 192.0.2.1; so are the others. 0: none. */
  readonly ipv4: number;
  readonly subnetMask: number;
  readonly gateway: number;
  readonly dns1: number;
  readonly dns2: number;
  readonly dhcp: boolean;
  readonly linkUp: boolean;
  /** 0x021122334455 for 02:11:22:33:44:55. */
  readonly mac: MacAddress;
}

export interface AmtRemoteAccess {
  /** Where AMT believes to be: 0 in the enterprise's network, 1 there by VPN, 2 outside, 3 unknown. */
  readonly network: 0 | 1 | 2 | 3;
  /** The connection to the presence server: 0 none, 1 is being made, 2 is there. */
  readonly connection: 0 | 1 | 2;
  /** What made it: 0 the user, 1 an alert. Only while there is one. */
  readonly trigger: number;
  /** Host name of the presence server; empty: none is configured. */
  readonly mpsHost: string;
}

/** AMT_WiFiPortConfigurationService. */
export interface AmtWifi {
  /** CIM EnabledState: 2 enabled, 3 disabled, 5 not applicable. */
  readonly enabledState: number;
  /** CIM HealthState: 5 good. */
  readonly healthState: number;
  /** CIM RequestedState: 12 not applicable. */
  readonly requestedState: number;
  /** The SSID that CSME was connected to when it last had the card; empty: none. */
  readonly lastConnectedSsidUnderMeControl: string;
  /** What CSME does while the host's software is not there: 0 limited, 1 aggressive use of its own profiles. */
  readonly noHostCsmeSoftwarePolicy: 0 | 1;
  /** 0 no profiles from the host, 1 those of the user that is logged in, 3 all of them. */
  readonly localProfileSynchronizationEnabled: 0 | 1 | 3;
}

/**
 * Whether CSME uses the WLAN: what SAP's AMT_STATE says. AMT runs, is provisioned, and its wireless interface is
 * enabled. Source: our choice; the driver's header says only that it is "CSME's use of the WLAN".
 */
export function usesWlan({ enabled, provisioningState, wireless }: AmtState): boolean {
  return enabled && provisioningState === 2 && wireless?.enabled === true;
}

/** Whom programs of the host are to WS-Management: good only for connections that come over MEI. */
export const LOCAL_USER = '$$OsAdmin';
/** Whom set-up makes. */
export const ADMIN_USER = 'admin';
