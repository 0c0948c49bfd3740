/** TLS, certificates, and the way from outside of the enterprise's network. Most of it is empty: there is none here. */
import { AMT_SYSTEM, type AmtClass, type Answer, amtClass, amtService, type Call } from '../schema.ts';
import { oneOf, RETURN } from './values.ts';

export const REMOTE_CLASSES: readonly AmtClass[] = [
  amtClass({
    name: 'AMT_TLSSettingData',
    keys: ['InstanceID'],
    instances: ({ tlsEnabled }) =>
      (
        [
          ['Intel(r) AMT 802.3 TLS Settings', false],
          ['Intel(r) AMT LMS TLS Settings', true],
        ] as const
      ).map(([name, acceptsOthers]) => ({
        AcceptNonSecureConnections: acceptsOthers || !tlsEnabled,
        ElementName: name,
        Enabled: tlsEnabled,
        InstanceID: name,
        MutualAuthentication: false,
      })),
  }),
  empty('AMT_PublicKeyCertificate', 'InstanceID'),
  empty('AMT_PublicPrivateKeyPair', 'InstanceID'),
  empty('AMT_TLSCredentialContext', 'ElementInContext', 'ElementProvidingContext'),
  amtClass({
    name: 'AMT_EnvironmentDetectionSettingData',
    keys: ['InstanceID'],
    instances: ({ dnsSuffixes }) => [
      {
        DetectionAlgorithm: 0,
        DetectionStrings: dnsSuffixes,
        ElementName: 'Intel(r) AMT Environment Detection Settings',
        InstanceID: 'Intel(r) AMT Environment Detection Settings',
      },
    ],
  }),
  amtClass({
    name: 'AMT_ManagementPresenceRemoteSAP',
    keys: ['CreationClassName', 'Name', 'SystemCreationClassName', 'SystemName'],
    instances: ({ remoteAccess: { mpsHost } }) =>
      mpsHost === ''
        ? []
        : [
            {
              AccessInfo: mpsHost,
              CN: mpsHost,
              CreationClassName: 'AMT_ManagementPresenceRemoteSAP',
              ElementName: 'Intel(r) AMT:Management Presence Server',
              InfoFormat: 201,
              Name: 'Intel(r) AMT:Management Presence Server 0',
              Port: 4433,
              SystemCreationClassName: 'CIM_ComputerSystem',
              SystemName: AMT_SYSTEM,
            },
          ],
  }),
  empty('AMT_MPSUsernamePassword', 'InstanceID'),
  empty(
    'AMT_RemoteAccessPolicyRule',
    'CreationClassName',
    'PolicyRuleName',
    'SystemCreationClassName',
    'SystemName',
  ),
  empty('AMT_RemoteAccessPolicyAppliesToMPS', 'ManagedElement', 'PolicySet'),
  empty('AMT_SNMPEventSubscriber', 'CreationClassName', 'Name', 'SystemCreationClassName', 'SystemName'),
  amtService(
    'AMT_UserInitiatedConnectionService',
    'Intel(r) AMT User Initiated Connection Service',
    (state) => ({ EnabledState: NOBODY | state.userInitiatedInterfaces }),
    { methods: { RequestStateChange: { call: changeUserInitiated } } },
  ),
];

/** EnabledState, and with it the bits of the BIOS and of programs of the operating system. */
const NOBODY = 32768;

function changeUserInitiated({ amt, nowMs, input }: Call): Answer {
  const wanted = oneOf(32768, 32769, 32770, 32771)(input('RequestedState'));
  if (wanted === undefined) return RETURN.INVALID_PARAMETER;
  return amt.perform(nowMs, { type: 'set', settings: { userInitiatedInterfaces: wanted & ~NOBODY } });
}

/** A class that AMT has and of which there is no instance. */
function empty(name: string, ...keys: readonly string[]): AmtClass {
  return amtClass({ name, keys, instances: () => [] });
}
