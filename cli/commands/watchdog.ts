/** `sapwood watchdog`: heart beats for AMT, so that it alarms when this machine hangs. */
import { InvalidArgumentError, Option } from 'commander';
import {
  isTimeout,
  keepWatchdog,
  type OpenWatchdog,
  WATCHDOG_TIMEOUT_S,
  WatchdogError,
  WatchdogSource,
} from '../../amt/index.ts';
import { nativeProblem } from '../../native/index.ts';
import { openSleepMonitor } from '../../netlink-bridge/index.ts';
import { MeiError } from '../../transport/index.ts';
import { agentLog, LOG_LEVELS, type LogLevel } from '../agent/log.ts';
import type { Context, Define } from '../command.ts';
import { CliError, type ExitName } from '../exit.ts';
import { untilInterrupted } from '../live/until.ts';
import { DEVICE_OPTION } from '../mei-device.ts';
import { logNews } from '../watchdog/news.ts';

interface Options {
  readonly device?: string;
  readonly timeout: number;
  readonly logLevel: LogLevel;
}

/** How long the last message to the firmware may take. */
const END_MS = 5_000;

export const defineWatchdog: Define = (program, bind) => {
  const { least, most, usual } = WATCHDOG_TIMEOUT_S;
  const command = program
    .command('watchdog')
    .summary('heart beats for AMT, which alarms when they stop')
    .description(
      "Has AMT watch this machine: it tells the administrator when the operating system hangs. Uses the kernel's watchdog device where mei_wdt offers one, else the firmware's client itself. Waits while AMT does not require it, and survives suspend and resets of the firmware. Runs until it is interrupted; then the watchdog is stopped.",
    )
    .option(...DEVICE_OPTION)
    .addOption(
      new Option('--timeout <seconds>', `AMT alarms so long after the last heart beat, ${least} to ${most}`)
        .default(usual)
        .argParser(timeoutOf),
    )
    .addOption(new Option('--log-level <level>', 'what is logged').choices(LOG_LEVELS).default('info'))
    .addHelpText(
      'after',
      `
With --json each line of the log is a JSON object on stdout.

Examples:
  $ sudo sapwood watchdog
  $ sudo sapwood watchdog --timeout 300
  $ sudo sapwood watchdog --json --log-level debug | jq .event`,
    );
  bind(command, watchdog);
};

async function watchdog(context: Context, options: Options): Promise<ExitName> {
  const log = agentLog(context, options.logLevel);
  const interrupted = untilInterrupted();
  let wasOpen = false;
  // What is lacking at the start ends it; later everything is tried again.
  let lacks!: (error: unknown) => void;
  const lacking = new Promise<unknown>((resolve) => {
    lacks = resolve;
  });
  const source = new WatchdogSource({
    device: options.device,
    onAppeared: () => keeping.appeared(),
    onGone: (error) => keeping.gone(error),
    onMisfit: (error) => log.warn({ event: 'misfit' }, error.message),
  });
  const open = async (signal: AbortSignal): Promise<OpenWatchdog> => {
    try {
      const opened = await source.open(signal);
      wasOpen = true;
      return opened;
    } catch (error) {
      if (error instanceof WatchdogError && error.code === 'WATCHDOG_ERR_NOT_REQUIRED') wasOpen = true;
      if (!wasOpen) lacks(error);
      throw error;
    }
  };
  const keeping = keepWatchdog({
    timeoutS: options.timeout,
    open,
    onNews: (news, opened) => {
      // What never was open is not stopped.
      if (wasOpen || news.name !== 'stopped') logNews(log, news, opened);
    },
  });
  const sleep = await openSleepMonitor({
    onSleep: () => keeping.sleep(),
    onWake: () => keeping.wake(),
    onProblem: ({ message }) => log.debug({}, `Sleep is not noticed before it is over. ${message}`),
  });
  try {
    const end = await Promise.race([interrupted.signal, lacking]);
    sleep.close();
    const stopped = keeping.stop().then(() => source.close());
    if (typeof end !== 'string') {
      await stopped;
      throw problemOf(end);
    }
    const inTime = await within(stopped, END_MS);
    if (inTime) return 'good';
    log.warn(
      { event: 'unanswered' },
      'AMT does not answer: the kernel stops the watchdog when this has ended.',
    );
    await context.output.flush();
  } finally {
    interrupted.cancel();
  }
  // A call that waits in the kernel for the firmware ends only with the process, which would wait for it.
  process.kill(process.pid, 'SIGTERM');
  return 'bad';
}

function problemOf(error: unknown): unknown {
  if (error instanceof WatchdogError || error instanceof MeiError) {
    return new CliError('environment', error.sentence, error.next);
  }
  const missing = nativeProblem();
  return missing === undefined ? error : new CliError('environment', missing);
}

/** Whether it is done in this time. */
async function within(done: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  try {
    return await Promise.race([done.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

function timeoutOf(text: string): number {
  const seconds = Number(text);
  const { least, most } = WATCHDOG_TIMEOUT_S;
  if (!isTimeout(seconds)) throw new InvalidArgumentError(`It takes ${least} to ${most} seconds.`);
  return seconds;
}
