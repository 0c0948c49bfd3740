/** `sapwood emulate`: the emulated CSME, served to drivers. */
import { randomBytes } from 'node:crypto';
import { InvalidArgumentError } from 'commander';
import {
  BEHAVIOURS,
  behaviourByName,
  OPERATIONAL,
  PROFILE_PARTS,
  type Profile,
  profile,
} from '../../csme/index.ts';
import { AMT_HTTP, type Credentials, ipProblem } from '../../csme/network/index.ts';
import { nativeProblem } from '../../native/index.ts';
import type { Context, Define } from '../command.ts';
import { commandOf, type Timed, TYPED_COMMANDS, timed } from '../emulate/commands.ts';
import { DEVICE_COMMANDS, deviceOf, emulateDevice } from '../emulate/device.ts';
import { Emulation } from '../emulate/session.ts';
import { CliError, type ExitName } from '../exit.ts';
import { meanings } from '../help.ts';
import { Journal } from '../live/journal.ts';
import { socketPathOf } from '../live/socket-path.ts';
import { hearTyped, quoted } from '../live/typed.ts';
import { untilInterrupted } from '../live/until.ts';
import { list, wrapWords } from '../replay-text.ts';

interface Options {
  readonly transport: string;
  readonly profile?: Profile;
  readonly behaviour?: readonly string[];
  readonly at?: readonly Timed[];
  readonly record?: string;
  readonly quiet?: boolean;
  /** commander's name for --no-network. */
  readonly network: boolean;
  readonly user: string;
  readonly password?: string;
}

export const defineEmulate: Define = (program, bind) => {
  const command = program
    .command('emulate')
    .summary('the emulated CSME, served to drivers')
    .description(
      "Serves the emulated CSME to drivers, one after the other, until it is interrupted. Without a profile it is an operational AMT that owns the card, has no session, gives the card to the host when asked, wants the frames of AMT's ports, has an NVM and accepts PLDR. Its web service answers on port 16992 where the machine permits it: at the host's own address, through the host's data ring.",
    )
    .requiredOption('--transport <name>', 'unix:PATH, a socket at which drivers connect, or cuse:/dev/meiN')
    .option('--profile <names>', 'what kind of firmware, names separated by commas', profileOf)
    .option('--behaviour <name>', 'how it misbehaves; may be given again', behaviours)
    .option('--at <seconds:command>', 'do something so long after SAP came up; may be given again', timed)
    .option('--record <file>', 'write what happens as a trace')
    .option('--quiet', 'no ladder on stdout')
    .option('--no-network', 'without the web service')
    .option('--user <name>', 'who may log on to the web service', 'admin')
    .option('--password <text>', 'and with which password; a new one each time when left out')
    .addHelpText(
      'after',
      `
Profiles:
${named(Object.keys(PROFILE_PARTS))}

Misbehaviours, some with an argument (late:50); docs/csme.md tells what they do:
${named(Object.keys(BEHAVIOURS))}

Commands, typed on stdin or given with --at:
${meanings(TYPED_COMMANDS)}

At cuse:/dev/meiN the other services of CSME, AMTHI and MKHI, are served to any
MEI client through the kernel's CUSE. No option counts there; typed can be:
${meanings(Object.entries(DEVICE_COMMANDS))}

Examples:
  $ sapwood emulate --transport unix:/tmp/csme
  $ sudo sapwood emulate --transport cuse:/dev/mei0
  $ sapwood emulate --transport unix:/tmp/csme --profile session,sap-3
  $ sapwood emulate --transport unix:/tmp/csme --record csme.jsonl
  $ sapwood emulate --transport unix:/tmp/csme --behaviour late:50
  $ sapwood emulate --transport unix:/tmp/csme --at 5:take-ownership`,
    );
  bind(command, emulate);
};

async function emulate(context: Context, options: Options): Promise<ExitName> {
  const device = deviceOf(options.transport);
  const path = device === undefined ? socketPathOf(options.transport, 'unix:PATH or cuse:/dev/NAME') : '';
  const missing = nativeProblem();
  if (missing !== undefined) throw new CliError('environment', missing);
  if (device !== undefined) return emulateDevice(context, device);

  const journal = await Journal.open(context, options);
  const { credentials, said } = webService(options);
  const emulation = new Emulation(
    {
      path,
      profile: options.profile ?? OPERATIONAL,
      behaviours: options.behaviour ?? [],
      timed: options.at ?? [],
      ...(credentials !== undefined && { credentials }),
    },
    journal,
  );
  const interrupted = untilInterrupted();
  const problem = await emulation.open();
  if (problem !== undefined) {
    interrupted.cancel();
    await emulation.close();
    await journal.close();
    throw new CliError('environment', problem);
  }
  if (said !== undefined) journal.say(said);
  journal.say(`CSME waits for a driver at ${options.transport}.`);
  await journal.begin();
  const typed = hearTyped((word, rest) => {
    const message = commandOf(word, rest);
    if (message !== undefined) emulation.send(message);
    else journal.say(`${quoted(word, rest)} is no command; sapwood emulate --help lists them.`);
  });
  const why = await Promise.race([interrupted.signal.then(() => undefined), emulation.ended]);
  interrupted.cancel();
  typed.close();
  await emulation.close();
  await journal.close();
  if (why !== undefined) throw new CliError('environment', `the emulated CSME died: ${why}.`);
  return 'good';
}

/** Who may log on, and what is to be said of that; nobody where there can be no network stack. */
function webService(options: Options): { readonly credentials?: Credentials; readonly said?: string } {
  if (!options.network) return {};
  const problem =
    ipProblem() ?? (process.getuid?.() === 0 ? undefined : 'A network namespace needs root (CAP_SYS_ADMIN).');
  if (problem !== undefined) return { said: `CSME answers no TCP: ${problem}` };
  const { user, password = `A1!${randomBytes(12).toString('base64url')}` } = options;
  const known = options.password === undefined ? `, password ${password}` : '';
  const said = `CSME's web service answers on port ${AMT_HTTP} at the host's address; user ${user}${known}.`;
  return { credentials: { user, password }, said };
}

function profileOf(text: string): Profile {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !Object.hasOwn(PROFILE_PARTS, name));
  if (wrong !== undefined) {
    throw new InvalidArgumentError(
      `There is no profile "${wrong}"; there are ${Object.keys(PROFILE_PARTS).join(', ')}.`,
    );
  }
  return profile(...names.map((name) => PROFILE_PARTS[name]!));
}

function behaviours(text: string, before: readonly string[] = []): readonly string[] {
  if (behaviourByName(text) === undefined) {
    throw new InvalidArgumentError(`There is no misbehaviour "${text}"; sapwood emulate --help lists them.`);
  }
  return [...before, text];
}

function named(names: readonly string[]): string {
  return wrapWords(list(names), 76)
    .map((line) => `  ${line}`)
    .join('\n');
}
