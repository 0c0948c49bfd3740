/** Runs the native sender of bench/c/sender.c. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { compileC } from '../c/build.ts';
import type { Load } from './load.ts';
import { SENDER_END } from './pair.ts';

export interface SendOptions {
  readonly load: Load;
  readonly seconds: number;
  /** Frames a second; without it as many as the kernel takes. */
  readonly rate?: number | undefined;
  readonly cpu: number;
  /** This process gets a share of its CPU only. */
  readonly share?: ({ readonly pid: number } & Share) | undefined;
}

/** A part of a CPU, 0 to 1, of which at most `burstUs` can be had at once. */
export interface Share {
  readonly part: number;
  readonly burstUs: number;
}

export interface Sent {
  /** Frames. */
  readonly sent: number;
  readonly seconds: number;
  /** CPU time of the sender, what the kernel does at the receiving end included. */
  readonly cpuSeconds: number;
}

let program: string | undefined;

/** Sends, and gives what was really sent. Throws an Error when the sender fails. */
export async function send(options: SendOptions): Promise<Sent> {
  program ??= compileC('sender');
  const { load, seconds, rate = 0, cpu, share } = options;
  const args = ['-i', SENDER_END, '-f', load.path, '-s', `${seconds}`, '-r', `${rate}`, '-c', `${cpu}`];
  if (share !== undefined) args.push('-p', `${share.pid}:${share.part}:${share.burstUs}`);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const [status] = await once(child, 'close');
  if (status !== 0) {
    if (share !== undefined) process.kill(share.pid, 'SIGCONT');
    throw new Error(`The sender ended with status ${status}.`);
  }
  return JSON.parse(text) as Sent;
}
