/** How the command ends. The one table; `docs/cli.md` shows it, and a test compares the two. */
export const EXIT_CODES = {
  good: { status: 0, doc: 'Done, and everything is good.' },
  bad: {
    status: 1,
    doc: 'Done, and something was found bad: a mismatch, a failed check, a line that cannot be read.',
  },
  usage: { status: 2, doc: 'Wrong usage, or input that cannot be read.' },
  environment: { status: 3, doc: 'The machine lacks something: a device, a permission, the addon.' },
} as const;
export type ExitName = keyof typeof EXIT_CODES;

/** What ends a command early: one sentence on what is wrong, and one on what to try next. */
export class CliError extends Error {
  readonly exit: Exclude<ExitName, 'good'>;
  readonly next: string | undefined;

  constructor(exit: Exclude<ExitName, 'good'>, message: string, next?: string) {
    super(message);
    this.exit = exit;
    this.next = next;
  }
}

/** The worse of two ends: what a command that goes on after a failure exits with. */
export function worse(a: ExitName, b: ExitName): ExitName {
  return EXIT_CODES[a].status >= EXIT_CODES[b].status ? a : b;
}

/** The end that another run of the command reported with its exit status. */
export function exitOfStatus(status: number | null): ExitName {
  const names = Object.keys(EXIT_CODES) as ExitName[];
  return names.find((name) => EXIT_CODES[name].status === status) ?? 'bad';
}
