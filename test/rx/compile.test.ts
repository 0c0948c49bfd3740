import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { amtFilters, withMulticast } from '../../csme/index.ts';
import { compileFilter } from '../../rx/compile.ts';
import {
  bytesOfHex,
  encodeOobFilters,
  type FrameFilter,
  filterFrame,
  hexOf,
  noFilters,
  tagLength,
  VERDICT_HOST,
} from '../../sap/index.ts';
import { anyFilters, anyFrame } from '../support/rx.ts';
import { AS_RECORDED, recordedVerdicts } from '../support/verdicts.ts';

/** TCP to port 16992 of 192.0.2.10. */
const TCP_16992 =
  '02005e00531002005e0053010800450000280000000040060000c6336405c000020ac3cb42600000000000000000501000000000';

describe('recorded verdicts', () => {
  const sets = recordedVerdicts().map((set) => ({
    ...set,
    matcher: compileFilter(set.filters, AS_RECORDED),
    right: compileFilter(set.filters),
  }));

  test('all 3,000 are equal with the quirk multicast-header-compare', () => {
    let compared = 0;
    for (const { matcher, recorded } of sets) {
      for (const { frame, verdict } of recorded) {
        expect(inMiddle(matcher, frame), hexOf(frame)).toBe(verdict);
        compared++;
      }
    }
    expect(compared).toBe(3000);
  });

  test('without the quirk only multicast frames differ whose first rule is another by 6 bytes than by 14', () => {
    const explained: boolean[] = [];
    for (const { matcher, right, bytes, recorded } of sets) {
      for (const { frame } of recorded) {
        if (inMiddle(right, frame) === inMiddle(matcher, frame)) continue;
        const hex = hexOf(frame);
        const isMulticast = (frame[0]! & 1) === 1 && !hex.startsWith('ffffffffffff');
        const table = hexOf(bytes!).slice(2 * 104);
        const header = hex.slice(0, 24) + hex.slice(24 + 2 * tagLength(frame, 0, frame.length));
        const first = (digits: number) =>
          [0, 1, 2, 3, 4].find((i) => header.startsWith(table.slice(14 * i, 14 * i + digits)));
        explained.push(isMulticast && first(12) !== first(28));
      }
    }
    expect(explained).toEqual(Array.from({ length: 52 }, () => true));
  });
});

describe('the interpreter has the same verdicts', () => {
  test.each([{}, AS_RECORDED])('for any filter set and any frame, %o', (quirks) => {
    const seen = new Set<number>();
    const oneSet = fc.tuple(anyFilters(), fc.array(anyFrame(), { minLength: 20, maxLength: 20 }));
    fc.assert(
      fc.property(oneSet, ([filters, frames]) => {
        const matcher = compileFilter(filters, quirks);
        for (const frame of frames) {
          const verdict = filterFrame(filters, frame, 0, frame.length, quirks);
          seen.add(verdict);
          expect(matcher(frame, 0, frame.length), hexOf(frame)).toBe(verdict);
          expect(inMiddle(matcher, frame), hexOf(frame)).toBe(verdict);
        }
      }),
      { numRuns: 2000 },
    );
    expect([...seen].sort()).toEqual([0, 1, 3]);
  });

  test('for multicast frames whose header is that of the table, with the quirk', () => {
    const withHeader = fc.tuple(anyFilters(), fc.nat(4), fc.nat(13), fc.nat(3));
    const verdicts = new Set<number>();
    fc.assert(
      fc.property(withHeader, ([filters, rule, changed, how]) => {
        const header = encodeOobFilters(filters).slice(104 + 7 * rule, 104 + 7 * rule + 14);
        if (how === 3) header[changed]! ^= 0x10;
        const plain = new Uint8Array(60);
        plain.set(header);
        const tagged = new Uint8Array(64);
        tagged.set(header.subarray(0, 12));
        tagged.set([0x81, 0x00, 0x0f, 0xff], 12);
        tagged.set(header.subarray(12), 16);
        const matcher = compileFilter(filters, AS_RECORDED);
        for (const frame of [plain, tagged]) {
          const verdict = filterFrame(filters, frame, 0, frame.length, AS_RECORDED);
          verdicts.add(verdict);
          expect(matcher(frame, 0, frame.length), hexOf(frame)).toBe(verdict);
        }
      }),
      { numRuns: 1000 },
    );
    expect([...verdicts].sort()).toEqual([0, 1, 3]);
  });

  test('for every port and protocol', () => {
    const filters = amtFilters();
    const matcher = compileFilter(filters);
    const frame = bytesOfHex(TCP_16992)!;
    for (const protocol of [1, 6, 17, 58, 0, 255]) {
      frame[23] = protocol;
      for (const portAt of [34, 36]) {
        for (let port = 0; port < 0x10000; port++) {
          frame[portAt] = port >>> 8;
          frame[portAt + 1] = port;
          const verdict = filterFrame(filters, frame, 0, frame.length);
          if (matcher(frame, 0, frame.length) !== verdict) expect.fail(hexOf(frame));
        }
      }
    }
  });
});

describe('a matcher', () => {
  const matcher = compileFilter(amtFilters(0xc000020a));
  const frame = bytesOfHex(TCP_16992)!;

  test('leaves with the host what is no part of the array', () => {
    const { length } = frame;
    expect(matcher(frame, 0, length)).toBe(3);
    const outside = [
      [0, length + 1],
      [-1, length],
      [-1, length - 1],
      [length, 0],
      [length, length],
      [length, 2 * length],
      [-length, 0],
      [Number.NaN, length],
      [0, Number.NaN],
      [0, Number.POSITIVE_INFINITY],
      [Number.NEGATIVE_INFINITY, length],
      [2 ** 32, 2 ** 32 + length],
    ] as const;
    for (const [start, end] of outside) expect(matcher(frame, start, end), `${start} ${end}`).toBe(0);
    expect(matcher(new Uint8Array(0), 0, 0)).toBe(VERDICT_HOST);
    // All but the first byte lies inside.
    expect(matcher(frame.slice(1), -1, length - 1)).toBe(VERDICT_HOST);
  });

  test('never looks behind the end', () => {
    for (let end = 0; end < 42; end++) {
      expect(matcher(frame, 0, end)).toBe(VERDICT_HOST);
      expect(matcher(frame.slice(0, end), 0, end)).toBe(VERDICT_HOST);
    }
    expect(matcher(frame, 0, 42)).toBe(3);
  });

  test('leaves every frame with the host before there are filters', () => {
    const before = compileFilter(undefined);
    fc.assert(fc.property(anyFrame(), (any) => before(any, 0, any.length) === VERDICT_HOST));
  });

  test('takes frames in any kind of memory', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(100), 10);
    shared.set(frame);
    expect(matcher(shared, 0, frame.length)).toBe(3);
    expect(matcher(Buffer.from(frame), 0, frame.length)).toBe(3);
    const gone = frame.slice();
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    expect(matcher(gone, 0, frame.length)).toBe(VERDICT_HOST);
  });

  test('keeps the filters that it was made of', () => {
    const filters = amtFilters();
    const made = compileFilter(filters);
    filters.flexFilters[0]!.flags = 0;
    expect(made(frame, 0, frame.length)).toBe(3);
    expect(compileFilter(filters)(frame, 0, frame.length)).toBe(VERDICT_HOST);
  });

  test('is one of many that do not disturb each other', () => {
    const addresses = Array.from({ length: 100 }, (_, i) => 0xc0000200 + i);
    const many = addresses.map((address) => compileFilter(amtFilters(address)));
    const takers = many.map((one) => one(frame, 0, frame.length));
    expect(takers.indexOf(3)).toBe(0x0a);
    expect(takers.filter((verdict) => verdict !== VERDICT_HOST)).toHaveLength(1);
  });

  test('has room for a full set', () => {
    const full = withMulticast(noFilters(), 0x01_00_5e_00_00_fb);
    full.flexFilters = full.flexFilters.map((_, i) => ({
      srcPort: 0,
      dstPort: 16_979 + i,
      flags: 2,
      reserved5: 0,
    }));
    const last = compileFilter(full);
    expect(last(frame, 0, frame.length)).toBe(3);
    expect(last(frame.with(23, 17), 0, frame.length)).toBe(3);
    expect(last(frame.with(37, 0x61), 0, frame.length)).toBe(VERDICT_HOST);
  });

  test('is not made of values that do not fit their fields', () => {
    const filters = amtFilters();
    filters.ethFilters[0]!.macAddress = 2 ** 48;
    expect(() => compileFilter(filters)).toThrow(expect.objectContaining({ code: 'SAP_ERR_DRAFT' }));
  });
});

/** The verdict for a frame that lies in the middle of other bytes. */
function inMiddle(matcher: FrameFilter, frame: Uint8Array): number {
  const around = new Uint8Array(frame.length + 32).fill(0xff);
  around.set(frame, 16);
  return matcher(around, 16, 16 + frame.length);
}
