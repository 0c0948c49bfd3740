import { describe, expect, test } from 'vitest';
import {
  AREA_LAYOUTS,
  bytesOfHex,
  decodeOobFilters,
  filterFrame,
  hexOf,
  type OobFilters,
  RingReader,
  RingWriter,
  SharedArea,
  tagLength,
  VERDICT_CONSUMED,
  VERDICT_CSME,
  VERDICT_HOST,
  writeDataPacket,
} from '../../sap/index.ts';
import { AS_RECORDED, recordedVerdicts } from '../support/verdicts.ts';

const VERDICTS = recordedVerdicts().flatMap(({ filters, bytes, recorded }) =>
  recorded.map((verdict) => ({ ...verdict, filters, bytes })),
);

describe('recorded verdicts', () => {
  test('all 3,000 are equal with the quirk multicast-header-compare', () => {
    expect(VERDICTS).toHaveLength(3000);
    const different = VERDICTS.filter(
      ({ filters, frame, verdict }) => filterFrame(filters, frame, 0, frame.length, AS_RECORDED) !== verdict,
    );
    expect(different).toEqual([]);
  });

  test('what stands in the ring is equal, byte for byte', () => {
    const area = new SharedArea(new ArrayBuffer(AREA_LAYOUTS[4].size), AREA_LAYOUTS[4]);
    area.initialise();
    const ring = area.layout.rings.h2m.data;
    const writer = new RingWriter(area, ring);
    const reader = new RingReader(area, ring);
    let compared = 0;
    let tagged = 0;
    let lastSeq = 0;
    for (const recorded of VERDICTS) {
      // A frame in the middle of other bytes, as it lies in a packet ring.
      const frame = Uint8Array.of(0xff, 0xff, ...recorded.frame, 0xee, 0xee);
      const end = frame.length - 2;
      const verdict = filterFrame(recorded.filters, frame, 2, end, AS_RECORDED);
      if (!(verdict & VERDICT_CSME)) continue;
      const seqNum = new DataView(recorded.ring!.buffer).getUint32(4, true);
      expect(seqNum).toBeGreaterThan(lastSeq);
      lastSeq = seqNum;
      if (tagLength(frame, 2, end) > 0) tagged++;
      expect(writeDataPacket(writer, seqNum, frame, 2, end)).toBeUndefined();
      let got = '';
      reader.read((b, start, stop) => {
        got = hexOf(b.subarray(start, stop));
      });
      expect(got).toBe(hexOf(recorded.ring!));
      compared++;
    }
    expect(compared).toBe(VERDICTS.filter(({ verdict }) => verdict & VERDICT_CSME).length);
    expect(tagged).toBeGreaterThan(0);
  });

  test('without the quirk, the multicast comparison explains every difference', () => {
    let differences = 0;
    for (const { filters, bytes, frame } of VERDICTS) {
      const right = filterFrame(filters, frame, 0, frame.length);
      const asRecorded = filterFrame(filters, frame, 0, frame.length, AS_RECORDED);
      const isMulticast = (frame[0]! & 1) === 1 && !hexOf(frame).startsWith('ffffffffffff');
      const sameFilter =
        !bytes || !isMulticast || firstMatch(bytes, frame, 6) === firstMatch(bytes, frame, 14);
      if (sameFilter) expect(right, hexOf(frame)).toBe(asRecorded);
      else if (right !== asRecorded) differences++;
    }
    expect(differences).toBe(52);
  });
});

/** Index of the first eth filter whose `length` bytes are the frame's first ones; -1 for none. Written apart from ours. */
function firstMatch(raw: Uint8Array, frame: Uint8Array, length: number): number {
  const header = hexOf(frame).slice(0, 24) + hexOf(frame).slice(24 + 2 * tagLength(frame, 0, frame.length));
  for (let i = 0; i < 5; i++) {
    const at = 104 + 7 * i;
    if (!(raw[at + 6]! & 4)) return -1;
    if (header.startsWith(hexOf(raw.subarray(at, at + length)))) return i;
  }
  return -1;
}

describe('rules that recordings hardly show', () => {
  const EMPTY = new Uint8Array(156);
  const GROUP = '01005e0000fb';
  const HOST = '020000000001';
  const UDP_5353 = '450000200000000040110000c0000202e00000fb14e914e9000c00000000000000';

  function filters(change: (b: Uint8Array) => void): OobFilters {
    const raw = EMPTY.slice();
    change(raw);
    return decodeOobFilters(raw) as OobFilters;
  }
  function verdict(f: OobFilters | undefined, hex: string): number {
    const frame = bytesOfHex(hex)!;
    return filterFrame(f, frame, 0, frame.length);
  }
  const eth = (i: number, mac: string, flags: number) => (b: Uint8Array) => {
    b.set(bytesOfHex(mac)!, 104 + 7 * i);
    b[104 + 7 * i + 6] = flags;
  };

  test('multicast with stop goes to CSME whatever it is, the host keeps it with copy', () => {
    const frame = `${GROUP}${HOST}88b5000000`;
    expect(verdict(filters(eth(0, GROUP, 0b101)), frame)).toBe(VERDICT_CSME | VERDICT_CONSUMED);
    expect(verdict(filters(eth(0, GROUP, 0b111)), frame)).toBe(VERDICT_CSME);
    expect(verdict(filters(eth(0, GROUP, 0b001)), frame)).toBe(VERDICT_HOST);
  });

  test('less than an Ethernet header stays with the host, whatever stands behind it in memory', () => {
    const f = filters(eth(0, GROUP, 0b101));
    const frame = bytesOfHex(`${GROUP}${HOST}88b5000000`)!;
    expect(filterFrame(f, frame, 0, 14)).toBe(VERDICT_CSME | VERDICT_CONSUMED);
    for (let end = 0; end < 14; end++) expect(filterFrame(f, frame, 0, end)).toBe(VERDICT_HOST);
  });

  test('multicast without stop is judged by the other rules', () => {
    const frame = `${GROUP}${HOST}0800${UDP_5353}`;
    const noStop = eth(1, GROUP, 0b100);
    const other = eth(0, '01005e000001', 0b101);
    const port = (b: Uint8Array) => b.set([0, 0, 0x14, 0xe9, 0b100011], 0);
    expect(
      verdict(
        filters((b) =>
          [other, noStop].forEach((f) => {
            f(b);
          }),
        ),
        frame,
      ),
    ).toBe(VERDICT_HOST);
    expect(
      verdict(
        filters((b) =>
          [other, noStop, port].forEach((f) => {
            f(b);
          }),
        ),
        frame,
      ),
    ).toBe(VERDICT_CSME);
    expect(
      verdict(
        filters((b) =>
          [noStop, port].forEach((f) => {
            f(b);
          }),
        ),
        frame,
      ),
    ).toBe(VERDICT_HOST);
    expect(verdict(filters(port), frame)).toBe(VERDICT_HOST);
  });

  test('broadcast does not pass the multicast rules', () => {
    const frame = `ffffffffffff${HOST}88b5000000`;
    expect(verdict(filters(eth(0, 'ffffffffffff', 0b101)), frame)).toBe(VERDICT_HOST);
  });

  test('frames shorter than their headers stay with the host', () => {
    const all = filters((b) => {
      b.fill(0xff, 0, 84);
      b.fill(0, 0, 4);
      b[4] = 0b000010;
      b.set([0xff, 0xff], 144);
      eth(0, GROUP, 0b101)(b);
    });
    const whole = `${HOST}${HOST}0800${UDP_5353}`;
    expect(verdict(all, whole)).toBe(VERDICT_CSME | VERDICT_CONSUMED);
    for (let length = 0; length < 14 + 28; length++) {
      expect(verdict(all, whole.slice(0, 2 * length)), `${length} bytes`).toBe(VERDICT_HOST);
    }
    expect(verdict(all, GROUP)).toBe(VERDICT_HOST);
    expect(verdict(undefined, whole)).toBe(VERDICT_HOST);
  });
});
