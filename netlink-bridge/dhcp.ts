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
    const child = spawn(this.#program, this.#args, { stdio: 'ignore' });
    this.#child = child;
    child.on('error', ({ message }) => this.#log.error({}, `The DHCP client cannot be run: ${message}`));
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
}
