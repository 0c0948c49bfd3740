/**
 * CSME's network stack: the kernel's TCP/IP in a network namespace of its own, a TAP interface as its card, and the
 * AMT web service on it.
 *
 * A frame that the stack sends goes to `send`, one for the stack comes with `receive`. Nothing else gets in or out.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { AMT_HTTP } from '../../amt/web/index.ts';
import { type Native, native, POLLERR, POLLIN, type Watch } from '../../native/index.ts';
import { formatIpv4, formatMac, type MacAddress } from '../../sap/index.ts';
import { NetworkError } from './errors.ts';
import { ip } from './ip.ts';
import { type WebOptions, WebService, type WebStatistics } from './web/service.ts';

export interface NetworkStackOptions extends WebOptions {
  /** CSME's address on the link; the host's WLAN card has the same. */
  readonly mac: MacAddress;
  /** Its IPv4 address as a number, most significant octet first; the host may share it. */
  readonly ipv4: number;
  readonly prefixLength: number;
  /** Default router; without it only the own network is reached. */
  readonly gateway?: number;
  /**
   * Every address counts as one of the own network, and the web service listens at every address of the interface: for
   * who adds addresses and neighbours (`TAP`) while the stack runs.
   */
  readonly onLink?: boolean;
  /**
   * Takes a frame that the stack sends; it is valid during the call. False: there is no room. Then the stack keeps
   * this one frame, and the kernel those after it, until `resume`. It must not close the stack.
   */
  readonly send: (frame: Uint8Array) => boolean;
}

export interface NetworkStack {
  /** A frame for the stack; copied before this returns. */
  receive(frame: Uint8Array): void;
  /** There is room again for what `send` did not take. Harmless when nothing waits. */
  resume(): void;
  statistics(): NetworkStackStatistics;
  /** Closes the connections, the listener and the interface. Twice is once. The thread stays in its namespace. */
  close(): Promise<void>;
}

/** Counts since the stack was opened. */
export interface NetworkStackStatistics {
  /** Frames that `send` took, and their bytes. */
  readonly sentFrames: number;
  readonly sentBytes: number;
  /** Frames that the kernel took, and their bytes. */
  readonly receivedFrames: number;
  readonly receivedBytes: number;
  /** Frames for the stack that are no Ethernet frame in size. */
  readonly receivedBadSize: number;
  /** Frames for the stack that the kernel had no room for. */
  readonly receivedNoRoom: number;
  /** How often `send` had no room. */
  readonly held: number;
  readonly web: WebStatistics;
}

/** The interface's name in the stack's namespace. */
export const TAP = 'amt0';
const MTU = 1500;
const DHCP_CLIENT_PORT = 68;
const HEADER_BYTES = 14;
const VLAN_TAG_BYTES = 4;
const FRAME_MAX = HEADER_BYTES + VLAN_TAG_BYTES + MTU;
/** Frames that one wake-up sends: other work of the thread has its turn between two of them. */
const BURST = 64;

/**
 * Opens the stack and its web service, at `AMT_HTTP` of the address, in the calling thread. That must be a thread of
 * its own (a worker): it is moved to a new network namespace and stays there.
 *
 * Throws NetworkError for options, a missing `ip`, or what `ip` refuses; NativeError when the addon is missing or the
 * system does not permit it. Nothing is left open then.
 */
export async function openNetworkStack(options: NetworkStackOptions): Promise<NetworkStack> {
  const commands = setUpCommands(options);
  const web = new WebService(options);
  const calls = native();
  calls.unshareNet();
  const fd = calls.tapOpen(TAP);
  try {
    adjust();
    await ip(commands);
    await web.listen({ host: options.onLink ? '0.0.0.0' : formatIpv4(options.ipv4), port: AMT_HTTP });
    const dhcp = await hearDhcp();
    return new Stack(calls, fd, web, dhcp, options.send);
  } catch (error) {
    await web.close();
    calls.close(fd);
    throw error;
  }
}

class Stack implements NetworkStack {
  readonly #native: Native;
  readonly #fd: number;
  readonly #web: WebService;
  readonly #dhcp: Socket;
  readonly #send: (frame: Uint8Array) => boolean;
  readonly #counts = {
    sentFrames: 0,
    sentBytes: 0,
    receivedFrames: 0,
    receivedBytes: 0,
    receivedBadSize: 0,
    receivedNoRoom: 0,
    held: 0,
  };
  /** What was read of the interface last: `#length` bytes that wait for room, or 0. */
  readonly #frame = new Uint8Array(FRAME_MAX);
  #length = 0;
  #watch: Watch | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    calls: Native,
    fd: number,
    web: WebService,
    dhcp: Socket,
    send: (frame: Uint8Array) => boolean,
  ) {
    this.#native = calls;
    this.#fd = fd;
    this.#web = web;
    this.#dhcp = dhcp;
    this.#send = send;
    this.#start();
  }

  statistics(): NetworkStackStatistics {
    return { ...this.#counts, web: this.#web.statistics() };
  }

  receive(frame: Uint8Array): void {
    const counts = this.#counts;
    if (this.#closing !== undefined) return;
    if (frame.length < HEADER_BYTES || frame.length > FRAME_MAX) {
      counts.receivedBadSize++;
    } else if (this.#native.frameWrite(this.#fd, frame, 0, frame.length) === 0) {
      counts.receivedNoRoom++;
    } else {
      counts.receivedFrames++;
      counts.receivedBytes += frame.length;
    }
  }

  resume(): void {
    if (this.#closing !== undefined || this.#length === 0) return;
    if (this.#deliver()) this.#start();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stop();
    this.#dhcp.close();
    await this.#web.close();
    this.#native.close(this.#fd);
    // The watch has a descriptor of its own, which the event loop closes at the end of a turn.
    for (let turns = 2; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
  }

  #start(): void {
    this.#watch = this.#native.watch(this.#fd, POLLIN, (events) => this.#readable(events));
  }

  #stop(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }

  #readable(events: number): void {
    // The interface is gone: nothing comes from it any more.
    if ((events & POLLERR) !== 0) return this.#stop();
    for (let left = BURST; left > 0 && this.#watch !== undefined; left--) {
      this.#length = this.#native.frameRead(this.#fd, this.#frame, 0);
      if (this.#length === 0) return;
      if (!this.#deliver()) return this.#stop();
    }
  }

  /** Hands over the frame that was read; it stays when there is no room. */
  #deliver(): boolean {
    const counts = this.#counts;
    if (!this.#send(this.#frame.subarray(0, this.#length))) {
      counts.held++;
      return false;
    }
    counts.sentFrames++;
    counts.sentBytes += this.#length;
    this.#length = 0;
    return true;
  }
}

function setUpCommands(options: NetworkStackOptions): readonly string[] {
  const { mac, ipv4, prefixLength, gateway, onLink } = options;
  if (!Number.isSafeInteger(mac) || mac < 0 || mac > 0xffff_ffff_ffff || (mac / 2 ** 40) & 1) {
    throw badOption(`mac is ${mac}: it is the address of one station, a number of 48 bits.`);
  }
  for (const [name, address] of [
    ['ipv4', ipv4],
    ['gateway', gateway ?? 0],
  ] as const) {
    if (!Number.isInteger(address) || address < 0 || address > 0xffff_ffff) {
      throw badOption(`${name} is ${address}: it is a number of 32 bits.`);
    }
  }
  if (!Number.isInteger(prefixLength) || prefixLength < 1 || prefixLength > 32) {
    throw badOption(`prefixLength is ${prefixLength}: it is 1 to 32.`);
  }
  return [
    'link set lo up',
    `link set ${TAP} address ${formatMac(mac)} mtu ${MTU}`,
    `addr add ${formatIpv4(ipv4)}/${prefixLength} dev ${TAP}`,
    `link set ${TAP} up`,
    ...(gateway === undefined ? [] : [`route add default via ${formatIpv4(gateway)} dev ${TAP}`]),
    ...(onLink ? [`route add default dev ${TAP}`] : []),
  ];
}

function badOption(detail: string): NetworkError {
  return new NetworkError('NETWORK_ERR_OPTION', { detail });
}

/**
 * CSME gets the DHCP answers to the host, too. Nothing here reads them, but without a listener the kernel would answer
 * "port unreachable".
 */
async function hearDhcp(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(DHCP_CLIENT_PORT);
  await once(socket, 'listening');
  return socket;
}

/** Settings of this thread's namespace, each with what it is for. */
const SETTINGS: Readonly<Record<string, string>> = {
  // AMT is reached by IPv4; router and neighbour solicitations would only be noise in the data ring.
  [`ipv6/conf/${TAP}/disable_ipv6`]: '1',
  // CUBIC takes the 100 ms of the host's door bell for congestion and ends its slow start: 0.60 MB/s instead of 1.6.
  'ipv4/tcp_congestion_control': 'reno',
};

function adjust(): void {
  for (const [name, value] of Object.entries(SETTINGS)) {
    try {
      // By this thread, not by one of the pool: /proc/sys/net shows the namespace of the thread that opens it.
      writeFileSync(`/proc/sys/net/${name}`, value);
    } catch {
      // A kernel without it, or a read-only /proc: the stack works all the same.
    }
  }
}
