/** In the place of CSME's thread: says that it is there, then hangs, dies or stays silent. */
import { parentPort, workerData } from 'node:worker_threads';

const { connection } = workerData.sapwood.input;
parentPort.postMessage({ type: 'ready' });
parentPort.on('message', () => {
  if (connection.here.port === 1) throw new Error('the firmware crashed');
  if (connection.here.port === 2) process.exit(7);
});
