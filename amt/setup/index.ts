/** Set-up of AMT by a program of its own machine, and back: host-based set-up, remote configuration started and stopped. */
export { SETUP_ERRORS, SetupError, type SetupErrorCode } from './errors.ts';
export {
  type Account,
  type SetupAct,
  type SetupAnswers,
  type SetupEnd,
  setUp,
} from './machine.ts';
export { type AmtMode, describeMode } from './mode.ts';
export { passwordProblem } from './password.ts';
export { readAmtMode, runSetup, type SetupOptions } from './run.ts';
export {
  isReached,
  planSetup,
  SETUP_GOALS,
  SETUP_STEPS,
  type SetupGoal,
  type SetupPlan,
  type SetupStep,
  type SetupStepName,
} from './steps.ts';
