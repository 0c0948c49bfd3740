/** What AMT says of itself: names, versions, the machine. */
import { parseGuid } from '../../../../sap/index.ts';
import { type AmtState, partVersions, shortVersion } from '../../../amt/index.ts';
import { type AmtClass, amtClass, amtService, type Change, type PutOutcome } from '../schema.ts';
import { boolean, hostName, RETURN, sent } from './values.ts';

export const GENERAL_CLASSES: readonly AmtClass[] = [
  amtClass({
    name: 'AMT_GeneralSettings',
    keys: ['InstanceID'],
    instances: (state) => [
      {
        AMTNetworkEnabled: 1,
        DDNSPeriodicUpdateInterval: state.ddnsInterval,
        DDNSTTL: state.ddnsTtl,
        DDNSUpdateByDHCPServerEnabled: true,
        DDNSUpdateEnabled: state.ddnsEnabled,
        DHCPSyncRequiresHostname: 0,
        DHCPv6ConfigurationTimeout: 0,
        DigestRealm: state.realm,
        DomainName: state.domainName,
        ElementName: 'Intel(r) AMT: General Settings',
        HostName: state.hostName,
        HostOSFQDN: state.hostOsFqdn,
        IdleWakeTimeout: 65535,
        InstanceID: 'Intel(r) AMT: General Settings',
        NetworkInterfaceEnabled: true,
        PingResponseEnabled: true,
        PowerSource: state.powerSource,
        PreferredAddressFamily: 0,
        PresenceNotificationInterval: 0,
        PrivacyLevel: 0,
        RmcpPingResponseEnabled: false,
        SharedFQDN: state.sharedFqdn,
        ThunderboltDockEnabled: 0,
        WsmanOnlyMode: false,
      },
    ],
    put: putGeneralSettings,
  }),
  amtClass({
    name: 'CIM_SoftwareIdentity',
    keys: ['InstanceID'],
    instances: (state) =>
      softwareVersions(state).map(([InstanceID, VersionString]) => ({
        InstanceID,
        IsEntity: true,
        VersionString,
      })),
  }),
  amtClass({
    name: 'CIM_ComputerSystemPackage',
    keys: ['Antecedent', 'Dependent'],
    instances: ({ uuid }) => [
      {
        Antecedent: CHASSIS,
        Dependent: {
          className: 'CIM_ComputerSystem',
          selectors: { CreationClassName: 'CIM_ComputerSystem', Name: 'ManagedSystem' },
        },
        PlatformGUID: Buffer.from(parseGuid(uuid)!).toString('hex').toUpperCase(),
      },
    ],
  }),
  amtClass({
    name: 'AMT_BootCapabilities',
    keys: ['InstanceID'],
    instances: (state) => [
      {
        BIOSPause: false,
        BIOSReflash: false,
        BIOSSecureBoot: true,
        BIOSSetup: true,
        ConfigurationDataReset: false,
        ElementName: 'Intel(r) AMT: Boot Capabilities',
        ForceCDorDVDBoot: true,
        ForceDiagnosticBoot: false,
        ForceHardDriveBoot: true,
        ForceHardDriveSafeModeBoot: false,
        ForcePXEBoot: true,
        ForcedProgressEvents: true,
        IDER: state.iderEnabled,
        InstanceID: 'Intel(r) AMT:BootCapabilities 0',
        KeyboardLock: true,
        PowerButtonLock: false,
        ResetButtonLock: false,
        SOL: state.solEnabled,
        SecureErase: false,
        SleepButtonLock: false,
        UserPasswordBypass: true,
        VerbosityQuiet: false,
        VerbosityScreenBlank: false,
        VerbosityVerbose: false,
      },
    ],
  }),
  amtClass({
    name: 'IPS_HostBootReason',
    keys: ['InstanceID'],
    instances: ({ hostReset }) => [
      {
        ElementName: 'Intel(r) AMT:Host Boot Reason',
        InstanceID: 'Intel(r) AMT:Host Boot Reason',
        PreviousSxState: 0,
        Reason: hostReset.reason,
        ReasonDetails: '',
      },
    ],
  }),
  amtClass({
    name: 'CIM_PowerManagementCapabilities',
    keys: ['InstanceID'],
    instances: () => [
      {
        ElementName: 'Power Management Capabilities',
        InstanceID: 'Intel(r) AMT:PowerManagementCapabilities 0',
        PowerChangeCapabilities: [2, 3, 4, 7, 8],
        PowerStatesSupported: [5, 8, 2, 10],
        RequestedPowerStatesSupported: [5, 8, 2, 10],
      },
    ],
  }),
  amtService(
    'AMT_TimeSynchronizationService',
    'Intel(r) AMT Time Synchronization Service',
    () => ({ EnabledState: 5, LocalTimeSyncEnabled: 0, RequestedState: 12, TimeSource: 0 }),
    {
      methods: {
        GetLowAccuracyTimeSynch: {
          forLocalAccount: true,
          call: ({ nowMs }) => ({ Ta0: Math.floor(nowMs / 1000), ReturnValue: RETURN.SUCCESS }),
        },
        // AMT's clock is the host's here, so it is right already.
        SetHighAccuracyTimeSynch: {
          forLocalAccount: true,
          call: ({ input }) =>
            ['Ta0', 'Tm1', 'Tm2'].every((name) => /^\d{1,10}$/.test(input(name) ?? ''))
              ? RETURN.SUCCESS
              : RETURN.INVALID_PARAMETER,
        },
      },
    },
  ),
];

const CHASSIS = {
  className: 'CIM_Chassis',
  selectors: { CreationClassName: 'CIM_Chassis', Tag: 'CIM_Chassis' },
};

/** What AMTHI tells, and the firmware's core. */
function softwareVersions(state: AmtState): readonly (readonly [string, string])[] {
  return [...partVersions(state), ['AMT FW Core Version', shortVersion(state.version)]];
}

function putGeneralSettings(change: Change): PutOutcome {
  const { state } = change.amt;
  const name = sent(change, 'HostName', hostName, state.hostName);
  const domainName = sent(change, 'DomainName', hostName, state.domainName);
  const sharedFqdn = sent(change, 'SharedFQDN', boolean, state.sharedFqdn);
  const ddnsEnabled = sent(change, 'DDNSUpdateEnabled', boolean, state.ddnsEnabled);
  if (
    name === undefined ||
    domainName === undefined ||
    sharedFqdn === undefined ||
    ddnsEnabled === undefined
  ) {
    return { refused: 'HostName and DomainName are names, SharedFQDN and DDNSUpdateEnabled true or false.' };
  }
  change.amt.perform(change.nowMs, {
    type: 'set',
    settings: { hostName: name, domainName, sharedFqdn, ddnsEnabled },
  });
  return 'done';
}
