/** Which supplicant an agent works with, and where what it changes is written down. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  fileJournal,
  isNetworkManagerRunning,
  type Journal,
  type Log,
  openNetworkManager,
  openWpaSupplicant,
  type Supplicant,
  type SupplicantEvent,
} from '../../netlink-bridge/index.ts';
import { type AgentConfig, SUPPLICANTS, type SupplicantName } from './config.ts';

export interface Work {
  readonly interface: string;
  readonly supplicant: SupplicantName;
}

export async function chosenSupplicant(config: AgentConfig): Promise<SupplicantName> {
  return config.supplicant ?? ((await isNetworkManagerRunning()) ? 'networkmanager' : 'wpa');
}

export function openSupplicant(
  work: Work,
  config: AgentConfig,
  log: Log,
  onEvent: (event: SupplicantEvent) => void,
): Promise<Supplicant> {
  const options = {
    interface: work.interface,
    journal: journalOf(work, config),
    log,
    onEvent,
    onProblem: ({ message }: Error) => log.warn({}, message),
  };
  return work.supplicant === 'networkmanager'
    ? openNetworkManager(options)
    : openWpaSupplicant({ ...options, controlDirectory: config.control_directory });
}

/** Whose journal says that something is left to be undone. */
export function unfinishedWork(config: AgentConfig): Work[] {
  let files: string[] = [];
  try {
    files = readdirSync(config.state_directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return files.flatMap((file) => {
    const supplicant = SUPPLICANTS.find((name) => file.endsWith(`.${name}.json`));
    return supplicant === undefined
      ? []
      : [{ interface: file.slice(0, -`.${supplicant}.json`.length), supplicant }];
  });
}

function journalOf(work: Work, { state_directory }: AgentConfig): Journal {
  return fileJournal(join(state_directory, `${work.interface}.${work.supplicant}.json`));
}
