/**
 * Programs in a network namespace of their own: with `unshare --net` where this process may (root), else in a user
 * namespace as well, in which the program is root. Nothing of the machine's own network is touched there.
 */
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';

const PLAIN = ['--net'];
const WITH_USER = ['--user', '--map-root-user', '--net'];

type Way = { readonly flags: readonly string[] } | { readonly problem: string };

/** Why no program can be run in a namespace of its own here: one sentence, with the cure. `undefined`: it can. */
export function namespaceProblem(): string | undefined {
  const found = way();
  return 'problem' in found ? found.problem : undefined;
}

/** Runs a program in a new network namespace. Throws an Error with the sentence of `namespaceProblem`. */
export function spawnInNamespace(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): ChildProcess {
  const found = way();
  if ('problem' in found) throw new Error(found.problem);
  return spawn('unshare', [...found.flags, '--', command, ...args], options);
}

/** The network namespace that this process is in, as the kernel names it: `net:[4026531833]`. */
export function networkNamespace(): string {
  return readlinkSync('/proc/self/ns/net');
}

let known: Way | undefined;

function way(): Way {
  known ??= find();
  return known;
}

function find(): Way {
  let said = '';
  for (const flags of [PLAIN, WITH_USER]) {
    // Some kernels grant the namespace but no rights in it: what counts is whether those inside can make another.
    const { error, status, stderr } = spawnSync('unshare', [...flags, '--', 'unshare', '--net', 'true'], {
      encoding: 'utf8',
    });
    if (error !== undefined)
      return { problem: 'Network namespaces need unshare (Debian: util-linux), which is not on the PATH.' };
    if (status === 0) return { flags };
    said = stderr.trim();
  }
  return {
    problem: `The kernel allows no network namespace here (${said}): run it as root, or allow user namespaces (sysctl user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns=0).`,
  };
}
