/** The records of a pcap file: a header of 24 bytes, then 16 bytes and a frame each. Source: pcap-savefile(5). */
import {
  CaptureError,
  type CaptureScanner,
  type FrameTable,
  foreignLinkType,
  halfWordAt,
  LINKTYPE_ETHERNET,
  wordAt,
} from './capture.ts';

/** Times in microseconds, and in nanoseconds. */
export const PCAP_MAGIC_US = 0xa1b2c3d4;
export const PCAP_MAGIC_NS = 0xa1b23c4d;

export const PCAP_HEADER_LEN = 24;
export const RECORD_HEADER_LEN = 16;
/** libpcap's limit, too: a longer frame is damage. */
export const MAXIMUM_SNAPLEN = 262_144;
/** Above these bits of the link type's word stands whether frames end in a checksum. */
const LINK_TYPE_BITS = 0x03ff_ffff;

export class PcapScanner implements CaptureScanner {
  needed = PCAP_HEADER_LEN;
  readonly #bigEndian: boolean;
  #started = false;

  constructor(bigEndian: boolean) {
    this.#bigEndian = bigEndian;
  }

  scan(table: FrameTable, from: number, to: number): number | CaptureError {
    let at = from;
    if (!this.#started) {
      if (to - at < PCAP_HEADER_LEN) return at;
      const wrong = this.#header(table.bytes, at, table.base + at);
      if (wrong !== undefined) return wrong;
      this.#started = true;
      at += PCAP_HEADER_LEN;
    }
    return this.#records(table, at, to);
  }

  #header(b: Uint8Array, at: number, offset: number): CaptureError | undefined {
    const major = halfWordAt(b, at + 4, this.#bigEndian);
    const minor = halfWordAt(b, at + 6, this.#bigEndian);
    if (major !== 2 || minor !== 4) {
      return new CaptureError(
        'CAPTURE_ERR_FORMAT',
        offset,
        `the file is pcap of version ${major}.${minor}, only 2.4 is read`,
      );
    }
    const linkType = wordAt(b, at + 20, this.#bigEndian) & LINK_TYPE_BITS;
    return linkType === LINKTYPE_ETHERNET ? undefined : foreignLinkType(linkType, offset);
  }

  #records(table: FrameTable, from: number, to: number): number | CaptureError {
    const { bytes } = table;
    const bigEndian = this.#bigEndian;
    let at = from;
    while (to - at >= RECORD_HEADER_LEN) {
      const captured = wordAt(bytes, at + 8, bigEndian);
      if (captured > MAXIMUM_SNAPLEN) {
        return new CaptureError(
          'CAPTURE_ERR_DAMAGE',
          table.base + at,
          `the record says that ${captured} bytes were captured, more than ${MAXIMUM_SNAPLEN}`,
        );
      }
      const end = at + RECORD_HEADER_LEN + captured;
      if (end > to) {
        this.needed = end - at;
        return at;
      }
      table.add(at + RECORD_HEADER_LEN, end, captured < wordAt(bytes, at + 12, bigEndian));
      at = end;
    }
    this.needed = RECORD_HEADER_LEN;
    return at;
  }
}
