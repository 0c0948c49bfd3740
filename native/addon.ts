/**
 * The native calls, and the addon that has them.
 *
 * Each call is one short sequence of system calls; what they are used for, and every policy, is in TypeScript. They
 * check their arguments (TypeError, RangeError) and throw a NativeError when the system refuses. All of them work in
 * worker threads; a descriptor belongs to the thread that opened it, and what is open when the thread ends is closed.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { DeviceCalls } from './device.ts';
import { NativeError, systemError } from './errors.ts';
import type { MemoryCalls } from './memory.ts';
import type { NetlinkCalls } from './netlink.ts';
import type { SocketCalls } from './socket.ts';

export interface Native extends DeviceCalls, MemoryCalls, NetlinkCalls, SocketCalls {
  /** Index of an interface in the network namespace of the calling thread. */
  ifIndex(name: string): number;

  /**
   * A packet socket (AF_PACKET, SOCK_RAW, TPACKET_V3) bound to an interface for every protocol and both directions,
   * with its rings in one mapping: first the Rx ring, then the Tx ring if it has frames. A struct virtio_net_hdr lies
   * before every frame in both (PACKET_VNET_HDR). Filter and rings are set up before the first frame can arrive.
   */
  packetOpen(ifIndex: number, geometry: PacketGeometry): PacketSocket;
  /** Filters what enters the Rx ring from now on: struct sock_filter[], host byte order; no bytes: no filter. */
  packetFilter(fd: number, program: Uint8Array): void;
  /** PACKET_STATISTICS since the last call: frames that passed the filter, those of them that found no room, … */
  packetStatistics(fd: number): PacketStatistics;
  /** Has the kernel send what the Tx ring holds. Bytes that it took; what it did not take stays in the ring. */
  packetSend(fd: number): number;
  /** Detaches `memory`, unmaps it and closes the socket. With memory that is detached already it does nothing. */
  packetClose(fd: number, memory: ArrayBuffer): void;

  /** A TAP interface (IFF_TAP, IFF_NO_PI) in the network namespace of the calling thread; reads do not block. */
  tapOpen(name: string): number;
  /** Reads one frame to `into[at..]`. Its bytes, or 0 when there is none. */
  frameRead(fd: number, into: Uint8Array, at: number): number;
  /** Writes the frame `from[start..end)`. Its bytes, or 0 when there is no room. */
  frameWrite(fd: number, from: Uint8Array, start: number, end: number): number;

  /**
   * Calls `onReady` on this thread's event loop whenever the descriptor is ready, until the watch is closed; it keeps
   * the loop alive. `events` are POLLIN, POLLPRI and POLLOUT, one or more; `onReady` gets those that are there, or
   * POLLERR: after an error of a socket the watch goes on, after one of anything else it is at its end.
   */
  watch(fd: number, events: number, onReady: (events: number) => void): Watch;

  /** Moves the calling thread, and no other, to a new network namespace. In a worker; there is no way back. */
  unshareNet(): void;
  /** Closes a descriptor that tapOpen or deviceOpen gave to this thread. */
  close(fd: number): void;
}

export interface PacketGeometry {
  /** Bytes of a block of the Rx ring: whole pages. */
  readonly blockSize: number;
  readonly blockCount: number;
  /** A block with frames in it is handed over after this time, full or not. */
  readonly retireMs: number;
  /** Bytes of a slot of the Tx ring, headers included: a power of two from 256. */
  readonly txFrameSize: number;
  /** 0: no Tx ring. Together the slots fill whole pages. */
  readonly txFrameCount: number;
  readonly filter?: Uint8Array;
}

export interface PacketSocket {
  readonly fd: number;
  /** The rings. Not a copy; Node.js transfers it to no other thread. */
  readonly memory: ArrayBuffer;
}

export interface PacketStatistics {
  readonly packets: number;
  readonly drops: number;
  /** How often the ring was full and stopped. */
  readonly freezes: number;
}

export interface Watch {
  /** Ends the watch; `onReady` is not called any more. Twice is once. */
  close(): void;
}

/** Events of `watch`. Source: poll(2). */
export const POLLIN = 1;
export const POLLPRI = 2;
export const POLLOUT = 4;
export const POLLERR = 8;

/** The native calls. Throws NATIVE_ERR_MISSING when the addon is not there. */
export function native(): Native {
  loaded ??= loadAddon(ADDON_PATH);
  if (loaded instanceof NativeError) throw loaded;
  return loaded;
}

/** One sentence that says why there are no native calls and what helps, or undefined when there are. */
export function nativeProblem(): string | undefined {
  loaded ??= loadAddon(ADDON_PATH);
  return loaded instanceof NativeError ? loaded.message : undefined;
}

/** The addon at `path`, or the error that says why there is none. */
export function loadAddon(path: string): Native | NativeError {
  try {
    const binding = createRequire(import.meta.url)(path) as Binding;
    binding.onSystemError(systemError);
    return binding;
  } catch (cause) {
    const command = path.includes('/node_modules/') ? 'npm rebuild sapwood' : 'npm run build:native';
    const reason =
      process.platform === 'linux'
        ? `${path} cannot be loaded: run \`${command}\` (needs g++, make and python3).`
        : `It is for Linux, this is ${process.platform}.`;
    return new NativeError('NATIVE_ERR_MISSING', { detail: reason, cause });
  }
}

interface Binding extends Native {
  /** Who makes the errors of system calls. */
  onSystemError(make: typeof systemError): void;
}

/** The repository, or the installed package: this file is `native/addon.ts` or `dist/native/addon.js` of it. */
const ROOT = new URL(import.meta.url.endsWith('.ts') ? '..' : '../..', import.meta.url);
const ADDON_PATH = fileURLToPath(new URL('build/Release/sapwood_native.node', ROOT));

let loaded: Native | NativeError | undefined;
