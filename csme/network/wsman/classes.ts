/**
 * The AMT classes that can be read: each is one declaration, from which the XML is written and selectors are checked.
 *
 * Names, keys and values are those of Intel's AMT SDK (class reference); AMT writes the properties of an instance in
 * the order of their names, capitals first.
 */
import { AMT_SCHEMA, element, escapeText } from '../../../amt/web/index.ts';
import type { AmtDevice } from '../device.ts';

export interface AmtClass {
  readonly name: string;
  readonly uri: string;
  /** Properties that may stand in a SelectorSet: they name the one instance. */
  readonly keys: readonly string[];
  readonly properties: Readonly<Record<string, Property>>;
}

/** A value that never differs here, or where it is found. */
type Property = Value | ((device: AmtDevice) => Value);
type Value = string | number | boolean;

export const AMT_CLASSES: readonly AmtClass[] = [
  amtClass('AMT_GeneralSettings', ['InstanceID'], {
    AMTNetworkEnabled: 1,
    DDNSPeriodicUpdateInterval: 1440,
    DDNSTTL: 900,
    DDNSUpdateByDHCPServerEnabled: true,
    DDNSUpdateEnabled: false,
    DHCPSyncRequiresHostname: 0,
    DHCPv6ConfigurationTimeout: 0,
    DigestRealm: (device) => device.realm,
    DomainName: (device) => device.domainName,
    ElementName: 'Intel(r) AMT: General Settings',
    HostName: (device) => device.hostName,
    HostOSFQDN: (device) => device.hostOsFqdn,
    IdleWakeTimeout: 65535,
    InstanceID: 'Intel(r) AMT: General Settings',
    NetworkInterfaceEnabled: true,
    PingResponseEnabled: true,
    PowerSource: (device) => device.powerSource,
    PreferredAddressFamily: 0,
    PresenceNotificationInterval: 0,
    PrivacyLevel: 0,
    RmcpPingResponseEnabled: false,
    SharedFQDN: true,
    ThunderboltDockEnabled: 0,
    WsmanOnlyMode: false,
  }),
  amtClass('AMT_SetupAndConfigurationService', serviceKeys(), {
    CreationClassName: 'AMT_SetupAndConfigurationService',
    ElementName: 'Intel(r) AMT Setup and Configuration Service',
    EnabledState: 5,
    Name: 'Intel(r) AMT Setup and Configuration Service',
    PasswordModel: 1,
    ProvisioningMode: (device) => device.provisioningMode,
    ProvisioningServerOTP: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
    ProvisioningState: (device) => device.provisioningState,
    RequestedState: 12,
    SystemCreationClassName: 'CIM_ComputerSystem',
    SystemName: 'Intel(r) AMT',
    ZeroTouchConfigurationEnabled: (device) => device.zeroTouchConfigurationEnabled,
  }),
  amtClass('AMT_WiFiPortConfigurationService', serviceKeys(), {
    CreationClassName: 'AMT_WiFiPortConfigurationService',
    ElementName: 'Intel(r) AMT WiFiPort Configuration Service',
    EnabledState: (device) => device.wifi.enabledState,
    HealthState: (device) => device.wifi.healthState,
    LastConnectedSsidUnderMeControl: (device) => device.wifi.lastConnectedSsidUnderMeControl,
    Name: 'Intel(r) AMT WiFi Port Configuration Service',
    NoHostCsmeSoftwarePolicy: (device) => device.wifi.noHostCsmeSoftwarePolicy,
    RequestedState: (device) => device.wifi.requestedState,
    SystemCreationClassName: 'CIM_ComputerSystem',
    SystemName: 'Intel(r) AMT',
    localProfileSynchronizationEnabled: (device) => device.wifi.localProfileSynchronizationEnabled,
  }),
];

/** The keys of CIM_Service. */
function serviceKeys(): readonly string[] {
  return ['CreationClassName', 'Name', 'SystemCreationClassName', 'SystemName'];
}

/** Value of a property as XML schema writes it. */
export function propertyText(property: Property, device: AmtDevice): string {
  return String(typeof property === 'function' ? property(device) : property);
}

/** The instance as an element, with `prefix` for the namespace of its class. */
export function instanceXml(amt: AmtClass, device: AmtDevice, prefix: string): string {
  const properties = Object.entries(amt.properties).map(([name, property]) =>
    element(`${prefix}:${name}`, escapeText(propertyText(property, device))),
  );
  return element(`${prefix}:${amt.name}`, ...properties);
}

function amtClass(
  name: string,
  keys: readonly string[],
  properties: Readonly<Record<string, Property>>,
): AmtClass {
  return { name, uri: `${AMT_SCHEMA}${name}`, keys, properties };
}
