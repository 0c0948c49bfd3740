/** The other process of the bench, as the bench sees it. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtModule } from '../../transport/index.ts';
import type { PeerTask } from './peer.ts';

export class Other {
  /** For sockets; it goes at the end. */
  readonly #folder = mkdtempSync(join(tmpdir(), 'sapwood-bench-'));
  readonly #child: ChildProcess;
  readonly #said: unknown[] = [];
  #waiting: ((what: unknown) => void) | undefined;
  #paths = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (what) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (waiting === undefined) this.#said.push(what);
      else waiting(what);
    });
    child.on('exit', (status) => {
      if (status !== 0) throw new Error(`bench:unix: the other process ended with status ${status}`);
    });
  }

  static async start(): Promise<Other> {
    return new Other(fork(builtModule(new URL('./peer.ts', import.meta.url))));
  }

  /** A path for a socket that nobody had before. */
  path(): string {
    return join(this.#folder, `${++this.#paths}`);
  }

  /** Asks for something; resolves when the other process says that it is ready. */
  async ask(task: PeerTask): Promise<void> {
    this.#child.send(task);
    await this.next();
  }

  next(): Promise<unknown> {
    if (this.#said.length > 0) return Promise.resolve(this.#said.shift());
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  end(): void {
    this.#child.disconnect();
    rmSync(this.#folder, { recursive: true });
  }
}
