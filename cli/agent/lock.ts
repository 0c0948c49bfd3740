/** One agent for an interface: two of them would undo each other's work. */
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { CliError } from '../exit.ts';

/**
 * Holds an interface until the server is closed or the process ends: a socket in the state folder, which only root may
 * write to. A CliError when another agent has it.
 */
export async function holdInterface(name: string, stateDirectory: string): Promise<Server> {
  const path = join(stateDirectory, `${name}.lock`);
  try {
    mkdirSync(stateDirectory, { recursive: true });
    return await listen(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE') throw refused(name, `${path}: ${code}`);
  }
  if (await isAlive(path)) throw refused(name, 'another agent works on it');
  // The socket of one that was killed.
  rmSync(path, { force: true });
  try {
    return await listen(path);
  } catch (error) {
    throw refused(name, `${path}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

async function listen(path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.listen(path);
  await once(server, 'listening');
  return server.unref();
}

async function isAlive(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function refused(name: string, reason: string): CliError {
  return new CliError('environment', `${name} cannot be had: ${reason}.`, 'systemctl status sapwood-agent');
}
