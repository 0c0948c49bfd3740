/** Programs of the guest: those that run to their end, and those that stay until they are stopped. */
import { type ChildProcess, type ExecFileException, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** In the guest everything takes long. What is bounded by this happens at once elsewhere. */
export const PATIENCE_MS = 60_000;

/** Runs a program to its end; its stdout. Rejects with what it said when it fails. */
export async function run(program: string, ...args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(program, args, { timeout: PATIENCE_MS })).stdout;
  } catch (error) {
    const { stdout, stderr, message } = error as ExecFileException;
    throw new Error(`${[program, ...args].join(' ')}: ${`${stderr ?? ''}${stdout ?? ''}`.trim() || message}`);
  }
}

export interface DaemonOptions {
  /** A line that says that it is ready. */
  readonly ready?: RegExp;
  /** Each line of stdout and stderr. */
  readonly onLine?: (line: string) => void;
  readonly env?: Readonly<Record<string, string>>;
}

interface Waiter {
  readonly pattern: RegExp;
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

/** A program that stays. What it says is kept. */
export class Daemon {
  readonly lines: string[] = [];
  readonly #name: string;
  readonly #child: ChildProcess;
  /** Resolves when it has ended, by whatever. */
  readonly exited: Promise<unknown>;
  readonly #waiters = new Set<Waiter>();
  #ended = false;

  private constructor(words: readonly string[], { onLine, env }: DaemonOptions) {
    const [program = '', ...args] = words;
    this.#name = words.join(' ');
    this.#child = spawn(program, args, { env: { ...process.env, ...env } });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      createInterface(stream).on('line', (line) => {
        this.lines.push(line);
        onLine?.(line);
        for (const waiter of this.#waiters) {
          if (!waiter.pattern.test(line)) continue;
          this.#waiters.delete(waiter);
          waiter.resolve(line);
        }
      });
    }
    // It may be gone before anybody waits for that.
    this.#child.stdin!.on('error', () => {});
    this.exited = once(this.#child, 'close').then(
      () => this.#end('has ended'),
      (error: Error) => this.#end(error.message),
    );
  }

  static async start(words: readonly string[], options: DaemonOptions = {}): Promise<Daemon> {
    const daemon = new Daemon(words, options);
    try {
      if (options.ready !== undefined) await daemon.until(options.ready);
    } catch (error) {
      await daemon.stop('SIGKILL');
      throw error;
    }
    return daemon;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get running(): boolean {
    return !this.#ended;
  }

  write(text: string): void {
    this.#child.stdin!.write(text);
  }

  /** The first line like this, of those that came since line number `from` or of those to come. */
  until(pattern: RegExp, { from = 0, limitMs = PATIENCE_MS } = {}): Promise<string> {
    const there = this.lines.slice(from).find((line) => pattern.test(line));
    if (there !== undefined) return Promise.resolve(there);
    if (this.#ended) return Promise.reject(new Error(this.#sentence('has ended')));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new Error(this.#sentence(`did not say ${pattern} within ${limitMs / 1000} s`)));
      }, limitMs);
      const waiter: Waiter = {
        pattern,
        resolve: (line) => {
          clearTimeout(timer);
          resolve(line);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  /** Resolves when it has ended. Twice is once. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#ended) return;
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS / 4);
    await this.exited;
    clearTimeout(timer);
  }

  #end(why: string): void {
    this.#ended = true;
    for (const { reject } of this.#waiters) reject(new Error(this.#sentence(why)));
    this.#waiters.clear();
  }

  #sentence(what: string): string {
    return `${this.#name} ${what}. It said:\n${this.lines.slice(-30).join('\n')}`;
  }
}
