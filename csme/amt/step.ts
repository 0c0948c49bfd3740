/**
 * What each command makes of the emulated AMT, or with which status it is refused.
 *
 * No public document says with which status firmware refuses what; where the AMT host interface's description has no
 * rule, the choice stands here. docs/csme.md lists it.
 */
import { HASH_BYTES, AMT_STATUS as STATUS } from '../../amt/protocol/index.ts';
import type { AmtCommand } from './commands.ts';
import { UNPROVISIONED } from './profiles.ts';
import { ADMIN_USER, type AmtState } from './state.ts';

export interface AmtStep {
  readonly status: number;
  /** The very same value where nothing has changed. */
  readonly state: AmtState;
}

export function step(state: AmtState, command: AmtCommand): AmtStep {
  const rule = RULES[command.type] as Rule<AmtCommand>;
  if (rule.running !== false && !state.enabled) return { status: STATUS.INVALID_AMT_MODE, state };
  if (rule.in !== undefined && !rule.in.includes(state.provisioningState)) {
    return { status: STATUS.INVALID_PROVISIONING_STATE, state };
  }
  const made = rule.make(state, command);
  if (typeof made === 'number') return { status: made, state };
  const { status = STATUS.SUCCESS, ...changes } = made;
  return { status, state: merged(state, changes) };
}

interface Rule<C extends AmtCommand> {
  /** Only while AMT runs, unless false. */
  readonly running?: false;
  /** In which provisioning states it can be done; left out: in all. */
  readonly in?: readonly AmtState['provisioningState'][];
  /** What of the state is replaced, with a status if it is not that of success; or the status of a refusal. */
  make(state: AmtState, command: C): (Partial<AmtState> & { readonly status?: number }) | number;
}

const RULES: { readonly [T in AmtCommand['type']]: Rule<Extract<AmtCommand, { type: T }>> } = {
  setup: {
    in: [0],
    make: (state, { ha1 }) => {
      if (!HA1.test(ha1)) return STATUS.INVALID_PARAMETER;
      return {
        ...PROVISIONED_PART,
        controlMode: 1,
        accounts: { ...state.accounts, [ADMIN_USER]: ha1 },
        // The user must agree to everything that shows or takes the screen.
        optInRequired: 0xffffffff,
      };
    },
  },
  setupAdmin: {
    in: [0, 1],
    make: (state, { ha1, atS }) => {
      if (!HA1.test(ha1)) return STATUS.INVALID_PARAMETER;
      const certificate = state.certificateHashes.find(({ isActive }) => isActive);
      return {
        ...PROVISIONED_PART,
        controlMode: 2,
        accounts: { ...state.accounts, [ADMIN_USER]: ha1 },
        audit: {
          provisioningTlsMode: state.provisioningTlsMode,
          secureDns: state.dnsSuffix !== '',
          hostInitiated: state.provisioningState === 1,
          certificateHandle: certificate?.handle ?? null,
          serverAddress: state.configServer.address,
          serverFqdn: state.configServer.fqdn,
          startedAtS: atS,
        },
      };
    },
  },
  unprovision: {
    in: [1, 2],
    make: (state, { by }) => {
      if (by === 'host' && state.controlMode === 2) return STATUS.NOT_PERMITTED;
      const { remoteAccess, certificateHashes } = state;
      return {
        ...UNPROVISIONED,
        certificateHashes: certificateHashes.filter(({ isDefault }) => isDefault),
        remoteAccess: { ...remoteAccess, connection: 0, trigger: 0, mpsHost: '' },
      };
    },
  },
  startConfiguration: {
    in: [0, 1],
    make: (state) => {
      if (!state.zeroTouchEnabled) return STATUS.NOT_PERMITTED;
      if (!state.certificateHashes.some(({ isActive }) => isActive)) return STATUS.CERTIFICATE_NOT_READY;
      return { provisioningState: 1, provisioningTlsMode: 2 };
    },
  },
  stopConfiguration: {
    in: [1],
    make: () => ({ provisioningState: 0, provisioningTlsMode: 0 }),
  },
  startHostBasedConfiguration: {
    in: [0, 1],
    make: (_, { algorithm, serverHash, hostVpn, dnsSuffixes }) => {
      const hashBytes = HASH_BYTES.get(algorithm);
      if (hashBytes === undefined || serverHash.length < hashBytes) return STATUS.INVALID_PARAMETER;
      if (!dnsSuffixes.every(isDomain)) return STATUS.INVALID_DOMAIN_NAME;
      return { provisioningState: 1, provisioningTlsMode: 2, hostVpnAllowed: hostVpn, dnsSuffixes };
    },
  },
  setProvisioningServerOtp: {
    in: [0, 1],
    make: (_, { otp }) => (otp.length > OTP_MOST ? STATUS.INVALID_PARAMETER : { provisioningServerOtp: otp }),
  },
  setDnsSuffix: {
    in: [0, 1],
    make: (_, { dnsSuffix }) => (isDomain(dnsSuffix) ? { dnsSuffix } : STATUS.INVALID_DOMAIN_NAME),
  },
  setHostFqdn: {
    make: (_, { fqdn }) => (isDomain(fqdn) ? { hostOsFqdn: fqdn } : STATUS.INVALID_DOMAIN_NAME),
  },
  setEnterpriseAccess: {
    in: [2],
    make: ({ hostVpnAllowed, remoteAccess }, { vpn }) => {
      if (!hostVpnAllowed) return STATUS.REMOTE_ACCESS_HOST_VPN_IS_DISABLED;
      const status = vpn ? STATUS.REMOTE_ACCESS_GRANTED_WITHOUT_DDNS : STATUS.REMOTE_ACCESS_NOT_GRANTED;
      return { status, remoteAccess: merged(remoteAccess, { network: vpn ? 1 : 2 }) };
    },
  },
  openUserInitiated: {
    in: [2],
    make: ({ userInitiatedInterfaces, remoteAccess }) => {
      if ((userInitiatedInterfaces & OS_AGENT) === 0) return STATUS.NOT_PERMITTED;
      if (remoteAccess.mpsHost === '') return STATUS.CONNECTION_FAILED;
      if (remoteAccess.connection !== 0) return STATUS.CONNECTION_TOO_MANY;
      return { remoteAccess: { ...remoteAccess, connection: 2, trigger: BY_USER } };
    },
  },
  closeUserInitiated: {
    in: [2],
    make: ({ remoteAccess }) => ({ remoteAccess: merged(remoteAccess, { connection: 0, trigger: 0 }) }),
  },
  // There always is a seed.
  generateRngSeed: { in: [0, 1], make: () => STATUS.SUCCESS },
  setEnabled: {
    running: false,
    make: ({ hostMayChangeEnabled, remoteAccess }, { enabled, by }) => {
      if (by === 'host' && !hostMayChangeEnabled) return STATUS.NOT_PERMITTED;
      if (enabled) return { enabled };
      return { enabled, remoteAccess: merged(remoteAccess, { connection: 0, trigger: 0 }) };
    },
  },
  requireWatchdog: { running: false, make: (_, { required }) => ({ watchdogRequired: required }) },
  setAccount: {
    in: [2],
    make: ({ accounts }, { user, ha1 }) => {
      if (!USER.test(user) || !HA1.test(ha1)) return STATUS.INVALID_PARAMETER;
      const full = !Object.hasOwn(accounts, user) && Object.keys(accounts).length >= ACCOUNTS_MOST;
      return full ? STATUS.MAX_LIMIT_REACHED : { accounts: merged(accounts, { [user]: ha1 }) };
    },
  },
  set: { make: (_, { settings }) => settings },
  setInterface: {
    running: false,
    make: (state, { which, settings }) => {
      const now = state[which];
      return now === null ? STATUS.INTERFACE_DOES_NOT_EXIST : { [which]: merged(now, settings) };
    },
  },
  setRemoteAccess: {
    make: ({ remoteAccess }, { settings }) => ({ remoteAccess: merged(remoteAccess, settings) }),
  },
};

/** What all ways to be provisioned have in common. */
const PROVISIONED_PART = {
  provisioningMode: 1,
  provisioningState: 2,
  provisioningServerOtp: '',
} as const satisfies Partial<AmtState>;

/** The very same value where nothing differs. */
function merged<T extends object>(value: T, changes: Partial<T>): T {
  const same = (Object.keys(changes) as (keyof T)[]).every((key) => Object.is(value[key], changes[key]));
  return same ? value : { ...value, ...changes };
}

function isDomain(text: string): boolean {
  return /^[!-~]{0,255}$/.test(text);
}

const HA1 = /^[0-9a-f]{32}$/;
/** Users whose names begin with `$$` are AMT's own. */
const USER = /^(?!\$\$)[!-~]{1,16}$/;
const ACCOUNTS_MOST = 16;
const OTP_MOST = 32;
/** Of `userInitiatedInterfaces`. */
const OS_AGENT = 2;
/** Of `AmtRemoteAccess.trigger`. */
const BY_USER = 0;
