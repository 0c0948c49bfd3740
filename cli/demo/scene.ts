/** What the demo plays with: one seed gives the same network, addresses and delays on every machine. */
import { accessPoint } from '../../csme/index.ts';
import type { ConnectionInfo, MacAddress } from '../../sap/index.ts';
import { type Random, seededRandom } from '../../transport/index.ts';

export interface Scene {
  readonly seed: number;
  /** The access point that the remote session runs on. */
  readonly ap: ConnectionInfo;
  readonly ssid: string;
  readonly frequencyMhz: number;
  /** The card. */
  readonly mac: MacAddress;
  readonly ipv4: number;
  readonly prefixLength: number;
  /** Mobile country code as two letters, as the driver reports it. */
  readonly mcc: number;
  /** The remote console, on the same network. */
  readonly console: { readonly ipv4: number };
  /** The DHCP server behind the access point. */
  readonly dhcpServer: { readonly mac: MacAddress; readonly ipv4: number };
  readonly dhcpId: number;
  /** How long the stand-ins of card, air and supplicant take, in ms. */
  readonly delays: Readonly<Record<'scan' | 'associate' | 'keys' | 'dhcp' | 'stop', number>>;
}

const CHANNELS = [1, 6, 11, 36, 44, 48, 149, 157] as const;
/** 192.0.2.0/24 and 00-00-5E-00-53-xx are for documentation (RFC 5737, RFC 7042); 02 makes the latter local. */
const TEST_NET = 0xc0000200;
const TEST_MAC = 0x02_00_5e_00_53_00;

export function sceneOf(seed: number): Scene {
  const random = seededRandom(seed);
  const between = (low: number, high: number) => low + random.below(high - low + 1);
  const channel = CHANNELS[random.below(CHANNELS.length)]!;
  const ssid = 'corp';
  const mac = TEST_MAC + between(0x10, 0x3f);
  const ipv4 = TEST_NET + between(20, 99);
  return {
    seed,
    ssid,
    ap: accessPoint({ ssid, bssid: TEST_MAC + between(0x80, 0xef), channel }),
    frequencyMhz: channel <= 13 ? 2407 + 5 * channel : 5000 + 5 * channel,
    mac,
    ipv4,
    prefixLength: 24,
    mcc: (0x44 << 8) | 0x45,
    console: { ipv4: TEST_NET + between(100, 199) },
    dhcpServer: { mac: TEST_MAC + 1, ipv4: TEST_NET + 1 },
    dhcpId: word(random),
    delays: {
      scan: between(50, 90),
      associate: between(30, 60),
      keys: between(40, 80),
      dhcp: between(40, 90),
      stop: between(60, 120),
    },
  };
}

function word(random: Random): number {
  return random.below(0x7fff_ffff);
}
