/** What `sapwood amt activate` and `deactivate` share for commander; how it is done is loaded when one of them runs. */
export interface SetUpOptions {
  readonly device?: string;
  readonly passwordFile?: string;
  readonly remote?: boolean;
  readonly dryRun?: boolean;
}

export const DRY_RUN_OPTION = ['--dry-run', 'say each step; change nothing'] as const;

export const PASSWORD_OPTION = [
  '--password-file <file>',
  "the administrator's password: the first line of a file",
] as const;

export const PASSWORD_ENVIRONMENT = 'SAPWOOD_AMT_PASSWORD';

/** For the help of commands that need a password. */
export const PASSWORD_HELP = `The password comes from --password-file, else from ${PASSWORD_ENVIRONMENT}, else it is
asked for at the terminal. There is no option for the password itself: every user
of a machine can read the arguments of its programs.`;
