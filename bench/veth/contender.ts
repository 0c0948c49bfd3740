/** What receives on the host's end of the pair, one at a time. */

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
 * The packet ring of our path. Blocks of half a MiB, since every full one is a wake-up: tcpdump has twice as many of
 * half the size, and lets a frame wait for others for a second.
 */
export const GEOMETRY = { blockSize: 512 * 1024, blockCount: 32, retireMs: 8 } as const;

/** Bytes of the packet ring of every contender, unless it is said otherwise. */
export const RING_BYTES = GEOMETRY.blockSize * GEOMETRY.blockCount;
