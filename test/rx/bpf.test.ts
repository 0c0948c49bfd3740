import { beforeAll, describe, expect, it, test } from 'vitest';
import { amtFilters, withMulticast } from '../../csme/index.ts';
import { BpfBatch, bpfKernelProblem } from '../../fuzz/bpf-kernel.ts';
import { Random } from '../../fuzz/random.ts';
import { randomFilters } from '../../fuzz/rx-cases.ts';
import { fuzzRxKernel } from '../../fuzz/rx-kernel.ts';
import { native } from '../../native/index.ts';
import { type BpfOptions, compileBpf } from '../../rx/bpf.ts';
import { assemble, BpfGraph, type BpfNode } from '../../rx/bpf-assembler.ts';
import { Bpf, bytecodeOfBpf, bytesOfBpf, formatBpf } from '../../rx/bpf-program.ts';
import {
  filterFrame,
  noFilters,
  type OobFilters,
  untag,
  VERDICT_CONSUMED,
  VERDICT_CSME,
} from '../../sap/index.ts';
import { AS_RECORDED, recordedVerdicts } from '../support/verdicts.ts';
import { be, ipv4Frame, pattern } from './support/frames.ts';
import { enterNamespace, makePair, NO_VETH, Sender } from './support/veth.ts';

const WITHOUT_KERNEL = bpfKernelProblem() !== undefined;

describe.skipIf(WITHOUT_KERNEL)('the kernel, asked', () => {
  test('gives all 3,000 recorded verdicts', () => {
    const batch = new BpfBatch();
    const expected: boolean[] = [];
    for (const { filters, recorded } of recordedVerdicts()) {
      const program = (options: BpfOptions) =>
        batch.program(bytesOfBpf(compileBpf(filters, { ...options, quirks: AS_RECORDED })));
      program({ vlan: 'inline' });
      for (const { frame, verdict } of recorded) {
        batch.frame(frame);
        expected.push((verdict & VERDICT_CSME) !== 0);
      }
      program({ answer: 'consume' });
      for (const { frame, verdict } of recorded) {
        batch.frame(untag(frame));
        expected.push((verdict & VERDICT_CONSUMED) === 0);
      }
    }
    // TC_ACT_SHOT lets 2 bytes through, TC_ACT_UNSPEC all of them.
    const passed = Array.from(batch.run().kernel, (bytes) => bytes > 2);
    expect(passed).toHaveLength(6000);
    expect(passed).toEqual(expected);
    expect(new Set(expected).size).toBe(2);
  });

  test('agrees with the interpreter on 20,000 made-up pairs of filters and frames', () => {
    const { findings, verdicts } = fuzzRxKernel(20_000, 20_251);
    expect(findings).toEqual([]);
    expect(verdicts.both).toBeGreaterThan(1000);
    expect(verdicts.csme).toBeGreaterThan(1000);
  });

  test('knows a frame that ends inside of its tag from a tagged one', () => {
    // With the quirk, the first rule is for frames of which the EtherType is 0x8100.
    const off = noFilters();
    const first = { macAddress: 0x01005e000001, flags: 5 };
    const second = { macAddress: 0x020000000081, flags: 0 };
    const filters = { ...off, ethFilters: [first, second, ...off.ethFilters.slice(2)] };
    const whole = Uint8Array.from([1, 0, 0x5e, 0, 0, 1, 5, 2, 0, 0, 0, 0, 0x81, 0, 0x81, 0, 0x81, 0, 0, 0]);
    const batch = new BpfBatch();
    batch.program(bytesOfBpf(compileBpf(filters, { vlan: 'inline', quirks: AS_RECORDED })));
    for (let length = 0; length <= whole.length; length++) batch.frame(whole, 0, length);
    const wanted = Array.from(batch.run().kernel, (bytes) => bytes >= 0);
    const expected = wanted.map((_, length) => filterFrame(filters, whole, 0, length, AS_RECORDED) !== 0);
    expect(wanted).toEqual(expected);
    expect([expected[13], expected[17], expected[18]]).toEqual([false, true, true]);
  });

  test('takes the longest programs that are known, whose jumps do not reach everywhere', () => {
    const filters = longest();
    const frames = filters.flexFilters.flatMap(({ srcPort, dstPort }) =>
      [6, 17].map((protocol) =>
        ipv4Frame({
          protocol: protocol as 6 | 17,
          from: srcPort || 7,
          to: dstPort || 7,
          payload: pattern(4),
        }),
      ),
    );
    const batch = new BpfBatch();
    const program = compileBpf(filters, { vlan: 'inline' });
    expect(program.some(({ code }) => code === Bpf.JMP_JA)).toBe(true);
    batch.program(bytesOfBpf(program));
    for (const frame of frames) batch.frame(frame);
    const wanted = Array.from(batch.run().kernel, (bytes) => bytes > 0);
    // All but two rules are for both protocols, 1042 for UDP alone and 1084 for CSME's address alone.
    expect(wanted.map((is, i) => (is ? -1 : i)).filter((i) => i >= 0)).toEqual([12, 24, 25]);
  });
});

describe('the size of a program', () => {
  test('is small for the filters of AMT', () => {
    const amt = withMulticast(amtFilters(0xc000020a), 0x01005e0000fb);
    expect(compileBpf(amt).length).toBeLessThan(64);
    expect(compileBpf(amt, { answer: 'ring' }).length).toBeLessThan(80);
    expect(compileBpf(amt, { answer: 'consume' }).length).toBeLessThan(80);
  });

  test('is one instruction when nothing can be wanted', () => {
    for (const filters of [undefined, noFilters()]) {
      expect(compileBpf(filters, { vlan: 'inline' })).toEqual([{ code: Bpf.RET_K, jt: 0, jf: 0, k: 0 }]);
      expect(bytecodeOfBpf(compileBpf(filters, { answer: 'consume' }))).toBe('1,6 0 0 4294967295');
    }
  });

  test('is far from the limit of the kernel for every filter set', () => {
    const random = new Random(1);
    const sets = [longest(), ...Array.from({ length: 300 }, () => randomFilters(random))];
    const sizes = sets.flatMap((filters) => [
      compileBpf(filters, { vlan: 'inline', quirks: AS_RECORDED }).length,
      compileBpf(filters, { answer: 'consume' }).length,
    ]);
    expect(Math.max(...sizes)).toBeLessThan(600);
  });
});

describe.skipIf(NO_VETH !== undefined)('the program of a ring', () => {
  beforeAll(enterNamespace);

  it('lets only DHCP of what the host sends into it', () => {
    makePair('near', 'far');
    const { fd, memory } = native().packetOpen(native().ifIndex('near'), {
      blockSize: 65_536,
      blockCount: 1,
      retireMs: 1000,
      txFrameSize: 2048,
      txFrameCount: 0,
      filter: bytesOfBpf(compileBpf(wildcard(), { answer: 'ring' })),
    });
    const host = new Sender('near');
    const taken = (...frames: Uint8Array[]) => {
      for (const frame of frames) host.send(frame);
      return native().packetStatistics(fd).packets;
    };
    const dhcp = { protocol: 17, from: 68, to: 67, payload: pattern(30) } as const;
    const request = ipv4Frame(dhcp);
    const withOptions = Uint8Array.from([...request.subarray(0, 14), 0x46, ...request.subarray(15)]);
    withOptions.set([...be(68), ...be(67)], 38);
    expect(taken(request)).toBe(1);
    expect(taken(withOptions)).toBe(1);
    expect(taken(request.subarray(0, 42))).toBe(1);
    // The shortest header, as it is read, and the shortest that a header may be.
    const tiny = Uint8Array.from([...request.subarray(0, 14), 0x41, ...request.subarray(15)]);
    tiny.set([...be(68), ...be(67)], 18);
    expect(taken(tiny.subarray(0, 34))).toBe(1);
    expect(taken(tiny.subarray(0, 33))).toBe(0);
    expect(taken(request.subarray(0, 41), request.subarray(0, 14))).toBe(0);
    expect(taken(ipv4Frame({ ...dhcp, from: 67, to: 68 }))).toBe(0);
    expect(taken(ipv4Frame({ ...dhcp, protocol: 6 }))).toBe(0);
    expect(taken(ipv4Frame({ ...dhcp, to: 16_992 }))).toBe(0);
    host.close();
    native().packetClose(fd, memory);
  });

  it('is asked about what comes in', () => {
    const batch = new BpfBatch();
    batch.program(bytesOfBpf(compileBpf(wildcard(), { answer: 'ring' })));
    batch.frame(ipv4Frame({ protocol: 6, payload: pattern(3) }));
    batch.frame(ipv4Frame({ protocol: 17, payload: pattern(3) }));
    expect([...batch.run().kernel]).toEqual([57, -1]);
  });
});

describe.skipIf(WITHOUT_KERNEL)('the assembler', () => {
  test('reaches what is farther than a jump', () => {
    // Every value of the first half word has an answer of its own, 600 tests apart; the even ones ask the next, too.
    const graph = new BpfGraph();
    const next = graph.step(Bpf.LD_H_ABS, 2, graph.test(Bpf.JMP_JEQ_K, 7, graph.ret(1000), graph.ret(2000)));
    let node: BpfNode = graph.ret(3000);
    for (let value = 599; value >= 0; value--) {
      node = graph.test(Bpf.JMP_JEQ_K, value, value % 2 === 0 ? next : graph.ret(10 + value), node);
    }
    const program = assemble(graph.step(Bpf.LD_H_ABS, 0, node));
    expect(program.length).toBeGreaterThan(900);

    const batch = new BpfBatch();
    batch.program(bytesOfBpf(program));
    const answers: number[] = [];
    for (let value = 0; value <= 600; value++) {
      for (const second of [7, 8]) {
        const frame = new Uint8Array(4000);
        frame.set([...be(value), ...be(second)]);
        batch.frame(frame);
        const isOdd = value % 2 === 1;
        answers.push(value === 600 ? 3000 : isOdd ? 10 + value : second === 7 ? 1000 : 2000);
      }
    }
    expect([...batch.run().kernel]).toEqual(answers);
  });

  test('searches by halves', () => {
    const graph = new BpfGraph();
    const keys = [0, 1, 2, 5, 80, 443, 623, 664, 5900, 16_992, 16_993, 65_535];
    const none = graph.ret(3);
    const ways = new Map<number, BpfNode>([
      ...keys.map((key, i) => [key, graph.ret(i + 10)] as const),
      [81, none],
    ]);
    const program = assemble(graph.step(Bpf.LD_H_ABS, 0, graph.select(ways, none)));
    const batch = new BpfBatch();
    batch.program(bytesOfBpf(program));
    const asked = keys.flatMap((key) => [key - 1, key, key + 1]).filter((key) => key >= 0 && key <= 65_535);
    for (const key of asked) batch.frame(Uint8Array.from([...be(key), ...pattern(40)]));
    const expected = asked.map((key) => (keys.includes(key) ? keys.indexOf(key) + 10 : 3));
    expect([...batch.run().kernel]).toEqual(expected);
    // A load, 12 answers and one for none, 12 comparisons and 3 halvings.
    expect(program).toHaveLength(29);
  });
});

test('a program is text as of tcpdump -ddd and of tc', () => {
  const graph = new BpfGraph();
  const arp = graph.test(Bpf.JMP_JEQ_K, 0x806, graph.ret(0x40000), graph.ret(0));
  const program = assemble(graph.step(Bpf.LD_H_ABS, 12, arp));
  expect(formatBpf(program)).toBe('4\n40 0 0 12\n21 1 0 2054\n6 0 0 0\n6 0 0 262144\n');
  expect(bytecodeOfBpf(program)).toBe('4,40 0 0 12,21 1 0 2054,6 0 0 0,6 0 0 262144');
});

/** TCP to any port. */
function wildcard(): OobFilters {
  const off = noFilters();
  const rule = { srcPort: 0, dstPort: 0, flags: 0x12, reserved5: 0 };
  return { ...off, flexFilters: [rule, ...off.flexFilters.slice(1)] };
}

/** What hill climbing found: rules that ask one port among rules that ask two, all in the way of each other. */
function longest(): OobFilters {
  const rules = [
    [1000, 0, 2],
    [1008, 0, 3],
    [1016, 0, 2],
    [1021, 2039, 2],
    [1029, 2054, 3],
    [1035, 2065, 2],
    [1042, 0, 34],
    [1049, 2093, 3],
    [1057, 2106, 2],
    [1065, 2117, 2],
    [1070, 2130, 2],
    [1078, 2145, 2],
    [1084, 0, 11],
    [1091, 2169, 3],
  ] as const;
  return {
    ...noFilters(),
    flexFilters: rules.map(([srcPort, dstPort, flags]) => ({ srcPort, dstPort, flags, reserved5: 0 })),
    icmpv6Flags: 1,
    ethFilters: Array.from({ length: 5 }, (_, i) => ({
      macAddress: 0x01005e000000 + i * 77,
      flags: 4 + (i & 1),
    })),
    ipv4Filter: { ipv4Addr: 0x0a000001, flags: 0x15 },
  };
}
