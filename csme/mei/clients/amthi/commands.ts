/** The commands of AMTHI that change AMT, as commands of `Amt`, which decides about them. */
import { AMT_STATUS, HASH_BYTES } from '../../../../amt/protocol/index.ts';
import { parseGuid } from '../../../../sap/index.ts';
import type { AmtState } from '../../../amt/index.ts';
import type { AmthiAnswers } from './answers.ts';
import { inPlace } from './queries.ts';

const { INVALID_PARAMETER, SUCCESS } = AMT_STATUS;

export const COMMANDS = {
  // Clients name the mode that AMT is to be in, or the one that it is in.
  UNPROVISION: (amt, { mode }, nowMs) =>
    mode <= 1 ? amt.perform(nowMs, { type: 'unprovision', by: 'host' }) : INVALID_PARAMETER,
  START_CONFIGURATION: (amt, _, nowMs) => amt.perform(nowMs, { type: 'startConfiguration' }),
  STOP_CONFIGURATION: (amt, _, nowMs) => amt.perform(nowMs, { type: 'stopConfiguration' }),
  START_CONFIGURATION_HBASED: (amt, data, nowMs) => {
    const { serverHashAlgorithm: algorithm, serverHash, hostVpn, dnsSuffixes } = data;
    const status = amt.perform(nowMs, {
      type: 'startHostBasedConfiguration',
      algorithm,
      serverHash: serverHash.slice(0, HASH_BYTES.get(algorithm) ?? 0),
      hostVpn,
      dnsSuffixes,
    });
    return status === SUCCESS ? { hashAlgorithm: algorithm, amtHash: ownHash(amt.state, algorithm) } : status;
  },
  SET_PROVISIONING_SERVER_OTP: (amt, { password }, nowMs) =>
    amt.perform(nowMs, { type: 'setProvisioningServerOtp', otp: password.reveal() }),
  SET_DNS_SUFFIX: (amt, { suffix }, nowMs) =>
    amt.perform(nowMs, { type: 'setDnsSuffix', dnsSuffix: withoutEnd(suffix) }),
  SET_HOST_FQDN: (amt, { fqdn }, nowMs) =>
    amt.perform(nowMs, { type: 'setHostFqdn', fqdn: withoutEnd(fqdn) }),
  SET_ENTERPRISE_ACCESS: (amt, { flags, enterpriseAccess }, nowMs) =>
    flags > 1 || enterpriseAccess > 1
      ? INVALID_PARAMETER
      : amt.perform(nowMs, { type: 'setEnterpriseAccess', vpn: enterpriseAccess === 1 }),
  OPEN_USER_INITIATED_CONNECTION: (amt, _, nowMs) => amt.perform(nowMs, { type: 'openUserInitiated' }),
  CLOSE_USER_INITIATED_CONNECTION: (amt, _, nowMs) => amt.perform(nowMs, { type: 'closeUserInitiated' }),
  GENERATE_RNG_SEED: (amt, _, nowMs) => amt.perform(nowMs, { type: 'generateRngSeed' }),
} as const satisfies Partial<AmthiAnswers>;

/** Of the certificate that AMT would show: it has none here, so it is made of what tells one machine from another. */
function ownHash({ uuid }: AmtState, algorithm: number): Uint8Array {
  const own = parseGuid(uuid)!;
  return inPlace(Uint8Array.from({ length: HASH_BYTES.get(algorithm) ?? 0 }, (_, i) => own[i % 16]!));
}

/** Intel's management service counts the NUL behind a text as one of its characters. */
function withoutEnd(text: string): string {
  return text.endsWith('\0') ? text.slice(0, -1) : text;
}
