/** Blocks of a TPACKET_V3 Rx ring as the kernel writes them. Source: linux/if_packet.h, net/packet/af_packet.c. */

export interface PacketFrame {
  readonly bytes: Uint8Array;
  /** Length that it had before it was cut to `bytes`; the length of `bytes` by default. */
  readonly length?: number;
  readonly packetType?: number;
  /** struct virtio_net_hdr, 10 bytes; all 0 by default. */
  readonly offload?: Uint8Array;
}

/** Where the kernel puts the first frame of a block, and a frame's bytes behind its header. */
export const FIRST_FRAME = 48;
export const FRAME_BYTES = 92;

/** Writes a block at `memory[at..]` and hands it over: how many of the frames it holds. */
export function writeBlock(
  memory: Uint8Array,
  at: number,
  blockSize: number,
  frames: readonly PacketFrame[],
): number {
  const view = new DataView(memory.buffer, memory.byteOffset);
  let offset = FIRST_FRAME;
  let count = 0;
  let last = 0;
  for (const { bytes, length = bytes.length, packetType = 0, offload } of frames) {
    const taken = (FRAME_BYTES + bytes.length + 7) & ~7;
    if (offset + taken > blockSize) break;
    const header = at + offset;
    memory.fill(0, header, header + FRAME_BYTES);
    view.setUint32(header, taken, LITTLE);
    view.setUint32(header + 12, bytes.length, LITTLE);
    view.setUint32(header + 16, length, LITTLE);
    view.setUint32(header + 20, 1, LITTLE);
    view.setUint16(header + 24, FRAME_BYTES, LITTLE);
    view.setUint16(header + 26, FRAME_BYTES + 14, LITTLE);
    memory[header + 58] = packetType;
    if (offload) memory.set(offload, header + FRAME_BYTES - 10);
    memory.set(bytes, header + FRAME_BYTES);
    last = header;
    offset += taken;
    count++;
  }
  if (count > 0) view.setUint32(last, 0, LITTLE);
  view.setUint32(at, 2, LITTLE);
  view.setUint32(at + 4, FIRST_FRAME, LITTLE);
  view.setUint32(at + 12, count, LITTLE);
  view.setUint32(at + 16, FIRST_FRAME, LITTLE);
  view.setUint32(at + 20, offset, LITTLE);
  view.setUint32(at + 8, 1, LITTLE);
  return count;
}

const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
