/**
 * Serves a MEI device with every client of the emulation: `mei-server.mjs NAME HBM`. A line on stdin is an order (`reset MS`,
 * `ready`, `remove`, `removeClient GUID`, `amt COMMAND` as JSON), and is answered by one; the device goes with the end of stdin.
 */
import { createInterface } from 'node:readline';
import { Amt } from '../../../../dist/csme/amt/index.js';
import { serveMeiDevice } from '../../../../dist/csme/device/index.js';
import { standardClients, testClients } from '../../../../dist/csme/mei/index.js';

const [name, hbm] = process.argv.slice(2);
const [major, minor] = hbm.split('.').map(Number);
const amt = new Amt();
const server = await serveMeiDevice({
  name,
  hbm: { major, minor },
  clients: [...standardClients(amt), ...testClients()],
  onProblem: (problem) => console.error(problem.message),
});
console.log(server.path);
for await (const line of createInterface({ input: process.stdin })) {
  const [order, argument] = line.split(' ');
  if (order === 'reset') server.reset(argument === undefined ? undefined : Number(argument));
  else if (order === 'ready') server.ready();
  else if (order === 'remove') server.remove();
  else if (order === 'removeClient') server.removeClient(argument);
  else if (order === 'amt') amt.perform(0, JSON.parse(argument));
  console.log('done');
}
await server.close();
