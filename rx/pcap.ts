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
 * The frames of a file of any size, in batches; each is valid until the next one is asked for. The last value is an
 * error when the file is of another kind; when it is damaged, the last batch has the damage. Needs memory for the
 * longest block only, 16 MiB at the most.
 */
export async function* frameBatches(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<FrameIndex | CaptureError, void, void> {
  const table = new FrameTable(new Uint8Array(FIRST_ROOM));
  let scanner: CaptureScanner | undefined;
  /** Bytes of the table's that are filled. */
  let filled = 0;
  for await (const chunk of source) {
    makeRoom(table, filled, filled + chunk.length);
    table.bytes.set(chunk, filled);
    filled += chunk.length;
    if (filled < (scanner?.needed ?? MAGIC_LEN)) continue;
    if (scanner === undefined) {
      const found = scannerFor(table.bytes, filled);
      if (found instanceof CaptureError) return yield found;
      scanner = found;
    }
    const end = scanner.scan(table, 0, filled);
    if (typeof end !== 'number') {
      yield* lastOf(table, end);
      return;
    }
    if (table.count > 0) yield table;
    table.clear();
    table.bytes.copyWithin(0, end, filled);
    table.base += end;
    filled -= end;
  }
  const wrong =
    scanner === undefined
      ? (scannerFor(table.bytes, filled) as CaptureError)
      : unfinished(scanner, table.base, filled);
  if (wrong !== undefined) yield* lastOf(table, wrong);
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
const FIRST_ROOM = 1 << 20;

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

/** Damage belongs to the last batch, any other error stands behind it. */
function* lastOf(table: FrameTable, wrong: CaptureError): Generator<FrameIndex | CaptureError> {
  const isDamage = wrong.code === 'CAPTURE_ERR_DAMAGE';
  if (isDamage) table.damage = wrong;
  if (isDamage || table.count > 0) yield table;
  if (!isDamage) yield wrong;
}

function makeRoom(table: FrameTable, filled: number, size: number): void {
  if (size <= table.bytes.length) return;
  const larger = new Uint8Array(Math.max(size, 2 * table.bytes.length));
  larger.set(table.bytes.subarray(0, filled));
  table.bytes = larger;
}
