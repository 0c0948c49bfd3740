/** `sapwood conformance`: plays CSME to a driver at a unix socket and judges what it does. */
import { closeSync, writeSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import {
  Conformance,
  type ConformanceInput,
  type ConformanceOutput,
  ControlClient,
  jsonDocument,
  junitDocument,
  type Scenario,
  SUITE_NAMES,
  SUITES,
  type SuiteName,
  scenariosOf,
} from '../../conformance/index.ts';
import { nativeProblem } from '../../native/index.ts';
import { formatEvent, type TraceEvent } from '../../trace/index.ts';
import { type CsmePlug, listenUnixCsme, run, systemClock } from '../../transport/index.ts';
import type { Context, Define } from '../command.ts';
import { outcomeLine, reportLines } from '../conformance/text.ts';
import { CliError, type ExitName } from '../exit.ts';
import { meanings } from '../help.ts';
import { atSocket, controlPathOf, socketPathOf } from '../live/socket-path.ts';
import { untilInterrupted } from '../live/until.ts';
import { openOutput } from '../output-file.ts';

interface Options {
  readonly transport?: string;
  readonly control?: string;
  readonly suite?: readonly SuiteName[];
  readonly scenario?: readonly string[];
  readonly wait: number;
  readonly junit?: string;
  readonly record?: string;
  readonly dangerous?: boolean;
  readonly list?: boolean;
}

const WAIT_S = 30;
/** Of a scenario in which only times were wrong. */
const TRIES = 3;
const BLOCK = 1 << 16;

export const defineConformance: Define = (program, bind) => {
  const command = program
    .command('conformance')
    .summary('judge a driver: play CSME to it, and check what it does')
    .description(
      "Plays CSME to the driver that connects to a unix socket, scenario by scenario, and judges what it does by the rules of sapwood validate. Through the driver's control socket its own side acts: asks for ownership, associates, receives frames. Without one only the scenarios that need no such act are played.",
    )
    .option('--transport <name>', 'unix:PATH, where CSME listens and the driver connects')
    .option('--control <path>', "a unix socket at which the driver's helper listens", controlPathOf)
    .option('--suite <names>', 'suites, separated by commas; all when left out', suites)
    .option('--scenario <ids>', 'single scenarios, separated by commas', ids)
    .option('--wait <seconds>', 'how long the driver and its helper may take to come', seconds, WAIT_S)
    .option('--junit <file>', 'write the result as JUnit XML')
    .option('--record <file>', 'write the whole conversation as a trace')
    .option('--dangerous', 'play what may kill a driver, too')
    .option('--list', 'list suites and scenarios, and play nothing')
    .addHelpText(
      'after',
      `
Suites:
${meanings(Object.entries(SUITES))}

Examples:
  $ sapwood host --transport unix:/tmp/csme --control /tmp/driver --quiet &
  $ sapwood conformance --transport unix:/tmp/csme --control /tmp/driver
  $ sapwood conformance --transport unix:/tmp/csme --suite rings --junit r.xml
  $ sapwood conformance --list`,
    );
  bind(command, conformance);
};

async function conformance(context: Context, options: Options): Promise<ExitName> {
  const scenarios = chosen(options);
  if (options.list) return list(context, scenarios);
  const path = transportPath(options.transport);
  const missing = nativeProblem();
  if (missing !== undefined) throw new CliError('environment', missing);
  const junit = options.junit === undefined ? undefined : openOutput(options.junit);
  const record = options.record === undefined ? undefined : new Record(openOutput(options.record));
  const plug = listen(path, context);
  const control = await controlOf(options, plug, context);
  const engine = await play(context, options, scenarios, plug, control, record);
  const { results } = engine;
  if (junit !== undefined) writeSync(junit, junitDocument(results));
  if (context.json) await context.output.print(JSON.stringify(jsonDocument(results)));
  else for (const line of reportLines(results, context.output.terminal)) await context.output.print(line);
  const { failed, passed } = results.totals().scenarios;
  if (!engine.over) throw new CliError('bad', 'interrupted; the report is of what was played.');
  if (passed + failed === 0) {
    const reason = results.outcomes.find((outcome) => outcome.reason !== undefined)?.reason;
    throw new CliError('environment', `nothing could be played: ${reason ?? 'no scenario fits'}.`);
  }
  return failed > 0 ? 'bad' : 'good';
}

async function play(
  context: Context,
  options: Options,
  scenarios: readonly Scenario[],
  plug: CsmePlug,
  control: ControlClient | undefined,
  record: Record | undefined,
): Promise<Conformance> {
  const { output } = context;
  const helped = control !== undefined;
  const danger = options.dangerous ?? false;
  const firstLinkMs = options.wait * 1000;
  const engine = new Conformance({ scenarios, helped, danger, firstLinkMs, tries: TRIES, coarse: true });
  let place = '';
  let whyNot: string | undefined;
  let stop = () => {};
  const interrupted = untilInterrupted();
  if (!helped) output.say('Without --control only what needs no act of the driver is played.');
  const over = new Promise<void>((resolve, reject) => {
    const on = (said: ConformanceOutput) => {
      switch (said.type) {
        case 'control':
          return control?.send(said.request);
        case 'drop':
          plug.unplug();
          return plug.plug();
        case 'trace':
          return record?.add(said.event);
        case 'began':
          place = `${String(said.number).padStart(String(said.of).length)}/${said.of}`;
          return;
        case 'ended':
          // Why many are not run is said once; the report has their names.
          if (said.outcome.status !== 'not run' || said.outcome.reason !== whyNot)
            output.say(outcomeLine(said.outcome, place));
          whyNot = said.outcome.reason;
          return;
        case 'over':
          return resolve();
      }
    };
    const runner = run<ConformanceInput, ConformanceOutput>(engine, plug, systemClock, {
      on,
      onError: reject,
    });
    stop = () => runner.stop();
    control?.listen({
      onReply: (reply) => runner.feed({ type: 'control', reply }),
      onLost: (why) => runner.feed({ type: 'controlLost', why }),
    });
    void interrupted.signal.then(() => resolve());
  });
  try {
    await over;
  } finally {
    interrupted.cancel();
    control?.close();
    stop();
  }
  record?.close();
  return engine;
}

/** The conversation as a file: written in blocks, and at once, so that nothing is left when the judge is stopped. */
class Record {
  readonly #file: number;
  #lines = '';

  constructor(file: number) {
    this.#file = file;
  }

  add(event: TraceEvent): void {
    this.#lines += `${formatEvent(event)}\n`;
    if (this.#lines.length >= BLOCK) this.#write();
  }

  close(): void {
    this.#write();
    closeSync(this.#file);
  }

  #write(): void {
    writeSync(this.#file, this.#lines);
    this.#lines = '';
  }
}

function listen(path: string, { output }: Context): CsmePlug {
  const onProblem = ({ message }: Error) => output.say(`problem: ${message}`);
  return atSocket(() => {
    const plug = listenUnixCsme(path, { onProblem });
    plug.plug();
    output.say(`CSME waits for a driver at unix:${path}.`);
    return plug;
  });
}

async function controlOf(
  { control, wait }: Options,
  plug: CsmePlug,
  { output }: Context,
): Promise<ControlClient | undefined> {
  if (control === undefined) return undefined;
  const interrupted = untilInterrupted();
  const stop = new AbortController();
  void interrupted.signal.then(() => stop.abort());
  output.say(`The driver's helper is looked for at ${control}.`);
  const client = await ControlClient.open(control, wait * 1000, stop.signal);
  interrupted.cancel();
  if (typeof client !== 'string') return client;
  plug.close();
  if (stop.signal.aborted) throw new CliError('bad', 'interrupted before the helper came.');
  throw new CliError(
    'environment',
    `nobody listens at the control socket ${control}: ${client}.`,
    'Start the driver with its helper first: sapwood host --control PATH.',
  );
}

function chosen({ suite, scenario }: Options): readonly Scenario[] {
  const all = scenariosOf(suite ?? SUITE_NAMES);
  if (scenario === undefined) return all;
  const unknown = scenario.find((id) => !all.some((known) => known.id === id));
  if (unknown !== undefined)
    throw new CliError(
      'usage',
      `there is no scenario "${unknown}".`,
      'sapwood conformance --list names them.',
    );
  return all.filter(({ id }) => scenario.includes(id));
}

async function list({ output, json }: Context, scenarios: readonly Scenario[]): Promise<ExitName> {
  if (json) {
    const rows = scenarios.map(({ id, suite, title, needs }) => ({ id, suite, title, needs }));
    await output.print(JSON.stringify(rows));
    return 'good';
  }
  for (const suite of SUITE_NAMES) {
    const own = scenarios.filter((scenario) => scenario.suite === suite);
    if (own.length === 0) continue;
    await output.print(`${suite}: ${SUITES[suite]}`);
    for (const { id, title } of own) await output.print(`  ${id}\n      ${title}`);
  }
  return 'good';
}

function transportPath(name: string | undefined): string {
  if (name === undefined) throw new CliError('usage', 'give --transport unix:PATH, or --list.');
  return socketPathOf(name);
}

function suites(text: string, before: readonly SuiteName[] = []): readonly SuiteName[] {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !Object.hasOwn(SUITES, name));
  if (wrong !== undefined)
    throw new InvalidArgumentError(`There is no suite "${wrong}"; there are ${SUITE_NAMES.join(', ')}.`);
  return [...before, ...(names as SuiteName[])];
}

function ids(text: string): readonly string[] {
  return text.split(',').map((name) => name.trim());
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 3600)) throw new InvalidArgumentError('Give seconds, more than 0, up to 3600.');
  return value;
}
