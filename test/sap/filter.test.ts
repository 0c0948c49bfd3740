import { readFileSync } from 'node:fs';
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

interface Recorded {
  readonly filters: number;
  readonly family: string;
  readonly frame: string;
  readonly csme: boolean;
  readonly host: 'pass' | 'consumed';
  readonly ring?: string;
}

function lines<T>(name: string): T[] {
  const text = readFileSync(new URL(`../data/filters/${name}`, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

const RAW = new Map(
  lines<{ id: number; filters: string | null }>('configs-public.jsonl').map((c) => [
    c.id,
    c.filters === null ? undefined : bytesOfHex(c.filters)!,
  ]),
);
const CONFIGS = new Map([...RAW].map(([id, raw]) => [id, raw && (decodeOobFilters(raw) as OobFilters)]));
const VERDICTS = lines<Recorded>('verdicts-public.jsonl');
const AS_RECORDED = { multicastHeaderCompare: true };

describe('recorded verdicts', () => {
  test('all 3,000 are equal with the quirk multicast-header-compare', () => {
    expect(VERDICTS).toHaveLength(3000);
    const different = VERDICTS.filter((recorded) => {
      const frame = bytesOfHex(recorded.frame)!;
      const verdict = filterFrame(CONFIGS.get(recorded.filters), frame, 0, frame.length, AS_RECORDED);
      const csme = recorded.csme ? VERDICT_CSME : 0;
      return verdict !== (csme | (recorded.host === 'consumed' ? VERDICT_CONSUMED : 0));
    });
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
      const frame = bytesOfHex(`ffff${recorded.frame}eeee`)!;
      const end = frame.length - 2;
      const verdict = filterFrame(CONFIGS.get(recorded.filters), frame, 2, end, AS_RECORDED);
      if (!(verdict & VERDICT_CSME)) continue;
      const expected = bytesOfHex(recorded.ring!)!;
      const seqNum = new DataView(expected.buffer).getUint32(4, true);
      expect(seqNum).toBeGreaterThan(lastSeq);
      lastSeq = seqNum;
      if (tagLength(frame, 2, end) > 0) tagged++;
      expect(writeDataPacket(writer, seqNum, frame, 2, end)).toBeUndefined();
      let got = '';
      reader.read((b, start, stop) => {
        got = hexOf(b.subarray(start, stop));
      });
      expect(got).toBe(recorded.ring);
      compared++;
    }
    expect(compared).toBe(VERDICTS.filter((v) => v.csme).length);
    expect(tagged).toBeGreaterThan(0);
  });

  test('without the quirk, the multicast comparison explains every difference', () => {
    let differences = 0;
    for (const recorded of VERDICTS) {
      const frame = bytesOfHex(recorded.frame)!;
      const raw = RAW.get(recorded.filters);
      const filters = CONFIGS.get(recorded.filters);
      const right = filterFrame(filters, frame, 0, frame.length);
      const asRecorded = filterFrame(filters, frame, 0, frame.length, AS_RECORDED);
      const isMulticast = (frame[0]! & 1) === 1 && !recorded.frame.startsWith('ffffffffffff');
      const sameFilter = !raw || !isMulticast || firstMatch(raw, frame, 6) === firstMatch(raw, frame, 14);
      if (sameFilter) expect(right, recorded.frame).toBe(asRecorded);
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
