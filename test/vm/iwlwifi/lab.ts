/**
 * The whole laboratory: a vPro machine with a card (wlan0), a network behind the air with an access point, DHCP, and
 * somebody at a remote console. For tests of what stands between: agents, supplicants, DHCP clients.
 *
 *     describe.skipIf(!labIsThere())('…', () => {
 *       const lab = await openLab();                          // AP on wlan1, CSME holds the card for a session on it
 *       const session = await lab.console();                  // TCP to AMT's web service, over CSME's own radio
 *       await lab.machine.until('the block', () => lab.machine.told('rfkill') > 0);
 *       // … GET_CSME_CONN_INFO, HOST_GET_OWNERSHIP, wpa_supplicant on wlan0, DHCP …
 *       await lab.machine.until('the hand-over', () => lab.machine.csmeTold('windowMet') > 0);
 *       await session.more(5);                                // it lives on, over the host's card now
 *       lab.machine.csme({ name: 'endSession' });             // the event ROAMING_FORBIDDEN 0
 *       expect((await session.end()).pages).toBeGreaterThan(5);
 *       await lab.close();
 *     });
 *
 * `machine` does to CSME what a test wants (`csme`, `behave`, `startSession`) and tells what happened (`events`, `told`,
 * `csmeTold`, `until`); `air` has more access points (`wlan2`, `wlan3`) and takes them off the air (`ap.stop()`). For less
 * than all of it: `nic.ts` (the card alone), `air.ts`, `machine.ts`, `console.ts`, `programs.ts`.
 *
 * It needs dist and the addon, as everything in the guest: build them before.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type AccessPoint, type Air, type ApKey, openAir } from './air.ts';
import { openConsole, type RemoteConsole } from './console.ts';
import { type Machine, type MachineOptions, openMachine } from './machine.ts';
import { nicModuleIsThere } from './nic.ts';
import { Daemon } from './programs.ts';

export interface LabOptions
  extends Partial<
    Pick<MachineOptions, 'session' | 'amt' | 'hostOwns' | 'grants' | 'timersMs' | 'behaviours'>
  > {
  readonly ssid?: string | Uint8Array;
  readonly channel?: number;
  readonly key?: ApKey;
}

export interface Lab {
  readonly air: Air;
  /** On wlan1: the one that CSME uses. */
  readonly ap: AccessPoint;
  readonly machine: Machine;
  /** CSME's address, and the host's. */
  readonly ipv4: string;
  /** A second access point with the same name and key: on wlan2, channel 11, unless told otherwise. */
  anotherAp(options?: { readonly interface?: string; readonly channel?: number }): Promise<AccessPoint>;
  /** Somebody opens a session; at most one at a time. */
  console(): Promise<RemoteConsole>;
  /** Everything is stopped and as it was. Twice is once. */
  close(): Promise<void>;
}

export const LAB = { card: 'wlan0', ssid: 'corp-ap', channel: 6, psk: 'correct horse battery' } as const;

const UDHCPC_SCRIPT = fileURLToPath(new URL('udhcpc.sh', import.meta.url));
const IPV4 = '192.0.2.20';
const CREDENTIALS = { user: 'admin', password: 'P@ssw0rd' };

/** Whether this machine can have a lab: the guest, with its module and the addon. */
export const labIsThere = nicModuleIsThere;

export async function openLab(options: LabOptions = {}): Promise<Lab> {
  const { ssid = LAB.ssid, channel = LAB.channel, key = { psk: LAB.psk }, session = true, ...more } = options;
  const mac = readFileSync(`/sys/class/net/${LAB.card}/address`, 'utf8').trim();
  const air = await openAir({ hosts: [{ mac, ipv4: IPV4 }] });
  const network = { ssid: typeof ssid === 'string' ? Buffer.from(ssid) : ssid, key };
  let machine: Machine | undefined;
  let remote: RemoteConsole | undefined;
  let closing: Promise<void> | undefined;
  const close = async () => {
    await remote?.kill();
    await machine?.close();
    await air.close();
  };
  try {
    const ap = await air.accessPoint({ ...network, interface: 'wlan1', channel });
    const opened = await openMachine({
      ...more,
      air,
      ap,
      session,
      interface: LAB.card,
      ipv4: IPV4,
      credentials: CREDENTIALS,
    });
    machine = opened;
    return {
      air,
      ap,
      machine: opened,
      ipv4: IPV4,
      anotherAp: ({ interface: name = 'wlan2', channel: other = 11 } = {}) =>
        air.accessPoint({ ...network, interface: name, channel: other }),
      async console() {
        remote = await openConsole(air, IPV4, CREDENTIALS);
        return remote;
      },
      close() {
        closing ??= close();
        return closing;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** busybox as a DHCP client of an interface: asks until it has an address and sets it, then says `bound ADDRESS`. */
export function startDhcpClient(name: string): Promise<Daemon> {
  return Daemon.start([
    'busybox',
    'udhcpc',
    '-f',
    '-i',
    name,
    '-s',
    UDHCPC_SCRIPT,
    '-t',
    '20',
    '-T',
    '1',
    '-A',
    '1',
    '-B',
  ]);
}
