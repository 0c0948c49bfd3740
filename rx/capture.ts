/** Where the frames of a capture file lie, and what can be wrong with such a file. */
import { u32At } from '../sap/index.ts';

/** Frames where they lie in the bytes of a file: frame `i` is `bytes[starts[i]..ends[i])`, for `i` below `count`. */
export interface FrameIndex {
  readonly bytes: Uint8Array;
  /** Where in the file `bytes[0]` stands. */
  readonly base: number;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly count: number;
  /** So many of the frames were longer on the wire: their ends were not captured. */
  readonly cut: number;
  /** Why there is nothing behind the last frame, where that is not the end of the file. */
  readonly damage?: CaptureError | undefined;
}

export const CAPTURE_ERRORS = {
  CAPTURE_ERR_FORMAT: 'The file is neither pcap nor pcapng, or of a version that is not known.',
  CAPTURE_ERR_LINK_TYPE: 'The frames are no Ethernet frames.',
  CAPTURE_ERR_DAMAGE: 'A record contradicts itself, or the file ends inside of one.',
  CAPTURE_ERR_SIZE: 'The file is too large to be indexed as a whole.',
} as const;
export type CaptureErrorCode = keyof typeof CAPTURE_ERRORS;

/** What is wrong with a capture file. A value, not thrown; the fault is the file's. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
  readonly fault = 'file';
  readonly code: CaptureErrorCode;
  /** Of the file's record that is wrong, in bytes. */
  readonly offset: number;

  constructor(code: CaptureErrorCode, offset: number, what: string) {
    super(`byte ${offset}: ${what}`);
    this.code = code;
    this.offset = offset;
  }
}

/** A frame index that grows. */
export class FrameTable implements FrameIndex {
  bytes: Uint8Array;
  base = 0;
  starts = new Uint32Array(1024);
  ends = new Uint32Array(1024);
  count = 0;
  cut = 0;
  damage: CaptureError | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  add(start: number, end: number, isCut: boolean): void {
    const i = this.count++;
    if (i === this.starts.length) this.#grow();
    this.starts[i] = start;
    this.ends[i] = end;
    if (isCut) this.cut++;
  }

  clear(): void {
    this.count = 0;
    this.cut = 0;
  }

  #grow(): void {
    const [starts, ends] = [this.starts, this.ends];
    this.starts = new Uint32Array(2 * starts.length);
    this.ends = new Uint32Array(2 * ends.length);
    this.starts.set(starts);
    this.ends.set(ends);
  }
}

/** Reads the records of one format, piece by piece. */
export interface CaptureScanner {
  /** So many bytes the record needs before which the last `scan` stopped. */
  readonly needed: number;
  /**
   * Adds the frames of the whole records in `table.bytes[from..to)` to `table`. Gives where the first record begins
   * that is not whole, or what is wrong with the one that it met.
   */
  scan(table: FrameTable, from: number, to: number): number | CaptureError;
}

/** LINKTYPE_ETHERNET. Source: www.tcpdump.org/linktypes.html, as the other numbers here. */
export const LINKTYPE_ETHERNET = 1;

const LINK_TYPES: Readonly<Record<number, string>> = {
  0: 'NULL',
  101: 'RAW',
  105: 'IEEE802_11',
  113: 'LINUX_SLL',
  127: 'IEEE802_11_RADIOTAP',
  147: 'USER0',
  192: 'PPI',
  228: 'IPV4',
  276: 'LINUX_SLL2',
};
const MONITOR = 'capture on the interface itself, not in monitor mode';
const ONE_INTERFACE = 'capture on one interface instead of "any"';
const CURES: Readonly<Record<number, string>> = {
  105: MONITOR,
  113: ONE_INTERFACE,
  127: MONITOR,
  192: MONITOR,
  276: ONE_INTERFACE,
};

/** The error for frames of another link type than Ethernet, with a cure where one is known. */
export function foreignLinkType(linkType: number, offset: number): CaptureError {
  const name = LINK_TYPES[linkType];
  const cure = CURES[linkType];
  return new CaptureError(
    'CAPTURE_ERR_LINK_TYPE',
    offset,
    `the frames are of link type ${linkType}${name === undefined ? '' : ` (${name})`}, only Ethernet (1) is read${
      cure === undefined ? '' : `; ${cure}`
    }`,
  );
}

/** The word at `at` in the byte order of the file. */
export function wordAt(b: Uint8Array, at: number, bigEndian: boolean): number {
  if (!bigEndian) return u32At(b, at);
  return ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0;
}

export function halfWordAt(b: Uint8Array, at: number, bigEndian: boolean): number {
  return bigEndian ? (b[at]! << 8) | b[at + 1]! : b[at]! | (b[at + 1]! << 8);
}
