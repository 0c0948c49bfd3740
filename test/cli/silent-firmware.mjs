/** In the place of CSME's thread: says that it is there, then dies, exits or stays silent, by its access point's channel. */
import { parentPort, workerData } from 'node:worker_threads';

const { channel } = workerData.sapwood.input.profile.ap;
parentPort.postMessage({ type: 'ready' });
parentPort.on('message', () => {
  if (channel === 1) throw new Error('the firmware crashed');
  if (channel === 2) process.exit(7);
});
