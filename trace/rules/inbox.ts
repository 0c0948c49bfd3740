/**
 * CSME's SAP messages on their way to the host: they lie in a ring until CSME rings, and then the host finds what the
 * bytes say, which is not always what CSME meant.
 */
import { decodeSap, ETH_HLEN, SAP_HEADER_LEN, SapError, type SapMessage } from '../../sap/index.ts';
import type { WireEvent } from '../event.ts';

/** What the host finds in a ring of CSME's. */
export interface Found {
  readonly ring: 'notif' | 'data';
  readonly event: WireEvent;
  /** `undefined`: bytes that are no message. */
  readonly message: SapMessage | undefined;
  /** Of bytes that are no message: the type that they claim. */
  readonly id: number;
  /** Something bad stands before it in the same batch. */
  readonly behind: WireEvent | undefined;
}

/** The largest notification that the reference takes, with its header: a page. */
const NOTIF_MAX = 4096;
/** CSME may write for as long as it does not ring. */
const WAITING_MAX = 65536;

export class Inbox {
  #notif: WireEvent[] = [];
  #data: WireEvent[] = [];

  put(event: WireEvent): void {
    const waiting = event.ch === 'notif' ? this.#notif : this.#data;
    if (waiting.length < WAITING_MAX) waiting.push(event);
  }

  clear(): void {
    this.#notif = [];
    this.#data = [];
  }

  /** CSME rings: what the host reads now, in its order. */
  take(): Found[] {
    if (this.#notif.length === 0 && this.#data.length === 0) return [];
    const found: Found[] = [];
    walk('notif', this.#notif, found);
    walk('data', this.#data, found);
    this.clear();
    return found;
  }
}

function walk(ring: 'notif' | 'data', events: readonly WireEvent[], found: Found[]): void {
  if (events.every((event) => isWhole(event.bytes, ring))) {
    let behind: WireEvent | undefined;
    for (const event of events) behind = put(ring, event.bytes, event, behind, found);
    return;
  }
  walkBytes(ring, events, found);
}

function isWhole(bytes: Uint8Array, ring: string): boolean {
  if (bytes.length < SAP_HEADER_LEN || (ring === 'notif' && bytes.length > NOTIF_MAX)) return false;
  return (bytes[2]! | (bytes[3]! << 8)) === bytes.length - SAP_HEADER_LEN;
}

/** What stands in the ring is one row of bytes; where a header lies about its length the next one is looked for there. */
function walkBytes(ring: 'notif' | 'data', events: readonly WireEvent[], found: Found[]): void {
  const total = events.reduce((sum, event) => sum + event.bytes.length, 0);
  const bytes = new Uint8Array(total);
  const starts: number[] = [];
  let end = 0;
  for (const event of events) {
    starts.push(end);
    bytes.set(event.bytes, end);
    end += event.bytes.length;
  }
  let behind: WireEvent | undefined;
  let index = 0;
  for (let at = 0; at < total; ) {
    while (index + 1 < starts.length && starts[index + 1]! <= at) index++;
    const event = events[index]!;
    const size = SAP_HEADER_LEN + ((bytes[at + 2] ?? 0) | ((bytes[at + 3] ?? 0) << 8));
    const id = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    if (total - at < SAP_HEADER_LEN || size > total - at || (ring === 'notif' && size > NOTIF_MAX)) {
      found.push({ ring, event, message: undefined, id, behind });
      return;
    }
    behind = put(ring, bytes.subarray(at, at + size), event, behind, found);
    at += size;
  }
}

/** Gives the bad event that what follows stands behind. */
function put(
  ring: 'notif' | 'data',
  bytes: Uint8Array,
  event: WireEvent,
  behind: WireEvent | undefined,
  found: Found[],
): WireEvent | undefined {
  const decoded = decodeSap(bytes, 0, bytes.length, 'csme');
  const id = bytes[0]! | (bytes[1]! << 8);
  const isFrame = decoded instanceof SapError ? id === 2000 : decoded.name === 'DATA_PACKET';
  const bad = decoded instanceof SapError || isFrame !== (ring === 'data') || decoded.name === 'UNKNOWN';
  const message = decoded instanceof SapError || isFrame !== (ring === 'data') ? undefined : decoded;
  found.push({ ring, event, message, id, behind });
  return bad ? event : behind;
}

/** A frame that is less than an Ethernet header. */
export function isShortFrame({ ring, id, event }: Found): boolean {
  return ring === 'data' && id === 2000 && event.bytes.length < SAP_HEADER_LEN + ETH_HLEN;
}
