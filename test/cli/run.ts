/** Runs the built command in a child process. */
import { spawn, spawnSync } from 'node:child_process';
import { MAIN } from './command.ts';

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `env` on top of nothing but PATH, and a UTF-8 locale unless it says another. */
export function sapwood(args: readonly string[], env: Record<string, string> = {}, input = ''): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', ...env },
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

/** Runs it with a reader that goes away after the first piece of the output: how it ended, and what it said. */
export async function sapwoodCutOff(args: readonly string[]): Promise<{ status: unknown; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...args]);
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const status = await new Promise((resolve) => child.once('close', resolve));
  return { status, stderr };
}
