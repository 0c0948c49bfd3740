/** What AMT answers when it is asked about itself over AMTHI. Where no document says what firmware does, it is a choice. */
import {
  AMT_STATE_ID,
  AMT_STATUS,
  AmtFeature,
  DhcpIpMode,
  DhcpMode,
  LanInterface,
  MeResetType,
  RedirectionFeatures,
  Secret,
} from '../../../../amt/protocol/index.ts';
import { type AmtInterface, type AmtState, partVersions } from '../../../amt/index.ts';
import type { AmthiAnswers } from './answers.ts';

export const QUERIES = {
  GET_CODE_VERSIONS: ({ state }) => codeVersions(state),
  GET_UUID: ({ state: { uuid } }) => ({ uuid }),
  GET_PROVISIONING_MODE: ({ state }) => ({ mode: state.provisioningMode, legacy: false }),
  GET_PROVISIONING_STATE: ({ state }) => ({ state: state.provisioningState }),
  GET_CONTROL_MODE: ({ state }) => ({ mode: state.controlMode }),
  GET_SECURITY_PARAMETERS: ({ state }) => ({
    enterpriseMode: state.provisioningMode === 1,
    tlsEnabled: state.tlsEnabled,
    hwCryptoEnabled: true,
    provisioningState: state.provisioningState,
    networkInterfaceEnabled: interfaces(state).some(({ enabled }) => enabled),
    solEnabled: state.solEnabled,
    iderEnabled: state.iderEnabled,
    fwUpdateEnabled: true,
    linkIsUp: linkIsUp(state),
    kvmEnabled: state.kvmEnabled,
  }),
  GET_EHBC_STATE: ({ state }) => ({ enabled: state.ehbc }),
  GET_AMT_STATE: ({ state }, { id }) =>
    id === AMT_STATE_ID
      ? {
          id,
          linkUp: linkIsUp(state),
          cryptoFuse: true,
          flashProtection: true,
          lastMeResetType: MeResetType.NONE,
        }
      : AMT_STATUS.INVALID_PARAMETER,
  GET_TCPIP_PARAMETERS: ({ state: { wired, domainName } }) =>
    wired === null
      ? AMT_STATUS.INTERFACE_DOES_NOT_EXIST
      : {
          dhcpMode: wired.dhcp ? DhcpMode.ENABLED : DhcpMode.DISABLED,
          address: wired.ipv4,
          subnetMask: wired.subnetMask,
          defaultGateway: wired.gateway,
          primaryDns: wired.dns1,
          secondaryDns: wired.dns2,
          domainName,
        },
  // It shares the address of the host.
  GET_MAC_ADDRESSES: ({ state: { wired } }) =>
    wired === null ? AMT_STATUS.INTERFACE_DOES_NOT_EXIST : { dedicated: 0, host: wired.mac },
  GET_LAN_INTERFACE_SETTINGS: ({ state }, { interfaceIndex }) => {
    const lan = lanInterface(state, interfaceIndex);
    if (typeof lan === 'number') return lan;
    return {
      enabled: lan.enabled,
      ipv4Address: lan.ipv4,
      dhcpEnabled: lan.dhcp,
      dhcpIpMode: lan.dhcp ? DhcpIpMode.ACTIVE : DhcpIpMode.PASSIVE,
      linkStatus: lan.linkUp ? 1 : 0,
      macAddress: lan.mac,
    };
  },
  GET_IPV6_LAN_INTERFACE_STATUS: ({ state }, { interfaceIndex }) => {
    const lan = lanInterface(state, interfaceIndex);
    return typeof lan === 'number' ? lan : AMT_STATUS.IPV6_INTERFACE_DISABLED;
  },
  GET_PKI_FQDN_SUFFIX: ({ state }) => ({ suffix: state.dnsSuffix }),
  GET_DNS_SUFFIX_LIST: ({ state }) => ({ suffixes: state.dnsSuffixes }),
  GET_FQDN: ({ state }) => ({
    sharedFqdn: state.sharedFqdn,
    ddnsUpdateEnabled: state.ddnsEnabled,
    ddnsPeriodicUpdateInterval: state.ddnsInterval,
    ddnsTtl: state.ddnsTtl,
    hostNameLength: state.hostName.length,
    fqdn: [state.hostName, state.domainName].filter((part) => part !== '').join('.'),
  }),
  GET_REMOTE_ACCESS_CONNECTION_STATUS: ({ state: { remoteAccess } }) => ({
    networkStatus: remoteAccess.network,
    remoteStatus: remoteAccess.connection,
    trigger: remoteAccess.trigger,
    mpsHostName: remoteAccess.mpsHost,
  }),
  GET_CONFIG_SERVER_DATA: ({ state: { configServer } }) => configServer,
  GET_FEATURES_STATE: (_, { feature }) => {
    // No session is ever open here, and of the rest AMT only has the pages.
    switch (feature) {
      case AmtFeature.REDIRECTION_SESSIONS:
        return { feature, state: 0, solOpen: false, reserved: 0 };
      case AmtFeature.WEB_UI:
        return { feature, state: 1 };
      case AmtFeature.SYSTEM_DEFENSE:
      case AmtFeature.EAC:
      case AmtFeature.KVM_SESSION:
        return { feature, state: 0 };
      default:
        return AMT_STATUS.INVALID_PARAMETER;
    }
  },
  GET_REDIRECTION_STATE: ({ state }) => ({
    enabled:
      (state.solEnabled ? RedirectionFeatures.SOL : 0) |
      (state.iderEnabled ? RedirectionFeatures.IDER : 0) |
      (state.kvmEnabled ? RedirectionFeatures.KVM : 0),
  }),
  GET_USER_INITIATED_ENABLED_INTERFACES: ({ state }) => ({ interfaces: state.userInitiatedInterfaces }),
  GET_LAST_HOST_RESET_REASON: ({ state: { hostReset } }) => ({
    reason: hostReset.reason,
    remoteControlTimestamp: hostReset.atS,
  }),
  GET_CURRENT_POWER_POLICY: ({ state }) => ({ policy: state.powerPolicy }),
  GET_CIRA_LOG: ({ state: { remoteAccess } }, { version }) =>
    version === 0 ? ciraLog(remoteAccess.connection) : AMT_STATUS.UNSUPPORTED_VERSION,
  GET_LOCAL_SYSTEM_ACCOUNT: (amt) => {
    const { user, password } = amt.localAccount();
    return { user, password: new Secret(password), padding: 0 };
  },
  GET_PROVISIONING_TLS_MODE: ({ state }) => ({ mode: state.provisioningTlsMode }),
  GET_ZERO_TOUCH_ENABLED: ({ state }) => ({ enabled: state.zeroTouchEnabled }),
  ENUMERATE_HASH_HANDLES: ({ state }) => ({ handles: state.certificateHashes.map(({ handle }) => handle) }),
  GET_CERTHASH_ENTRY: ({ state }, { handle }) => {
    const entry = state.certificateHashes.find((one) => one.handle === handle);
    if (entry === undefined) return AMT_STATUS.INVALID_HANDLE;
    const { isDefault, isActive, algorithm, name } = entry;
    return { isDefault, isActive, hash: inPlace(entry.hash), algorithm, name };
  },
  // There always is one.
  GET_RNG_SEED_STATUS: () => ({ status: 0 }),
  GET_ME_SETUP_AUDIT_RECORD: ({ state }) => auditRecord(state),
} as const satisfies Partial<AmthiAnswers>;

type Versions = ReturnType<AmthiAnswers['GET_CODE_VERSIONS']>;
function codeVersions(state: AmtState): Versions {
  return {
    // Both end with a NUL.
    biosVersion: state.biosVersion.slice(0, 64),
    versions: partVersions(state).map(([name, version]) => ({ name, version: version.slice(0, 19) })),
  };
}

type CiraLog = ReturnType<AmthiAnswers['GET_CIRA_LOG']>;
function ciraLog(connection: number): CiraLog {
  return {
    version: 0,
    summary: {
      tunnelOpened: connection === 2,
      connectionState: connection,
      lastKeepAlive: 0,
      keepAliveInterval: 0,
      lastConnectionStatus: 0,
      lastConnectionTimestamp: 0,
      lastTunnelStatus: 0,
      lastTunnelOpenedTimestamp: 0,
      lastTunnelClosedTimestamp: 0,
    },
    // Both records begin with a byte that says whether they are valid.
    records: new Uint8Array(CIRA_RECORDS_BYTES),
  };
}
/** Of the last tunnel, and of the last attempt that failed. Source: rpc-go pthi/types.go. */
const CIRA_RECORDS_BYTES = 545 + 2208;

type AuditRecord = ReturnType<AmthiAnswers['GET_ME_SETUP_AUDIT_RECORD']>;
function auditRecord({ provisioningState, audit, certificateHashes }: AmtState): AuditRecord {
  if (provisioningState !== 2) return AMT_STATUS.INVALID_PROVISIONING_STATE;
  if (audit === null) return AMT_STATUS.DATA_MISSING;
  const certificate = certificateHashes.find(({ handle }) => handle === audit.certificateHandle);
  const start = new Date(audit.startedAtS * 1000);
  return {
    provisioningTlsMode: audit.provisioningTlsMode,
    secureDns: audit.secureDns,
    hostInitiated: audit.hostInitiated,
    hashAlgorithm: certificate?.algorithm ?? 0,
    hash: inPlace(certificate?.hash ?? new Uint8Array(0)),
    caSerials: new Uint8Array(48),
    additionalCaSerials: false,
    isOemDefault: certificate?.isDefault ?? false,
    isTimeValid: true,
    serverAddress: audit.serverAddress,
    tlsStartTime: {
      year: start.getUTCFullYear(),
      month: start.getUTCMonth() + 1,
      dayOfWeek: start.getUTCDay(),
      day: start.getUTCDate(),
      hour: start.getUTCHours(),
      minute: start.getUTCMinutes(),
      second: start.getUTCSeconds(),
    },
    serverFqdn: audit.serverFqdn,
  };
}

/** One of the two interfaces, or why there is none. */
function lanInterface(state: AmtState, index: number): AmtInterface | number {
  const { WIRED, WIRELESS } = LanInterface;
  const lan = index === WIRED ? state.wired : index === WIRELESS ? state.wireless : null;
  return lan ?? AMT_STATUS.INTERFACE_DOES_NOT_EXIST;
}

function interfaces({ wired, wireless }: AmtState): AmtInterface[] {
  return [wired, wireless].filter((lan) => lan !== null);
}

function linkIsUp(state: AmtState): boolean {
  return interfaces(state).some(({ linkUp }) => linkUp);
}

/** A hash at the start of its 64 bytes. */
export function inPlace(hash: Uint8Array): Uint8Array {
  const place = new Uint8Array(64);
  place.set(hash.subarray(0, place.length));
  return place;
}
