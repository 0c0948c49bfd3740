/**
 * Serves a MEI device with every client of the emulation: `mei-server.mjs NAME HBM`. A line on stdin is an order (`reset MS`,
 * `ready`, `remove`, `removeClient GUID`, `amt FACTS` as JSON), and is answered by one; the device goes with the end of stdin.
 */
import { createInterface } from 'node:readline';
import { serveMeiDevice } from '../../../../dist/csme/device/index.js';
import { AMT_FACTS, standardClients, testClients } from '../../../../dist/csme/mei/index.js';

const [name, hbm] = process.argv.slice(2);
const [major, minor] = hbm.split('.').map(Number);
// The clients look at them with every request.
const facts = { ...AMT_FACTS };
const server = await serveMeiDevice({
  name,
  hbm: { major, minor },
  clients: [...standardClients(facts), ...testClients()],
  onProblem: (problem) => console.error(problem.message),
});
console.log(server.path);
for await (const line of createInterface({ input: process.stdin })) {
  const [order, argument] = line.split(' ');
  if (order === 'reset') server.reset(argument === undefined ? undefined : Number(argument));
  else if (order === 'ready') server.ready();
  else if (order === 'remove') server.remove();
  else if (order === 'removeClient') server.removeClient(argument);
  else if (order === 'amt') Object.assign(facts, JSON.parse(argument));
  console.log('done');
}
await server.close();
