import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AREA_LAYOUTS, encodeMe, hexOf, ringsOf, SapError, SharedArea } from '../../sap/index.ts';
import {
  FAULT_KINDS,
  type Fault,
  type FaultKind,
  type FaultRates,
  faulty,
  memoryPair,
  TransportError,
  VirtualClock,
} from '../../transport/index.ts';
import { me } from '../contract/transport.ts';

const LAYOUT = AREA_LAYOUTS[4];
const BELL = encodeMe({ name: 'CHECK_SHARED_AREA' }, 9, { size: 12 });

/** What was handed to a transport in one direction, and what came out of it, as hex. */
interface Traffic {
  readonly sent: string[];
  readonly delivered: string[];
}

interface Session {
  readonly h2m: Traffic;
  readonly m2h: Traffic;
  readonly faults: Fault[];
  readonly area: SharedArea | undefined;
}

/** A host that maps, enables and then sends 60 messages while CSME sends as many; the same every time. */
function session(
  seed: number,
  rates: FaultRates,
  side: 'host' | 'csme',
  options: { cut?: boolean } = {},
): Session {
  const clock = new VirtualClock();
  const pair = memoryPair({ clock, latencyMs: 1 });
  const faults: Fault[] = [];
  const cut = () => {
    pair.unplug();
    pair.plug();
  };
  const settings = {
    clock,
    rates,
    onFault: (fault: Fault) => faults.push(fault),
    ...(options.cut ? { cut } : {}),
  };
  const host = side === 'host' ? faulty(pair.host, seed, settings) : pair.host;
  const csme = side === 'csme' ? faulty(pair.csme, seed, settings) : pair.csme;
  const h2m: Traffic = { sent: [], delivered: [] };
  const m2h: Traffic = { sent: [], delivered: [] };
  let area: SharedArea | undefined;
  host.onEvent = (event) => {
    if (event.type === 'probe') host.perform({ type: 'map', size: LAYOUT.size });
    if (event.type === 'mapped') {
      area = new SharedArea(event.memory, LAYOUT);
      area.initialise();
      host.perform({ type: 'enable' });
    }
    if (event.type === 'me') m2h.delivered.push(hexOf(event.bytes));
  };
  csme.onEvent = (event) => {
    if (event.type === 'mapRequest') csme.perform({ type: 'mapAnswer', errno: 0 });
    if (event.type === 'me') h2m.delivered.push(hexOf(event.bytes));
  };
  pair.plug();
  for (let i = 0; i < 60; i++) {
    clock.advanceBy(10);
    for (const [end, traffic] of [
      [host, h2m],
      [csme, m2h],
    ] as const) {
      const bytes = i % 5 === 0 ? BELL : me(i, 12 + (i % 80));
      if (end.perform({ type: 'me', bytes }) === 0) traffic.sent.push(hexOf(bytes));
    }
  }
  clock.runUntilIdle();
  pair.close();
  return { h2m, m2h, faults, area };
}

function count(items: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

/** What must have been delivered, if every difference from what was sent is a fault that was reported. */
function explained(traffic: Traffic, faults: readonly Fault[], dir: 'h2m' | 'm2h'): Map<string, number> {
  const counts = count(traffic.sent);
  const add = (bytes: Uint8Array, n: number) => {
    const key = hexOf(bytes);
    const left = (counts.get(key) ?? 0) + n;
    if (left === 0) counts.delete(key);
    else counts.set(key, left);
  };
  for (const { kind, dir: of, before, after } of faults) {
    if (of !== dir) continue;
    if (kind === 'drop' || kind === 'lost') add(before!, -1);
    if (kind === 'duplicate') add(before!, 1);
    if (kind === 'doorbell') add(after!, 1);
    if (kind === 'corrupt') {
      add(before!, -1);
      add(after!, 1);
    }
  }
  return counts;
}

const KINDS = Object.keys(FAULT_KINDS) as FaultKind[];
const MESSAGE_KINDS = KINDS.filter((kind) => kind !== 'lost');
const anyRates = fc.record(
  Object.fromEntries(MESSAGE_KINDS.map((kind) => [kind, fc.double({ min: 0, max: 0.4, noNaN: true })])),
) as fc.Arbitrary<FaultRates>;
const anySide = fc.constantFrom('host', 'csme');

describe('faulty', () => {
  it('delivers what was sent, or reports why not, with any seed and rates', () => {
    fc.assert(
      fc.property(fc.nat(), anyRates, anySide, (seed, rates, side) => {
        const { h2m, m2h, faults } = session(seed, rates, side);
        expect(count(h2m.delivered)).toEqual(explained(h2m, faults, 'h2m'));
        expect(count(m2h.delivered)).toEqual(explained(m2h, faults, 'm2h'));
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it('throws nothing and makes nothing up when the link is cut at random', () => {
    fc.assert(
      fc.property(fc.nat(), anyRates, anySide, (seed, rates, side) => {
        const { h2m, m2h, faults } = session(seed, { ...rates, lost: 0.05 }, side, { cut: true });
        for (const [traffic, dir] of [
          [h2m, 'h2m'],
          [m2h, 'm2h'],
        ] as const) {
          const allowed = new Set(traffic.sent);
          for (const fault of faults) if (fault.dir === dir && fault.after) allowed.add(hexOf(fault.after));
          for (const bytes of traffic.delivered) expect(allowed).toContain(bytes);
        }
      }),
      { seed: 6, numRuns: 200 },
    );
  });

  it('does the same for the same seed, and something else for another', () => {
    const rates = Object.fromEntries(MESSAGE_KINDS.map((kind) => [kind, 0.2]));
    const run = () => {
      const { area, ...rest } = session(42, rates, 'host');
      return { ...rest, area: hexOf(area!.bytes) };
    };
    expect(run()).toEqual(run());
    expect(session(42, rates, 'host').faults).not.toEqual(session(43, rates, 'host').faults);
  });

  it('changes nothing without rates', () => {
    const { h2m, m2h, faults } = session(1, {}, 'csme');
    expect(faults).toEqual([]);
    expect(h2m.delivered).toEqual(h2m.sent);
    expect(m2h.delivered).toEqual(m2h.sent);
  });

  it('keeps the order under delay, and breaks it under reorder', () => {
    const delayed = session(3, { delay: 0.5 }, 'host');
    expect(delayed.faults.length).toBeGreaterThan(20);
    expect(delayed.h2m.delivered).toEqual(delayed.h2m.sent);
    expect(delayed.m2h.delivered).toEqual(delayed.m2h.sent);
    const reordered = session(3, { reorder: 0.3 }, 'host');
    expect(reordered.h2m.delivered).not.toEqual(reordered.h2m.sent);
    expect(count(reordered.h2m.delivered)).toEqual(count(reordered.h2m.sent));
  });

  it.each(KINDS)('injects %s, and says what it did', (kind) => {
    const { faults } = session(7, { [kind]: 0.5 }, 'host', { cut: true });
    const injected = faults.filter((fault) => fault.kind === kind);
    expect(injected.length).toBeGreaterThan(0);
    for (const fault of injected) expect(fault.detail).not.toBe('');
    if (kind === 'corrupt') {
      for (const { before, after } of injected) expect(hexOf(after!)).not.toBe(hexOf(before!));
    }
  });

  it('damages the area: bytes of the rings, and pointers that are then outside or elsewhere', () => {
    const clean = session(7, {}, 'host').area!;
    const bytes = session(7, { 'corrupt-ring': 0.5 }, 'host').area!;
    const first = ringsOf(LAYOUT)[0]!.at;
    expect(hexOf(bytes.bytes.subarray(0, first))).toBe(hexOf(clean.bytes.subarray(0, first)));
    expect(hexOf(bytes.bytes.subarray(first))).not.toBe(hexOf(clean.bytes.subarray(first)));
    const pointers = session(7, { 'corrupt-pointer': 0.5 }, 'host').area!;
    expect(hexOf(pointers.bytes.subarray(0, first))).not.toBe(hexOf(clean.bytes.subarray(0, first)));
    // Only the sizes and ids of the host are left, and those it does not read.
    expect(SharedArea.adopt(pointers.bytes.buffer)).not.toBeInstanceOf(SapError);
  });

  it('refuses rates and kinds that do not exist', () => {
    const { host } = memoryPair();
    const clock = new VirtualClock();
    const wrong = [{ drop: 1.5 }, { drop: Number.NaN }, { explode: 0.1 } as FaultRates, { lost: 0.1 }];
    for (const rates of wrong) expect(() => faulty(host, 1, { clock, rates })).toThrow(TransportError);
  });

  it('leaves refusing to the transport', () => {
    const { host } = memoryPair();
    const end = faulty(host, 1, { clock: new VirtualClock(), rates: { drop: 1 } });
    expect(end.perform({ type: 'me', bytes: new Uint8Array(101) })).toBe(-19);
  });
});
