/**
 * A real wpa_supplicant on an interface of our own that has no radio (driver `wired` on a TAP): its control socket and
 * its networks are those of any wpa_supplicant. It writes to a temporary folder only.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { native, nativeProblem } from '../../../../native/index.ts';
import { Control } from '../../../../netlink-bridge/wpa/control.ts';
import { parseNetworkIds } from '../../../../netlink-bridge/wpa/text.ts';

/** Why it cannot be run here: one sentence. */
export function wiredProblem(): string | undefined {
  const problem = nativeProblem();
  if (problem !== undefined) return problem;
  if (spawnSync('setpriv', ['wpa_supplicant', '-v']).status !== 0) return 'wpa_supplicant is not installed.';
  try {
    native().close(native().tapOpen(`swp${process.pid}`));
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
}

/** Networks of every kind, with secrets that must not be seen anywhere. */
export const NETWORKS = `
network={
  ssid="corp-ap"
  psk="secret-psk-secret"
  priority=3
}
network={
  ssid="a "b\\"
  key_mgmt=SAE
  sae_password="secret sae"
  scan_freq=2412 2437
}
network={
  ssid=00ff41
  key_mgmt=NONE
  bssid=02:00:00:00:0a:01
}
network={
  ssid="campus"
  key_mgmt=WPA-EAP
  eap=PEAP
  identity="me"
  password="secret-eap"
  mac_addr=1
}
network={
  ssid="off"
  psk="secret-psk-secret"
  disabled=1
}
network={
  ssid="corp-ap"
  psk="secret-psk-secret"
  freq_list=2412 2437
  bssid=02:00:00:00:00:77
  priority=9
}
`;

export interface Wired {
  readonly interface: string;
  readonly folder: string;
  readonly controlDirectory: string;
  readonly path: string;
  /** The configuration file, as it is now. */
  configuration(): string;
  /** Starts it with its configuration as it was in the beginning, if it does not run. */
  start(): Promise<void>;
  /** Ends it with a signal; resolves when it has ended. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** A command from outside. */
  ask(command: string): Promise<string>;
  /** Everything that can be seen of its networks. */
  snapshot(): Promise<Record<string, string>>;
  close(): Promise<void>;
}

let count = 0;

export async function startWired(networks: string = NETWORKS): Promise<Wired> {
  const folder = mkdtempSync(join(tmpdir(), 'sapwood-wpa-'));
  const name = `swp${process.pid}-${count++}`;
  const tap = native().tapOpen(name);
  const controlDirectory = join(folder, 'control');
  const path = join(controlDirectory, name);
  const file = join(folder, 'wpa.conf');
  let child: ChildProcess | undefined;

  const answers = async () => {
    try {
      return (await wired.ask('PING')) === 'PONG\n';
    } catch {
      return false;
    }
  };
  const wired: Wired = {
    interface: name,
    folder,
    controlDirectory,
    path,
    configuration: () => readFileSync(file, 'utf8'),
    async start() {
      if (child !== undefined && child.exitCode === null && child.signalCode === null) return;
      writeFileSync(file, `ctrl_interface=${controlDirectory}\nupdate_config=1\nap_scan=0\n${networks}`);
      // It ends with us, whatever becomes of us.
      const words = ['--pdeathsig', 'KILL', 'wpa_supplicant', '-Dwired', `-i${name}`, `-c${file}`];
      const started = spawn('setpriv', words, { stdio: 'ignore' });
      child = started;
      while (!(await answers())) {
        if (started.exitCode !== null) throw new Error('wpa_supplicant did not start');
        await setTimeout(5);
      }
    },
    async stop(signal = 'SIGTERM') {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
    async ask(command) {
      const control = new Control({ path, onEvent() {}, onEnd() {} });
      try {
        return await control.ask(command);
      } finally {
        control.close();
      }
    },
    async snapshot() {
      const seen: Record<string, string> = {};
      for (const field of ['update_config', 'mac_addr']) seen[field] = await wired.ask(`GET ${field}`);
      const list = await wired.ask('LIST_NETWORKS');
      // Which one is used is no part of the profiles.
      seen.list = list.replaceAll('[CURRENT]', '');
      for (const id of parseNetworkIds(list)) {
        for (const field of FIELDS) seen[`${id} ${field}`] = await wired.ask(`GET_NETWORK ${id} ${field}`);
      }
      return seen;
    },
    async close() {
      await wired.stop();
      native().close(tap);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await wired.start();
  return wired;
}

const FIELDS = [
  'ssid',
  'bssid',
  'scan_freq',
  'freq_list',
  'mac_addr',
  'disabled',
  'key_mgmt',
  'priority',
  'psk',
  'mode',
];
