/** The command line of `npm run test:vm`. */
import { parseArgs } from 'node:util';

/** Runs the guest tests. */
export interface TestJob {
  readonly kind: 'test';
  /** Arguments for vitest that choose tests. */
  readonly vitest: readonly string[];
  /** Whether a report in JUnit's format is wanted. */
  readonly report: boolean;
}

/** What the guest is to do. */
export type GuestJob =
  | TestJob
  | { readonly kind: 'run'; readonly command: string }
  | { readonly kind: 'shell' };

export interface VmArguments {
  readonly job: GuestJob | { readonly kind: 'help' };
  /** The Debian package that names the kernel, a meta-package as a rule. */
  readonly kernel: string;
  /** Loaded besides those of `GUEST_MODULES`. */
  readonly modules: readonly string[];
  /** The machine is killed after this time. */
  readonly timeoutS: number;
  /** Where a report in JUnit's format goes. */
  readonly junit: string | undefined;
}

export const USAGE = `npm run test:vm -- [options] [FILTER…]
Boots a real kernel in a virtual machine and runs test/vm/guest there.

  FILTER…              only test files whose path contains one of these
  --without FILE       not the test files whose path contains this (may be repeated)
  -t, --test NAME      only tests whose name matches
  --junit FILE         write a report in JUnit's format
  --run COMMAND        run a shell command in the guest instead, show its output, pass its exit status on
  --shell              a shell in the guest; it ends with the shell, Ctrl-A X kills the machine
  --kernel PACKAGE     Debian package of the kernel (default: linux-image-amd64)
  --module NAME        load one more kernel module (may be repeated)
  --timeout SECONDS    kill the machine after this time (default: 1800)

Exit status: that of the tests or the command; 2 wrong usage; 3 the machine lacks something, and it is said what.
`;

const DEFAULT_TIMEOUT_S = 1800;

/** @throws Error with a sentence for the user when the arguments make no sense */
export function parseVmArguments(argv: readonly string[]): VmArguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      test: { type: 'string', short: 't' },
      without: { type: 'string', multiple: true, default: [] },
      junit: { type: 'string' },
      run: { type: 'string' },
      shell: { type: 'boolean' },
      kernel: { type: 'string', default: 'linux-image-amd64' },
      module: { type: 'string', multiple: true, default: [] },
      timeout: { type: 'string' },
    },
  });
  const chosen = positionals.length + values.without.length > 0;
  const forTests = chosen || values.test !== undefined || values.junit !== undefined;
  if (values.run !== undefined && values.shell) throw new Error('--run and --shell exclude each other.');
  if (forTests && (values.run !== undefined || values.shell)) {
    throw new Error(
      'Filters, --without, --test and --junit choose tests: they do not go with --run or --shell.',
    );
  }
  if (!/^linux-image-[a-z0-9.+-]+$/.test(values.kernel)) {
    throw new Error(`--kernel ${values.kernel}: a kernel package is called linux-image-….`);
  }
  const vitest = [
    ...(values.test === undefined ? [] : ['-t', values.test]),
    ...values.without.flatMap((name) => ['--exclude', `**/*${name}*`]),
    ...positionals,
  ];
  return {
    job: values.help
      ? { kind: 'help' }
      : values.shell
        ? { kind: 'shell' }
        : values.run !== undefined
          ? { kind: 'run', command: values.run }
          : { kind: 'test', vitest, report: values.junit !== undefined },
    kernel: values.kernel,
    modules: values.module,
    timeoutS: values.timeout === undefined ? DEFAULT_TIMEOUT_S : seconds(values.timeout),
    junit: values.junit,
  };
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--timeout ${text}: whole seconds, at least 1.`);
  return value;
}
