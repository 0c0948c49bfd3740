/** The machine that is examined. Tests give another one: another root folder, other answers. */
import { release } from 'node:os';
import { delimiter, join } from 'node:path';
import { namespaceProblem, nativeProblem } from '../../native/index.ts';
import {
  BridgeError,
  isNetworkManagerRunning,
  memoryJournal,
  type Nl80211,
  openNetworkManager,
  openNl80211,
  openRfkill,
  openWpaSupplicant,
  type Rfkill,
  type Supplicant,
  type SupplicantEvent,
} from '../../netlink-bridge/index.ts';
import { type AgentConfig, readConfig, type SupplicantName } from '../agent/config.ts';
import { askAmt } from './amt.ts';
import { Files } from './files.ts';
import { Kernel } from './kernel.ts';

export interface Machine {
  readonly files: Files;
  readonly kernel: Kernel;
  /** `20.20.2`. */
  readonly nodeVersion: string;
  /** Whether a program is on the PATH. */
  hasProgram(name: string): boolean;
  /** Throws a ConfigError. */
  config(): AgentConfig;
  nativeProblem(): string | undefined;
  namespaceProblem(): string | undefined;
  askAmt(path: string): ReturnType<typeof askAmt>;
  openRfkill(): Pick<Rfkill, 'switches' | 'extended' | 'close'>;
  openNl80211(): Promise<Pick<Nl80211, 'interfaces' | 'wiphys' | 'getCsmeConnInfo' | 'close'>>;
  isNetworkManagerRunning(): Promise<boolean>;
  /** Whether the agent can work with it: `up`, or why not, or undefined when it says nothing. Changes nothing. */
  trySupplicant(
    name: SupplicantName,
    wlan: string,
    controlDirectory: string,
  ): Promise<'up' | BridgeError | undefined>;
}

export function thisMachine(): Machine {
  const files = new Files();
  return {
    files,
    kernel: new Kernel(files, release()),
    nodeVersion: process.versions.node,
    hasProgram: (name) => isOnPath(files, process.env.PATH ?? '', name),
    config: () => readConfig(undefined),
    nativeProblem,
    namespaceProblem,
    askAmt,
    openRfkill: () => openRfkill(),
    openNl80211: () => openNl80211({}),
    isNetworkManagerRunning: () => isNetworkManagerRunning(),
    trySupplicant,
  };
}

export function isOnPath(files: Files, path: string, name: string): boolean {
  return path.split(delimiter).some((folder) => folder !== '' && files.exists(join(folder, name)));
}

/** So long a supplicant that is there has to say so. */
const SUPPLICANT_MS = 5000;

async function trySupplicant(
  name: SupplicantName,
  wlan: string,
  controlDirectory: string,
): Promise<'up' | BridgeError | undefined> {
  let tell = (_: 'up' | BridgeError | undefined): void => {};
  const told = new Promise<'up' | BridgeError | undefined>((resolve) => {
    tell = resolve;
  });
  const options = {
    interface: wlan,
    // Nothing is to be undone: what an agent has left stays for its next start.
    journal: memoryJournal(),
    onEvent: ({ type }: SupplicantEvent) => type === 'up' && tell('up'),
    onProblem: (problem: BridgeError) => tell(problem),
  };
  const timer = setTimeout(tell, SUPPLICANT_MS, undefined);
  let supplicant: Supplicant | undefined;
  try {
    supplicant = await (name === 'wpa'
      ? openWpaSupplicant({ ...options, controlDirectory })
      : openNetworkManager(options));
    return await told;
  } catch (error) {
    if (error instanceof BridgeError) return error;
    throw error;
  } finally {
    clearTimeout(timer);
    await supplicant?.close();
  }
}
