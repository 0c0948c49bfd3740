/** The entry of a test worker: an end that the main thread works through messages. Runs the compiled modules. */
import { parentPort } from 'node:worker_threads';
import { layoutOfSize, RingReader, RingWriter, SharedArea } from '../../../dist/sap/index.js';
import {
  waitReadable,
  waitWritable,
  wakeReader,
  wakeWriter,
  workerCsmeEnd,
  workerHostEnd,
  workerInput,
} from '../../../dist/transport/index.js';

const { role } = workerInput();
const end = role === 'host' ? workerHostEnd() : workerCsmeEnd();
const [away, towards] = role === 'host' ? ['h2m', 'm2h'] : ['m2h', 'h2m'];
let area;

end.onEvent = (event) => {
  if (event.memory !== undefined) area = new SharedArea(event.memory, layoutOfSize(event.memory.byteLength));
  parentPort.postMessage({ event });
};

const writer = (queue) => new RingWriter(area, area.layout.rings[away][queue]);
const reader = (queue) => new RingReader(area, area.layout.rings[towards][queue]);

/** The numbered message of `pour` and `drain`: its size follows from its number. */
function numbered(seq) {
  const payload = 14 + (seq % 251);
  const bytes = new Uint8Array(8 + payload).fill(seq & 0xff);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 2000, true);
  view.setUint16(2, payload, true);
  view.setUint32(4, seq, true);
  return bytes;
}

const operations = {
  perform: (request) => end.perform(request),
  close: () => end.close(),
  plug: () => end.plug(),
  unplug: () => end.unplug(),
  ping: () => undefined,
  initialise: () => area.initialise(),
  write: (queue, message) => writer(queue).write(message)?.code,
  read(queue) {
    const messages = [];
    const { error } = reader(queue).read((bytes, start, stop) =>
      messages.push(new Uint8Array(bytes.subarray(start, stop))),
    );
    if (error !== undefined) throw error;
    return messages;
  },
  /** Writes `count` numbered messages as fast as the other side reads them. */
  pour(count) {
    const out = writer('data');
    for (let seq = 1; seq <= count; seq++) {
      const message = numbered(seq);
      while (!waitWritable(area, out, message.length, 1000));
      const error = out.write(message);
      if (error !== undefined) throw error;
      wakeReader(area, out.ring);
    }
  },
  /** Reads `count` numbered messages; says which one was not as it was written, or 0. */
  drain(count) {
    const from = reader('data');
    let seq = 0;
    let wrong = 0;
    while (seq < count) {
      if (!waitReadable(area, from, 1000)) continue;
      const { error } = from.read((bytes, start, stop) => {
        seq++;
        const expected = numbered(seq);
        if (wrong === 0 && Buffer.compare(expected, bytes.subarray(start, stop)) !== 0) wrong = seq;
      });
      if (error !== undefined) throw error;
      wakeWriter(area, from.ring);
    }
    return wrong;
  },
  exit: (code) => process.exit(code),
  fail() {
    setImmediate(() => {
      throw new Error('the relay was told to fail');
    });
  },
};

parentPort.on('message', ({ id, op, args }) => {
  parentPort.postMessage({ id, result: operations[op](...args) });
});
