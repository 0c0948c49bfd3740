/** What receives on the host's end of the pair, one at a time. */
import { RX_GEOMETRY } from '../../rx/index.ts';

export interface Contender {
  readonly name: string;
  /** It gets only those frames of a load that are for CSME, by a filter in the kernel or of its own. */
  readonly onlyForCsme: boolean;
  start(): Promise<Running>;
}

export interface Running {
  readonly pid: number;
  received(): Promise<Received>;
  stop(): Promise<void>;
}

/** Since its start. */
export interface Received {
  /** Frames that came out at its far end: of the data ring, or written to /dev/null. */
  readonly frames: number;
  /** Frames that it knows to be lost: no room in its ring, or in the data ring. */
  readonly dropped: number;
}

/**
 * Bytes of the packet ring of every contender, unless it is said otherwise. tcpdump has twice as many blocks of half the
 * size, and lets a frame wait for others for a second.
 */
export const RING_BYTES = RX_GEOMETRY.blockSize * RX_GEOMETRY.blockCount;
