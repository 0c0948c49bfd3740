/** `sapwood emulate`: the emulated CSME, served to drivers. */
import { randomBytes } from 'node:crypto';
import { InvalidArgumentError, Option } from 'commander';
import {
  ADMIN_USER,
  type AmtOptions,
  CLIENT_CONTROL,
  DISABLED,
  PROVISIONED,
  UNPROVISIONED,
} from '../../csme/amt/index.ts';
import {
  BEHAVIOURS,
  behaviourByName,
  OPERATIONAL,
  PROFILE_PARTS,
  type Profile,
  profile,
} from '../../csme/index.ts';
import { AMT_HTTP, ipProblem } from '../../csme/network/index.ts';
import { nativeProblem } from '../../native/index.ts';
import type { Context, Define } from '../command.ts';
import { commandOf, type Timed, TYPED_COMMANDS, timed } from '../emulate/commands.ts';
import { Emulation } from '../emulate/session.ts';
import { missingFor, servedAt } from '../emulate/transports.ts';
import { CliError, type ExitName } from '../exit.ts';
import { meanings } from '../help.ts';
import { Journal } from '../live/journal.ts';
import { hearTyped, quoted } from '../live/typed.ts';
import { untilInterrupted } from '../live/until.ts';
import { list, wrapWords } from '../words.ts';

/** What AMT is at the beginning. */
const AMT_KINDS = {
  admin: { doc: 'provisioned, admin control mode', options: {} },
  client: { doc: 'provisioned by a program of the host, client control mode', options: CLIENT_CONTROL },
  unprovisioned: { doc: 'as a machine comes from its maker', options: UNPROVISIONED },
  disabled: { doc: "switched off in the firmware's menu", options: DISABLED },
} as const satisfies Readonly<
  Record<string, { readonly doc: string; readonly options: Partial<AmtOptions> }>
>;
type AmtKind = keyof typeof AMT_KINDS;

interface Options {
  readonly transport: readonly string[];
  readonly profile?: Profile;
  readonly amt: AmtKind;
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
      "Serves the emulated CSME to drivers, one after the other, until it is interrupted. Without a profile it is an operational AMT that owns the card, has no session, gives the card to the host when asked, wants the frames of AMT's ports, has an NVM and accepts PLDR. Its web service answers on port 16992 where the machine permits it: at the host's own address, through the host's data ring. At cuse:/dev/meiN its other services (AMTHI, MKHI, LME, the watchdog) are served to any MEI client through the kernel's CUSE: to programs of this machine it is a vPro machine. Give --transport twice for both ways to one CSME.",
    )
    .requiredOption(
      '--transport <name>',
      'unix:PATH, a socket at which drivers connect, or cuse:/dev/meiN; may be given again',
      transports,
    )
    .option('--profile <names>', 'what kind of firmware, names separated by commas', profileOf)
    .addOption(
      new Option('--amt <kind>', 'what AMT is at the beginning')
        .choices(Object.keys(AMT_KINDS))
        .default('admin'),
    )
    .option('--behaviour <name>', 'how it misbehaves; may be given again', behaviours)
    .option('--at <seconds:command>', 'do something so long after SAP came up; may be given again', timed)
    .option('--record <file>', 'write what happens as a trace')
    .option('--quiet', 'no ladder on stdout')
    .option('--no-network', 'without the web service')
    .option('--user <name>', 'who may log on to the web service', userName, 'admin')
    .option('--password <text>', 'and with which password; a new one each time when left out', notEmpty)
    .addHelpText(
      'after',
      `
Profiles:
${named(Object.keys(PROFILE_PARTS))}

Misbehaviours, some with an argument (late:50); docs/csme.md tells what they do:
${named(Object.keys(BEHAVIOURS))}

AMT (--amt):
${meanings(Object.entries(AMT_KINDS).map(([kind, { doc }]) => [kind, doc]))}

Commands, typed on stdin or given with --at:
${meanings(TYPED_COMMANDS.sap)}

and to AMT, however CSME is reached:
${meanings(TYPED_COMMANDS.amt)}

and at cuse:/dev/meiN:
${meanings(TYPED_COMMANDS.device)}

Examples:
  $ sapwood emulate --transport unix:/tmp/csme
  $ sudo sapwood emulate --transport cuse:/dev/mei0
  $ sudo sapwood emulate --transport cuse:/dev/mei0 --amt unprovisioned
  $ sapwood emulate --transport unix:/tmp/csme --profile session,sap-3
  $ sapwood emulate --transport unix:/tmp/csme --record csme.jsonl
  $ sapwood emulate --transport unix:/tmp/csme --behaviour late:50
  $ sapwood emulate --transport unix:/tmp/csme --at 5:take-ownership`,
    );
  bind(command, emulate);
};

async function emulate(context: Context, options: Options): Promise<ExitName> {
  const serve = servedAt(options.transport);
  const problemOfAddon = nativeProblem();
  if (problemOfAddon !== undefined) throw new CliError('environment', problemOfAddon);

  const { socket } = serve;
  const journal = await Journal.open(context, { ...options, quiet: options.quiet || socket === undefined });
  const credentials = { user: options.user, password: options.password ?? newPassword() };
  const { network, said } = webService(options, serve, credentials.password);
  const emulation = new Emulation(
    {
      serve,
      profile: options.profile ?? OPERATIONAL,
      behaviours: options.behaviour ?? [],
      timed: options.at ?? [],
      amt: { ...AMT_KINDS[options.amt].options, localPassword: newPassword() },
      credentials,
      ...(network && { network: 'of the host' }),
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
  if (serve.device !== undefined) journal.say(`MEI clients are served at /dev/${serve.device}.`);
  if (socket !== undefined) {
    journal.say(`CSME waits for a driver at unix:${socket}.`);
    await journal.begin();
  }
  const typed = hearTyped((word, rest) => {
    const message = commandOf(word, rest);
    const missing = message && missingFor(message, serve);
    if (message === undefined) {
      journal.say(`${quoted(word, rest)} is no command; sapwood emulate --help lists them.`);
    } else if (missing === undefined) emulation.send(message);
    else journal.say(`${quoted(word, rest)} is for a CSME that is served at ${missing}.`);
  });
  const why = await Promise.race([interrupted.signal.then(() => undefined), emulation.ended]);
  interrupted.cancel();
  typed.close();
  await emulation.close();
  await journal.close();
  if (why !== undefined) throw new CliError('environment', `the emulated CSME died: ${why}.`);
  return 'good';
}

/** Whether there is a network stack, and what is to be said of the web service. */
function webService(
  options: Options,
  serve: ReturnType<typeof servedAt>,
  password: string,
): { readonly network: boolean; readonly said?: string } {
  const known = options.password === undefined ? `, password ${password}` : '';
  const { provisioningState } = { ...PROVISIONED, ...AMT_KINDS[options.amt].options };
  const account =
    provisioningState === 2 ? `user ${options.user}` : `after "amt provision" user ${ADMIN_USER}`;
  const who = `${account}${known}`;
  if (serve.socket === undefined) return { network: false, said: `Who may log on to AMT: ${who}.` };
  if (!options.network) return { network: false };
  const problem =
    ipProblem() ?? (process.getuid?.() === 0 ? undefined : 'A network namespace needs root (CAP_SYS_ADMIN).');
  if (problem !== undefined) return { network: false, said: `CSME answers no TCP: ${problem}` };
  const said = `CSME's web service answers on port ${AMT_HTTP} at the host's address; ${who}.`;
  return { network: true, said };
}

function newPassword(): string {
  return `A1!${randomBytes(12).toString('base64url')}`;
}

function transports(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
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

/** What Digest can carry, and none of AMT's own. */
function userName(text: string): string {
  if (/^(?!\$\$)[^:\p{Cc}]+$/u.test(text)) return text;
  throw new InvalidArgumentError('Give a name without a colon that does not begin with $$.');
}

function notEmpty(text: string): string {
  if (text === '') throw new InvalidArgumentError('Give one that is not empty, or none for a new one.');
  return text;
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
