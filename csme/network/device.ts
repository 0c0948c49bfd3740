/** What the emulated AMT says of itself: one value, from which the pages and the WS-Management classes answer. */
import { createHash } from 'node:crypto';
import { NetworkError } from './errors.ts';

/**
 * The device. It is read at every request, so a value that changes (a getter, a mutable field) shows at once.
 * Numbers are those of the classes that Intel's AMT SDK documents.
 */
export interface AmtDevice {
  /** Firmware version, four numbers: the `Server` header has all of it, Identify the first three. */
  readonly version: string;
  /** UUID of the machine, as SMBIOS has it. */
  readonly uuid: string;
  /** Realm of the Digest: `Digest:` and 32 upper-case hex digits. It enters every digest: clients store it. */
  readonly realm: string;
  /** AMT's own host name; empty where it shares the name of the operating system. */
  readonly hostName: string;
  readonly domainName: string;
  /** Name of the operating system's host, as its software told AMT. */
  readonly hostOsFqdn: string;
  /** AMT_GeneralSettings.PowerSource: 0 AC, 1 DC. */
  readonly powerSource: 0 | 1;
  /** AMT_SetupAndConfigurationService.ProvisioningMode: 1 admin control mode, 4 client control mode. */
  readonly provisioningMode: 1 | 4;
  /** AMT_SetupAndConfigurationService.ProvisioningState: 0 pre, 1 in, 2 post. */
  readonly provisioningState: 0 | 1 | 2;
  readonly zeroTouchConfigurationEnabled: boolean;
  readonly wifi: AmtWifi;
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

/** A device in admin control mode, with what is given in the place of the defaults. Throws NETWORK_ERR_OPTION. */
export function amtDevice(given: Partial<AmtDevice> = {}): AmtDevice {
  const uuid = given.uuid ?? '4c4c4544-0053-4150-8057-4f4f44303030';
  const device: AmtDevice = {
    version: '16.1.25.2049',
    uuid,
    realm: `Digest:${createHash('md5').update(uuid).digest('hex').toUpperCase()}`,
    hostName: 'sapwood',
    domainName: 'example.test',
    hostOsFqdn: 'sapwood.example.test',
    powerSource: 0,
    provisioningMode: 1,
    provisioningState: 2,
    zeroTouchConfigurationEnabled: true,
    wifi: {
      enabledState: 5,
      healthState: 5,
      requestedState: 12,
      lastConnectedSsidUnderMeControl: '',
      noHostCsmeSoftwarePolicy: 0,
      localProfileSynchronizationEnabled: 1,
    },
    ...given,
  };
  if (!/^Digest:[0-9A-F]{32}$/.test(device.realm)) {
    throw new NetworkError('NETWORK_ERR_OPTION', {
      detail: `realm is '${device.realm}': it is Digest: and 32 upper-case hex digits.`,
    });
  }
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(device.version)) {
    throw new NetworkError('NETWORK_ERR_OPTION', {
      detail: `version is '${device.version}': it is four numbers, such as 16.1.25.2049.`,
    });
  }
  return device;
}
