/** `sapwood demo`: a hand-over as it happens, then the recordings replayed. `npm start` runs it. */

import { randomBytes } from 'node:crypto';
import { closeSync, writeSync } from 'node:fs';
import { InvalidArgumentError, Option } from 'commander';
import type { Credentials } from '../../csme/network/index.ts';
import { networkNamespace, spawnInNamespace } from '../../native/index.ts';
import { eventToJson, formatEvent, type ReplayReport, type TraceEvent } from '../../trace/index.ts';
import type { Context, Define } from '../command.ts';
import { labProblem, labRefusal } from '../demo/lab.ts';
import { pathFromHere, RECORDINGS, recordingNames, replayRecording } from '../demo/recordings.ts';
import { sceneOf } from '../demo/scene.ts';
import { type Pace, Screen } from '../demo/screen.ts';
import { Script } from '../demo/script.ts';
import { SessionError } from '../demo/session.ts';
import { LABEL, labelled, type Summary, summaryLines, summaryOf } from '../demo/summary.ts';
import { CliError, type ExitName, exitOfStatus } from '../exit.ts';
import { notWritten, openOutput } from '../output-file.ts';
import { signs, verdictLine } from '../replay-text.ts';

interface Options {
  seed: number;
  fast?: boolean;
  slow?: boolean;
  record?: string;
  /** commander's names for --no-replay and --no-network. */
  replay: boolean;
  network: boolean;
  /** Internal: this process is the one that was started in a network namespace of its own, from the one named here. */
  inNamespace?: string;
}

/** Nothing of the demo takes longer; a wait that no other limit ends, ends here. */
const LIMIT_MS = 120_000;

export const defineDemo: Define = (program, bind) => {
  const command = program
    .command('demo')
    .summary('a hand-over as it happens, then recordings replayed')
    .description(
      'Plays the hand-over of the card from CSME to the host while a remote session runs: our host in one thread, the emulated CSME in another, real rings between them, drawn as a ladder while it happens. Then replays the recordings of the real driver that come with the package.',
    )
    .option('--seed <number>', 'another network, other addresses and delays', seed, 1)
    .option('--fast', 'no pauses for reading')
    .option('--slow', 'long pauses for reading')
    .option('--record <file>', 'write the session as a trace')
    .option('--no-replay', 'the session only')
    .option('--no-network', 'without the remote console, which needs network namespaces')
    .addOption(new Option('--in-namespace <from>').hideHelp())
    .addHelpText(
      'after',
      `
Examples:
  $ sapwood demo --slow
  $ sapwood demo --fast --record session.jsonl && sapwood replay session.jsonl
  $ sapwood demo --json --no-replay | jq .handOver`,
    );
  bind(command, demo);
};

async function demo(context: Context, options: Options): Promise<ExitName> {
  const { output, json } = context;
  if (options.fast && options.slow) throw new CliError('usage', 'give --fast or --slow, not both.');
  const isOurs = options.inNamespace !== undefined && options.inNamespace !== networkNamespace();
  if (options.inNamespace !== undefined && !isOurs)
    throw new CliError('usage', '--in-namespace is for the demo itself.');
  const found = options.network ? labProblem() : '--no-network was given.';
  if (found === undefined && !isOurs) return inNamespace(context);
  const problem = found ?? (await labRefusal());
  const file = options.record === undefined ? undefined : openOutput(options.record);
  const pace: Pace = options.slow
    ? 'slow'
    : options.fast || json || !output.terminal.interactive
      ? 'fast'
      : 'normal';
  const scene = sceneOf(options.seed);
  const screen = new Screen(output, pace, json);
  opening(screen, problem);
  const script = new Script({ scene, screen, remote: problem === undefined ? credentials() : { problem } });
  const { failure, meSeqNum, interrupted } = await play(script, screen);
  if (file !== undefined) writeTrace(file, options.record!, script.session.events);
  if (interrupted !== undefined) return interruptedBy(interrupted, context, screen);

  const reports = options.replay && failure === undefined ? await replayAll(context, screen) : undefined;
  const summary = summaryOf(scene, script, failure, meSeqNum, reports);
  if (json)
    await output.print(JSON.stringify({ ...summary, events: script.session.events.map(eventToJson) }));
  else closing(screen, summary, options);
  await screen.idle();
  return summary.ok ? 'good' : 'bad';
}

/**
 * Runs the demo once more, as a process in a network namespace of its own: there is room for an interface `wlan0`, and
 * nothing that it does to the network touches this machine's.
 */
async function inNamespace({ output }: Context): Promise<ExitName> {
  await output.flush();
  const [entry = '', ...args] = process.argv.slice(1);
  const again = [...process.execArgv, entry, ...args, '--in-namespace', networkNamespace()];
  const child = spawnInNamespace(process.execPath, again, { stdio: 'inherit' });
  // From a terminal the child gets these as well, and may need a moment to end.
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  process.on('SIGINT', forward).on('SIGTERM', forward);
  const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject).once('close', (...end) => resolve(end));
  });
  process.off('SIGINT', forward).off('SIGTERM', forward);
  if (signal !== null) process.kill(process.pid, signal);
  return exitOfStatus(status);
}

/** For this run only. */
function credentials(): Credentials {
  return { user: 'admin', password: `A1!${randomBytes(12).toString('base64url')}` };
}

function opening(screen: Screen, problem: string | undefined): void {
  const remote =
    problem === undefined
      ? 'a browser on a machine of its own (a network namespace), real TCP to port 16992'
      : `none: ${problem}`;
  const { strong } = screen.paint;
  screen.say(
    strong('sapwood demo: one WLAN card, two owners, and a remote session that must survive'),
    ...labelled('host', 'the operating system: our state machine, in this thread', screen.width),
    ...labelled('CSME', 'the firmware that runs AMT: emulated, in a thread of its own', screen.width),
    ...labelled('remote', remote, screen.width),
    ...labelled('WLAN', 'driver, card, supplicant: stand-ins', screen.width),
  );
  screen.header();
}

/** Plays the session to its end, or to what ends it: a failure, or the reader's Ctrl-C. */
async function play(
  script: Script,
  screen: Screen,
): Promise<{ failure: Error | undefined; meSeqNum: number; interrupted: NodeJS.Signals | undefined }> {
  const { session } = script;
  let interrupted: NodeJS.Signals | undefined;
  const interrupt = (signal: NodeJS.Signals) => {
    interrupted = signal;
    screen.hurry();
    session.fail(new SessionError('Interrupted.'));
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const watchdog = setTimeout(
    () => session.fail(new SessionError(`The demo did not end within ${LIMIT_MS / 1000} s.`)),
    LIMIT_MS,
  );
  let failure: Error | undefined;
  let meSeqNum = 0;
  try {
    await script.play();
    await screen.idle();
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  } finally {
    clearTimeout(watchdog);
    meSeqNum = session.host.meSeqNum;
    await script.close();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
  return { failure, meSeqNum, interrupted };
}

/** Ends as programs do that do not catch the signal, so that a shell sees what happened. */
async function interruptedBy(signal: NodeJS.Signals, { output }: Context, screen: Screen): Promise<ExitName> {
  await screen.idle();
  output.say('sapwood: interrupted.');
  process.kill(process.pid, signal);
  return 'bad';
}

/** A verdict per recording, as many on a line as fit, each as soon as it is there. */
async function replayAll({ output, json }: Context, screen: Screen): Promise<ReplayReport[]> {
  const names = recordingNames();
  const reports: ReplayReport[] = [];
  const { good, bad, strong } = screen.paint;
  if (!json) {
    await screen.rest();
    screen.say('', strong('Recordings of the real driver, replayed against the same host'));
    if (names.length === 0) screen.say(`    none: there is no ${RECORDINGS}`);
  }
  const mark = signs(output.terminal);
  let line = '';
  let columns = 0;
  for (const name of names) {
    const report = await replayRecording(name);
    reports.push(report);
    const fine = report.mismatches.length === 0 && report.errors.length === 0;
    const stem = name.replace(/\.jsonl$/, '');
    const length = 2 + (fine ? mark.good : mark.bad).length + 1 + stem.length;
    if (columns + length > screen.width - 2) {
      screen.say(`  ${line}`);
      line = '';
      columns = 0;
    }
    line += `  ${fine ? good(mark.good) : bad(mark.bad)} ${stem}`;
    columns += length;
  }
  if (line !== '') screen.say(`  ${line}`);
  for (const report of reports.filter((r) => r.mismatches.length > 0 || r.errors.length > 0)) {
    screen.say(verdictLine(report, output.terminal));
  }
  return reports;
}

function closing(screen: Screen, summary: Summary, options: Options): void {
  const { good, bad, strong } = screen.paint;
  const command = (label: string, text: string) => `  ${label.padEnd(LABEL)}${text}`;
  screen.say('', summary.ok ? strong(good('Done, and good')) : strong(bad('Something went wrong')));
  screen.say(...summaryLines(summary, screen.width));
  screen.say(
    '',
    ...labelled(
      'Not here',
      'a real card, a real supplicant, nl80211 and rfkill of a kernel: they need the machine.',
      screen.width,
    ),
    // Not wrapped: what is copied must be one line.
    command('Try next', `npx sapwood demo --slow --seed ${options.seed + 1}`),
    command('', 'npx sapwood demo --record my.jsonl && npx sapwood replay my.jsonl'),
    command('', `npx sapwood show -v ${pathFromHere('link-protection.jsonl')}`),
  );
}

function writeTrace(file: number, path: string, events: readonly TraceEvent[]): void {
  try {
    writeSync(file, events.map((event) => `${formatEvent(event)}\n`).join(''));
    closeSync(file);
  } catch (error) {
    throw notWritten(path, error as NodeJS.ErrnoException);
  }
}

function seed(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 0xffff_ffff)
    throw new InvalidArgumentError('Give a whole number, 0 or more.');
  return value;
}
