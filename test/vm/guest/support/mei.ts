/** A MEI device of a process of its own, for guest tests: a call on it would wait for its own process otherwise. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('mei-server.mjs', import.meta.url));

export class MeiServerProcess {
  readonly path: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(path: string, child: ChildProcess, lines: AsyncIterator<string>) {
    this.path = path;
    this.#child = child;
    this.#lines = lines;
  }

  static async start(name = 'mei0', hbm = '2.2'): Promise<MeiServerProcess> {
    const child = spawn(process.execPath, [PROGRAM, name, hbm], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.done) throw new Error('the MEI device did not start');
    return new MeiServerProcess(first.value, child, lines);
  }

  /** Resolves when the device has done it. */
  async order(line: string): Promise<void> {
    this.#child.stdin!.write(`${line}\n`);
    if ((await this.#lines.next()).done) throw new Error('the MEI device is gone');
  }

  async stop(): Promise<void> {
    await this.#end(() => this.#child.stdin!.end());
  }

  /** As a crash would end it. */
  async kill(): Promise<void> {
    await this.#end(() => this.#child.kill('SIGKILL'));
  }

  async #end(how: () => void): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    how();
    await exit;
  }
}

/** Descriptors of this process that are open on the device. */
export function openOn(path: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => linkOf(fd) === path).length;
}

/** The descriptor of the listing itself is gone when it is looked at. */
function linkOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}
