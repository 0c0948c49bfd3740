/**
 * `npm run bench:veth [-- --json] [-- --seconds N]`: our Rx path beside tcpdump, on a veth pair in a network namespace of its
 * own. N is the length of one run in seconds, 0.7 when not given.
 *
 * Exit status 1 when a target is missed, 2 for wrong usage, 3 when the machine lacks something.
 */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { namespaceProblem, nativeProblem, spawnInNamespace } from '../../native/index.ts';
import { missingTools, rootProblem } from './tools.ts';

const options = parseOptions();
const seconds = Number(options.seconds);
if (!(seconds >= 0.2 && seconds <= 60)) refuse(2, '--seconds is a number from 0.2 to 60');
for (const problem of [nativeProblem(), namespaceProblem(), missingTools(), rootProblem()]) {
  if (problem !== undefined) refuse(3, problem);
}

const inside = fileURLToPath(new URL('./inside.js', import.meta.url));
const args = [inside, `${seconds}`, options.json ? 'json' : 'table'];
const child = spawnInNamespace(process.execPath, args, { stdio: 'inherit' });
const [status] = await once(child, 'exit');
process.exit(status ?? 1);

function parseOptions() {
  try {
    const known = { json: { type: 'boolean' }, seconds: { type: 'string', default: '0.7' } } as const;
    return parseArgs({ options: known }).values;
  } catch (error) {
    return refuse(2, (error as Error).message);
  }
}

function refuse(status: number, problem: string): never {
  console.error(`bench:veth: ${problem}`);
  process.exit(status);
}
