/** 64-byte messages a second from one thread to another: through the rings of `worker:`, and by other ways. */
import type { Worker } from 'node:worker_threads';
import { AREA_LAYOUTS, type Queue, RingWriter, SharedArea } from '../sap/index.ts';
import { spawnWorkerCsme, waitWritable, wakeReader } from '../transport/index.ts';
import { median } from './median.ts';
import type { BenchResult } from './result.ts';
import { pourSlots, SLOT_BYTES, slotRingMemory } from './slot-ring.ts';
import type { PeerTask } from './worker-peer.ts';

const MESSAGES = 3_000_000;
/** Messages by postMessage cost so much more that fewer of them take as long. */
const PORT_MESSAGES = 100_000;
const ROUNDS = 5;
const REQUIRED_PER_SECOND = 1_000_000;
/** How many at once before the reader is woken, when the ring is long empty. */
const BATCH_BYTES = 8192;

export async function workerBench(): Promise<BenchResult[]> {
  const end = spawnWorkerCsme(new URL('./worker-peer.ts', import.meta.url));
  const mapped = new Promise<SharedArea>((resolve) => {
    end.onEvent = (event) => {
      if (event.type === 'probe') end.perform({ type: 'map', size: AREA_LAYOUTS[4].size });
      if (event.type !== 'mapped') return;
      const area = new SharedArea(event.memory, AREA_LAYOUTS[4]);
      area.initialise();
      resolve(area);
    };
  });
  const peer = new Peer(end.worker);
  const area = await mapped;
  await peer.next();

  const memory = slotRingMemory();
  const ways = {
    data: () => peer.rate({ how: 'data', count: MESSAGES }, () => pour(area, 'data', MESSAGES)),
    notif: () => peer.rate({ how: 'notif', count: MESSAGES }, () => pour(area, 'notif', MESSAGES)),
    slots: () =>
      peer.rate({ how: 'slots', count: MESSAGES, memory }, () =>
        pourSlots(memory, new Int32Array(message(2000).buffer), MESSAGES),
      ),
    port: () => peer.rate({ how: 'port', count: PORT_MESSAGES }, () => post(end.worker, PORT_MESSAGES)),
  };
  const rates: Record<keyof typeof ways, number[]> = { data: [], notif: [], slots: [], port: [] };
  // In turns, so that what else the machine does hits all of them; the first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const way of ['data', 'notif', 'slots', 'port'] as const) {
      const rate = await ways[way]();
      if (round > 0) rates[way].push(rate);
    }
  }
  await end.terminate();

  const [data, notif, slots, port] = [rates.data, rates.notif, rates.slots, rates.port].map(median);
  return [
    result('64 B, data ring', data!, 'required', REQUIRED_PER_SECOND, 1),
    result('64 B, notif ring', notif!, 'required', REQUIRED_PER_SECOND, 1),
    result('64 B, data ring', data!, 'postMessage', port!, 2),
    result('64 B, data ring', data!, 'ring of 64 B slots by hand', slots!, 0),
  ];
}

function result(
  name: string,
  value: number,
  anchor: string,
  anchorValue: number,
  target: number,
): BenchResult {
  const ratio = value / anchorValue;
  return {
    name: `worker: ${name}`,
    unit: 'msg/s',
    value,
    anchor,
    anchorValue,
    ratio,
    target,
    ok: ratio >= target,
  };
}

class Peer {
  readonly #worker: Worker;
  readonly #messages: unknown[] = [];
  #waiting: ((message: unknown) => void) | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (message) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (waiting === undefined) this.#messages.push(message);
      else waiting(message);
    });
  }

  next(): Promise<unknown> {
    if (this.#messages.length > 0) return Promise.resolve(this.#messages.shift());
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** Messages a second, from the first one written to the answer that the last one was read. */
  async rate(task: PeerTask, write: () => void): Promise<number> {
    this.#worker.postMessage(task);
    await this.next();
    const start = performance.now();
    write();
    const good = await this.next();
    const seconds = (performance.now() - start) / 1000;
    if (good !== true) throw new Error(`worker bench: ${task.how}: messages did not arrive in order`);
    return task.count / seconds;
  }
}

function pour(area: SharedArea, queue: Queue, count: number): void {
  const writer = new RingWriter(area, area.layout.rings.h2m[queue]);
  const bytes = message(queue === 'data' ? 2000 : 1);
  let sent = 0;
  while (sent < count) {
    waitWritable(area, writer, BATCH_BYTES);
    let room = Math.min(writer.free(), BATCH_BYTES);
    writer.hold();
    for (; room >= SLOT_BYTES && sent < count; room -= SLOT_BYTES) {
      setSeq(bytes, ++sent);
      const error = writer.write(bytes);
      if (error !== undefined) throw error;
    }
    writer.publish();
    wakeReader(area, writer.ring);
  }
}

function post(worker: Worker, count: number): void {
  for (let seq = 1; seq <= count; seq++) {
    const bytes = message(2000);
    setSeq(bytes, seq);
    worker.postMessage(bytes);
  }
}

function message(id: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SLOT_BYTES);
  const payload = SLOT_BYTES - 8;
  bytes.set([id & 0xff, id >> 8, payload, 0]);
  return bytes;
}

function setSeq(bytes: Uint8Array, seq: number): void {
  bytes[4] = seq;
  bytes[5] = seq >>> 8;
  bytes[6] = seq >>> 16;
  bytes[7] = seq >>> 24;
}
