/** The steps of which every set-up is made, and which of them a goal needs. One table: `--dry-run` and docs show it. */
import { ControlMode, ProvisioningState } from '../protocol/index.ts';
import { type AmtMode, describeMode } from './mode.ts';

export interface SetupStep {
  /** Follows "would" and stands for itself. */
  readonly does: string;
  /** The commands and calls, by their names. */
  readonly wire: string;
  /** Whether AMT is another afterwards. */
  readonly changes: boolean;
}

export const SETUP_STEPS = {
  look: {
    does: 'ask AMT what state it is in',
    wire: 'AMTHI GET_PROVISIONING_STATE, GET_CONTROL_MODE',
    changes: false,
  },
  newPassword: {
    does: "take the new password of the user admin, and check it against AMT's rules",
    wire: '',
    changes: false,
  },
  password: {
    does: 'take the password of the user admin: admin control mode ends with it only',
    wire: '',
    changes: false,
  },
  account: {
    does: 'fetch the account that AMT has for programs of this machine',
    wire: 'AMTHI GET_LOCAL_SYSTEM_ACCOUNT',
    changes: false,
  },
  realm: {
    does: "read the realm of AMT's passwords",
    wire: 'Get AMT_GeneralSettings',
    changes: false,
  },
  allowed: {
    does: 'see whether AMT may be set up into client control mode',
    wire: 'Get IPS_HostBasedSetupService',
    changes: false,
  },
  setup: {
    does: 'activate AMT into client control mode, with a hash of the password',
    wire: 'IPS_HostBasedSetupService.Setup',
    changes: true,
  },
  unprovision: {
    does: 'deactivate AMT: its accounts and settings go',
    wire: 'AMTHI UNPROVISION',
    changes: true,
  },
  unprovisionAsAdmin: {
    does: 'deactivate AMT: its accounts and settings go',
    wire: 'AMT_SetupAndConfigurationService.Unprovision',
    changes: true,
  },
  startRemote: {
    does: 'start remote configuration: AMT looks for a configuration server',
    wire: 'AMTHI START_CONFIGURATION',
    changes: true,
  },
  stopRemote: {
    does: 'stop remote configuration',
    wire: 'AMTHI STOP_CONFIGURATION',
    changes: true,
  },
  confirm: {
    does: 'ask AMT until it says that it is so',
    wire: 'AMTHI GET_PROVISIONING_STATE, GET_CONTROL_MODE',
    changes: false,
  },
  logOn: {
    does: 'log on with the new password',
    wire: 'Get AMT_GeneralSettings',
    changes: false,
  },
} as const satisfies Readonly<Record<string, SetupStep>>;

export type SetupStepName = keyof typeof SETUP_STEPS;

export const SETUP_GOALS = ['activate', 'deactivate', 'startRemote', 'stopRemote'] as const;
export type SetupGoal = (typeof SETUP_GOALS)[number];

/** What is to be done: steps, or nothing, with a sentence on why. */
export type SetupPlan =
  | { readonly steps: readonly SetupStepName[] }
  /** AMT is what it is to be. */
  | { readonly nothing: string }
  | { readonly refused: string; readonly next: string };

/** From the state that AMT is in to the goal. */
export function planSetup(goal: SetupGoal, mode: AmtMode): SetupPlan {
  return PLANS[goal](mode);
}

/** Whether AMT is what it is to be. */
export function isReached(goal: SetupGoal, { provisioning, control }: AmtMode): boolean {
  switch (goal) {
    case 'activate':
      return control === ControlMode.CLIENT && provisioning === ProvisioningState.POST;
    case 'deactivate':
      // It may begin to look for a configuration server at once.
      return control === ControlMode.NONE && provisioning !== ProvisioningState.POST;
    case 'startRemote':
      return provisioning !== ProvisioningState.PRE;
    case 'stopRemote':
      return control === ControlMode.NONE && provisioning === ProvisioningState.PRE;
  }
}

const STOP_FIRST = '`sapwood amt deactivate --remote` stops it.';

const PLANS: Readonly<Record<SetupGoal, (mode: AmtMode) => SetupPlan>> = {
  activate(mode) {
    if (isActivated(mode)) {
      return {
        refused: describeMode(mode),
        next: 'To set it up anew, deactivate it first: `sapwood amt deactivate`.',
      };
    }
    if (mode.provisioning !== ProvisioningState.PRE) return { refused: describeMode(mode), next: STOP_FIRST };
    return { steps: ['newPassword', 'account', 'realm', 'allowed', 'setup', 'confirm', 'logOn'] };
  },
  deactivate(mode) {
    if (!isActivated(mode)) {
      return mode.provisioning === ProvisioningState.PRE
        ? { nothing: describeMode(mode) }
        : { refused: describeMode(mode), next: STOP_FIRST };
    }
    // A set-up that has not ended knows no administrator yet.
    return mode.control === ControlMode.CLIENT || mode.provisioning !== ProvisioningState.POST
      ? { steps: ['unprovision', 'confirm'] }
      : { steps: ['password', 'unprovisionAsAdmin', 'confirm'] };
  },
  startRemote(mode) {
    if (isActivated(mode)) {
      return {
        refused: describeMode(mode),
        next: 'Remote configuration is for a machine that is not activated.',
      };
    }
    return mode.provisioning === ProvisioningState.PRE
      ? { steps: ['startRemote', 'confirm'] }
      : { nothing: describeMode(mode) };
  },
  stopRemote(mode) {
    if (isActivated(mode)) {
      return {
        refused: describeMode(mode),
        next: 'No remote configuration is under way; `sapwood amt deactivate` deactivates AMT.',
      };
    }
    return mode.provisioning === ProvisioningState.PRE
      ? { nothing: describeMode(mode) }
      : { steps: ['stopRemote', 'confirm'] };
  },
};

function isActivated({ provisioning, control }: AmtMode): boolean {
  return control !== ControlMode.NONE || provisioning === ProvisioningState.POST;
}
