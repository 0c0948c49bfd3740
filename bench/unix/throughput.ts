/** Messages a second through the data ring of an area, between two processes and between two threads. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { AREA_LAYOUTS, SharedArea } from '../../sap/index.ts';
import { builtModule } from '../../transport/index.ts';
import type { Other } from './other.ts';
import { pour } from './pour.ts';
import { connected } from './round-trips.ts';

export async function processThroughput(other: Other, count: number): Promise<number> {
  const path = other.path();
  await other.ask({ how: 'me', path });
  const { host, area } = await connected(path);
  // What comes back says that the other side has the area.
  await new Promise<void>((resolve) => {
    host.onEvent = (event) => {
      if (event.type === 'me') resolve();
    };
    host.perform({ type: 'me', bytes: Uint8Array.of(1) });
  });
  await other.ask({ how: 'read', count });
  const rate = await timed(
    count,
    () => pour(area, count),
    () => other.next(),
  );
  host.close();
  return rate;
}

export async function threadThroughput(count: number): Promise<number> {
  const memory = new SharedArrayBuffer(AREA_LAYOUTS[4].size);
  const area = new SharedArea(memory, AREA_LAYOUTS[4]);
  area.initialise();
  const worker = new Worker(builtModule(new URL('./peer-thread.ts', import.meta.url)));
  const ready = once(worker, 'message');
  worker.postMessage({ memory, count });
  await ready;
  const answer = once(worker, 'message').then(([good]) => good as unknown);
  const rate = await timed(
    count,
    () => pour(area, count),
    () => answer,
  );
  await worker.terminate();
  return rate;
}

/** From the first message written to the answer that the last one was read. */
async function timed(count: number, write: () => void, answer: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  write();
  const good = await answer();
  const seconds = (performance.now() - start) / 1000;
  if (good !== true) throw new Error('bench:unix: messages did not arrive in order');
  return count / seconds;
}
