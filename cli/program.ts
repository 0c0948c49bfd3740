/** The command line as a whole: global options, sub-commands, how it ends. */
import { Command, CommanderError } from 'commander';
import type { Bind, Body, Define } from './command.ts';
import { COMMANDS } from './commands/index.ts';
import { CliError, EXIT_CODES, type ExitName } from './exit.ts';
import { Output } from './output.ts';
import { version } from './version.ts';
import { wrapWords } from './words.ts';

/** Runs the command; resolves to its exit status. Nothing that a user can cause escapes. */
export async function run(argv: readonly string[]): Promise<number> {
  const output = new Output();
  let end: ExitName = 'good';
  const bind: Bind = <Args extends readonly unknown[], Options>(
    command: Command,
    body: Body<Args, Options>,
  ) => {
    command.action(async (...given: unknown[]) => {
      // commander gives the arguments, then the options, then the command.
      const args = given.slice(0, -2) as unknown as Args;
      const json = program.opts<{ json?: boolean }>().json ?? false;
      end = await body({ output, json }, command.opts() as Options, ...args);
    });
  };
  const program = programOf(output, bind, await commandsFor(argv));
  try {
    await program.parseAsync(argv as string[]);
    await output.flush();
    return EXIT_CODES[end].status;
  } catch (error) {
    await output.flush();
    return failed(error, output, helpFor(program, argv));
  }
}

/** The one that is meant; all of them for help and for what is no command. */
function commandsFor(argv: readonly string[]): Promise<Define[]> {
  const first = argv.slice(2).find((word) => !word.startsWith('-')) ?? '';
  const meant = Object.hasOwn(COMMANDS, first) ? [COMMANDS[first]!] : Object.values(COMMANDS);
  return Promise.all(meant.map((load) => load()));
}

function programOf(output: Output, bind: Bind, commands: readonly Define[]): Command {
  const program = new Command('sapwood')
    .description('The arbitration of one WLAN card between an operating system and Intel CSME.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .option('--json', 'JSON on stdout and nothing else')
    .configureHelp({ showGlobalOptions: true, helpWidth: output.terminal.width })
    .configureOutput({ outputError: (text) => output.say(sentence(text)) })
    .showSuggestionAfterError(true)
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  $ sapwood demo                                  a hand-over as it happens
  $ sapwood demo --fast --record my.jsonl         the same as a trace
  $ sapwood show my.jsonl                         a trace as a ladder
  $ sapwood validate my.jsonl                     does it keep the rules?
  $ sapwood replay my.jsonl                       does our host do the same?
  $ sapwood emulate --transport unix:/tmp/csme    CSME for drivers; in another
  $ sapwood host --transport unix:/tmp/csme       terminal a driver for CSME
  $ sapwood filter --filters HEX --frames a.pcap  which frames does CSME get?
  $ sapwood doctor                                what works on this machine?
  $ sudo sapwood agent --dry-run                  what would the agent do?
  $ sudo sapwood amt info                         what is AMT of this machine?

Exit status:
${exitHelp(output.terminal.width)}`,
    );
  for (const define of commands) define(program, bind);
  return program;
}

function exitHelp(width: number): string {
  return Object.values(EXIT_CODES)
    .map(({ status, doc }) => `  ${status}  ${wrapWords(doc.split(' '), width - 5).join('\n     ')}`)
    .join('\n');
}

/** The help of the command that was meant. */
function helpFor(program: Command, argv: readonly string[]): string {
  const meant = program.commands.find((command) => argv.slice(2).includes(command.name()));
  return meant === undefined ? 'sapwood --help' : `sapwood ${meant.name()} --help`;
}

function failed(error: unknown, output: Output, help: string): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT_CODES.good.status;
    if (error.code !== 'commander.help') output.say(`Try: ${help}`);
    return EXIT_CODES.usage.status;
  }
  if (error instanceof CliError) {
    output.say(`sapwood: ${error.message}`);
    if (error.next !== undefined) output.say(error.next);
    return EXIT_CODES[error.exit].status;
  }
  throw error;
}

/** commander's `error: unknown option '--x'` in our form. */
function sentence(text: string): string {
  const [first = '', ...more] = text.trimEnd().split('\n');
  const body = first.replace(/^error: /, '');
  const closed = /[.?!]$/.test(body) ? body : `${body}.`;
  return [`sapwood: ${closed}`, ...more.map((line) => line.replace(/^\((.*)\)$/, '$1'))].join('\n');
}
