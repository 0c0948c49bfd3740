/**
 * Set-up of AMT by a program of its own machine, as a machine without I/O: a generator that gives what is to be done
 * next, and takes what came of it (`next`) or why it failed (`throw`).
 *
 * Facts: AMTHI gives programs of the host an account whose user is $$OsAdmin; with it, IPS_HostBasedSetupService.Setup
 * takes MD5(admin:realm:password), in hex, as the administrator's password (Intel AMT SDK, "Perform local setup").
 */
import { ControlMode, type Secret } from '../protocol/index.ts';
import { secretOf } from '../web/index.ts';
import type { WsmanValues } from '../wsman/index.ts';
import { isOpen, isPassing } from './doubt.ts';
import { SetupError } from './errors.ts';
import { type AmtMode, describeMode } from './mode.ts';
import { passwordProblem } from './password.ts';
import { isReached, planSetup, type SetupGoal, type SetupStepName } from './steps.ts';

/** An account of AMT. */
export interface Account {
  readonly user: string;
  readonly password: Secret;
}

/** What is to be done. */
export type SetupAct = { readonly step: SetupStepName } & (
  | { readonly type: 'state' }
  | { readonly type: 'account' }
  /** The administrator's password, from whoever knows it. `isNew`: it is chosen now. */
  | { readonly type: 'password'; readonly isNew: boolean }
  | {
      readonly type: 'command';
      readonly command: 'UNPROVISION' | 'START_CONFIGURATION' | 'STOP_CONFIGURATION';
    }
  | { readonly type: 'get'; readonly account: Account; readonly className: string }
  | {
      readonly type: 'invoke';
      readonly account: Account;
      readonly className: string;
      readonly method: string;
      readonly input: Readonly<Record<string, string | number>>;
    }
  | { readonly type: 'wait'; readonly ms: number }
);

/** What comes of each. */
export interface SetupAnswers {
  readonly state: AmtMode;
  readonly account: Account;
  readonly password: Secret;
  readonly command: undefined;
  readonly get: WsmanValues;
  readonly invoke: WsmanValues;
  readonly wait: undefined;
}

type Answer = SetupAnswers[keyof SetupAnswers];
type Doing<T> = Generator<SetupAct, T, Answer>;

/** How it ended, unless it failed. */
export interface SetupEnd {
  /** `nothing`: AMT was what it was to be; `refused`: it cannot be done in the state that AMT is in. */
  readonly outcome: 'done' | 'nothing' | 'refused';
  readonly before: AmtMode;
  readonly after: AmtMode;
  /** For a person. */
  readonly sentence: string;
  readonly next?: string | undefined;
}

/** Leads AMT to the goal. Throws a `SetupError`, or what was thrown into it. */
export function* setUp(goal: SetupGoal): Doing<SetupEnd> {
  const before = yield* perform({ step: 'look', type: 'state' });
  const plan = planSetup(goal, before);
  if ('refused' in plan) {
    return { outcome: 'refused', before, after: before, sentence: plan.refused, next: plan.next };
  }
  if ('nothing' in plan) return { outcome: 'nothing', before, after: before, sentence: plan.nothing };
  const work: Work = { goal };
  for (const step of plan.steps) yield* STEPS[step](work, step);
  const after = work.after ?? before;
  return { outcome: 'done', before, after, sentence: describeMode(after) };
}

/** How often, and how far apart, AMT is asked whether it has got there. */
const CONFIRM = { tries: 30, everyMs: 1000 } as const;
/** The web service may begin anew when AMT is activated. */
const LOG_ON = { tries: 5, everyMs: 1000 } as const;

/** The user that Setup gives the password to. */
const ADMIN = 'admin';
const SERVICE = 'IPS_HostBasedSetupService';
/** NetAdminPassEncryptionType. */
const HTTP_DIGEST_MD5_A1 = 2;
/** AMT_SetupAndConfigurationService.ProvisioningMode: enterprise, the only one that is left. */
const ENTERPRISE = 1;

/** What the steps leave for each other. */
interface Work {
  readonly goal: SetupGoal;
  admin?: Account;
  local?: Account;
  realm?: string;
  /** AMT may have done what it was told, though this came instead of an answer. */
  doubt?: unknown;
  after?: AmtMode;
}

type Run = (work: Work, step: SetupStepName) => Doing<void>;

const STEPS: Readonly<Record<SetupStepName, Run>> = {
  *look() {},
  *newPassword(work, step) {
    const password = yield* perform({ step, type: 'password', isNew: true });
    const problem = passwordProblem(password.reveal());
    if (problem !== undefined) throw new SetupError('SETUP_ERR_PASSWORD', problem);
    work.admin = { user: ADMIN, password };
  },
  *password(work, step) {
    work.admin = { user: ADMIN, password: yield* perform({ step, type: 'password', isNew: false }) };
  },
  *account(work, step) {
    work.local = yield* perform({ step, type: 'account' });
  },
  *realm(work, step) {
    const values = yield* perform({
      step,
      type: 'get',
      account: work.local!,
      className: 'AMT_GeneralSettings',
    });
    const realm = values.get('DigestRealm')?.[0] ?? '';
    // It goes into a hash that AMT will compare with: what is not AMT's form would lock everybody out.
    if (!/^Digest:[0-9A-F]{32}$/i.test(realm)) throw new SetupError('SETUP_ERR_REALM');
    work.realm = realm;
  },
  *allowed(work, step) {
    const values = yield* perform({ step, type: 'get', account: work.local!, className: SERVICE });
    const allowed = values.get('AllowedControlModes');
    // Firmware that does not say is asked by the set-up itself.
    if (allowed !== undefined && !allowed.includes(String(ControlMode.CLIENT))) {
      throw new SetupError('SETUP_ERR_NOT_ALLOWED');
    }
  },
  *setup(work, step) {
    const input = {
      NetAdminPassEncryptionType: HTTP_DIGEST_MD5_A1,
      NetworkAdminPassword: secretOf(ADMIN, work.realm!, work.admin!.password.reveal()),
    };
    yield* invoke(work, {
      step,
      type: 'invoke',
      account: work.local!,
      className: SERVICE,
      method: 'Setup',
      input,
    });
  },
  *unprovision(work, step) {
    yield* changing(work, { step, type: 'command', command: 'UNPROVISION' });
  },
  *unprovisionAsAdmin(work, step) {
    yield* invoke(work, {
      step,
      type: 'invoke',
      account: work.admin!,
      className: 'AMT_SetupAndConfigurationService',
      method: 'Unprovision',
      input: { ProvisioningMode: ENTERPRISE },
    });
  },
  *startRemote(work, step) {
    yield* changing(work, { step, type: 'command', command: 'START_CONFIGURATION' });
  },
  *stopRemote(work, step) {
    yield* changing(work, { step, type: 'command', command: 'STOP_CONFIGURATION' });
  },
  *confirm(work, step) {
    let last: unknown = work.doubt;
    for (let tries = 0; tries < CONFIRM.tries; tries++) {
      if (tries > 0) yield* perform({ step, type: 'wait', ms: CONFIRM.everyMs });
      try {
        work.after = yield* perform({ step, type: 'state' });
      } catch (error) {
        // The firmware may begin anew: it is asked again.
        if (!isPassing(error)) throw error;
        last = error;
        continue;
      }
      if (isReached(work.goal, work.after)) return;
      // Without an answer it was not done, and will not be.
      if (work.doubt !== undefined) break;
    }
    throw last ?? new SetupError('SETUP_ERR_NOT_REACHED');
  },
  *logOn(work, step) {
    for (let tries = 1; ; tries++) {
      try {
        yield* perform({ step, type: 'get', account: work.admin!, className: 'AMT_GeneralSettings' });
        return;
      } catch (error) {
        if (tries === LOG_ON.tries || !isPassing(error)) throw error;
        yield* perform({ step, type: 'wait', ms: LOG_ON.everyMs });
      }
    }
  },
};

function* perform<A extends SetupAct>(act: A): Doing<SetupAnswers[A['type']]> {
  return (yield act) as SetupAnswers[A['type']];
}

/** Does what changes AMT. That no answer comes does not mean that nothing was done. */
function* changing<A extends SetupAct>(work: Work, act: A): Doing<SetupAnswers[A['type']] | undefined> {
  try {
    return yield* perform(act);
  } catch (error) {
    if (!isOpen(error)) throw error;
    work.doubt = error;
    return undefined;
  }
}

function* invoke(work: Work, act: SetupAct & { type: 'invoke' }): Doing<void> {
  const output = yield* changing(work, act);
  if (output === undefined) return;
  const value = output.get('ReturnValue')?.[0] ?? '';
  if (value !== '0') throw new SetupError('SETUP_ERR_REFUSED', returnSentence(act.method, value));
}

/** Source: the classes' reference in the Intel AMT SDK, `ValueMap` of each method. */
const RETURN_VALUES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Setup: {
    1: 'an error inside AMT',
    2: 'it is not in a state in which it can be set up',
    3: 'a parameter is wrong',
    4: 'host-based set-up is disabled',
    5: 'the authentication failed',
    6: 'the flash memory was written too often: try again later',
  },
  Unprovision: {
    1: 'an error inside AMT',
    16: 'it does not permit this',
    36: 'a parameter is wrong',
    38: 'the flash memory was written too often: try again later',
    2076: 'a component, such as the audit log, keeps it from it',
  },
};

function returnSentence(method: string, value: string): string {
  const known = RETURN_VALUES[method]?.[value];
  if (known !== undefined) return `${method} gave ${value}: ${known}.`;
  return /^\d{1,10}$/.test(value) ? `${method} gave ${value}.` : `${method} gave no result.`;
}
