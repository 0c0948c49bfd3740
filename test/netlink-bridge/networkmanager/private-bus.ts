/** A message bus of the test's own, and another implementation that serves on it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PEER = fileURLToPath(new URL('peer.py', import.meta.url));
const MANAGER = fileURLToPath(new URL('manager.py', import.meta.url));

/** Whether dbus-daemon and Python's D-Bus are there. */
export function canHaveBus(): boolean {
  try {
    execFileSync('dbus-daemon', ['--version'], { stdio: 'ignore' });
    execFileSync('/usr/bin/python3', ['-c', 'import dbus, gi.repository.GLib'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export class PrivateBus {
  readonly #folder = mkdtempSync(join(tmpdir(), 'sapwood-bus-'));
  readonly #children: ChildProcess[] = [];
  readonly address = `unix:path=${join(this.#folder, 'bus')}`;

  async start(): Promise<void> {
    const words = ['--session', '--nofork', '--nopidfile', '--print-address', `--address=${this.address}`];
    await this.#spawn('dbus-daemon', words);
  }

  /** A process with these names, as `peer.py`. */
  peer(...names: string[]): Promise<ChildProcess> {
    return this.#spawn('/usr/bin/python3', [PEER, ...names]);
  }

  /** A process that stands for NetworkManager and wpa_supplicant, as `manager.py`. */
  manager(): Promise<ChildProcess> {
    return this.#spawn('/usr/bin/python3', [MANAGER]);
  }

  async stop(): Promise<void> {
    for (const child of this.#children.splice(0).reverse()) await ended(child);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #spawn(program: string, args: readonly string[]): Promise<ChildProcess> {
    const env = { ...process.env, DBUS_SESSION_BUS_ADDRESS: this.address };
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#children.push(child);
    const said: string[] = [];
    createInterface(child.stderr!).on('line', (line) => said.push(line));
    const died = once(child, 'exit').then(() => {
      throw new Error(`${program} ended: ${said.join('\n')}`);
    });
    await Promise.race([once(createInterface(child.stdout!), 'line'), died]);
    died.catch(() => {});
    return child;
  }
}

/** Stops a process and resolves when it is gone. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}
