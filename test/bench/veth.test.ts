import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Cost } from '../../bench/veth/costs.ts';
import { busyOf, cpuList } from '../../bench/veth/cpu.ts';
import type { HostTraffic } from '../../bench/veth/host-traffic.ts';
import { FILTERS, forCsme, makeLoads } from '../../bench/veth/load.ts';
import type { Rate } from '../../bench/veth/rates.ts';
import { judge, type Report } from '../../bench/veth/report.ts';
import { highestRate } from '../../bench/veth/search.ts';
import { receivedByTcpdump } from '../../bench/veth/tcpdump.ts';
import { shortVersion } from '../../bench/veth/tools.ts';
import { filterFrame, VERDICT_CSME } from '../../sap/index.ts';

const MAIN = fileURLToPath(new URL('../../dist/bench/veth/main.js', import.meta.url));

describe('what /proc and programs say', () => {
  it('reads lists of CPUs', () => {
    expect(cpuList('0')).toEqual([0]);
    expect(cpuList('0-2,5')).toEqual([0, 1, 2, 5]);
  });

  it('takes idle and waiting time for no work, and guests as the user time that they are', () => {
    expect(busyOf('cpu  100 20 3 5000 700 6 40 0 9 9\ncpu0 1 1 1 1 1 1 1 0 0 0\n')).toBe(1.69);
  });

  it('takes the counts from what tcpdump says on SIGUSR1', () => {
    const said =
      'tcpdump: 197 packets captured, 1203 packets received by filter, 1 packet dropped by kernel\n';
    expect(receivedByTcpdump(said)).toEqual({ frames: 1202, dropped: 1 });
  });

  it('shortens versions', () => {
    const said = 'tcpdump version 4.99.3\nlibpcap version 1.10.3 (with TPACKET_V3)\nOpenSSL 3.0.19\n';
    expect(shortVersion(said)).toBe('tcpdump 4.99.3, libpcap 1.10.3');
  });
});

describe('the search for the highest rate', () => {
  const found = (limit: number, estimate: number, ceiling: number) => {
    const asked: number[] = [];
    const probe = async (rate: number) => {
      asked.push(rate);
      return rate <= limit;
    };
    return highestRate(probe, { estimate, ceiling, steps: 3 }).then((rate) => ({ rate, asked }));
  };

  it('finds a limit near the estimate to 8 %, and asks for nothing above the ceiling', async () => {
    const limits = fc.record({
      limit: fc.double({ min: 1000, max: 1e6, noNaN: true }),
      error: fc.double({ min: 0.85, max: 1.6, noNaN: true }),
      room: fc.double({ min: 1, max: 3, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(limits, async ({ limit, error, room }) => {
        const ceiling = limit * room;
        const { rate, asked } = await found(limit, limit * error, ceiling);
        expect(rate).toBeLessThanOrEqual(limit);
        expect(rate).toBeGreaterThan(limit * 0.85);
        for (const one of asked) expect(one).toBeLessThanOrEqual(ceiling);
      }),
    );
  });

  it('gives the ceiling when that passes', async () => {
    expect((await found(900, 900, 800)).rate).toBe(800);
  });

  it('gives up where nothing passes', async () => {
    const { rate, asked } = await found(0, 1000, 2000);
    expect(rate).toBe(0);
    expect(asked.length).toBeLessThan(20);
  });
});

describe('the loads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sapwood-loads-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const loads = makeLoads(folder);
  const isForCsme = (frame: Uint8Array) =>
    (filterFrame(FILTERS, frame, 0, frame.length) & VERDICT_CSME) !== 0;

  it('say how many of the frames that were sent are for CSME, wherever in the loop it ended', () => {
    for (const load of Object.values(loads)) {
      for (const sent of [
        0,
        1,
        777,
        load.frames.length,
        load.frames.length + 1,
        3 * load.frames.length + 5,
      ]) {
        let count = 0;
        for (let i = 0; i < sent; i++) count += Number(isForCsme(load.frames[i % load.frames.length]!));
        expect(forCsme(load, sent)).toBe(count);
      }
    }
  });

  it('are what their names say', () => {
    const share = ({ frames }: { frames: readonly Uint8Array[] }) =>
      frames.filter(isForCsme).length / frames.length;
    expect(share(loads.wanted)).toBe(1);
    expect(share(loads.unwanted)).toBe(0);
    expect(share(loads.mixed)).toBeGreaterThan(0.02);
    expect(share(loads.mixed)).toBeLessThan(0.1);
  });
});

describe('the judgement', () => {
  const rate = (perSecond: number, limitedBySender = false): Rate => ({
    name: 'x',
    perSecond,
    rounds: [perSecond],
    limitedBySender,
  });
  const cost = (receiver: number): Cost => ({
    name: 'x',
    receiver,
    sender: 1,
    system: 1,
    wakeUps: 1,
    lost: 0,
  });
  const host = (bytesPerSecond: number): HostTraffic => ({ bytesPerSecond, echoUs: 1, echo99Us: 2 });
  const good = {
    whole: [rate(90, true), rate(100, true), rate(100), rate(100)],
    share: [rate(101), rate(100), rate(100, true), rate(100, true)],
    unwanted: [cost(0), cost(100), cost(100), cost(0)],
    flood: {
      quiet: host(100),
      flooded: host(100),
      received: host(95),
      receiverPart: 0.05,
      sent: 10,
      perSecond: 10,
      inRing: 5,
      ringFull: 4,
      droppedByKernel: 1,
      sentLater: 7,
      gotLater: 7,
    },
  };
  const missed = (change: object) =>
    judge({ ...good, ...change } as unknown as Report).flatMap(({ ok, name }) => (ok ? [] : [name]));

  it('asks for no more frames than are sent', () => {
    expect(missed({})).toEqual([]);
  });

  it('names what is missed', () => {
    expect(missed({ share: [rate(99), rate(100), rate(90), rate(100)] })).toHaveLength(2);
    expect(missed({ unwanted: [cost(0), cost(100), cost(100), cost(6)] })).toHaveLength(1);
    expect(missed({ flood: { ...good.flood, received: host(50) } })).toHaveLength(1);
    expect(missed({ flood: { ...good.flood, ringFull: 3 } })).toHaveLength(1);
    expect(missed({ flood: { ...good.flood, gotLater: 6 } })).toHaveLength(1);
  });
});

it('says what is wrong with its arguments', () => {
  for (const args of [['--seconds', '0'], ['--seconds', 'x'], ['--bogus']]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^bench:veth: /);
  }
});
