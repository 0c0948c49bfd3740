/** A system bus, udev, wpa_supplicant and NetworkManager as Debian runs them, for one test file: they all end with it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBus, SYSTEM_BUS } from '../../../../netlink-bridge/networkmanager/bus.ts';
import { Daemon, run } from '../../iwlwifi/programs.ts';

export const HAS_NETWORK_MANAGER = '/usr/sbin/NetworkManager';

export interface ProfileOptions {
  readonly name: string;
  readonly uuid: string;
  readonly ssid: string;
  /** Lines of `[wifi-security]`; none for an open network. */
  readonly security?: readonly string[];
}

export class ManagedSystem {
  readonly #folder = mkdtempSync(join(tmpdir(), 'networkmanager-'));
  readonly #profiles = join(this.#folder, 'profiles');
  readonly #interface: string;
  readonly #daemons: Daemon[] = [];
  wpas!: Daemon;
  manager!: Daemon;

  private constructor(interfaceName: string) {
    this.#interface = interfaceName;
    mkdirSync(this.#profiles);
    mkdirSync('/var/lib/NetworkManager', { recursive: true });
    mkdirSync('/run/dbus', { recursive: true });
  }

  /** Without NetworkManager, which `startManager` starts. It manages this interface only. */
  static async start(interfaceName: string): Promise<ManagedSystem> {
    const system = new ManagedSystem(interfaceName);
    try {
      const bus = ['dbus-daemon', '--system', '--nofork', '--nopidfile', '--print-address'];
      system.#daemons.push(await Daemon.start(bus, { ready: /^unix:/ }));
      // NetworkManager hears of interfaces and switches through udev.
      await run('/lib/systemd/systemd-udevd', '--daemon');
      await run('udevadm', 'trigger', '--action=add', '--subsystem-match=net', '--subsystem-match=rfkill');
      await run('udevadm', 'settle', '--timeout=50');
      await system.startWpas();
      return system;
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  async startWpas(): Promise<void> {
    this.wpas = await Daemon.start(['wpa_supplicant', '-u', '-t', '-O', '/run/wpa_supplicant']);
    this.#daemons.unshift(this.wpas);
    await named('fi.w1.wpa_supplicant1');
  }

  /** Resolves when it has its name on the bus. */
  async startManager(): Promise<void> {
    const file = join(this.#folder, 'nm.conf');
    writeFileSync(file, this.#configuration());
    this.manager = await Daemon.start(['NetworkManager', '--debug', '--config', file]);
    this.#daemons.unshift(this.manager);
    await named('org.freedesktop.NetworkManager');
  }

  writeProfile({ name, uuid, ssid, security = [] }: ProfileOptions): void {
    const lines = [
      ...['[connection]', `id=${name}`, `uuid=${uuid}`, 'type=wifi', '[wifi]', `ssid=${ssid}`],
      ...(security.length === 0 ? [] : ['[wifi-security]', ...security]),
      ...['[ipv4]', 'method=auto', '[ipv6]', 'method=disabled', ''],
    ];
    writeFileSync(join(this.#profiles, `${name}.nmconnection`), lines.join('\n'), { mode: 0o600 });
  }

  readProfile(name: string): string {
    return readFileSync(join(this.#profiles, `${name}.nmconnection`), 'utf8');
  }

  /** What the daemons said last: for whoever must find out why a test failed. */
  said(lines = 60): string {
    const of = (name: string, daemon: Daemon | undefined) => {
      if (daemon === undefined) return `${name} was not started`;
      const state = daemon.running ? 'runs' : 'has ended';
      return `${name} ${state}. It said last:\n${daemon.lines.slice(-lines).join('\n')}`;
    };
    return `${of('NetworkManager', this.manager)}\n${of('wpa_supplicant', this.wpas)}`;
  }

  /** Twice is once. */
  async stop(): Promise<void> {
    for (const daemon of this.#daemons.splice(0)) await daemon.stop();
    await run('udevadm', 'control', '--exit').catch(() => {});
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #configuration(): string {
    return `[main]
plugins=keyfile
dns=none
rc-manager=unmanaged
[keyfile]
path=${this.#profiles}
unmanaged-devices=except:interface-name:${this.#interface}
[device-${this.#interface}]
match-device=interface-name:${this.#interface}
wifi.scan-rand-mac-address=no
[logging]
level=INFO
`;
  }
}

/** Resolves when somebody has the name. */
async function named(name: string): Promise<void> {
  const bus = await openBus(SYSTEM_BUS, () => {});
  try {
    await new Promise<void>((resolve, reject) => {
      bus.follow(name, { onOwner: () => resolve(), onGone() {}, onSignal() {} }).catch(reject);
    });
  } finally {
    bus.close();
  }
}
