/**
 * A thread that opens what the addon has, says so, and leaves it to the end of the thread: `workerData` says how it
 * ends. 'exit': it has nothing more to do; 'wait': it is terminated from outside.
 */
import { execFileSync } from 'node:child_process';
import { parentPort, workerData } from 'node:worker_threads';
import { native, POLLIN } from '../../../dist/native/index.js';

const { end, busy } = workerData;
native().unshareNet();
for (const command of [
  'link add end-a type veth peer name end-b',
  'link set end-a up',
  'link set end-b up',
]) {
  execFileSync('ip', command.split(' '));
}
const geometry = { blockSize: 65_536, blockCount: 4, retireMs: 1, txFrameSize: 2048, txFrameCount: 8 };
const rings = ['end-a', 'end-b'].map((name) => native().packetOpen(native().ifIndex(name), geometry));
const tap = native().tapOpen('tap0');
let ready = 0;
const watches = [...rings.map((ring) => ring.fd), tap].map((fd) =>
  native().watch(fd, POLLIN, () => {
    ready++;
    // A block that is not handed back: the descriptor stays ready, and the thread ends in the middle of callbacks.
    if (!busy) for (const watch of watches) watch.close();
  }),
);
if (end === 'exit') for (const watch of watches) watch.close();
parentPort.postMessage({ name: workerData.name, index: native().ifIndex('end-a'), ready });
