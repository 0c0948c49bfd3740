/** One agent for an interface: two of them would undo each other's work. */
import { createServer, type Server } from 'node:net';
import { CliError } from '../exit.ts';

/** Holds an interface until the server is closed or the process ends. A CliError when another agent has it. */
export async function holdInterface(name: string): Promise<Server> {
  // In the abstract namespace, which goes with the network namespace as interfaces do, and leaves no file behind.
  const address = `\0sapwood-agent/${name}`;
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'another agent works on it' : `${error.code}`;
      reject(
        new CliError('environment', `${name} cannot be had: ${reason}.`, 'systemctl status sapwood-agent'),
      );
    });
    server.listen(address);
  });
  return server.unref();
}
