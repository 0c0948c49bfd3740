/** What `sapwood amt activate` and `deactivate` share: a set-up, or with `--dry-run` what it would do. */
import {
  describeMode,
  LmsError,
  passwordProblem,
  planSetup,
  readAmtMode,
  runSetup,
  SETUP_STEPS,
  type Secret,
  type SetupEnd,
  SetupError,
  type SetupGoal,
  type SetupPlan,
  type SetupStep,
  type SetupStepName,
  WsmanError,
} from '../../amt/index.ts';
import { printable } from '../../trace/index.ts';
import type { MeiCalls } from '../../transport/index.ts';
import type { Context } from '../command.ts';
import { CliError, type ExitName } from '../exit.ts';
import { untilInterrupted } from '../live/until.ts';
import { deviceFor } from '../mei-device.ts';
import { wrapWords } from '../words.ts';
import { absenceOf } from './absence.ts';
import type { SetUpOptions } from './options.ts';
import { askPassword, givenPassword } from './secrets.ts';

/** `calls`: the native calls of the device; the addon's when left out. */
export async function setUpCommand(
  context: Context,
  goal: SetupGoal,
  options: SetUpOptions,
  calls?: MeiCalls,
): Promise<ExitName> {
  const given = await givenPassword(options.passwordFile, context.output);
  const problem = goal === 'activate' && given !== undefined ? passwordProblem(given.reveal()) : undefined;
  if (problem !== undefined) throw failureOf(new SetupError('SETUP_ERR_PASSWORD', problem));
  const path = deviceFor(options.device);
  const device = { path, calls };
  return options.dryRun ? tellPlan(context, goal, device) : perform(context, goal, device, given);
}

interface Device {
  readonly path: string;
  readonly calls: MeiCalls | undefined;
}

async function tellPlan({ output, json }: Context, goal: SetupGoal, device: Device): Promise<ExitName> {
  const mode = await readAmtMode(device).catch((error: unknown) => {
    throw failureOf(error);
  });
  const plan = planSetup(goal, mode);
  const steps = 'steps' in plan ? plan.steps : [];
  if (json) {
    const told = steps.map((name) => ({ name, ...SETUP_STEPS[name] }));
    await output.print(
      JSON.stringify({
        device: device.path,
        goal,
        dryRun: true,
        outcome: outcomeOf(plan),
        before: mode,
        steps: told,
      }),
    );
  } else if ('steps' in plan) {
    await output.print(`${describeMode(mode)} This would be done:`);
    for (const [at, name] of steps.entries())
      for (const line of stepLines(at + 1, name, output.terminal.width)) await output.print(line);
    await output.print('Nothing was changed.');
  } else if ('nothing' in plan) {
    await output.print(`${plan.nothing} There is nothing to do.`);
  }
  if ('refused' in plan) throw new CliError('bad', plan.refused, plan.next);
  return 'good';
}

function outcomeOf(plan: SetupPlan): SetupEnd['outcome'] | 'possible' {
  if ('refused' in plan) return 'refused';
  return 'nothing' in plan ? 'nothing' : 'possible';
}

function stepLines(number: number, name: SetupStepName, width: number): readonly string[] {
  const { does, wire, changes }: SetupStep = SETUP_STEPS[name];
  const how = [wire, changes ? 'changes AMT' : ''].filter((part) => part !== '').join('; ');
  const text = how === '' ? does : `${does} (${how})`;
  const front = `${String(number).padStart(3)}. `;
  return wrapWords(text.split(' '), width - front.length).map(
    (line, at) => (at === 0 ? front : ' '.repeat(front.length)) + line,
  );
}

async function perform(
  context: Context,
  goal: SetupGoal,
  device: Device,
  given: Secret | undefined,
): Promise<ExitName> {
  const interrupted = untilInterrupted();
  const stop = new AbortController();
  void interrupted.signal.then((name) => stop.abort(new CliError('bad', `interrupted by ${name}.`)));
  const steps: SetupStepName[] = [];
  let by: string | undefined;
  try {
    const end = await runSetup(goal, {
      ...device,
      password: async (isNew) => given ?? (await askPassword(isNew, stop.signal)),
      signal: stop.signal,
      onStep(step, reach) {
        steps.push(step);
        if (reach !== undefined && by === undefined) {
          by = reach;
          context.output.say(REACHED[reach]);
        }
        context.output.say(`AMT: ${SETUP_STEPS[step].does}.`);
      },
    });
    return await tellEnd(context, { device: device.path, goal, steps }, end);
  } catch (error) {
    // Of the person's own doing, the file's, or told already.
    if (error instanceof CliError && error !== stop.signal.reason) throw error;
    throw await tellFailure(context, { device: device.path, goal, steps }, failureOf(error), device);
  } finally {
    interrupted.cancel();
  }
}

/** What is told of every run. */
interface Told {
  readonly device: string;
  readonly goal: SetupGoal;
  readonly steps: readonly SetupStepName[];
}

async function tellEnd({ output, json }: Context, told: Told, end: SetupEnd): Promise<ExitName> {
  const { outcome, before, after, sentence, next } = end;
  if (json) await output.print(JSON.stringify({ ...told, outcome, before, after }));
  if (outcome === 'refused') throw new CliError('bad', sentence, next);
  if (!json) await output.print(outcome === 'nothing' ? `${sentence} There was nothing to do.` : sentence);
  return 'good';
}

/** What was begun may have had an effect: the person is told where it has ended. */
async function tellFailure(
  { output, json }: Context,
  told: Told,
  failure: CliError,
  device: Device,
): Promise<CliError> {
  const hasBegun = told.steps.length > 1;
  const after = hasBegun ? await readAmtMode(device).catch(() => undefined) : undefined;
  const { message, next } = failure;
  if (json) {
    const outcome = { outcome: 'failed', error: message, next: next ?? null, after: after ?? null };
    await output.print(JSON.stringify({ ...told, ...outcome }));
  }
  if (!hasBegun) return failure;
  const state = after === undefined ? 'AMT does not say what state it is in.' : describeMode(after);
  return new CliError(failure.exit, `${message} ${state}`, next);
}

const REACHED = {
  service: "AMT's web service is reached through the management service of this machine.",
  firmware: "AMT's web service is reached by a connection of its own: no management service runs here.",
} as const;

/** How the command ends by an error. What is none of AMT's is thrown on. */
function failureOf(error: unknown): CliError {
  if (error instanceof CliError) return error;
  const absence = absenceOf(error);
  if (absence !== undefined) return absence.problem;
  if (error instanceof SetupError) {
    const exit = error.code === 'SETUP_ERR_PASSWORD' ? 'usage' : 'bad';
    return new CliError(exit, error.message, error.next);
  }
  if (error instanceof LmsError) return new CliError('environment', error.sentence, error.next);
  if (error instanceof WsmanError) {
    const exit = error.code === 'WSMAN_ERR_CONNECT' ? 'environment' : 'bad';
    // AMT's own words are in it.
    return new CliError(exit, printable(error.message), error.next);
  }
  throw error;
}
