/** A command that runs until it is told to end, as a child process. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { MAIN } from './command.ts';

/** So long anything may take before a test fails that waits for it. */
const PATIENCE_MS = 90_000;

export class Live {
  readonly #child: ChildProcessWithoutNullStreams;
  /** The exit status. */
  readonly ended: Promise<number | null>;
  #waiting = new Set<() => void>();
  stdout = '';
  stderr = '';

  constructor(args: readonly string[], prefix: readonly string[] = []) {
    const [program, ...rest] = [...prefix, process.execPath, MAIN, ...args];
    this.#child = spawn(program!, rest, { env: { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8' } });
    for (const name of ['stdout', 'stderr'] as const) {
      this.#child[name].setEncoding('utf8').on('data', (text: string) => {
        this[name] += text;
        for (const check of this.#waiting) check();
      });
    }
    this.#child.stdin.on('error', () => {});
    this.ended = new Promise((resolve) => {
      this.#child.on('close', (status) => {
        resolve(status);
        for (const check of this.#waiting) check();
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Waits until one of the outputs matches; fails when the command ends before, or nothing comes. */
  until(pattern: RegExp, output: 'stdout' | 'stderr' = 'stderr'): Promise<RegExpMatchArray> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        done();
        reject(new Error(`${why} before ${pattern}:\n${this.stdout}\n${this.stderr}`));
      };
      const late = setTimeout(() => fail(`${PATIENCE_MS} ms passed`), PATIENCE_MS);
      const done = () => {
        clearTimeout(late);
        this.#waiting.delete(check);
      };
      const check = () => {
        const match = this[output].match(pattern);
        if (match !== null) {
          done();
          resolve(match);
        } else if (this.#child.exitCode !== null) fail('The command ended');
      };
      this.#waiting.add(check);
      check();
    });
  }

  type(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Sends a signal; the exit status. */
  end(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    this.#child.kill(signal);
    return this.ended;
  }
}
