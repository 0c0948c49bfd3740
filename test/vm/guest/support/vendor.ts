/** Intel's vendor commands as pyroute2 sends them. */
import { fileURLToPath } from 'node:url';
import { Daemon } from '../../iwlwifi/programs.ts';

const PROGRAM = fileURLToPath(new URL('vendor.py', import.meta.url));

export class Pyroute2 {
  readonly #daemon: Daemon;

  private constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  static async start(): Promise<Pyroute2> {
    return new Pyroute2(await Daemon.start(['/usr/bin/python3', PROGRAM]));
  }

  /** The answer's data in hex, or the error of the kernel as -N. One at a time. */
  async vendor(subcommand: number, name = 'wlan0'): Promise<string> {
    const from = this.#daemon.lines.length;
    this.#daemon.write(`${name} ${subcommand}\n`);
    return (await this.#daemon.until(/^=/, { from })).slice(1).trim();
  }

  close(): Promise<void> {
    return this.#daemon.stop();
  }
}
