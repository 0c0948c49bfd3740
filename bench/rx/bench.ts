/** The Rx filter over generated traffic: frames that stay in the cache, and 25 MB. */
import { amtFilters, withIcmpv6, withMulticast } from '../../csme/index.ts';
import { FlexFilterFlags, type OobFilters } from '../../sap/index.ts';
import type { BenchResult } from '../result.ts';
import { type Comparison, compare } from './compare.ts';
import { COMPILED, heapGrowth, INTERPRETER, useOtherMatchers } from './judge.ts';
import { IN_C, LIBPCAP, LIBPCAP_PLAIN } from './programs.ts';
import { mixedTraffic, STATION_ADDRESS } from './traffic.ts';

export interface Scene {
  readonly title: string;
  readonly frames: number;
  readonly comparison: Comparison;
}

/** Runs every scene; the last one is that of CSME's usual filters over 25 MB. */
export async function* scenes(): AsyncGenerator<Scene> {
  const few = mixedTraffic({ seed: 1, frames: 128 });
  const many = mixedTraffic({ seed: 2, bytes: 25_000_000 });
  const usual = amtFilters(STATION_ADDRESS);
  const full = fullFilters();
  const plan = [
    { title: "128 frames, AMT's filters", traffic: few, filters: usual },
    { title: '128 frames, all 14 port rules', traffic: few, filters: full },
    { title: '25 MB, all 14 port rules', traffic: many, filters: full },
    { title: "25 MB, AMT's filters", traffic: many, filters: usual },
  ];
  for (const { title, traffic, filters } of plan) {
    const rounds = Math.ceil(FRAMES_PER_SCENE / traffic.count);
    useOtherMatchers(traffic);
    yield { title, frames: traffic.count, comparison: await compare(traffic, filters, rounds) };
  }
}

const FRAMES_PER_SCENE = 6_000_000;

/** Measures; values are nanoseconds for a frame. */
export async function rxBench(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for await (const scene of scenes()) results.push(...resultsOf(scene));
  return [...results, heapResult()];
}

/** What is asked: within 1.2 times of C, and no slower than libpcap, whichever of its expressions is faster. */
export function resultsOf({ title, comparison }: Scene): BenchResult[] {
  const nsOf = new Map(comparison.standings.map(({ name, nsPerFrame }) => [name, nsPerFrame]));
  const libpcap = [LIBPCAP, LIBPCAP_PLAIN]
    .filter((name) => nsOf.has(name))
    .sort((a, b) => nsOf.get(a)! - nsOf.get(b)!)[0];
  const value = nsOf.get(COMPILED)!;
  const result = (anchor: string | undefined, target: number): BenchResult[] => {
    const anchorValue = anchor === undefined ? undefined : nsOf.get(anchor);
    if (anchor === undefined || anchorValue === undefined) return [];
    const ratio = anchorValue / value;
    const unit = 'ns/frame';
    return [
      { name: `${title}: ${COMPILED}`, unit, value, anchor, anchorValue, ratio, target, ok: ratio >= target },
    ];
  };
  return [...result(IN_C, 1 / 1.2), ...result(libpcap, 1), ...result(INTERPRETER, 0)];
}

/** AMT's rules and four more, so that all 14 are in use, with multicast, ICMP and ICMPv6. */
function fullFilters(): OobFilters {
  const { ENABLED, COPY, IPV4, TCP, UDP } = FlexFilterFlags;
  const amt = amtFilters(STATION_ADDRESS);
  const more = [
    { srcPort: 0, dstPort: 5353, flags: ENABLED | COPY | UDP, reserved5: 0 },
    { srcPort: 53, dstPort: 0, flags: ENABLED | COPY | IPV4, reserved5: 0 },
    { srcPort: 636, dstPort: 0, flags: ENABLED | IPV4 | TCP, reserved5: 0 },
    { srcPort: 0, dstPort: 3389, flags: ENABLED | COPY | IPV4 | TCP, reserved5: 0 },
  ];
  const set = {
    ...amt,
    flexFilters: [...amt.flexFilters.slice(0, amt.flexFilters.length - more.length), ...more],
    ipv4Filter: { ipv4Addr: STATION_ADDRESS, flags: EVERY_IPV4_RULE },
  };
  return withIcmpv6(withMulticast(withMulticast(set, 0x01_00_5e_00_00_fb), 0x33_33_00_00_00_fb));
}

const EVERY_IPV4_RULE = 0x3f;

const HEAP_FRAMES = 10_000_000;
/** The measurement itself allocates a little. */
const HEAP_MAX = 64 * 1024;

/** That nothing is allocated for a frame. */
export function heapResult(): BenchResult {
  const value = heapGrowth(amtFilters(STATION_ADDRESS), mixedTraffic({ seed: 1, frames: 128 }), HEAP_FRAMES);
  return {
    name: `heap growth over ${HEAP_FRAMES.toLocaleString('en')} frames`,
    unit: 'bytes',
    value,
    anchor: 'at most',
    anchorValue: HEAP_MAX,
    ratio: HEAP_MAX / Math.max(1, value),
    target: 1,
    ok: value <= HEAP_MAX,
  };
}
