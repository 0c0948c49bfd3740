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
import { CliError } from '../exit.ts';
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
  journal = journalOf(work, config),
): Promise<Supplicant> {
  const options = {
    interface: work.interface,
    journal,
    log,
    onEvent,
    onProblem: ({ message }: Error) => log.warn({}, message),
  };
  return work.supplicant === 'networkmanager'
    ? openNetworkManager(options)
    : openWpaSupplicant({ ...options, controlDirectory: config.control_directory });
}

/** Whose journal says that something is left to be undone. Throws a CliError when that cannot be seen. */
export function unfinishedWork(config: AgentConfig): Work[] {
  let files: string[] = [];
  try {
    files = readdirSync(config.state_directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') {
      throw new CliError('environment', `${config.state_directory} cannot be read: ${code}.`);
    }
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
