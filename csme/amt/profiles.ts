/** Kinds of AMT to begin with. */
import { bytesOfHex } from '../../sap/index.ts';
import type { AmtCertificateHash, AmtInterface, AmtState } from './state.ts';

const UUID = '4c4c4544-0053-4150-8057-4f4f44303030';

const INTERFACE: AmtInterface = {
  enabled: true,
  ipv4: 0xc0000201,
  subnetMask: 0xffffff00,
  gateway: 0xc00002fe,
  dns1: 0xc0000235,
  dns2: 0,
  dhcp: true,
  linkUp: false,
  mac: 0x021122334455,
};

/** In admin control mode, with both interfaces. */
export const PROVISIONED: AmtState = {
  enabled: true,
  hostMayChangeEnabled: true,
  watchdogRequired: true,
  uuid: UUID,
  biosVersion: '',
  version: '16.1.25.2049',
  sku: '16392',
  realm: `Digest:${UUID.replaceAll('-', '').toUpperCase()}`,
  ehbc: false,
  provisioningMode: 1,
  provisioningState: 2,
  controlMode: 2,
  accounts: {},
  dnsSuffix: 'example.test',
  dnsSuffixes: [],
  zeroTouchEnabled: true,
  provisioningTlsMode: 2,
  provisioningServerOtp: '',
  configServer: { port: 9971, address: '', fqdn: '' },
  certificateHashes: certificateHashes(),
  audit: {
    provisioningTlsMode: 2,
    secureDns: false,
    hostInitiated: false,
    certificateHandle: 1,
    serverAddress: '192.0.2.10',
    serverFqdn: 'provision.example.test',
    startedAtS: 1_700_000_000,
  },
  hostName: 'sapwood',
  domainName: 'example.test',
  sharedFqdn: true,
  ddnsEnabled: false,
  ddnsInterval: 1440,
  ddnsTtl: 900,
  hostOsFqdn: 'sapwood.example.test',
  powerSource: 0,
  powerPolicy: 'Desktop: ON in S0, ME Wake in S3, S4-5',
  tlsEnabled: false,
  solEnabled: true,
  iderEnabled: true,
  kvmEnabled: true,
  redirectionListener: false,
  optInRequired: 0,
  userInitiatedInterfaces: 3,
  hostVpnAllowed: false,
  wifi: {
    enabledState: 5,
    healthState: 5,
    requestedState: 12,
    lastConnectedSsidUnderMeControl: '',
    noHostCsmeSoftwarePolicy: 0,
    localProfileSynchronizationEnabled: 1,
  },
  wired: INTERFACE,
  wireless: { ...INTERFACE, ipv4: 0xc0000202, linkUp: true, mac: 0x021122334456 },
  remoteAccess: { network: 0, connection: 0, trigger: 0, mpsHost: '' },
  hostReset: { reason: 1, atS: 1_700_000_000 },
};

/** What a program of the host sets up: who may log on is to be added as `accounts`. */
export const CLIENT_CONTROL: Partial<AmtState> = {
  controlMode: 1,
  optInRequired: 0xffffffff,
  provisioningTlsMode: 0,
  audit: null,
};

/** As a machine comes from its maker. */
export const UNPROVISIONED = {
  provisioningMode: 0,
  provisioningState: 0,
  controlMode: 0,
  accounts: {},
  dnsSuffix: '',
  dnsSuffixes: [],
  provisioningTlsMode: 0,
  provisioningServerOtp: '',
  configServer: { port: 0, address: '', fqdn: '' },
  audit: null,
  hostName: '',
  domainName: '',
  hostOsFqdn: '',
  tlsEnabled: false,
  redirectionListener: false,
  optInRequired: 0,
  hostVpnAllowed: false,
} as const satisfies Partial<AmtState>;

/** Unprovisioned, and switched off in the firmware's menu. */
export const DISABLED: Partial<AmtState> = { ...UNPROVISIONED, enabled: false };

/** Of public roots that firmware has had for long: SHA-256 of the certificates. */
function certificateHashes(): readonly AmtCertificateHash[] {
  return [
    ['AAA Certificate Services', 'd7a7a0fb5d7e2731d771e9484ebcdef71d5f0c3e0a2948782bc83ee0ea699ef4'],
    ['Go Daddy Class 2 CA', 'c3846bf24b9e93ca64274c0ec67c1ecc5e024ffcacd2d74019350e81fe546ae4'],
    ['Starfield Class 2 CA', '1465fa205397b876faa6f0a9958e5590e40fcc7faa4fb7c2c8677521fb5fb658'],
    ['Entrust G2 CA', '43df5774b03e7fef5fe40d931a7bedf1bb2e6b42738c4e6d3841103d3aa7f339'],
  ].map(([name = '', hash = ''], index) => ({
    handle: index + 1,
    name,
    isDefault: true,
    isActive: true,
    algorithm: 2 as const,
    hash: bytesOfHex(hash)!,
  }));
}
