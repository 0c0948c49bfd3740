import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import {
  CaptureError,
  CaptureReader,
  type FrameIndex,
  isCapture,
  pcapOf,
  readFrames,
} from '../../rx/pcap.ts';
import { bytesOfHex, hexOf } from '../../sap/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'sapwood-pcap-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Bytes of hex in which blanks and `|` may stand. */
const hex = (text: string) => bytesOfHex(text.replace(/[\s|]/g, ''))!;
const le = (word: number) => hexOf(new Uint8Array(Uint32Array.of(word).buffer));

function framesOf({ bytes, starts, ends, count }: FrameIndex): string[] {
  return Array.from({ length: count }, (_, i) => hexOf(bytes.subarray(starts[i], ends[i])));
}
function good(bytes: Uint8Array): FrameIndex {
  const result = readFrames(bytes);
  if (result instanceof CaptureError) throw result;
  return result;
}
function errorOf(bytes: Uint8Array): string {
  const result = readFrames(bytes);
  if (!(result instanceof CaptureError)) throw new Error('no error');
  return `${result.code} ${result.message}`;
}
function damageOf(bytes: Uint8Array): [frames: string[], damage: string | undefined] {
  const frames = good(bytes);
  return [framesOf(frames), frames.damage?.message];
}

const US_LITTLE = hex('d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000');
const US_BIG = hex('a1b2c3d4 0002 0004 00000000 00000000 0000ffff 00000001');
const NS_LITTLE = hex('4d3cb2a1 0200 0400 00000000 00000000 ffff0000 01000000');
const NS_BIG = hex('a1b23c4d 0002 0004 00000000 00000000 0000ffff 00000001');
const LITTLE = hex('00000000 00000000 03000000 03000000 aabbcc | 00000000 00000000 01000000 05000000 dd');
const BIG = hex('00000000 00000000 00000003 00000003 aabbcc | 00000000 00000000 00000001 00000005 dd');
const join2 = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

describe('pcap', () => {
  test.each([
    ['microseconds, little endian', US_LITTLE, LITTLE],
    ['microseconds, big endian', US_BIG, BIG],
    ['nanoseconds, little endian', NS_LITTLE, LITTLE],
    ['nanoseconds, big endian', NS_BIG, BIG],
  ])('%s', (_, header, records) => {
    const file = join2(header, records);
    const frames = good(file);
    expect(frames.bytes).toBe(file);
    expect(framesOf(frames)).toEqual(['aabbcc', 'dd']);
    expect(frames).toMatchObject({ count: 2, cut: 1, damage: undefined, base: 0 });
    expect(isCapture(header)).toBe(true);
  });

  test('a file without frames', () => {
    expect(damageOf(US_LITTLE)).toEqual([[], undefined]);
  });

  test('the bits above the link type tell of checksums', () => {
    const file = join2(US_LITTLE, LITTLE);
    file[23] = 0x24;
    expect(framesOf(good(file))).toEqual(['aabbcc', 'dd']);
  });

  test.each([
    [
      127,
      'the frames are of link type 127 (IEEE802_11_RADIOTAP), only Ethernet (1) is read; capture on the interface itself, not in monitor mode',
    ],
    [
      113,
      'the frames are of link type 113 (LINUX_SLL), only Ethernet (1) is read; capture on one interface instead of "any"',
    ],
    [147, 'the frames are of link type 147 (USER0), only Ethernet (1) is read'],
    [250, 'the frames are of link type 250, only Ethernet (1) is read'],
  ])('link type %d', (linkType, sentence) => {
    const file = US_LITTLE.slice();
    file[20] = linkType;
    expect(errorOf(file)).toBe(`CAPTURE_ERR_LINK_TYPE byte 0: ${sentence}`);
  });

  test('another version', () => {
    const file = US_LITTLE.slice();
    file[6] = 3;
    expect(errorOf(file)).toBe(
      'CAPTURE_ERR_FORMAT byte 0: the file is pcap of version 2.3, only 2.4 is read',
    );
  });

  test('a file that ends anywhere gives the frames before its end', () => {
    const file = join2(US_LITTLE, LITTLE);
    for (let length = 4; length < file.length; length++) {
      const [frames, damage] = damageOf(file.subarray(0, length));
      expect(frames, `${length} bytes`).toEqual(length < 24 + 19 ? [] : ['aabbcc']);
      if (length === 24 || length === 24 + 19) expect(damage).toBeUndefined();
      else
        expect(damage).toMatch(
          /^byte (0|24|43): the file ends inside a record: of \d+ bytes or more, \d+ are there$/,
        );
    }
    expect(damageOf(file.subarray(0, 30))[1]).toBe(
      'byte 24: the file ends inside a record: of 16 bytes or more, 6 are there',
    );
    expect(damageOf(file.subarray(0, 42))[1]).toBe(
      'byte 24: the file ends inside a record: of 19 bytes or more, 18 are there',
    );
  });

  test('a length that no frame has', () => {
    const file = join2(US_LITTLE, LITTLE);
    file.set([0, 0, 4, 0], 24 + 19 + 8);
    expect(damageOf(file)).toEqual([
      ['aabbcc'],
      'byte 43: the file ends inside a record: of 262160 bytes or more, 17 are there',
    ]);
    file.set([1, 0, 4, 0], 24 + 19 + 8);
    expect(damageOf(file)).toEqual([
      ['aabbcc'],
      'byte 43: the record says that 262145 bytes were captured, more than 262144',
    ]);
  });

  test.each(['', 'a1', 'd4c3b2', '7b226122', '1f8b0800'])('what is no capture: "%s"', (text) => {
    expect(errorOf(hex(text))).toMatch(
      text === ''
        ? /^CAPTURE_ERR_FORMAT byte 0: the file is empty$/
        : /^CAPTURE_ERR_FORMAT byte 0: the file begins neither/,
    );
    expect(isCapture(hex(text))).toBe(false);
  });
});

describe('pcapng', () => {
  const block = (type: number, body: string) => {
    const length = le(12 + hex(body).length);
    return le(type) + length + body + length;
  };
  const SECTION = block(0x0a0d0d0a, '4d3c2b1a 0100 0000 ffffffffffffffff');
  const ETHERNET = block(1, '0100 0000 00000000');
  const ETHERNET_4 = block(1, '0100 0000 04000000');
  const RADIOTAP = block(1, '7f00 0000 00000000');
  const enhanced = (id: number, frame: string, onWire = frame.length / 2) =>
    block(
      6,
      `${le(id)} 0000000000000000 ${le(frame.length / 2)} ${le(onWire)} ${frame.padEnd(8 * Math.ceil(frame.length / 8), '0')}`,
    );

  test('little endian: enhanced, simple and old packets, options, unknown blocks', () => {
    const file = hex(
      SECTION +
        block(4, '00000000') +
        ETHERNET_4 +
        enhanced(0, 'aabbccddee', 9) +
        block(0x80000bad, '01020304') +
        block(3, '03000000 11223300') +
        block(3, '09000000 44556677') +
        block(2, '0000 0700 0000000000000000 02000000 02000000 88990000'),
    );
    const frames = good(file);
    expect(framesOf(frames)).toEqual(['aabbccddee', '112233', '44556677', '8899']);
    expect(frames).toMatchObject({ cut: 2, damage: undefined });
    expect(isCapture(file)).toBe(true);
  });

  test('big endian, then a little endian section with interfaces of its own', () => {
    const big =
      '0a0d0d0a 0000001c 1a2b3c4d 0001 0002 ffffffffffffffff 0000001c' +
      '00000001 00000014 0001 0000 00000000 00000014' +
      '00000006 00000024 00000000 0000000000000000 00000002 00000002 aabb0000 00000024';
    expect(framesOf(good(hex(big)))).toEqual(['aabb']);
    expect(framesOf(good(hex(big + SECTION + ETHERNET + enhanced(0, 'cc'))))).toEqual(['aabb', 'cc']);
    expect(damageOf(hex(big + SECTION + enhanced(0, 'cc')))).toEqual([
      ['aabb'],
      'byte 112: the packet is from interface 0, which no block before it describes',
    ]);
  });

  test('another link type is an error once a packet has it', () => {
    expect(framesOf(good(hex(SECTION + ETHERNET + RADIOTAP + enhanced(0, 'aa'))))).toEqual(['aa']);
    expect(errorOf(hex(SECTION + ETHERNET + RADIOTAP + enhanced(0, 'aa') + enhanced(1, 'bb')))).toMatch(
      /^CAPTURE_ERR_LINK_TYPE byte 104: the frames are of link type 127 \(IEEE802_11_RADIOTAP\)/,
    );
    expect(errorOf(hex(SECTION + RADIOTAP + block(3, '0100000011000000')))).toMatch(
      /^CAPTURE_ERR_LINK_TYPE byte 48/,
    );
  });

  const head = SECTION + ETHERNET + enhanced(0, 'aa');
  const at = hex(head).length;
  test.each([
    [
      'a length below 12',
      '06000000 08000000 00000000',
      'the block has a length of 8 bytes, not a multiple of 4 between 12 and 16777216',
    ],
    [
      'a length of no multiple of 4',
      '06000000 0d000000 00000000',
      'the block has a length of 13 bytes, not a multiple of 4 between 12 and 16777216',
    ],
    [
      'an absurd length',
      '06000000 00000002 00000000',
      'the block has a length of 33554432 bytes, not a multiple of 4 between 12 and 16777216',
    ],
    [
      'lengths that differ',
      '55000000 0c000000 10000000',
      'the block begins with a length of 12 bytes and ends with 16',
    ],
    ['a section without byte order', '0a0d0d0a 1c000000 11111111', 'the section header has no byte order'],
    [
      'a packet without its fields',
      block(6, '00000000'),
      'the block of type 6 has 16 bytes, fewer than the 32 of its fields',
    ],
    [
      'an interface without its fields',
      block(1, '01000000'),
      'the block of type 1 has 16 bytes, fewer than the 20 of its fields',
    ],
    [
      'more captured than there is',
      enhanced(0, 'aabb').replace(le(2), le(5)),
      'the packet says that 5 bytes were captured, its block has room for 4',
    ],
    [
      'a simple packet that is longer than its block',
      block(3, '05000000 aabbccdd'),
      'the packet says that 5 bytes were captured, its block has room for 4',
    ],
    [
      'an interface that is not there',
      enhanced(1, 'aa'),
      'the packet is from interface 1, which no block before it describes',
    ],
    [
      'an end inside a block',
      '06000000 24000000 00000000 00000000',
      'the file ends inside a record: of 36 bytes or more, 16 are there',
    ],
    [
      'an end inside the first words of one',
      '06000000 24',
      'the file ends inside a record: of 12 bytes or more, 5 are there',
    ],
  ])('%s', (_, wrong, sentence) => {
    expect(damageOf(hex(head + wrong))).toEqual([['aa'], `byte ${at}: ${sentence}`]);
  });

  test('another version', () => {
    expect(errorOf(hex(SECTION.replace('4d3c2b1a 01', '4d3c2b1a 02')))).toBe(
      'CAPTURE_ERR_FORMAT byte 0: the section is pcapng of version 2, only 1 is read',
    );
  });
});

test('any bytes behind a good beginning: indices within the file, in order', () => {
  const heads = [US_LITTLE, US_BIG, hex('0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000')];
  fc.assert(
    fc.property(
      fc.constantFrom(...heads, new Uint8Array(0)),
      fc.uint8Array({ maxLength: 300 }),
      (head, rest) => {
        const result = readFrames(join2(head, rest));
        if (result instanceof CaptureError) return;
        let last = 0;
        for (let i = 0; i < result.count; i++) {
          expect(result.starts[i]).toBeGreaterThanOrEqual(last);
          expect(result.ends[i]).toBeGreaterThanOrEqual(result.starts[i]!);
          last = result.ends[i]!;
        }
        expect(last).toBeLessThanOrEqual(head.length + rest.length);
      },
    ),
    { numRuns: 3000 },
  );
});

test('what pcapOf writes reads back, also in pieces', () => {
  const frames = Array.from({ length: 3000 }, (_, i) => new Uint8Array(i % 1600).fill(i));
  const file = pcapOf(frames);
  expect(framesOf(good(file))).toEqual(frames.map(hexOf));
  const reader = new CaptureReader();
  const read: string[] = [];
  for (let at = 0; at < file.length; at += 4096) {
    const batch = reader.push(file.subarray(at, at + 4096));
    // Where a frame stands in the file can be told.
    if (batch.count > 0) expect(file[batch.base + batch.starts[0]!]).toBe(batch.bytes[batch.starts[0]!]);
    read.push(...framesOf(batch));
  }
  expect(reader.finish()).toMatchObject({ count: 0, damage: undefined, base: file.length });
  expect(read).toEqual(frames.map(hexOf));
});

describe('files of real tools', () => {
  const sample = (name: string) => readFileSync(new URL(`../data/pcap/${name}`, import.meta.url));
  /** Lengths on the wire of the datagrams and the errors that answer them. */
  const LENGTHS = [52, 80, 59, 87, 66, 94];

  test.each(['loopback.pcap', 'loopback-ns.pcap', 'loopback.pcapng'])('%s', (name) => {
    const frames = good(sample(name));
    expect(framesOf(frames).map((frame) => frame.length / 2)).toEqual(LENGTHS);
    expect(framesOf(frames)).toEqual(framesOf(good(sample('loopback.pcap'))));
    expect(frames).toMatchObject({ cut: 0, damage: undefined });
  });

  test('loopback-cut.pcapng', () => {
    const frames = good(sample('loopback-cut.pcapng'));
    expect(framesOf(frames).map((frame) => frame.length / 2)).toEqual(LENGTHS.map((n) => Math.min(n, 60)));
    expect(frames.cut).toBe(4);
  });

  const runs = (command: string, ...args: string[]) => spawnSync(command, args, { encoding: 'utf8' });
  const missing = (command: string) => runs(command, '--version').error !== undefined;
  const written = join(folder, 'frames.pcap');
  const frames = Array.from({ length: 40 }, (_, i) => new Uint8Array(60 + 37 * i).fill(i));
  writeFileSync(written, pcapOf(frames));

  test.skipIf(missing('tcpdump'))('tcpdump reads ours and writes the same', () => {
    const copy = join(folder, 'tcpdump.pcap');
    const { stderr, status } = runs('tcpdump', '-r', written, '-w', copy);
    expect([status, stderr]).toEqual([0, expect.stringContaining('Ethernet')]);
    expect(framesOf(good(readFileSync(copy)))).toEqual(frames.map(hexOf));
  });

  test.skipIf(missing('editcap')).each([
    [['-F', 'pcapng'], 60 + 37 * 39],
    [['-F', 'pcapng', '-s', '200'], 200],
    [['-F', 'nsecpcap'], 60 + 37 * 39],
    [['-F', 'pcap', '-s', '128'], 128],
    [['-F', 'pcapng', '-a', '3:a remark', '--capture-comment', 'of the file'], 60 + 37 * 39],
  ])('editcap %j', (args, most) => {
    const copy = join(folder, 'editcap.out');
    const { stderr, status } = runs('editcap', ...args, written, copy);
    expect([status, stderr]).toEqual([0, '']);
    const read = good(readFileSync(copy));
    expect(framesOf(read)).toEqual(frames.map((frame) => hexOf(frame.subarray(0, most))));
    expect(read.cut).toBe(frames.filter((frame) => frame.length > most).length);
  });
});
