/** What the agent needs besides the card: somebody who connects it, an address, a place for its journal. */
import { dirname } from 'node:path';
import { type AgentConfig, ConfigError, type SupplicantName } from '../../agent/config.ts';
import { type Finding, good, missing, missingBecause, optional } from '../finding.ts';
import type { Machine } from '../machine.ts';
import { agentInterface } from './card.ts';

export async function checkAgent(machine: Machine): Promise<Finding[]> {
  let config: AgentConfig;
  try {
    config = machine.config();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [missing('configuration', error.message.replace(/\.$/, ''), 'docs/agent.md has every key.')];
  }
  return [
    ...(await supplicantFindings(machine, config)),
    journalFinding(machine, config),
    sleepFinding(machine),
  ];
}

/** One of the two is needed: the one that is configured, else NetworkManager where it runs. */
async function supplicantFindings(machine: Machine, config: AgentConfig): Promise<Finding[]> {
  const hasManager = await machine.isNetworkManagerRunning();
  const chosen = config.supplicant ?? (hasManager ? 'networkmanager' : 'wpa');
  const wlan = config.interface ?? (await agentInterface(machine));
  const found: Finding[] = [];
  for (const name of ['networkmanager', 'wpa'] as const) {
    const problem = await supplicantProblem(machine, name, wlan, config.control_directory, hasManager);
    if (problem === undefined) found.push(good(NAMES[name], wlan === undefined ? 'running' : `has ${wlan}`));
    else if (name === chosen) found.push(problem);
    else found.push({ ...problem, state: 'optional' });
  }
  if (chosen === 'wpa') found.push(dhcpFinding(machine, config));
  return found;
}

const NAMES: Readonly<Record<SupplicantName, string>> = {
  networkmanager: 'NetworkManager',
  wpa: 'wpa_supplicant',
};

async function supplicantProblem(
  machine: Machine,
  name: SupplicantName,
  wlan: string | undefined,
  folder: string,
  hasManager: boolean,
): Promise<Finding | undefined> {
  const title = NAMES[name];
  if (name === 'networkmanager' && !hasManager) {
    return missing(
      title,
      'not on the system bus',
      '`systemctl start NetworkManager`, or use wpa_supplicant.',
    );
  }
  if (wlan === undefined) {
    return name === 'networkmanager'
      ? undefined
      : missing(title, 'there is no interface to ask it about', 'See `card` above.');
  }
  const socket = `${folder}/${wlan}`;
  if (name === 'wpa' && !machine.files.isSocket(socket)) {
    return missing(
      title,
      `${socket} is no socket`,
      `Start it for ${wlan}, with ctrl_interface=${folder} in its configuration.`,
    );
  }
  const answer = await machine.trySupplicant(name, wlan, folder);
  if (answer === 'up') return undefined;
  if (answer !== undefined) return missingBecause(title, answer);
  return name === 'wpa'
    ? missing(
        title,
        `nobody answers on ${socket}`,
        `Start it again; the socket may be left from an earlier one.`,
      )
    : missing(title, `does not manage ${wlan}`, `\`nmcli device set ${wlan} managed yes\`.`);
}

/** Programs and services that get an address for an interface that is connected. */
const DHCP_PROCESSES = ['dhcpcd', 'dhclient', 'systemd-network', 'systemd-networkd', 'udhcpc', 'connmand'];

function dhcpFinding(machine: Machine, { dhcp }: AgentConfig): Finding {
  const [program] = dhcp;
  if (program !== undefined) {
    return machine.hasProgram(program) || machine.files.exists(program)
      ? good('DHCP', `${program}, run by the agent`)
      : missing(
          'DHCP',
          `${program} is not there`,
          'Install it, or name another one in the configuration (dhcp).',
        );
  }
  const running = processNames(machine).find((name) => DHCP_PROCESSES.includes(name));
  return running === undefined
    ? missing(
        'DHCP',
        'nobody gets an address beside wpa_supplicant',
        'Start dhcpcd or systemd-networkd, or name a program in the configuration (dhcp).',
      )
    : good('DHCP', running);
}

function journalFinding({ files }: Machine, { state_directory: folder }: AgentConfig): Finding {
  let nearest = folder;
  while (!files.exists(nearest) && nearest !== '/') nearest = dirname(nearest);
  return files.isUsable(nearest)
    ? good('journal', folder)
    : missing('journal', `this user may not write to ${nearest}`, 'Run it as root, or set state_directory.');
}

function sleepFinding(machine: Machine): Finding {
  return processNames(machine).includes('systemd-logind')
    ? good('suspend', 'systemd-logind tells of it')
    : optional(
        'suspend',
        'nobody tells of it',
        'The agent learns of a sleep from systemd-logind; without it, from the card alone.',
      );
}

/** The kernel keeps 15 characters of a name. */
function processNames({ files }: Machine): string[] {
  return files
    .names('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => files.text(`/proc/${pid}/comm`)?.trim() ?? '');
}
