/** CSME's thread: its network stack, whose frames go through a port that takes only so many at a time. */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { openNetworkStack } from '../../../dist/csme/network/index.js';

const { air, options } = workerData;
let room = workerData.room;
const etherTypes = new Set();

const open = () =>
  openNetworkStack({
    ...options,
    send(frame) {
      if (room === 0) return false;
      room--;
      etherTypes.add((frame[12] << 8) | frame[13]);
      air.postMessage(frame.slice());
      return true;
    },
  });

try {
  let stack = await open();
  air.on('message', (message) => {
    if (message !== 'took') return stack.receive(message);
    room++;
    stack.resume();
  });
  parentPort.on('message', async ({ ask, frame }) => {
    if (ask === 'receive') stack.receive(frame);
    else if (ask === 'reopen') {
      await Promise.all([stack.close(), stack.close()]);
      stack = await open();
    } else if (ask === 'close') {
      await stack.close();
      air.close();
    }
    parentPort.postMessage({
      statistics: stack.statistics(),
      etherTypes: [...etherTypes],
      interfaces: readFileSync('/proc/thread-self/net/dev', 'utf8').match(/\w+(?=:)/g),
    });
  });
  parentPort.postMessage('ready');
} catch (error) {
  air.close();
  parentPort.postMessage({ code: error.code, message: error.message });
}
