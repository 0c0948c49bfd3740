/**
 * The Tx ring of a packet socket (TPACKET_V3): slots of one size that are filled here and emptied by the kernel.
 * Source: linux/if_packet.h; Documentation/networking/packet_mmap.rst.
 */
import { VNET_HEADER } from './packet-ring.ts';

export interface TxRingGeometry {
  /** Bytes of a slot, headers included: a power of two from 256. */
  readonly txFrameSize: number;
  readonly txFrameCount: number;
}

export class TxRing {
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #status: Int32Array;
  readonly #from: number;
  readonly #slotSize: number;
  readonly #slotCount: number;
  #next = 0;
  /** Where the status of the slot filled last lies. */
  #last: number;

  /** The slots lie at `memory[from..]`. */
  constructor(memory: ArrayBuffer, from: number, { txFrameSize, txFrameCount }: TxRingGeometry) {
    this.#bytes = new Uint8Array(memory);
    this.#words = new Uint32Array(memory);
    this.#status = new Int32Array(memory);
    this.#from = from;
    this.#slotSize = txFrameSize;
    this.#slotCount = txFrameCount;
    this.#last = (from + STATUS) >> 2;
  }

  /**
   * Copies `frame[start..end)` into the next slot, for the kernel to send at its next call. False when no slot is
   * free, or when the frame has no Ethernet header or is larger than a slot.
   */
  put(frame: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (this.#slotCount === 0 || length < ETH_HLEN || length > this.#slotSize - DATA - VNET_HEADER)
      return false;
    const slot = this.#from + this.#next * this.#slotSize;
    const statusAt = (slot + STATUS) >> 2;
    if (Atomics.load(this.#status, statusAt) & IN_USE) return false;

    const bytes = this.#bytes;
    // The virtio_net_hdr of a slot stays as the kernel made it: all 0, a frame with nothing left to do.
    const to = slot + DATA + VNET_HEADER;
    for (let i = 0; i < length; i++) bytes[to + i] = frame[start + i]!;
    this.#words[(slot + LEN) >> 2] = VNET_HEADER + length;
    Atomics.store(this.#status, statusAt, TP_STATUS_SEND_REQUEST);
    this.#last = statusAt;
    this.#next = this.#next + 1 === this.#slotCount ? 0 : this.#next + 1;
    return true;
  }

  /** Whether a frame waits for the kernel to take it. */
  get isWaiting(): boolean {
    return (Atomics.load(this.#status, this.#last) & TP_STATUS_SEND_REQUEST) !== 0;
  }
}

const ETH_HLEN = 14;

const TP_STATUS_SEND_REQUEST = 1;
/** TP_STATUS_SEND_REQUEST or TP_STATUS_SENDING: the slot is the kernel's. */
const IN_USE = 3;

// struct tpacket3_hdr
const LEN = 16;
const STATUS = 20;
/** Where the data of a slot begins: TPACKET3_HDRLEN without its struct sockaddr_ll. */
const DATA = 48;
