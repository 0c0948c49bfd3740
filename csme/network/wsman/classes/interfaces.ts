/** AMT's network interfaces: wired and WLAN. */
import { formatIpv4, formatMac } from '../../../../sap/index.ts';
import type { AmtInterface, AmtState } from '../../../amt/index.ts';
import {
  AMT_SYSTEM,
  type AmtClass,
  type Answer,
  amtClass,
  amtService,
  type Call,
  type Change,
  type Instance,
  type PutOutcome,
  sorted,
} from '../schema.ts';
import { boolean, oneOf, RETURN, sent } from './values.ts';

export const INTERFACE_CLASSES: readonly AmtClass[] = [
  amtClass({
    name: 'AMT_EthernetPortSettings',
    keys: ['InstanceID'],
    instances: ({ wired, wireless }) => [
      ...(wired === null
        ? []
        : [
            portSettings(wired, 0, {
              IpSyncEnabled: false,
              LinkPolicy: [1, 14],
              PhysicalConnectionType: 0,
              SharedDynamicIP: true,
              SharedStaticIp: false,
            }),
          ]),
      ...(wireless === null
        ? []
        : [
            portSettings(wireless, 1, {
              ConsoleTcpMaxRetransmissions: 5,
              LinkControl: 2,
              LinkPreference: 2,
              PhysicalConnectionType: 3,
              WLANLinkProtectionLevel: 1,
            }),
          ]),
    ],
    put: putPortSettings,
  }),
  amtClass({
    name: 'CIM_WiFiPort',
    keys: ['CreationClassName', 'DeviceID', 'SystemCreationClassName', 'SystemName'],
    instances: ({ wireless }) =>
      wireless === null
        ? []
        : [
            {
              CreationClassName: 'CIM_WiFiPort',
              DeviceID: 'WiFi Port 0',
              ElementName: 'WiFi Port 0',
              EnabledState: wireless.enabled ? WIFI_ENABLED : WIFI_DISABLED,
              HealthState: 5,
              LinkTechnology: 11,
              PermanentAddress: formatMac(wireless.mac).replaceAll(':', '').toUpperCase(),
              PortType: 0,
              RequestedState: wireless.enabled ? WIFI_ENABLED : WIFI_DISABLED,
              SystemCreationClassName: 'CIM_ComputerSystem',
              SystemName: AMT_SYSTEM,
            },
          ],
    methods: { RequestStateChange: { call: changeWifiState } },
  }),
  amtService(
    'AMT_WiFiPortConfigurationService',
    'Intel(r) AMT WiFiPort Configuration Service',
    ({ wifi }) => ({
      EnabledState: wifi.enabledState,
      HealthState: wifi.healthState,
      LastConnectedSsidUnderMeControl: wifi.lastConnectedSsidUnderMeControl,
      NoHostCsmeSoftwarePolicy: wifi.noHostCsmeSoftwarePolicy,
      RequestedState: wifi.requestedState,
      localProfileSynchronizationEnabled: wifi.localProfileSynchronizationEnabled,
    }),
    { instanceName: 'Intel(r) AMT WiFi Port Configuration Service', put: putWifi },
  ),
  amtClass({ name: 'CIM_WiFiEndpointSettings', keys: ['InstanceID'], instances: () => [] }),
  amtClass({
    name: 'IPS_HostIPSettings',
    keys: ['InstanceID'],
    instances: () => [
      {
        DHCPEnabled: true,
        ElementName: 'Intel(r) AMT: Host IP Settings',
        InstanceID: 'Intel(r) AMT: Host IP Settings',
      },
    ],
  }),
];

const PORT_SETTINGS = 'Intel(r) AMT Ethernet Port Settings';

function portSettings(lan: AmtInterface, index: 0 | 1, more: Instance): Instance {
  const address = (value: number) => (value === 0 ? undefined : formatIpv4(value));
  return sorted({
    DHCPEnabled: lan.dhcp,
    DefaultGateway: address(lan.gateway),
    ElementName: PORT_SETTINGS,
    IPAddress: address(lan.ipv4),
    InstanceID: `${PORT_SETTINGS} ${index}`,
    LinkIsUp: lan.linkUp,
    MACAddress: formatMac(lan.mac).replaceAll(':', '-'),
    PrimaryDNS: address(lan.dns1),
    SecondaryDNS: address(lan.dns2),
    SharedMAC: true,
    SubnetMask: address(lan.subnetMask),
    ...more,
  });
}

function putPortSettings(change: Change): PutOutcome {
  const which = change.instance.InstanceID === `${PORT_SETTINGS} 0` ? 'wired' : 'wireless';
  const lan = change.amt.state[which]!;
  const dhcp = sent(change, 'DHCPEnabled', boolean, lan.dhcp);
  const [ipv4, subnetMask, gateway, dns1, dns2] = (
    [
      ['IPAddress', lan.ipv4],
      ['SubnetMask', lan.subnetMask],
      ['DefaultGateway', lan.gateway],
      ['PrimaryDNS', lan.dns1],
      ['SecondaryDNS', lan.dns2],
    ] as const
  ).map(([name, now]) => sent(change, name, ipv4Of, dhcp === false ? 0 : now));
  if (
    dhcp === undefined ||
    ipv4 === undefined ||
    subnetMask === undefined ||
    gateway === undefined ||
    dns1 === undefined ||
    dns2 === undefined
  ) {
    return { refused: 'DHCPEnabled is true or false, addresses are such as 192.0.2.1.' };
  }
  if (!dhcp && (ipv4 === 0 || subnetMask === 0))
    return { refused: 'Without DHCP there must be IPAddress and SubnetMask.' };
  const settings = { dhcp, ipv4, subnetMask, gateway, dns1, dns2 };
  change.amt.perform(change.nowMs, { type: 'setInterface', which, settings });
  return 'done';
}

function ipv4Of(text: string): number | undefined {
  if (text === '') return 0;
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every((octet) => /^\d{1,3}$/.test(octet) && Number(octet) < 256))
    return undefined;
  return octets.reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

/** CIM_WiFiPort.EnabledState as AMT has it: in S0; off. 32769, in S0 and in Sx on AC, is taken for 32768. */
const WIFI_ENABLED = 32768;
const WIFI_DISABLED = 3;

function changeWifiState({ amt, nowMs, input }: Call): Answer {
  const wanted = oneOf(WIFI_DISABLED, WIFI_ENABLED, 32769)(input('RequestedState'));
  if (wanted === undefined) return RETURN.INVALID_PARAMETER;
  const settings = { enabled: wanted !== WIFI_DISABLED };
  return amt.perform(nowMs, { type: 'setInterface', which: 'wireless', settings });
}

function putWifi(change: Change): PutOutcome {
  const { wifi }: AmtState = change.amt.state;
  const synchronization = sent(
    change,
    'localProfileSynchronizationEnabled',
    oneOf(0, 1, 3),
    wifi.localProfileSynchronizationEnabled,
  );
  const policy = sent(change, 'NoHostCsmeSoftwarePolicy', oneOf(0, 1), wifi.noHostCsmeSoftwarePolicy);
  if (synchronization === undefined || policy === undefined)
    return {
      refused: 'localProfileSynchronizationEnabled is 0, 1 or 3, NoHostCsmeSoftwarePolicy 0 or 1.',
    };
  change.amt.perform(change.nowMs, {
    type: 'set',
    settings: {
      wifi: {
        ...wifi,
        localProfileSynchronizationEnabled: synchronization,
        noHostCsmeSoftwarePolicy: policy,
      },
    },
  });
  return 'done';
}
