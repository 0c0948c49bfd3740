/**
 * Ethernet frames of capture files: pcap with times in microseconds or nanoseconds, and pcapng, in both byte orders.
 *
 * Frames are not copied: a `FrameIndex` tells where they lie. Nothing that stands in a file is trusted, and nothing is
 * thrown about it: a file of another kind gives a `CaptureError`, a damaged one the frames before the damage.
 *
 *     const frames = readFrames(readFileSync('capture.pcap'));
 *     if (frames instanceof CaptureError) return report(frames.message);
 *     for (let i = 0; i < frames.count; i++) judge(frames.bytes, frames.starts[i]!, frames.ends[i]!);
 */
import {
  CaptureError,
  type CaptureScanner,
  type FrameIndex,
  FrameTable,
  LINKTYPE_ETHERNET,
  wordAt,
} from './capture.ts';
import {
  MAXIMUM_SNAPLEN,
  PCAP_HEADER_LEN,
  PCAP_MAGIC_NS,
  PCAP_MAGIC_US,
  PcapScanner,
  RECORD_HEADER_LEN,
} from './pcap-records.ts';
import { PcapngScanner, SECTION_HEADER } from './pcapng.ts';

export { CAPTURE_ERRORS, CaptureError, type CaptureErrorCode, type FrameIndex } from './capture.ts';

/** Positions are words of 32 bits. */
const MAX_INDEXED = 0xffff_ffff;

/** The frames of a whole file. CAPTURE_ERR_DAMAGE is no error here: the index has it, and the frames before. */
export function readFrames(bytes: Uint8Array): FrameIndex | CaptureError {
  if (bytes.length > MAX_INDEXED) {
    return new CaptureError('CAPTURE_ERR_SIZE', MAX_INDEXED, 'a file above 4 GiB is read in pieces only');
  }
  const scanner = scannerFor(bytes, bytes.length);
  if (scanner instanceof CaptureError) return scanner;
  const table = new FrameTable(bytes);
  const end = scanner.scan(table, 0, bytes.length);
  const wrong = typeof end === 'number' ? unfinished(scanner, end, bytes.length - end) : end;
  if (wrong !== undefined && wrong.code !== 'CAPTURE_ERR_DAMAGE') return wrong;
  table.damage = wrong;
  return table;
}

/**
 * Reads a file of any size, piece by piece; where the pieces end makes no difference. Needs memory for a piece and the
 * longest record, which is 16 MiB at the most.
 */
export class CaptureReader {
  readonly #table = new FrameTable(new Uint8Array(0));
  #scanner: CaptureScanner | undefined;
  #filled = 0;
  /** Where the records begin of which no frames were given yet. */
  #next = 0;

  /** The frames that `chunk` completes; valid until the next call. After one with `damage` there is nothing to read. */
  push(chunk: Uint8Array): FrameIndex {
    const table = this.#table;
    this.#append(chunk);
    if (this.#filled < (this.#scanner?.needed ?? MAGIC_LEN)) return table;
    const scanner = this.#scanner ?? scannerFor(table.bytes, this.#filled);
    if (scanner instanceof CaptureError) return this.#over(scanner);
    this.#scanner = scanner;
    const end = scanner.scan(table, 0, this.#filled);
    if (typeof end !== 'number') return this.#over(end);
    this.#next = end;
    return table;
  }

  /** The end of the file: no frames, but `damage` when it is inside of a record. */
  finish(): FrameIndex {
    this.#append(NOTHING);
    const { base, bytes } = this.#table;
    const scanner = this.#scanner ?? scannerFor(bytes, this.#filled);
    return this.#over(scanner instanceof CaptureError ? scanner : unfinished(scanner, base, this.#filled));
  }

  #over(damage: CaptureError | undefined): FrameIndex {
    this.#table.damage ??= damage;
    return this.#table;
  }

  /** Drops what was given, moves what is left to the front and puts `chunk` behind it. */
  #append(chunk: Uint8Array): void {
    const table = this.#table;
    table.clear();
    table.bytes.copyWithin(0, this.#next, this.#filled);
    table.base += this.#next;
    this.#filled -= this.#next;
    this.#next = 0;
    const size = this.#filled + chunk.length;
    if (size > table.bytes.length) {
      const larger = new Uint8Array(Math.max(size, 2 * table.bytes.length));
      larger.set(table.bytes.subarray(0, this.#filled));
      table.bytes = larger;
    }
    table.bytes.set(chunk, this.#filled);
    this.#filled = size;
  }
}

/** Whether a file that begins with these bytes, four or more, is a capture. */
export function isCapture(bytes: Uint8Array): boolean {
  return !(scannerFor(bytes, bytes.length) instanceof CaptureError);
}

/** A pcap file of Ethernet frames, at most 262,144 bytes each, that follow one another by a microsecond. */
export function pcapOf(frames: readonly Uint8Array[]): Uint8Array {
  const size = frames.reduce((sum, frame) => sum + RECORD_HEADER_LEN + frame.length, PCAP_HEADER_LEN);
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  view.setUint32(0, PCAP_MAGIC_US, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, MAXIMUM_SNAPLEN, true);
  view.setUint32(20, LINKTYPE_ETHERNET, true);
  let at = PCAP_HEADER_LEN;
  for (const [i, frame] of frames.entries()) {
    view.setUint32(at, Math.floor(i / 1e6), true);
    view.setUint32(at + 4, i % 1e6, true);
    view.setUint32(at + 8, frame.length, true);
    view.setUint32(at + 12, frame.length, true);
    out.set(frame, at + RECORD_HEADER_LEN);
    at += RECORD_HEADER_LEN + frame.length;
  }
  return out;
}

const MAGIC_LEN = 4;
const NOTHING = new Uint8Array(0);

function scannerFor(b: Uint8Array, end: number): CaptureScanner | CaptureError {
  if (end >= MAGIC_LEN) {
    for (const bigEndian of [false, true]) {
      const magic = wordAt(b, 0, bigEndian);
      if (magic === PCAP_MAGIC_US || magic === PCAP_MAGIC_NS) return new PcapScanner(bigEndian);
      if (magic === SECTION_HEADER) return new PcapngScanner();
    }
  }
  return new CaptureError(
    'CAPTURE_ERR_FORMAT',
    0,
    end === 0 ? 'the file is empty' : 'the file begins neither as pcap nor as pcapng does',
  );
}

function unfinished(scanner: CaptureScanner, offset: number, left: number): CaptureError | undefined {
  if (left === 0) return undefined;
  return new CaptureError(
    'CAPTURE_ERR_DAMAGE',
    offset,
    `the file ends inside a record: of ${scanner.needed} bytes or more, ${left} are there`,
  );
}
