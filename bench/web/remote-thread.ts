/** A machine on the other side of the air that runs programs when it is asked to. */
import { spawn } from 'node:child_process';
import { parentPort, workerData } from 'node:worker_threads';
import { becomeRemote, type RemoteOptions } from '../../csme/network/index.ts';

export interface Task {
  readonly id: number;
  readonly command: string;
  readonly args: readonly string[];
}

export interface Done {
  readonly id: number;
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that does not end by itself is ended. */
const LIMIT_MS = 60_000;

/** Children are forked from this thread, and live in its namespace. */
function perform({ id, command, args }: Task): Promise<Done> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', ({ message }) => resolve({ id, status: null, stdout, stderr: message }));
    child.on('close', (status) => resolve({ id, status, stdout, stderr }));
  });
}

async function main(port: NonNullable<typeof parentPort>): Promise<void> {
  await becomeRemote(workerData as RemoteOptions);
  port.on('message', (task: Task) => void perform(task).then((done) => port.postMessage(done)));
  port.postMessage('ready');
}

if (parentPort !== null) await main(parentPort);
