/** The other thread of the worker bench: the firmware's side, which reads what the bench writes. */
import { parentPort } from 'node:worker_threads';
import { type Queue, RingReader, SapError, SharedArea } from '../sap/index.ts';
import { waitReadable, wakeWriter, workerCsmeEnd } from '../transport/index.ts';
import { drainSlots } from './slot-ring.ts';

/** What the bench asks for, each time for `count` messages; the answer is whether all came in order. */
export type PeerTask =
  | { how: Queue; count: number }
  | { how: 'slots'; count: number; memory: SharedArrayBuffer }
  | { how: 'port'; count: number };

const end = workerCsmeEnd();
let memory: ArrayBufferLike | undefined;
let left = 0;
let next = 1;
let good = true;

end.onEvent = (event) => {
  if (event.type === 'mapRequest') end.perform({ type: 'mapAnswer', errno: 0 });
  if (event.type === 'area') {
    memory = event.memory;
    parentPort?.postMessage('mapped');
  }
};
end.plug();

parentPort?.on('message', (message: PeerTask | Uint8Array) => {
  if (message instanceof Uint8Array) {
    if (seqOf(message, 0) !== next++) good = false;
    if (--left === 0) parentPort?.postMessage(good);
    return;
  }
  parentPort?.postMessage('ready');
  switch (message.how) {
    case 'port':
      left = message.count;
      next = 1;
      good = true;
      return;
    case 'slots':
      parentPort?.postMessage(drainSlots(message.memory, message.count));
      return;
    default:
      parentPort?.postMessage(drain(message.how, message.count));
  }
});

function drain(queue: Queue, count: number): boolean {
  const area = memory === undefined ? undefined : SharedArea.adopt(memory);
  if (area === undefined || area instanceof SapError) return false;
  const reader = new RingReader(area, area.layout.rings.h2m[queue]);
  let got = 0;
  let inOrder = true;
  while (got < count && inOrder) {
    waitReadable(area, reader);
    const { error } = reader.read((bytes, start) => {
      if (seqOf(bytes, start) !== ++got) inOrder = false;
    });
    if (error !== undefined) inOrder = false;
    wakeWriter(area, reader.ring);
  }
  return inOrder;
}

function seqOf(bytes: Uint8Array, at: number): number {
  return bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
}
