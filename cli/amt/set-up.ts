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
import type { Context } from '../command.ts';
import { CliError, type ExitName } from '../exit.ts';
import { untilInterrupted } from '../live/until.ts';
import { deviceFor } from '../mei-device.ts';
import { absenceOf } from './absence.ts';
import { askPassword, givenPassword } from './secrets.ts';

export interface SetUpOptions {
  readonly device?: string;
  readonly passwordFile?: string;
  readonly remote?: boolean;
  readonly dryRun?: boolean;
}

export const DRY_RUN_OPTION = ['--dry-run', 'say each step; change nothing'] as const;

export async function setUpCommand(
  context: Context,
  goal: SetupGoal,
  options: SetUpOptions,
): Promise<ExitName> {
  const given = await givenPassword(options.passwordFile, context.output);
  const problem = goal === 'activate' && given !== undefined ? passwordProblem(given.reveal()) : undefined;
  if (problem !== undefined) throw failureOf(new SetupError('SETUP_ERR_PASSWORD', problem));
  const path = deviceFor(options.device);
  return options.dryRun ? tellPlan(context, goal, path) : perform(context, goal, path, given);
}

async function tellPlan({ output, json }: Context, goal: SetupGoal, device: string): Promise<ExitName> {
  const mode = await readAmtMode({ path: device }).catch((error: unknown) => {
    throw failureOf(error);
  });
  const plan = planSetup(goal, mode);
  const steps = 'steps' in plan ? plan.steps : [];
  if (json) {
    const told = steps.map((name) => ({ name, ...SETUP_STEPS[name] }));
    await output.print(
      JSON.stringify({ device, goal, dryRun: true, outcome: outcomeOf(plan), before: mode, steps: told }),
    );
  } else if ('steps' in plan) {
    await output.print(`${describeMode(mode)} This would be done:`);
    for (const [at, name] of steps.entries())
      await output.print(`${String(at + 1).padStart(3)}. ${stepText(name)}`);
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

function stepText(name: SetupStepName): string {
  const { does, wire, changes }: SetupStep = SETUP_STEPS[name];
  const how = [wire, changes ? 'changes AMT' : ''].filter((part) => part !== '').join('; ');
  return how === '' ? does : `${does} (${how})`;
}

async function perform(
  { output, json }: Context,
  goal: SetupGoal,
  device: string,
  given: Secret | undefined,
): Promise<ExitName> {
  const interrupted = untilInterrupted();
  const stop = new AbortController();
  void interrupted.signal.then((name) => stop.abort(new CliError('bad', `interrupted by ${name}.`)));
  const steps: SetupStepName[] = [];
  let by: string | undefined;
  try {
    const end = await runSetup(goal, {
      path: device,
      password: async (isNew) => given ?? (await askPassword(isNew)),
      signal: stop.signal,
      onStep(step, reach) {
        steps.push(step);
        if (reach !== undefined && by === undefined) {
          by = reach;
          output.say(REACHED[reach]);
        }
        output.say(`AMT: ${SETUP_STEPS[step].does}.`);
      },
    });
    const { outcome, before, after, sentence, next } = end;
    if (json) await output.print(JSON.stringify({ device, goal, outcome, before, after, steps }));
    if (outcome === 'refused') throw new CliError('bad', sentence, next);
    if (!json) await output.print(outcome === 'nothing' ? `${sentence} There was nothing to do.` : sentence);
    return 'good';
  } catch (error) {
    if (error instanceof CliError && error !== stop.signal.reason) throw error;
    const failure = failureOf(error);
    // What was begun may have had an effect: the person wants to know where it has ended.
    const after = steps.length > 1 ? await readAmtMode({ path: device }).catch(() => undefined) : undefined;
    const state =
      steps.length > 1
        ? after === undefined
          ? 'AMT does not say what state it is in.'
          : describeMode(after)
        : '';
    if (json)
      await output.print(
        JSON.stringify({
          device,
          goal,
          outcome: 'failed',
          error: failure.message,
          after: after ?? null,
          steps,
        }),
      );
    throw new CliError(failure.exit, [failure.message, state].join(' ').trim(), failure.next);
  } finally {
    interrupted.cancel();
  }
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
  // AMT's own words are in it.
  if (error instanceof WsmanError) return new CliError('bad', printable(error.message), error.next);
  throw error;
}
