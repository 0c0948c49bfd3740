/** tcpdump, which writes what it captures to /dev/null. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Contender, type Received, RING_BYTES } from './contender.ts';
import { HOST_END } from './pair.ts';

export interface TcpdumpOptions {
  readonly name: string;
  /** A pcap filter expression; the kernel applies it. Without it everything is captured. */
  readonly expression?: string;
  /** Leaves the size of the ring to tcpdump: 2 MiB. */
  readonly ownBuffer?: boolean;
  readonly cpu: number;
}

export function tcpdump({ name, expression, ownBuffer, cpu }: TcpdumpOptions): Contender {
  const buffer = ownBuffer ? [] : ['-B', `${RING_BYTES / 1024}`];
  const args = ['-i', HOST_END, '-n', '-p', '-Z', 'root', ...buffer, '-w', '/dev/null'];
  if (expression !== undefined) args.push(expression);
  return {
    name,
    onlyForCsme: expression !== undefined,
    async start() {
      const child = spawn('taskset', ['-c', `${cpu}`, 'tcpdump', ...args], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      let wake = () => {};
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        wake();
      });
      child.on('exit', () => wake());
      const says = async (what: string) => {
        while (!said.includes(what)) {
          if (child.exitCode !== null) throw new Error(`tcpdump ends: ${said.trim()}`);
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      };
      await says('listening on');
      return {
        pid: child.pid!,
        async received() {
          said = '';
          child.kill('SIGUSR1');
          await says('dropped by kernel');
          return receivedByTcpdump(said);
        },
        async stop() {
          const closed = once(child, 'close');
          child.kill('SIGINT');
          await closed;
        },
      };
    },
  };
}

/**
 * The counts that tcpdump gives. A frame that the filter took is in the ring or dropped; the few of a block that is not full
 * yet are not "captured", and not lost.
 */
export function receivedByTcpdump(said: string): Received {
  const count = (what: string) => Number(new RegExp(`(\\d+) packets? ${what}`).exec(said)?.[1] ?? Number.NaN);
  const dropped = count('dropped by kernel');
  return { frames: count('received by filter') - dropped, dropped };
}
