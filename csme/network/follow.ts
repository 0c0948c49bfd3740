/**
 * CSME's network stack at an address that nobody has told it: it has the host's, and learns it from the frames that the
 * host's filter gives it.
 *
 * The first TCP segment to AMT's web service opens the stack, at the addresses that the segment was sent to. Who sends
 * one is answered by the way it came, a router's or its own.
 */
import { AMT_HTTP } from '../../amt/web/index.ts';
import {
  be16At,
  be32At,
  ETH_HLEN,
  ETHERTYPE_IPV4,
  formatIpv4,
  formatMac,
  macAt,
  PROTO_TCP,
} from '../../sap/index.ts';
import type { Csme, CsmeInput, CsmeOutput } from '../index.ts';
import { ip } from './ip.ts';
import { dataRingDoor } from './join.ts';
import { type NetworkStack, openNetworkStack, TAP } from './stack.ts';
import type { WebOptions } from './web/service.ts';

export interface FollowOptions extends WebOptions {
  /** The stack answers from now on. */
  readonly onOpen?: (at: { readonly mac: number; readonly ipv4: number }) => void;
  /** The stack could not be opened, and will not be: a NetworkError or a NativeError. */
  readonly onError: (error: Error) => void;
}

export interface FollowedNetwork {
  /** Wants every output of the machine. */
  hear(output: CsmeOutput): void;
  close(): Promise<void>;
}

/** Frames that wait for the stack, or for an address; those behind them are lost, and TCP sends them again. */
const WAITING_MOST = 256;
/** Addresses that are learnt, own ones and those of others. */
const LEARNT_MOST = 256;

/** Joins `csme`, which `feed` gives inputs to, with a stack that follows the host. In a worker, as `openNetworkStack`. */
export function followHost(
  csme: Csme,
  feed: (input: CsmeInput) => void,
  options: FollowOptions,
): FollowedNetwork {
  return new Follower(csme, feed, options);
}

/** What a TCP segment to the web service tells. */
interface Segment {
  readonly toMac: number;
  readonly toIpv4: number;
  readonly fromMac: number;
  readonly fromIpv4: number;
}

class Follower implements FollowedNetwork {
  readonly #csme: Csme;
  readonly #feed: (input: CsmeInput) => void;
  readonly #options: FollowOptions;
  readonly #door;
  #stack: NetworkStack | undefined;
  #given = false;
  readonly #own = new Set<number>();
  /** The MAC address by which each other address is reached. */
  readonly #others = new Map<number, number>();
  /** Frames that wait until what was learnt from one of them is set. */
  #waiting: Uint8Array[] = [];
  #learning: Promise<void> | undefined;
  #closed = false;

  constructor(csme: Csme, feed: (input: CsmeInput) => void, options: FollowOptions) {
    this.#csme = csme;
    this.#feed = feed;
    this.#options = options;
    this.#door = dataRingDoor(this.#csme, this.#feed, () => this.#stack?.resume());
  }

  hear(output: CsmeOutput): void {
    if (output.type !== 'frame' || output.copy || this.#given || this.#closed) return;
    if (this.#learning !== undefined) {
      if (this.#waiting.length < WAITING_MOST) this.#waiting.push(output.bytes);
      return;
    }
    this.#take(output.bytes);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting = [];
    this.#door.close();
    await this.#learning;
    await this.#stack?.close();
  }

  #take(frame: Uint8Array): void {
    const segment = segmentOf(frame);
    const steps = segment === undefined ? [] : this.#learn(segment);
    if (segment !== undefined && (this.#stack === undefined || steps.length > 0)) {
      this.#waiting.push(frame);
      this.#learning = this.#settle(segment, steps).finally(() => this.#goOn());
    } else {
      this.#stack?.receive(frame);
    }
  }

  /** Commands of `ip` for what is new in a segment. */
  #learn({ toIpv4, fromIpv4, fromMac }: Segment): string[] {
    const steps: string[] = [];
    if (!this.#own.has(toIpv4) && this.#own.size < LEARNT_MOST) {
      // The first one comes with the stack.
      if (this.#own.size > 0) steps.push(`addr add ${formatIpv4(toIpv4)}/32 dev ${TAP}`);
      this.#own.add(toIpv4);
    }
    if (
      this.#others.get(fromIpv4) !== fromMac &&
      (this.#others.has(fromIpv4) || this.#others.size < LEARNT_MOST)
    ) {
      this.#others.set(fromIpv4, fromMac);
      steps.push(
        `neigh replace ${formatIpv4(fromIpv4)} lladdr ${formatMac(fromMac)} dev ${TAP} nud permanent`,
      );
    }
    return steps;
  }

  async #settle({ toMac, toIpv4 }: Segment, steps: readonly string[]): Promise<void> {
    const { onOpen, onError, ...web } = this.#options;
    try {
      if (this.#stack === undefined) {
        const address = { mac: toMac, ipv4: toIpv4 };
        const send = (frame: Uint8Array) => this.#door.send(frame);
        this.#stack = await openNetworkStack({ ...web, ...address, prefixLength: 32, onLink: true, send });
        onOpen?.(address);
      }
      await ip(steps);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#given = this.#stack === undefined;
      if (this.#given) this.#waiting = [];
      onError(error);
    }
  }

  #goOn(): void {
    this.#learning = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const [i, frame] of waiting.entries()) {
      if (i === 0) this.#stack?.receive(frame);
      else this.hear({ type: 'frame', bytes: frame, copy: false });
    }
  }
}

const TCP_HEADER = 20;
const IPV4_HEADER = 20;

/** What a frame is about when it is a TCP segment to the web service, at addresses of single stations. */
function segmentOf(frame: Uint8Array): Segment | undefined {
  const at = ETH_HLEN;
  if (frame.length < at + IPV4_HEADER + TCP_HEADER || be16At(frame, at - 2) !== ETHERTYPE_IPV4)
    return undefined;
  const headerLen = (frame[at]! & 0x0f) * 4;
  if (frame[at]! >> 4 !== 4 || headerLen < IPV4_HEADER || frame[at + 9] !== PROTO_TCP) return undefined;
  if (frame.length < at + headerLen + TCP_HEADER || be16At(frame, at + headerLen + 2) !== AMT_HTTP)
    return undefined;
  const toIpv4 = be32At(frame, at + 16);
  const fromIpv4 = be32At(frame, at + 12);
  if (!isStation(toIpv4) || !isStation(fromIpv4) || (frame[0]! & 1) !== 0 || (frame[6]! & 1) !== 0)
    return undefined;
  return { toMac: macAt(frame, 0), toIpv4, fromMac: macAt(frame, 6), fromIpv4 };
}

/** Neither this network, nor loopback, nor multicast and what is above it. */
function isStation(ipv4: number): boolean {
  const first = ipv4 >>> 24;
  return first !== 0 && first !== 127 && first < 224;
}
