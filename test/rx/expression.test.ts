import { describe, expect, test } from 'vitest';
import { BpfBatch, libpcapProblem } from '../../fuzz/bpf-kernel.ts';
import { Random } from '../../fuzz/random.ts';
import { FRAME_MAX, FrameMaker, randomFilters } from '../../fuzz/rx-cases.ts';
import { pcapExpression, plainPcapExpression } from '../../rx/expression.ts';
import { be16At, filterFrame, noFilters, type OobFilters, tagLength } from '../../sap/index.ts';
import { AS_RECORDED, recordedVerdicts } from '../support/verdicts.ts';

const WITHOUT_LIBPCAP = libpcapProblem() !== undefined;

describe.skipIf(WITHOUT_LIBPCAP)('libpcap, with the exact expression', () => {
  test('gives all 3,000 recorded verdicts, and the kernel takes its program', () => {
    const batch = new BpfBatch();
    const expected: boolean[] = [];
    for (const { filters, recorded } of recordedVerdicts()) {
      batch.expression(pcapExpression(filters, AS_RECORDED));
      for (const { frame, verdict } of recorded) {
        batch.frame(frame);
        expected.push(verdict !== 0);
      }
    }
    const { kernel, pcap } = batch.run();
    expect(expected).toHaveLength(3000);
    expect(Array.from(pcap!, (bytes) => bytes > 0)).toEqual(expected);
    expect(Array.from(kernel, (bytes) => bytes >= 0)).toEqual(expected);
  });

  test('matches what CSME gets, for made-up filters and frames', () => {
    const random = new Random(1);
    const frame = new Uint8Array(FRAME_MAX);
    const maker = new FrameMaker(random, frame);
    const batch = new BpfBatch();
    const expected: boolean[] = [];
    for (let sets = 0; sets < 150; sets++) {
      const filters = randomFilters(random);
      const quirks = { multicastHeaderCompare: random.oneIn(2) };
      maker.aimAt(filters);
      batch.expression(pcapExpression(filters, quirks));
      for (let frames = 0; frames < 60; frames++) {
        const length = maker.next();
        batch.frame(frame, 0, length);
        expected.push(filterFrame(filters, frame, 0, length, quirks) !== 0);
      }
    }
    const matched = Array.from(batch.run().pcap!, (bytes) => bytes > 0);
    expect(matched).toEqual(expected);
    expect(expected.filter((is) => is).length).toBeGreaterThan(1000);
  });
});

describe.skipIf(WITHOUT_LIBPCAP)('libpcap, with the plain expression', () => {
  test('differs from the recorded verdicts only at the edges that it leaves out', () => {
    const batch = new BpfBatch();
    const asked: { frame: Uint8Array; wanted: boolean }[] = [];
    for (const { filters, recorded } of recordedVerdicts()) {
      batch.expression(plainPcapExpression(filters, AS_RECORDED));
      for (const { frame, verdict } of recorded) {
        batch.frame(frame);
        asked.push({ frame, wanted: verdict !== 0 });
      }
    }
    const { pcap } = batch.run();
    const different = asked.filter(({ wanted }, i) => pcap![i]! > 0 !== wanted);
    expect(
      different.filter(({ frame, wanted }) => !(wanted ? isLaterFragment(frame) : isCut(frame))),
    ).toEqual([]);
    expect(different.length).toBeLessThan(100);
  });
});

test('filters that match nothing give an expression that matches nothing', () => {
  for (const filters of [undefined, noFilters()]) {
    expect(pcapExpression(filters)).toBe('len = 0xffffffff');
    expect(plainPcapExpression(filters)).toBe('len = 0xffffffff');
  }
});

test('the expressions for one port', () => {
  const off = noFilters();
  const rule = { srcPort: 0, dstPort: 16_992, flags: 0x1a, reserved5: 0 };
  const filters: OobFilters = {
    ...off,
    flexFilters: [rule, ...off.flexFilters.slice(1)],
    ipv4Filter: { ipv4Addr: 0xc000020a, flags: 0 },
  };
  const plain =
    '(not ether multicast or ether broadcast) and ip and ip dst host 192.0.2.10 and tcp dst port 16992';
  expect(plainPcapExpression(filters)).toBe(`(${plain}) or (vlan and ${plain})`);

  const tag = '(ether[12:2] = 0x8100 or ether[12:2] = 0x88a8) and len >= 18';
  const destination = '(ether[0] & 1 = 0 or (ether[0:4] = 0xffffffff and ether[4:2] = 0xffff))';
  const untagged = [
    ...['ether[12:2] = 0x0800', 'len >= 34', 'ether[30:4] = 0xc000020a', 'ether[23] = 6'],
    ...['len - 22 >= ((ether[14] & 0xf) << 2)', 'ether[((ether[14] & 0xf) << 2) + 16:2] = 16992'],
  ];
  const tagged = [
    ...['ether[16:2] = 0x0800', 'len >= 38', 'ether[34:4] = 0xc000020a', 'ether[27] = 6'],
    ...['len - 26 >= ((ether[18] & 0xf) << 2)', 'ether[((ether[18] & 0xf) << 2) + 20:2] = 16992'],
  ];
  expect(pcapExpression(filters)).toBe(
    `(not (${tag}) and ${[destination, ...untagged].join(' and ')}) or (${[tag, destination, ...tagged].join(' and ')})`,
  );
});

/** Where the header behind the EtherType begins. */
function l3Of(frame: Uint8Array): number {
  return 14 + tagLength(frame, 0, frame.length);
}

function isLaterFragment(frame: Uint8Array): boolean {
  return (be16At(frame, l3Of(frame) + 6) & 0x1fff) !== 0;
}

/** Whether the frame ends inside of its ARP message, or of the 8 bytes behind its IPv4 header. */
function isCut(frame: Uint8Array): boolean {
  const l3 = l3Of(frame);
  const isArp = be16At(frame, l3 - 2) === 0x0806;
  return frame.length < l3 + (isArp ? 28 : 8 + (frame[l3]! & 15) * 4);
}
