import { describe, expect, it } from 'vitest';
import { FIRST_FRAME, FRAME_BYTES, type PacketFrame, writeBlock } from '../../fuzz/packet-blocks.ts';
import { fuzzPacketRing } from '../../fuzz/packet-ring.ts';
import { NO_BLOCK, PACKET_OUTGOING, RxRing } from '../../rx/packet-ring.ts';
import { pattern } from './support/frames.ts';

const GEOMETRY = { blockSize: 4096, blockCount: 3 } as const;

function ringOf() {
  const memory = new Uint8Array(GEOMETRY.blockSize * GEOMETRY.blockCount);
  const ring = new RxRing(memory.buffer, GEOMETRY);
  const hand = (block: number, frames: readonly PacketFrame[]) =>
    writeBlock(memory, block * GEOMETRY.blockSize, GEOMETRY.blockSize, frames);
  const read = () => {
    const shown: { bytes: Uint8Array; packetType: number }[] = [];
    const count = ring.readBlock((bytes, start, end, packetType) =>
      shown.push({ bytes: bytes.slice(start, end), packetType }),
    );
    return { count, shown };
  };
  return { memory, words: new Uint32Array(memory.buffer), ring, hand, read };
}

describe('RxRing', () => {
  it('shows the frames of a block where they lie, in their order, and hands it back', () => {
    const { words, hand, read } = ringOf();
    const frames = [0, 1, 60, 1514, 14].map((size, i) => ({
      bytes: pattern(size),
      packetType: i === 2 ? PACKET_OUTGOING : i & 3,
    }));
    expect(hand(0, frames)).toBe(5);
    expect(read()).toEqual({ count: 5, shown: frames });
    expect(words[2]).toBe(0);
  });

  it('takes the blocks in turn and waits for the next one', () => {
    const { hand, read } = ringOf();
    const frame = (n: number) => ({ bytes: Uint8Array.of(n), packetType: 0 });
    expect(read().count).toBe(NO_BLOCK);
    hand(1, [frame(1)]);
    expect(read().count).toBe(NO_BLOCK);
    for (let n = 0; n < 7; n++) {
      hand(n % 3, [frame(n)]);
      expect(read()).toEqual({ count: 1, shown: [frame(n)] });
    }
    hand(1, []);
    expect(read()).toEqual({ count: 0, shown: [] });
  });

  it('counts frames that are not whole and does not show them', () => {
    const { ring, hand, read } = ringOf();
    const [one, three] = [pattern(10), pattern(30)].map((bytes) => ({ bytes, packetType: 0 }));
    hand(0, [one!, { bytes: pattern(20), length: 21 }, three!]);
    expect(read()).toEqual({ count: 3, shown: [one, three] });
    expect(ring).toMatchObject({ truncated: 1, badBlocks: 0 });
  });

  it('stops when it is closed in the middle of a block', () => {
    const { ring, hand, read } = ringOf();
    hand(0, [{ bytes: pattern(10) }, { bytes: pattern(10) }]);
    hand(1, [{ bytes: pattern(10) }]);
    let shown = 0;
    ring.readBlock(() => {
      shown++;
      ring.close();
    });
    expect(shown).toBe(1);
    expect(read().count).toBe(NO_BLOCK);
  });

  it('hands a block back when the visitor throws', () => {
    const { words, ring, hand, read } = ringOf();
    hand(0, [{ bytes: pattern(10) }, { bytes: pattern(10) }]);
    hand(1, [{ bytes: pattern(20) }]);
    const visit = () => {
      throw new Error('not this one');
    };
    expect(() => ring.readBlock(visit)).toThrow('not this one');
    expect(words[2]).toBe(0);
    expect(read().shown.map(({ bytes }) => bytes.length)).toEqual([20]);
    expect(ring.badBlocks).toBe(0);
  });

  // Three frames of 100 bytes: what is changed, in which header, and how many are shown before the damage.
  const SECOND = FIRST_FRAME + 192;
  const DAMAGES: readonly [string, number, number, number][] = [
    ['num_pkts: more than there are', 12, 4, 2],
    ['num_pkts: as large as can be', 12, 0xffffffff, 2],
    ['offset_to_first_pkt: in the block header', 16, 40, 0],
    ['offset_to_first_pkt: behind the block', 16, 4096, 0],
    ['offset_to_first_pkt: no room for a header', 16, 4096 - 64, 0],
    ['offset_to_first_pkt: not aligned', 16, FIRST_FRAME + 4, 0],
    ['tp_next_offset: 0', SECOND, 0, 1],
    ['tp_next_offset: into the frame itself', SECOND, 184, 1],
    ['tp_next_offset: behind the block', SECOND, 4096 - SECOND, 2],
    ['tp_next_offset: backwards', SECOND, 0xfffffff8, 2],
    ['tp_snaplen: to the next frame', SECOND + 12, 104, 1],
    ['tp_snaplen: behind the block', SECOND + 12, 4096, 1],
    ['tp_snaplen: as large as can be', SECOND + 12, 0xffffffff, 1],
    ['tp_mac: in the header', SECOND + 24, 76, 1],
    ['tp_mac: not aligned', SECOND + 24, FRAME_BYTES + 1, 1],
    ['tp_mac: behind the block', SECOND + 24, 0xfffe, 1],
  ];
  it.each(DAMAGES)('hands a block back that does not add up: %s', (_, at, value, expected) => {
    const { words, memory, ring, hand, read } = ringOf();
    const frames = [1, 2, 3].map((n) => ({ bytes: new Uint8Array(100).fill(n), packetType: 0 }));
    hand(0, frames);
    const field = new DataView(memory.buffer);
    if (at === SECOND + 24) field.setUint16(at, value, true);
    else field.setUint32(at, value, true);
    expect(read()).toEqual({ count: expected, shown: frames.slice(0, expected) });
    expect(ring.badBlocks).toBe(1);
    expect(words[2]).toBe(0);
    hand(1, frames);
    expect(read().shown).toEqual(frames);
  });

  it('holds against damaged blocks: 60,000 cases', () => {
    const report = fuzzPacketRing(60_000, 20_251);
    expect(report.findings).toEqual([]);
    expect(report.executions).toBe(60_000);
  });
});
