/**
 * The Rx path of one interface: its frames to CSME, CSME's frames to it, and copies of what the host's DHCP client sends.
 *
 * It knows nothing of SAP's state: `receive` decides about each frame and forwards it. Waiting is event driven, on the
 * event loop of the thread that opened the path; nothing is allocated for a frame.
 */
import {
  type Native,
  NativeError,
  native,
  type PacketGeometry,
  POLLIN,
  type Watch,
} from '../native/index.ts';
import {
  type FilterVerdict,
  isDhcpClientFrame,
  tagLength,
  VERDICT_CONSUMED,
  VERDICT_CSME,
} from '../sap/index.ts';
import { forEachWireFrame } from './offload.ts';
import { type FrameVisitor, NO_BLOCK, PACKET_OUTGOING, RxRing } from './packet-ring.ts';
import { TxRing } from './tx-ring.ts';

export type RxGeometry = Omit<PacketGeometry, 'filter'>;

/**
 * 16 MiB, and a quarter of a second that the event loop may be late for, since a block is handed over after `retireMs`
 * however little it holds. Large blocks, because every full one is a wake-up.
 */
export const RX_GEOMETRY: RxGeometry = Object.freeze({
  blockSize: 512 * 1024,
  blockCount: 32,
  retireMs: 8,
  txFrameSize: 2048,
  txFrameCount: 256,
});

export interface RxPathOptions {
  /** Name of the interface, in the network namespace of the calling thread. */
  readonly interface: string;
  /**
   * Decides about a received frame and forwards it: `frame[start..end)` as the wire had it, but for a single VLAN tag,
   * which the kernel took off. Of two tags it has both. Valid during the call.
   */
  receive(frame: Uint8Array, start: number, end: number): FilterVerdict;
  /** A frame that this machine's DHCP client sends; valid during the call. */
  copy?(frame: Uint8Array, start: number, end: number): void;
  /**
   * Around the frames of one wake-up: calls `deliver` once, which calls `receive` and `copy`. Where it does not, the
   * frames are dropped, and count as unusable.
   */
  batch?(deliver: () => void): void;
  /** How many frames `receive` could not forward since the start, because CSME's ring was full. */
  ringFull?(): number;
  /** Pre-filter for the kernel: struct sock_filter[]; of no effect on what `receive` does. */
  readonly filter?: Uint8Array;
  readonly geometry?: Partial<RxGeometry>;
}

export interface RxPath {
  /** Has a frame sent, at the latest when the current callback has ended. False: dropped, for want of room. */
  transmit(frame: Uint8Array, start?: number, end?: number): boolean;
  /** Another pre-filter; no bytes: none. Frames that are in the ring already were judged by the one before. */
  attach(program: Uint8Array): void;
  statistics(): RxStatistics;
  /** `receive` and `copy` are not called any more. Twice is once; either of them may call it. */
  close(): void;
}

/** Frames since the path was opened. */
export interface RxStatistics {
  /** Frames that `receive` was asked about. */
  readonly seen: number;
  readonly forCsme: number;
  /** Those of them that the host's stack must not get. */
  readonly consumed: number;
  /** Frames of the host's DHCP client. */
  readonly copied: number;
  /** Frames that passed the pre-filter and found no room in the packet ring. */
  readonly droppedByKernel: number;
  /** Frames that found no room in CSME's ring. */
  readonly droppedRingFull: number;
  /** Frames that `receive` was not asked about: not whole, large in a way that cannot be cut, or not delivered by `batch`. */
  readonly unusable: number;
  readonly transmitted: number;
  readonly txDropped: number;
}

/** Opens the path. Throws NATIVE_ERR_MISSING, NATIVE_ERR_PERMISSION or NATIVE_ERR_SYSTEM. */
export function openRxPath(options: RxPathOptions): RxPath {
  return new Path(native(), options);
}

/** Frames after which the event loop gets its turn; the rest of a block is still taken. */
const FRAMES_PER_TURN = 4096;
/** How long frames wait that the kernel could not take. */
const RETRY_MS = 1;

/**
 * The kernel takes the first VLAN tag off: one that is still there is the second, which nobody removes. To be told apart
 * it gets a first one again, whose value nobody looks at; where it lies were the addresses, and headers that are done with.
 */
function withOuterTag(frame: Uint8Array, start: number): number {
  frame.copyWithin(start - 4, start, start + 12);
  frame[start + 8] = 0x81;
  frame[start + 9] = 0;
  frame[start + 10] = 0;
  frame[start + 11] = 0;
  return start - 4;
}

class Path implements RxPath {
  readonly #native: Native;
  readonly #options: RxPathOptions;
  readonly #fd: number;
  readonly #memory: ArrayBuffer;
  readonly #rx: RxRing;
  readonly #tx: TxRing;
  readonly #watch: Watch;
  #isDelivered = false;
  #isFlushDue = false;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  #seen = 0;
  #forCsme = 0;
  #consumed = 0;
  #copied = 0;
  #droppedByKernel = 0;
  #unusable = 0;
  #transmitted = 0;
  #txDropped = 0;

  constructor(calls: Native, options: RxPathOptions) {
    this.#native = calls;
    this.#options = options;
    const geometry = { ...RX_GEOMETRY, ...options.geometry };
    const { fd, memory } = calls.packetOpen(calls.ifIndex(options.interface), {
      ...geometry,
      ...(options.filter && { filter: options.filter }),
    });
    this.#fd = fd;
    this.#memory = memory;
    this.#rx = new RxRing(memory, geometry);
    this.#tx = new TxRing(memory, geometry.blockSize * geometry.blockCount, geometry);
    try {
      this.#watch = calls.watch(fd, POLLIN, this.#onReady);
    } catch (error) {
      calls.packetClose(fd, memory);
      throw error;
    }
  }

  transmit(frame: Uint8Array, start = 0, end = frame.length): boolean {
    if (this.#isClosed) {
      this.#txDropped++;
      return false;
    }
    const isTaken = this.#tx.put(frame, start, end);
    if (isTaken) this.#transmitted++;
    else this.#txDropped++;
    // A ring that is full asks the kernel as well: its frames may be those that an interface that was down did not take.
    if (!this.#isFlushDue) {
      this.#isFlushDue = true;
      queueMicrotask(this.#flush);
    }
    return isTaken;
  }

  attach(program: Uint8Array): void {
    if (!this.#isClosed) this.#native.packetFilter(this.#fd, program);
  }

  statistics(): RxStatistics {
    this.#countDrops();
    return {
      seen: this.#seen,
      forCsme: this.#forCsme,
      consumed: this.#consumed,
      copied: this.#copied,
      droppedByKernel: this.#droppedByKernel,
      droppedRingFull: this.#options.ringFull?.() ?? 0,
      unusable: this.#unusable + this.#rx.truncated,
      transmitted: this.#transmitted,
      txDropped: this.#txDropped,
    };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#countDrops();
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#watch.close();
    this.#rx.close();
    this.#native.packetClose(this.#fd, this.#memory);
  }

  readonly #onReady = (): void => {
    if (this.#options.batch === undefined) return this.#deliver();
    this.#isDelivered = false;
    this.#options.batch(this.#deliver);
    // A runner that has stopped delivers nothing: what stayed in the ring would wake this thread without end.
    if (!this.#isDelivered) this.#readBlocks(this.#onUnwanted);
  };

  readonly #deliver = (): void => {
    this.#isDelivered = true;
    this.#readBlocks(this.#onFrame);
  };

  #readBlocks(visit: FrameVisitor): void {
    // What is left makes the descriptor ready again at once.
    for (let left = FRAMES_PER_TURN; left > 0; ) {
      const frames = this.#rx.readBlock(visit);
      if (frames === NO_BLOCK) return;
      left -= frames + 1;
    }
  }

  readonly #onUnwanted: FrameVisitor = (_frame, _start, _end, packetType) => {
    if (packetType !== PACKET_OUTGOING) this.#unusable++;
  };

  readonly #onFrame: FrameVisitor = (frame, start, end, packetType) => {
    if (packetType !== PACKET_OUTGOING) {
      if (!forEachWireFrame(frame, start, end, this.#onReceived)) this.#unusable++;
    } else if (this.#options.copy !== undefined && isDhcpClientFrame(frame, start, end)) {
      if (!forEachWireFrame(frame, start, end, this.#onSent)) this.#unusable++;
    }
  };

  readonly #onReceived = (frame: Uint8Array, start: number, end: number): void => {
    this.#seen++;
    const from = tagLength(frame, start, end) === 0 ? start : withOuterTag(frame, start);
    const verdict = this.#options.receive(frame, from, end);
    if (verdict & VERDICT_CSME) this.#forCsme++;
    if (verdict & VERDICT_CONSUMED) this.#consumed++;
  };

  readonly #onSent = (frame: Uint8Array, start: number, end: number): void => {
    this.#copied++;
    this.#options.copy?.(frame, start, end);
  };

  readonly #flush = (): void => {
    this.#isFlushDue = false;
    if (this.#isClosed) return;
    try {
      this.#native.packetSend(this.#fd);
    } catch (error) {
      // An interface that is down or gone: the frames stay in the ring, and when it is full they are dropped.
      if (error instanceof NativeError) return;
      throw error;
    }
    if (this.#tx.isWaiting) this.#retry ??= setTimeout(this.#flushAgain, RETRY_MS);
  };

  readonly #flushAgain = (): void => {
    this.#retry = undefined;
    this.#flush();
  };

  /** The kernel's count begins anew when it is read. */
  #countDrops(): void {
    if (!this.#isClosed) this.#droppedByKernel += this.#native.packetStatistics(this.#fd).drops;
  }
}
