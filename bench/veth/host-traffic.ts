/** The host's own traffic, which is not for CSME: TCP connections to the peer. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ECHO_PORT, PEER_ADDRESS, STREAM_PORT } from './peer.ts';

export interface HostTraffic {
  /** What a TCP connection carries. */
  readonly bytesPerSecond: number;
  /** From a message of 64 bytes to its echo: median and 99th percentile, in microseconds. */
  readonly echoUs: number;
  readonly echo99Us: number;
}

/** Measures both, one after the other, for `seconds` each. */
export async function hostTraffic(seconds: number): Promise<HostTraffic> {
  const bytesPerSecond = await streamRate(seconds);
  const times = (await echoTimes(seconds)).toSorted((a, b) => a - b);
  const at = (part: number) => times[Math.floor(times.length * part)]! * 1000;
  return { bytesPerSecond, echoUs: at(0.5), echo99Us: at(0.99) };
}

async function streamRate(seconds: number): Promise<number> {
  const socket = await open(STREAM_PORT);
  const start = performance.now();
  const until = start + seconds * 1000;
  let bytes = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (performance.now() >= until) break;
  }
  return (bytes * 1000) / (performance.now() - start);
}

/** Milliseconds of every exchange. */
async function echoTimes(seconds: number): Promise<number[]> {
  const socket = await open(ECHO_PORT);
  const message = new Uint8Array(64);
  const times: number[] = [];
  for (const until = performance.now() + seconds * 1000; performance.now() < until; ) {
    const start = performance.now();
    socket.write(message);
    await once(socket, 'data');
    times.push(performance.now() - start);
  }
  socket.destroy();
  return times;
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, PEER_ADDRESS).setNoDelay();
  await once(socket, 'connect');
  return socket;
}
