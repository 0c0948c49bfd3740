/** `sapwood lms`: the local management service. */
import { InvalidArgumentError, Option } from 'commander';
import { LmsError, parseTarget, runLms, type Target } from '../../amt/index.ts';
import { MeiError } from '../../transport/index.ts';
import { agentLog, LOG_LEVELS, type LogLevel } from '../agent/log.ts';
import type { Context, Define } from '../command.ts';
import { CliError, type ExitName } from '../exit.ts';
import { untilInterrupted } from '../live/until.ts';
import { newsLog } from '../lms/news.ts';
import { DEVICE_OPTION, deviceFor } from '../mei-device.ts';

interface Options {
  readonly device?: string;
  readonly allowTcp: readonly Target[];
  readonly allowUdp: readonly Target[];
  readonly logLevel: LogLevel;
}

export const defineLms: Define = (program, bind) => {
  const command = program
    .command('lms')
    .summary("AMT's ports on this machine: the local management service")
    .description(
      "Listens on this machine's loopback addresses for the ports that AMT asks for, 16992 for example, and carries each connection to the firmware over LME. Survives a reset of the firmware. One such service can run at a time. Runs until it is interrupted.",
    )
    .option(...DEVICE_OPTION)
    .addOption(targets('--allow-tcp <host:port>', 'AMT may connect to this service; may be given again'))
    .addOption(targets('--allow-udp <host:port>', 'AMT may send datagrams there; may be given again'))
    .addOption(new Option('--log-level <level>', 'what is logged').choices(LOG_LEVELS).default('info'))
    .addHelpText(
      'after',
      `
With --json each line of the log is a JSON object on stdout.

Examples:
  $ sudo sapwood lms
  $ curl --digest -u admin http://127.0.0.1:16992/index.htm
  $ sudo sapwood lms --json | jq 'select(.event == "refused")'`,
    );
  bind(command, lms);
};

async function lms(context: Context, options: Options): Promise<ExitName> {
  const path = deviceFor(options.device);
  const log = agentLog(context, options.logLevel);
  const interrupted = untilInterrupted();
  const giveUp = new AbortController();
  void interrupted.signal.then(() => giveUp.abort());
  try {
    const { allowTcp: tcpTargets, allowUdp: udpTargets } = options;
    const onNews = newsLog(log);
    const running = await runLms({ path, tcpTargets, udpTargets, onNews, signal: giveUp.signal });
    log.info({ event: 'up', device: path }, 'The management service runs.');
    await interrupted.signal;
    await running.stop();
    log.info({ event: 'stopped' }, 'The management service has ended.');
    return 'good';
  } catch (error) {
    if (error instanceof LmsError) throw new CliError('environment', error.sentence, error.next);
    if (!(error instanceof MeiError)) throw error;
    if (error.code === 'MEI_ERR_CANCELLED') return 'good';
    throw new CliError('environment', error.sentence, error.code === 'MEI_ERR_BUSY' ? BUSY : error.next);
  } finally {
    interrupted.cancel();
  }
}

function targets(flags: string, description: string): Option {
  return new Option(flags, description).default([], 'nothing').argParser((text: string, before: Target[]) => {
    const target = parseTarget(text);
    if (target === undefined) {
      throw new InvalidArgumentError(
        'Give a name or an address, and a port: 192.0.2.1:162, [2001:db8::1]:162.',
      );
    }
    return [...before, target];
  });
}

const BUSY =
  "Another management service has AMT's connection. Stop it (Intel's: `systemctl stop lms`), or use that one.";
