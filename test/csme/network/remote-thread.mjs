/** A machine on the other side of the air: a TAP interface in a namespace of its own, in which programs are run. */
import { spawn } from 'node:child_process';
import { parentPort, workerData } from 'node:worker_threads';
import { ip } from '../../../dist/csme/network/index.js';
import { native } from '../../../dist/native/index.js';

const POLLIN = 1;
const { air, address } = workerData;
native().unshareNet();
const fd = native().tapOpen('air0');
await ip(['link set lo up', `addr add ${address} dev air0`, 'link set air0 up']);

const frame = new Uint8Array(2048);
const watch = native().watch(fd, POLLIN, () => {
  const length = native().frameRead(fd, frame, 0);
  if (length > 0) air.postMessage(frame.slice(0, length));
});
air.on('message', (received) => {
  native().frameWrite(fd, received, 0, received.length);
  air.postMessage('took');
});
air.on('close', () => {
  watch.close();
  native().close(fd);
});
parentPort.on('message', ({ command, args }) => {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('latin1').on('data', (text) => {
      said[name] += text;
    });
  }
  child.on('close', (status) => parentPort.postMessage({ status, ...said }));
});
parentPort.postMessage('ready');
