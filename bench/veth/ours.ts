/** Our Rx path as a contender: it runs in a process of its own, which stays warm from run to run. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CHILD_OPTIONS, Child } from './child.ts';
import type { Contender } from './contender.ts';
import type { OurReport } from './our-path.ts';
import type { OurOrder } from './our-process.ts';
import { HOST_END } from './pair.ts';

export type OurProcess = Child<OurOrder, OurReport | undefined>;

/** Starts the process, on one CPU. `frames` is what is going to be sent, for comparison. */
export async function startOurProcess(cpu: number, frames: readonly Uint8Array[]): Promise<OurProcess> {
  const script = fileURLToPath(new URL('./our-process.js', import.meta.url));
  // Without V8's helper threads: stopping and continuing a process costs time for each of its threads.
  const command = ['-c', `${cpu}`, process.execPath, '--expose-gc', '--v8-pool-size=0', script];
  const child: OurProcess = new Child(spawn('taskset', command, CHILD_OPTIONS));
  await child.order({ type: 'know', frames });
  return child;
}

export interface OursOptions {
  readonly name: string;
  /** The kernel filters before the ring, too. */
  readonly preFilter: boolean;
}

export function ours(child: OurProcess, { name, preFilter }: OursOptions): Contender {
  return {
    name,
    onlyForCsme: true,
    async start() {
      await child.order({ type: 'open', interface: HOST_END, preFilter });
      return {
        pid: child.pid,
        async received() {
          const { delivered, wrong, statistics } = (await child.order({ type: 'report' }))!;
          if (wrong > 0)
            throw new Error(`${name}: ${wrong} frames came out of the data ring that nobody sent.`);
          const { droppedByKernel, droppedRingFull } = statistics;
          return { frames: delivered, dropped: droppedByKernel + droppedRingFull };
        },
        async stop() {
          await child.order({ type: 'close' });
        },
      };
    },
  };
}
