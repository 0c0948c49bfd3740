/**
 * A TCP stack of its own: waits for the TAP interface that is moved to this network namespace, then sends every
 * connection back what it says. Arguments: the interface, its address with prefix length, the port.
 */
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';

const [name, address, port] = process.argv.slice(2);
console.log('ready');
process.stdin.once('data', () => {
  for (const command of [`addr add ${address} dev ${name}`, `link set ${name} up`]) {
    execFileSync('ip', command.split(' '));
  }
  createServer((socket) => socket.pipe(socket)).listen(Number(port), () => console.log('listening'));
});
process.stdin.once('end', () => process.exit());
