import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { compare } from '../../bench/rx/compare.ts';
import { IN_C, LIBPCAP, LIBPCAP_PLAIN } from '../../bench/rx/programs.ts';
import { laidOut, mixedTraffic, STATION_ADDRESS } from '../../bench/rx/traffic.ts';
import { amtFilters } from '../../csme/index.ts';
import { pcapOf } from '../../rx/index.ts';
import { encodeOobFilters, filterFrame, hexOf, type OobFilters } from '../../sap/index.ts';

const TRAFFIC = mixedTraffic({ seed: 3, frames: 400 });
const FRAMES = Array.from({ length: TRAFFIC.count }, (_, i) =>
  TRAFFIC.bytes.slice(TRAFFIC.starts[i], TRAFFIC.ends[i]),
);
const FILTERS = amtFilters(STATION_ADDRESS);

describe('generated traffic', () => {
  test('is the same for the same seed, and another for another', () => {
    const isSame = (seed: number) =>
      Buffer.compare(mixedTraffic({ seed, frames: 400 }).bytes, TRAFFIC.bytes) === 0;
    expect(isSame(3)).toBe(true);
    expect(isSame(4)).toBe(false);
  });

  test('goes on until it has the bytes that were asked for', () => {
    const { starts, ends, count } = mixedTraffic({ seed: 3, bytes: 100_000 });
    const total = (frames: number) =>
      ends.slice(0, frames).reduce((sum, end, i) => sum + end - starts[i]!, 0);
    expect(total(count)).toBeGreaterThanOrEqual(100_000);
    expect(total(count - 1)).toBeLessThan(100_000);
  });

  test('has some percent for CSME', () => {
    const csme = csmeOf(FRAMES, FILTERS);
    expect(csme / FRAMES.length).toBeGreaterThan(0.03);
    expect(csme / FRAMES.length).toBeLessThan(0.12);
  });
});

describe('those that are compared', () => {
  test.skipIf(missing('cc', '--version'))('find the same frames for CSME', async () => {
    const { standings, missing } = await compare(TRAFFIC, FILTERS, 1);
    for (const { csme } of standings) expect(csme).toBe(csmeOf(FRAMES, FILTERS));
    const names = [...standings.map(({ name }) => name), ...missing];
    for (const name of [IN_C, LIBPCAP, LIBPCAP_PLAIN]) {
      expect(names.some((one) => one.startsWith(name))).toBe(true);
    }
  });

  test.skipIf(missing('cc', '--version'))('may leave out fragments in the plain expression', async () => {
    const fragments = FRAMES.map((frame) => {
      const fragment = frame.slice();
      if (frame[12] === 0x08 && frame[13] === 0x00) fragment[21] = 1;
      return fragment;
    });
    const { standings, missing } = await compare(laidOut(fragments), FILTERS, 1);
    expect(standings[0]!.csme).toBe(csmeOf(fragments, FILTERS));
    expect(standings.some(({ name }) => name === LIBPCAP_PLAIN)).toBe(false);
    expect(missing.join()).toContain(LIBPCAP_PLAIN);
  });
});

describe('bench:rx', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sapwood-bench-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const pcap = join(folder, 'frames.pcap');
  const hex = hexOf(encodeOobFilters(FILTERS));
  writeFileSync(pcap, pcapOf(FRAMES));
  writeFileSync(join(folder, 'filters.hex'), `${hex}\n`);

  test.each([hex, join(folder, 'filters.hex')])('says its result in the last line', (filters) => {
    const { status, stdout } = bench(pcap, filters, '2');
    expect(status).toBe(0);
    const result = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
    const csme = csmeOf(FRAMES, FILTERS);
    expect(result).toEqual({ frames: 400, ns_per_frame: expect.any(Number), csme });
    expect(result.ns_per_frame).toBeGreaterThan(0);
  });

  test('has nothing to measure in an empty file', () => {
    writeFileSync(join(folder, 'empty.pcap'), pcapOf([]));
    const { status, stdout } = bench(join(folder, 'empty.pcap'), hex, '5');
    expect(status).toBe(0);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('{"frames":0,"ns_per_frame":0,"csme":0}');
  });

  test.each([
    [2, 'takes no arguments or', [pcap]],
    [2, 'FILTERS are 312 hex digits', [pcap, 'xyz', '1']],
    [2, 'ROUNDS is a whole number', [pcap, hex, '0']],
    [1, 'no such file', [join(folder, 'nothing.pcap'), hex, '1']],
    [1, 'the file begins neither as pcap', [join(folder, 'filters.hex'), hex, '1']],
  ])('refuses with status %i: %s', (expected, sentence, args) => {
    const { status, stdout, stderr } = bench(...args);
    expect(status).toBe(expected);
    expect(stderr).toContain(sentence);
    expect(stdout).toBe('');
  });
});

function bench(...args: string[]) {
  return spawnSync(process.execPath, ['--expose-gc', 'dist/bench/rx/main.js', ...args], { encoding: 'utf8' });
}

function csmeOf(frames: readonly Uint8Array[], filters: OobFilters): number {
  return frames.filter((frame) => filterFrame(filters, frame, 0, frame.length) & 1).length;
}

function missing(program: string, argument: string): boolean {
  return spawnSync(program, [argument]).error !== undefined;
}
