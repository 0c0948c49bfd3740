/** The command `sapwood` in the guest: the emulated CSME at a device file of the kernel, and programs that talk to it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { MAIN } from '../../../cli/command.ts';
import { Daemon, PATIENCE_MS } from '../../iwlwifi/programs.ts';

/** Of AMT's user admin. */
export const PASSWORD = 'Sapw00d!guest';

const LIMIT_MS = 4 * PATIENCE_MS;

/** A vPro machine's CSME, at /dev/mei0. Its sentences are the daemon's lines. */
export class Emulator {
  readonly daemon: Daemon;

  private constructor(daemon: Daemon) {
    this.daemon = daemon;
  }

  static async start(...options: readonly string[]): Promise<Emulator> {
    const words = ['emulate', '--transport', 'cuse:/dev/mei0', '--password', PASSWORD, ...options];
    const ready = /MEI clients are served/;
    return new Emulator(await Daemon.start([process.execPath, MAIN, ...words], { ready }));
  }

  /** Types a command. Resolves when it has said this. */
  async command(line: string, says: RegExp): Promise<void> {
    const from = this.daemon.lines.length;
    this.daemon.write(`${line}\n`);
    await this.daemon.until(says, { from });
  }
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `sapwood` from beginning to end. */
export async function sapwood(...words: readonly string[]): Promise<Ended> {
  try {
    const ran = await promisify(execFile)(process.execPath, [MAIN, ...words], { timeout: LIMIT_MS });
    return { code: 0, ...ran };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string };
    if (typeof code !== 'number') throw error;
    return { code, stdout, stderr };
  }
}

/** `sapwood lms`, when it serves AMT's port. */
export async function startLms(): Promise<Daemon> {
  return Daemon.start([process.execPath, MAIN, 'lms'], { ready: /Port 16992 is AMT's/ });
}
