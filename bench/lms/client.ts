/** The local program of the bench. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { bytesAt, Checker, TRANSFER_BYTES, WANTED } from './work.ts';

/** Seconds that it takes to get all bytes of a transfer, each of them right. `onTenth`: another tenth is there. */
export async function download(port: number, onTenth: () => void): Promise<number> {
  const socket = await open(port);
  const checker = new Checker();
  const start = performance.now();
  let tenths = 0;
  socket.write(Uint8Array.of(WANTED.download));
  socket.on('data', (bytes) => {
    checker.take(bytes);
    for (; (tenths + 1) * (TRANSFER_BYTES / 10) <= checker.offset; tenths++) onTenth();
  });
  await once(socket, 'end');
  if (!checker.isDone) throw new Error(`only ${checker.offset} bytes came`);
  const seconds = (performance.now() - start) / 1_000;
  socket.destroy();
  return seconds;
}

/** Seconds until the other side has all bytes of a transfer, and says so. */
export async function upload(port: number): Promise<number> {
  const socket = await open(port);
  const start = performance.now();
  const answer = once(socket, 'data');
  socket.write(Uint8Array.of(WANTED.upload));
  for (let at = 0; at < TRANSFER_BYTES; ) {
    const bytes = bytesAt(at, 65_536);
    at += bytes.length;
    if (!socket.write(bytes)) await once(socket, 'drain');
  }
  await answer;
  const seconds = (performance.now() - start) / 1_000;
  socket.destroy();
  return seconds;
}

/** Connects, says a few bytes, gets them back: the milliseconds of each of `count`, one after the other. */
export async function exchanges(port: number, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    const start = performance.now();
    await echo(await open(port), n);
    times.push(performance.now() - start);
  }
  return times;
}

/** Seconds until `count` programs that were all connected before have got their answers. */
export async function crowd(port: number, count: number): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: count }, () => open(port)));
  const start = performance.now();
  await Promise.all(sockets.map(echo));
  return (performance.now() - start) / 1_000;
}

/** One that asks for a whole transfer and reads nothing. */
export async function lazy(port: number): Promise<Socket> {
  const socket = await open(port);
  socket.pause();
  socket.write(Uint8Array.of(WANTED.download));
  return socket;
}

async function echo(socket: Socket, n: number): Promise<void> {
  const said = Buffer.from(`\x03program ${n}`);
  let heard = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    heard += text;
  });
  socket.write(said);
  await once(socket, 'end');
  if (heard !== `program ${n}`) throw new Error(`program ${n} got ${JSON.stringify(heard)}`);
  socket.destroy();
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  return socket;
}
