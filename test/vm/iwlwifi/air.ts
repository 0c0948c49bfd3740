/**
 * What lies behind the air: a network namespace with a bridge, a DHCP server, and access points of hostapd on radios of the
 * guest, whose wlanN are moved there.
 *
 *     const air = await openAir({ hosts: [{ mac: '02:00:00:00:00:00', ipv4: '192.0.2.20' }] });
 *     const ap = await air.accessPoint({ interface: 'wlan1', ssid: Buffer.from('corp'), channel: 6, key: { psk: 'correct horse' } });
 *     // ap.bssid, ap.frequencyMhz; await ap.stop();
 *     await air.close();
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hexOf, type MacAddress, parseMac } from '../../../sap/index.ts';
import { Daemon, run } from './programs.ts';

export interface AirOptions {
  /** Of the namespace. */
  readonly name?: string;
  /** Who gets which address; everybody else gets one from .100 on. */
  readonly hosts?: readonly { readonly mac: string; readonly ipv4: string }[];
}

export type ApKey = { readonly psk: string } | { readonly sae: string } | 'open';

export interface ApOptions {
  /** Of a radio that nobody uses. It is moved into the namespace until the access point is stopped. */
  readonly interface: string;
  readonly ssid: Uint8Array;
  readonly channel: number;
  readonly key: ApKey;
  /** Not in the beacons: found only by who asks for it by name. */
  readonly hidden?: boolean;
}

export interface AccessPoint extends ApOptions {
  readonly bssid: MacAddress;
  readonly frequencyMhz: number;
  readonly hostapd: Daemon;
  /** Off the air; its radio is back in the namespace of the tests. Twice is once. */
  stop(): Promise<void>;
}

export interface Air {
  readonly namespace: string;
  /** Of the bridge: DHCP server, router, and where a console stands. */
  readonly ipv4: string;
  readonly accessPoints: ReadonlySet<AccessPoint>;
  readonly dhcp: Daemon;
  accessPoint(options: ApOptions): Promise<AccessPoint>;
  /** One end of a veth pair on the bridge; the other one, of this name, is in the namespace of the tests and up. */
  wire(name: string): Promise<void>;
  /** Words that run a program there. */
  inside(...words: readonly string[]): string[];
  /** Everything is stopped and gone. Twice is once. */
  close(): Promise<void>;
}

const BRIDGE = 'br0';
const NETWORK = '192.0.2';
const SERVER = `${NETWORK}.1`;
/** The first process of the guest, in the namespace of the tests. */
const INIT = '1';

export async function openAir({ name = 'air', hosts = [] }: AirOptions = {}): Promise<Air> {
  const inside = (...words: readonly string[]) => ['ip', 'netns', 'exec', name, ...words];
  const there = (...args: readonly string[]) => run('ip', '-n', name, ...args);
  await run('ip', 'netns', 'add', name);
  const folder = mkdtempSync(join(tmpdir(), 'air-'));
  const accessPoints = new Set<AccessPoint>();
  let dhcp: Daemon | undefined;
  let closing: Promise<void> | undefined;
  const close = async () => {
    for (const ap of accessPoints) await ap.stop();
    await dhcp?.stop();
    await run('ip', 'netns', 'delete', name);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await there('link', 'set', 'lo', 'up');
    await there('link', 'add', BRIDGE, 'type', 'bridge');
    await there('link', 'set', BRIDGE, 'addrgenmode', 'none');
    await there('addr', 'add', `${SERVER}/24`, 'dev', BRIDGE);
    await there('link', 'set', BRIDGE, 'up');
    dhcp = await Daemon.start(inside(...dnsmasq(hosts)), { ready: /DHCP, IP range/ });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    namespace: name,
    ipv4: SERVER,
    accessPoints,
    dhcp,
    async accessPoint(options) {
      const bssid = parseMac(readFileSync(`/sys/class/net/${options.interface}/address`, 'utf8').trim())!;
      const phy = readFileSync(`/sys/class/net/${options.interface}/phy80211/name`, 'utf8').trim();
      const file = join(folder, `${options.interface}.conf`);
      writeFileSync(file, hostapdConf(options), { mode: 0o600 });
      await run('iw', 'phy', phy, 'set', 'netns', 'name', name);
      const home = () => run('ip', 'netns', 'exec', name, 'iw', 'phy', phy, 'set', 'netns', INIT);
      let hostapd: Daemon;
      try {
        hostapd = await Daemon.start(inside('hostapd', file), { ready: /AP-ENABLED/ });
      } catch (error) {
        await home();
        throw error;
      }
      const stop = async () => {
        if (!accessPoints.delete(ap)) return;
        await hostapd.stop();
        await home();
      };
      const ap: AccessPoint = {
        ...options,
        bssid,
        frequencyMhz: frequencyOf(options.channel),
        hostapd,
        stop,
      };
      accessPoints.add(ap);
      return ap;
    },
    async wire(end) {
      const other = `${end}-ap`;
      await run('ip', 'link', 'add', end, 'type', 'veth', 'peer', 'name', other, 'netns', name);
      await there('link', 'set', other, 'master', BRIDGE, 'up');
      // What comes out of it is for somebody else than the stack here, which shares addresses with him: no ARP, no IPv6.
      await run('ip', 'link', 'set', end, 'arp', 'off', 'addrgenmode', 'none', 'up');
    },
    inside,
    close() {
      closing ??= close();
      return closing;
    },
  };
}

function dnsmasq(hosts: NonNullable<AirOptions['hosts']>): string[] {
  return [
    ...['dnsmasq', '--no-daemon', '--conf-file=/dev/null', '--user=root', '--port=0'],
    ...[`--interface=${BRIDGE}`, '--bind-interfaces', '--leasefile-ro'],
    // It would look whether anybody has the address already: CSME has.
    ...['--dhcp-authoritative', '--no-ping', '--log-dhcp', '--log-facility=-'],
    `--dhcp-range=${NETWORK}.100,${NETWORK}.199,1h`,
    ...hosts.map(({ mac, ipv4 }) => `--dhcp-host=${mac},${ipv4}`),
  ];
}

function hostapdConf({ interface: name, ssid, channel, key, hidden = false }: ApOptions): string {
  const security =
    key === 'open'
      ? []
      : 'psk' in key
        ? ['wpa=2', 'wpa_key_mgmt=WPA-PSK', 'rsn_pairwise=CCMP', `wpa_passphrase=${key.psk}`]
        : ['wpa=2', 'wpa_key_mgmt=SAE', 'rsn_pairwise=CCMP', 'ieee80211w=2', `sae_password=${key.sae}`];
  return [
    `interface=${name}`,
    `bridge=${BRIDGE}`,
    'driver=nl80211',
    `ctrl_interface=/run/hostapd`,
    `ssid2=${hexOf(ssid)}`,
    `ignore_broadcast_ssid=${hidden ? 1 : 0}`,
    `hw_mode=${channel <= 14 ? 'g' : 'a'}`,
    `channel=${channel}`,
    ...security,
    '',
  ].join('\n');
}

function frequencyOf(channel: number): number {
  if (channel === 14) return 2484;
  return channel < 14 ? 2407 + 5 * channel : 5000 + 5 * channel;
}
