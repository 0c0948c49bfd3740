/** A DHCP client that is run for each connection, where no service does that by itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Log } from './log.ts';

/** In an argument it stands for the name of the interface. */
const INTERFACE = '{interface}';

export class DhcpClient {
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #log: Log;
  #child: ChildProcess | undefined;

  /** `command` is a program and its arguments, at least the former. */
  constructor([program = '', ...args]: readonly string[], interfaceName: string, log: Log) {
    this.#program = program;
    this.#args = args.map((word) => word.replaceAll(INTERFACE, interfaceName));
    this.#log = log;
  }

  /** The interface is connected: to begin with, or anew. */
  start(): void {
    this.stop();
    let child: ChildProcess;
    try {
      child = spawn(this.#program, this.#args, { stdio: 'ignore' });
    } catch (error) {
      // Names that no program can have are refused at once, others later.
      this.#cannotRun(error as Error);
      return;
    }
    this.#child = child;
    child.on('error', (error) => this.#cannotRun(error));
    child.on('exit', (status, signal) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      if (status === 0) this.#log.debug({}, 'The DHCP client is done.');
      else this.#log.warn({ status, signal }, 'The DHCP client failed.');
    });
  }

  /** The connection has ended. */
  stop(): void {
    const child = this.#child;
    this.#child = undefined;
    child?.kill();
  }

  #cannotRun({ message }: Error): void {
    this.#log.error({}, `The DHCP client cannot be run: ${message}`);
  }
}
