/** A process that makes the system calls of a program which knows nothing of this one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('caller.py', import.meta.url));

/** What a call returned, or the name of its errno. */
export type Answer = unknown;

export class Caller {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    this.#child = spawn('python3', ['-S', '-E', '-u', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** Makes one call. It is under way when this returns, and the promise resolves when the call has. */
  async call(name: string, ...args: readonly unknown[]): Promise<Answer> {
    this.#child.stdin!.write(`${JSON.stringify([name, ...args])}\n`);
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`the caller ended in ${name}`);
    const { errno, value: result } = JSON.parse(value);
    return errno ?? result;
  }

  interrupt(): void {
    this.#child.kill('SIGUSR1');
  }

  async end(how: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill(how);
    await exit;
  }
}
