/** Interfaces, addresses and routes, set with `ip` of iproute2 in the network namespace of the calling thread. */
import { spawn, spawnSync } from 'node:child_process';
import { NetworkError } from './errors.ts';

const MISSING = 'ip is not on the PATH (Debian: apt-get install iproute2).';

/** Why `ip` cannot be run here: one sentence, with the cure. `undefined`: it can. */
export function ipProblem(): string | undefined {
  const { error } = spawnSync('ip', ['-Version']);
  return error === undefined ? undefined : `Network interfaces are set up with iproute2: ${MISSING}`;
}

/**
 * Runs commands of `ip`, one each, in order: `link set lo up`. The child is forked from this thread, so it works in
 * this thread's namespace. Throws NETWORK_ERR_PROGRAM when there is no `ip`, NETWORK_ERR_SETUP with what it said.
 */
export async function ip(commands: readonly string[]): Promise<void> {
  const { status, said } = await new Promise<{ status: number | null; said: string }>((resolve, reject) => {
    const child = spawn('ip', ['-batch', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    // It may end at the first command, and leave the others unread: its status tells.
    child.stdin.on('error', () => {});
    child.on('error', (cause) => reject(new NetworkError('NETWORK_ERR_PROGRAM', { detail: MISSING, cause })));
    child.on('close', (status) => resolve({ status, said }));
    child.stdin.end(commands.map((command) => `${command}\n`).join(''));
  });
  if (status !== 0) {
    throw new NetworkError('NETWORK_ERR_SETUP', {
      detail: `ip said: ${said.trim().replace(/\s*\n\s*/g, '; ')}`,
    });
  }
}
