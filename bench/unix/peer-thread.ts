/** The other thread of the throughput bench: it reads what the bench writes, and says whether all came in order. */
import { parentPort } from 'node:worker_threads';
import { AREA_LAYOUTS, SharedArea } from '../../sap/index.ts';
import { drain } from './pour.ts';

parentPort?.on('message', ({ memory, count }: { memory: SharedArrayBuffer; count: number }) => {
  parentPort?.postMessage('ready');
  parentPort?.postMessage(drain(new SharedArea(memory, AREA_LAYOUTS[4]), count));
});
