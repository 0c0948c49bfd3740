/** `sapwood host`: our host's side against a CSME at a unix socket, with a driver in few words or one that others control. */
import { NativeError, nativeProblem } from '../../native/index.ts';
import type { QuirkName } from '../../ownership/index.ts';
import { parseControlRequest, TraceError } from '../../trace/index.ts';
import { connectUnixHost, type HostEnd } from '../../transport/index.ts';
import type { Context, Define } from '../command.ts';
import { CliError, type ExitName } from '../exit.ts';
import { Card } from '../host/card.ts';
import { ControlServer } from '../host/control.ts';
import { Driver } from '../host/driver.ts';
import { Journal } from '../live/journal.ts';
import { atSocket, controlPathOf, socketPathOf } from '../live/socket-path.ts';
import { isBareReturn, Station } from '../live/station.ts';
import { hearTyped, quoted } from '../live/typed.ts';
import { untilInterrupted } from '../live/until.ts';
import { quirkNames } from '../quirks.ts';
import { version } from '../version.ts';

interface Options {
  readonly transport: string;
  readonly control?: string;
  readonly interface?: string;
  readonly record?: string;
  readonly quirk?: readonly QuirkName[];
  readonly quiet?: boolean;
}

/** So long the leave from CSME may take: its own limits are 50 and 200 ms. */
const LEAVE_MS = 1000;

export const defineHost: Define = (program, bind) => {
  const command = program
    .command('host')
    .summary("our host's side against a CSME")
    .description(
      'Runs our host against the CSME at a unix socket, such as sapwood emulate, until it is interrupted. A WLAN driver in few words registers and takes the device down and up as it is told; with --control there is none, and whoever connects to the control socket calls the host in its place.',
    )
    .requiredOption('--transport <name>', 'unix:PATH, the socket at which CSME listens')
    .option(
      '--control <path>',
      'a unix socket at which the calls of the WLAN driver are taken',
      controlPathOf,
    )
    .option('--interface <name>', 'a network interface in the place of the card: frames go through it')
    .option(
      '--quirk <names>',
      'behaviours of the reference driver to imitate, separated by commas',
      quirkNames,
    )
    .option('--record <file>', 'write what happens as a trace')
    .option('--quiet', 'no ladder on stdout')
    .addHelpText(
      'after',
      `
Calls are also taken from stdin, with arguments as JSON where they have any:
  get_ownership
  country {"mcc": 17221}
  device_state {"up": 0}
  remove, probe          the MEI client goes away in order, and appears again
  frame HEX              an Ethernet frame comes in from the air

Examples:
  $ sapwood host --transport unix:/tmp/csme
  $ sapwood host --transport unix:/tmp/csme --record host.jsonl
  $ sudo sapwood host --transport unix:/tmp/csme --interface veth0
  $ sapwood host --transport unix:/tmp/csme --control /tmp/driver --quiet`,
    );
  bind(command, host);
};

async function host(context: Context, options: Options): Promise<ExitName> {
  const path = socketPathOf(options.transport);
  const missing = nativeProblem();
  if (missing !== undefined) throw new CliError('environment', missing);

  const driver = `sapwood ${version()}`;
  const journal = await Journal.open(context, options);
  const control =
    options.control === undefined ? undefined : await ControlServer.listen(options.control, driver);
  const problem = (text: string) => journal.problem(text);
  await journal.begin();
  let own: Driver | undefined;
  let card: Card | undefined;
  const station = new Station(connected(path, problem, control), {
    note: `host by ${driver}`,
    driver,
    quirks: Object.fromEntries((options.quirk ?? []).map((name) => [name, true])),
    onEvent: (event) => {
      if (!isBareReturn(event)) journal.add(event);
      control?.tell(event);
    },
    onTold: (told) => own?.hear(told),
    onTransmit: (frame) => card?.transmit(frame),
    onFilters: (filters) => card?.want(filters),
    onProblem: problem,
  });
  control?.drives(station);
  try {
    if (options.interface !== undefined) card = new Card(options.interface, station, problem);
  } catch (error) {
    station.close();
    control?.close();
    throw error instanceof NativeError ? new CliError('environment', error.message) : error;
  }
  const where = options.control === undefined ? '' : ` and takes calls at ${options.control}`;
  journal.say(`The host looks for CSME at ${options.transport}${where}.`);
  const interrupted = untilInterrupted();
  if (control === undefined) {
    own = new Driver(station);
    await own.begin();
  }
  const typed = hearTyped(async (word, rest) => {
    const said = await call(station, word, rest);
    if (said !== undefined) journal.say(said);
  });
  await interrupted.signal;
  typed.close();
  const late = new Promise<void>((resolve) => setTimeout(resolve, LEAVE_MS).unref());
  await Promise.race([station.leave(), late]);
  await card?.close();
  station.close();
  control?.close();
  await journal.close();
  return 'good';
}

function connected(path: string, problem: (text: string) => void, control?: ControlServer): HostEnd {
  try {
    return atSocket(() => connectUnixHost(path, { onProblem: ({ message }) => problem(message) }));
  } catch (error) {
    control?.close();
    throw error;
  }
}

/** Carries out a typed line; what was wrong with it, or undefined. */
async function call(station: Station, word: string, rest: string): Promise<string | undefined> {
  const cause =
    word === 'frame'
      ? `"ch":"frame","dir":"peer0>wlan0","hex":${JSON.stringify(rest)}`
      : word === 'remove' || word === 'probe'
        ? `"ch":"bus","dir":"ctl","name":"${word}","args":{"arg":0}`
        : `"ch":"wifi-cmd","dir":"wifi>drv","name":${JSON.stringify(word)},"args":${rest || '{}'}`;
  const request = parseControlRequest(`{"id":0,${cause}}`);
  if (request instanceof TraceError) return `${quoted(word, rest)} is no call: expected ${request.expected}.`;
  const error = await station.take(request.event);
  return error === undefined ? undefined : `${quoted(word)}: ${error}.`;
}
