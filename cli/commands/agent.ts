/** `sapwood agent`: takes the card over from CSME whenever a remote session holds it, without breaking that session. */
import { Option } from 'commander';
import { BridgeError, memoryJournal, openSleepMonitor, runAgent } from '../../netlink-bridge/index.ts';
import {
  type AgentConfig,
  CONFIG_FILE,
  CONFIG_KEYS,
  ConfigError,
  readConfig,
  SUPPLICANTS,
  type SupplicantName,
} from '../agent/config.ts';
import { sharedInterface } from '../agent/interface.ts';
import { holdInterface } from '../agent/lock.ts';
import { agentLog } from '../agent/log.ts';
import { logNews } from '../agent/news.ts';
import { restoreAll } from '../agent/restore.ts';
import { chosenSupplicant, openSupplicant, unfinishedWork } from '../agent/supplicant.ts';
import type { Context, Define } from '../command.ts';
import { CliError, type ExitName } from '../exit.ts';
import { untilInterrupted } from '../live/until.ts';

interface Options {
  readonly config?: string;
  readonly interface?: string;
  readonly supplicant?: SupplicantName;
  readonly dryRun?: boolean;
  readonly restore?: boolean;
}

export const defineAgent: Define = (program, bind) => {
  const command = program
    .command('agent')
    .summary('takes the card over from CSME, and keeps the remote session alive')
    .description(
      "Waits until rfkill says that CSME has the card (NOT_OWNER), learns the access point of CSME's remote session, prepares wpa_supplicant or NetworkManager for exactly that one, asks for the card, connects within 3 s, and lets the system roam again when the session is over. Runs until it is interrupted; then everything it changed is put back.",
    )
    .option('--config <file>', `configuration; ${CONFIG_FILE} if there is one`)
    .option('--interface <name>', 'the interface that is shared with CSME')
    .addOption(new Option('--supplicant <name>', 'who connects it').choices(SUPPLICANTS))
    .option('--dry-run', 'look, and say what would be done; change nothing')
    .option('--restore', 'put back what an agent has left that was killed, and end')
    .addHelpText(
      'after',
      `
With --json each line of the log is a JSON object on stdout.

Examples:
  $ sudo sapwood agent --dry-run
  $ sudo sapwood agent --supplicant networkmanager
  $ sudo sapwood agent --json | jq 'select(.event == "step")'`,
    );
  bind(command, agent);
};

async function agent(context: Context, options: Options): Promise<ExitName> {
  const config = configOf(options);
  const log = agentLog(context, config.log_level);
  if (options.restore) return restoreAll(config, log);
  const interrupted = untilInterrupted();
  try {
    const name = await sharedInterface(config, log, interrupted.signal);
    if (name === undefined) return 'good';
    const held = await holdInterface(name, config.state_directory);
    const supplicant = await chosenSupplicant(config);
    // What an agent has left would be undone when the supplicant is opened with its journal.
    const journal = options.dryRun ? memoryJournal() : undefined;
    if (options.dryRun && unfinishedWork(config).length > 0) {
      log.warn({}, 'An agent that was killed has left something: --restore puts it back.');
    }
    const running = await runAgent({
      interface: name,
      dryRun: options.dryRun ?? false,
      times: {
        window: config.window_s * 1000,
        ownershipRetry: config.retry_s * 1000,
        session: config.unconfirmed_session_s * 1000,
      },
      openSupplicant: (onEvent) =>
        openSupplicant({ interface: name, supplicant }, config, log, onEvent, journal),
      dhcp: config.dhcp,
      log,
      onNews: (news) => logNews(log, news),
    });
    try {
      log.info(
        { interface: name, supplicant },
        options.dryRun ? 'Looks, and changes nothing.' : 'The agent is at work.',
      );
      const sleep = await openSleepMonitor({
        onSleep: () => running.sleep(),
        onWake: () => running.wake(),
        onProblem: ({ message }) => log.info({}, `Sleep is not noticed. ${message}`),
      });
      await interrupted.signal;
      sleep.close();
    } finally {
      await running.stop();
      held.close();
    }
    return 'good';
  } catch (error) {
    if (error instanceof BridgeError) throw new CliError('environment', error.message, 'Try: sapwood doctor');
    throw error;
  } finally {
    interrupted.cancel();
  }
}

function configOf(options: Options): AgentConfig {
  const { form, take } = CONFIG_KEYS.interface;
  if (options.interface !== undefined && take(options.interface) === undefined) {
    throw new CliError('usage', `--interface is ${form}.`);
  }
  try {
    const config = readConfig(options.config);
    return {
      ...config,
      ...(options.interface !== undefined && { interface: options.interface }),
      ...(options.supplicant !== undefined && { supplicant: options.supplicant }),
    };
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError('usage', error.message);
    throw error;
  }
}
