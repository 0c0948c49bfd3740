/** Setting AMT up, and back: who may log on, and in which control mode it is. */
import { randomBytes } from 'node:crypto';
import { parseGuid } from '../../../../sap/index.ts';
import { ADMIN_USER } from '../../../amt/index.ts';
import { type AmtClass, type Answer, amtService, type Call, type Method } from '../schema.ts';
import { oneOf, RETURN } from './values.ts';

export const SETUP_CLASSES: readonly AmtClass[] = [
  amtService(
    'AMT_SetupAndConfigurationService',
    'Intel(r) AMT Setup and Configuration Service',
    (state) => ({
      EnabledState: 5,
      PasswordModel: 1,
      ProvisioningMode: state.controlMode === 1 ? CLIENT_CONTROL_MODE : ADMIN_CONTROL_MODE,
      // Not told, whatever it is.
      ProvisioningServerOTP: Buffer.alloc(32).toString('base64'),
      ProvisioningState: state.provisioningState,
      RequestedState: 12,
      ZeroTouchConfigurationEnabled: state.zeroTouchEnabled,
    }),
    {
      methods: {
        CommitChanges: { forLocalAccount: true, call: () => RETURN.SUCCESS },
        GetUuid: {
          forLocalAccount: true,
          call: ({ amt }) => ({
            UUID: Buffer.from(parseGuid(amt.state.uuid)!).toString('base64'),
            ReturnValue: RETURN.SUCCESS,
          }),
        },
        Unprovision: { call: unprovision },
      },
    },
  ),
  amtService(
    'IPS_HostBasedSetupService',
    'Intel(r) AMT Host Based Setup Service',
    (state) => ({
      AllowedControlModes: [2, 1],
      CertChainStatus: 0,
      ConfigurationNonce: randomBytes(20).toString('base64'),
      CurrentControlMode: state.controlMode,
    }),
    {
      methods: {
        AddNextCertInChain: refusedSetup(),
        AdminSetup: refusedSetup(),
        Setup: { forLocalAccount: true, call: setup },
        UpgradeClientToAdmin: refusedSetup(),
      },
    },
  ),
  amtService(
    'AMT_AuthorizationService',
    'Intel(r) AMT Authorization Service',
    () => ({ AllowHttpQopAuthOnly: 1, EnabledState: 5, RequestedState: 12 }),
    {
      methods: {
        GetAdminAclEntry: {
          call: () => ({ Username: ADMIN_USER, ReturnValue: RETURN.SUCCESS }),
        },
        SetAdminAclEntryEx: { call: setAdministrator },
      },
    },
  ),
];

const ADMIN_CONTROL_MODE = 1;
const CLIENT_CONTROL_MODE = 4;

/** ReturnValue of the set-up methods. Source: Intel's AMT SDK, IPS_HostBasedSetupService. */
const SETUP_RETURN = {
  SUCCESS: 0,
  INTERNAL_ERROR: 1,
  INVALID_STATE: 2,
  INVALID_PARAM: 3,
  METHOD_DISABLED: 4,
} as const;

/** Into client control mode, with the hash that the administrator's digests begin with. */
function setup({ amt, nowMs, input }: Call): Answer {
  if (amt.state.provisioningState !== 0) return SETUP_RETURN.INVALID_STATE;
  const ha1 = input('NetworkAdminPassword');
  if (input('NetAdminPassEncryptionType') !== HTTP_DIGEST_MD5_A1 || !/^[0-9a-f]{32}$/i.test(ha1 ?? ''))
    return SETUP_RETURN.INVALID_PARAM;
  const status = amt.perform(nowMs, { type: 'setup', ha1: ha1!.toLowerCase() });
  return status === 0 ? SETUP_RETURN.SUCCESS : SETUP_RETURN.INTERNAL_ERROR;
}

/** Into admin control mode, or towards it: that needs a certificate which firmware knows, and here it knows none. */
function refusedSetup(): Method {
  return { forLocalAccount: true, call: () => SETUP_RETURN.METHOD_DISABLED };
}

const HTTP_DIGEST_MD5_A1 = '2';

function unprovision({ amt, nowMs, input }: Call): Answer {
  if (oneOf(0, 1, 2, 3, 4)(input('ProvisioningMode')) === undefined) return RETURN.INVALID_PARAMETER;
  return amt.perform(nowMs, { type: 'unprovision', by: 'administrator' });
}

function setAdministrator({ amt, nowMs, input }: Call): Answer {
  const digest = Buffer.from(input('DigestPassword') ?? '', 'base64');
  if (input('Username') !== ADMIN_USER || digest.length !== 16) return RETURN.INVALID_PARAMETER;
  return amt.perform(nowMs, { type: 'setAccount', user: ADMIN_USER, ha1: digest.toString('hex') });
}
