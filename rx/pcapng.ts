/** The blocks of a pcapng file. Source: draft-ietf-opsawg-pcapng. */
import {
  CaptureError,
  type CaptureScanner,
  type FrameTable,
  foreignLinkType,
  halfWordAt,
  LINKTYPE_ETHERNET,
  wordAt,
} from './capture.ts';

/** The type of a section header reads the same in both byte orders. */
export const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE_DESCRIPTION = 1;
/** What old files have instead of ENHANCED_PACKET. */
const PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

/** Type, length, and the length again at the end. */
const BLOCK_LEN = 12;
/** Of each kind without its frame. */
const SECTION_LEN = BLOCK_LEN + 16;
const INTERFACE_LEN = BLOCK_LEN + 8;
const SIMPLE_LEN = BLOCK_LEN + 4;
const PACKET_LEN = BLOCK_LEN + 20;
/** libpcap's and Wireshark's limit, too: a longer block is damage. */
const MAX_BLOCK_LEN = 16 << 20;

interface Interface {
  readonly linkType: number;
  /** 0: no limit. */
  readonly snapLen: number;
}

export class PcapngScanner implements CaptureScanner {
  needed = BLOCK_LEN;
  #bigEndian = false;
  /** Of the section at hand. */
  #interfaces: Interface[] = [];

  scan(table: FrameTable, from: number, to: number): number | CaptureError {
    const { bytes } = table;
    let at = from;
    while (to - at >= BLOCK_LEN) {
      const isSection = wordAt(bytes, at, false) === SECTION_HEADER;
      if (isSection && !this.#byteOrder(bytes, at + 8)) {
        return damage(table, at, 'the section header has no byte order');
      }
      const length = wordAt(bytes, at + 4, this.#bigEndian);
      if (length < BLOCK_LEN || length > MAX_BLOCK_LEN || length % 4 !== 0) {
        return damage(
          table,
          at,
          `the block has a length of ${length} bytes, not a multiple of 4 between 12 and ${MAX_BLOCK_LEN}`,
        );
      }
      if (length > to - at) {
        this.needed = length;
        return at;
      }
      const again = wordAt(bytes, at + length - 4, this.#bigEndian);
      if (again !== length) {
        return damage(table, at, `the block begins with a length of ${length} bytes and ends with ${again}`);
      }
      const wrong = this.#block(table, at, length);
      if (wrong !== undefined) return wrong;
      at += length;
    }
    this.needed = BLOCK_LEN;
    return at;
  }

  #byteOrder(b: Uint8Array, at: number): boolean {
    this.#bigEndian = wordAt(b, at, true) === BYTE_ORDER_MAGIC;
    return this.#bigEndian || wordAt(b, at, false) === BYTE_ORDER_MAGIC;
  }

  #block(table: FrameTable, at: number, length: number): CaptureError | undefined {
    const type = wordAt(table.bytes, at, this.#bigEndian);
    const least = LEAST[type];
    if (least === undefined) return undefined;
    if (length < least) {
      return damage(
        table,
        at,
        `the block of type ${type} has ${length} bytes, fewer than the ${least} of its fields`,
      );
    }
    switch (type) {
      case SECTION_HEADER:
        return this.#section(table, at);
      case INTERFACE_DESCRIPTION:
        return this.#interface(table, at);
      case SIMPLE_PACKET:
        return this.#simplePacket(table, at, length);
      default:
        return this.#packet(table, at, length, type === PACKET);
    }
  }

  #section(table: FrameTable, at: number): CaptureError | undefined {
    this.#interfaces = [];
    const major = halfWordAt(table.bytes, at + 12, this.#bigEndian);
    if (major === 1) return undefined;
    return new CaptureError(
      'CAPTURE_ERR_FORMAT',
      table.base + at,
      `the section is pcapng of version ${major}, only 1 is read`,
    );
  }

  #interface(table: FrameTable, at: number): undefined {
    this.#interfaces.push({
      linkType: halfWordAt(table.bytes, at + 8, this.#bigEndian),
      snapLen: wordAt(table.bytes, at + 12, this.#bigEndian),
    });
  }

  #packet(table: FrameTable, at: number, length: number, isOld: boolean): CaptureError | undefined {
    const { bytes } = table;
    const bigEndian = this.#bigEndian;
    const id = isOld ? halfWordAt(bytes, at + 8, bigEndian) : wordAt(bytes, at + 8, bigEndian);
    const wrong = this.#foreign(table, at, id);
    if (wrong !== undefined) return wrong;
    const captured = wordAt(bytes, at + 20, bigEndian);
    const room = length - PACKET_LEN;
    if (captured > room) return tooMany(table, at, captured, room);
    table.add(at + 28, at + 28 + captured, captured < wordAt(bytes, at + 24, bigEndian));
    return undefined;
  }

  /** It has the frame's length on the wire only; what was captured of it is up to the interface's limit. */
  #simplePacket(table: FrameTable, at: number, length: number): CaptureError | undefined {
    const wrong = this.#foreign(table, at, 0);
    if (wrong !== undefined) return wrong;
    const { snapLen } = this.#interfaces[0]!;
    const onWire = wordAt(table.bytes, at + 8, this.#bigEndian);
    const captured = snapLen > 0 && snapLen < onWire ? snapLen : onWire;
    const room = length - SIMPLE_LEN;
    if (captured > room) return tooMany(table, at, captured, room);
    table.add(at + 12, at + 12 + captured, captured < onWire);
    return undefined;
  }

  #foreign(table: FrameTable, at: number, id: number): CaptureError | undefined {
    const from = this.#interfaces[id];
    if (from?.linkType === LINKTYPE_ETHERNET) return undefined;
    if (from === undefined) {
      return damage(table, at, `the packet is from interface ${id}, which no block before it describes`);
    }
    return foreignLinkType(from.linkType, table.base + at);
  }
}

const LEAST: Readonly<Record<number, number>> = {
  [SECTION_HEADER]: SECTION_LEN,
  [INTERFACE_DESCRIPTION]: INTERFACE_LEN,
  [PACKET]: PACKET_LEN,
  [SIMPLE_PACKET]: SIMPLE_LEN,
  [ENHANCED_PACKET]: PACKET_LEN,
};

function tooMany(table: FrameTable, at: number, captured: number, room: number): CaptureError {
  return damage(
    table,
    at,
    `the packet says that ${captured} bytes were captured, its block has room for ${room}`,
  );
}

function damage(table: FrameTable, at: number, what: string): CaptureError {
  return new CaptureError('CAPTURE_ERR_DAMAGE', table.base + at, what);
}
