/** A run comes to its end whatever the driver and its helper do. */
import { describe, expect, test } from 'vitest';
import {
  Conformance,
  type ConformanceInput,
  SCENARIOS,
  type SuiteName,
  scenariosOf,
} from '../../conformance/index.ts';
import { Host } from '../../ownership/index.ts';
import { AREA_LAYOUTS, encodeMe } from '../../sap/index.ts';
import { seededRandom } from '../../transport/index.ts';
import { judge } from './support/rig.ts';

/** A judge whose driver has shown itself. */
function withDriver(suites: readonly SuiteName[], helped: boolean): Conformance {
  const engine = new Conformance({ scenarios: scenariosOf(suites), helped });
  engine.handle(0, { type: 'mapRequest', size: AREA_LAYOUTS[4].size });
  return engine;
}

/** Runs to the end, with what `answer` makes of each output fed back at once. */
function runAlone(
  engine: Conformance,
  answer: (output: unknown, feed: (input: ConformanceInput) => void) => void = () => {},
) {
  let nowMs = 0;
  const waiting: ConformanceInput[] = [];
  const feed = (input: ConformanceInput) => void waiting.push(input);
  for (let turns = 0; !engine.over; turns++) {
    if (turns > 500_000) throw new Error('no end');
    const input = waiting.shift();
    if (input !== undefined) engine.handle(nowMs, input);
    else {
      nowMs = Math.max(nowMs, engine.nextTimeoutAt() ?? nowMs);
      engine.handleTimeout(nowMs);
    }
    for (let output = engine.poll(); output; output = engine.poll()) answer(output, feed);
  }
  return { nowMs, results: engine.results };
}

describe('comes to an end', () => {
  test('without a driver: nothing is run, and it says why', () => {
    const engine = new Conformance({ scenarios: SCENARIOS, helped: true, firstLinkMs: 5000 });
    const { nowMs, results } = runAlone(engine);
    expect(nowMs).toBe(5000);
    expect(results.totals().scenarios).toEqual({ passed: 0, failed: 0, 'not run': SCENARIOS.length });
    expect(new Set(results.outcomes.map(({ reason }) => reason))).toEqual(
      new Set(['no driver came within 5 s']),
    );
  });

  test('with a helper that says nothing', () => {
    const { results } = runAlone(withDriver(['settings'], true));
    expect(results.totals().scenarios).toMatchObject({ passed: 0, failed: 0 });
    expect(results.outcomes[0]?.reason).toBe('the helper did not answer to start_unregister');
  });

  test('with a helper that goes away: what needs one is not run, the rest is', () => {
    const { results } = judge(new Host(), { scenarios: scenariosOf(['exchanges']), helped: false });
    expect(results.totals().scenarios).toEqual({ passed: 2, failed: 0, 'not run': 9 });
    const engine = withDriver(['exchanges'], true);
    engine.handle(1, { type: 'controlLost', why: 'it died' });
    const gone = runAlone(engine).results;
    expect(gone.outcomes.at(-1)?.reason).toBe('the helper is gone: it died');
  });

  test('with a driver that says the same whatever it hears', () => {
    const memory = new ArrayBuffer(AREA_LAYOUTS[4].size);
    const engine = withDriver(['startup', 'rings', 'hostile'], false);
    const { results } = runAlone(engine, (output, feed) => {
      if ((output as { type: string }).type !== 'drop') return;
      feed({ type: 'lost' });
      feed({ type: 'area', memory });
      feed({ type: 'me', bytes: encodeMe({ name: 'START', supportedVersions: [4] }, 1) });
      feed({ type: 'me', bytes: encodeMe({ name: 'CHECK_SHARED_AREA' }, 2) });
    });
    expect(results.failed()).toContain('start.no-sap-before-start-ok');
    expect(results.failed()).toContain('ring.read-whole');
  });

  test('with a driver whose memory changes at random, and that sends anything', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const random = seededRandom(seed);
      const memory = new ArrayBuffer(AREA_LAYOUTS[4].size);
      const bytes = new Uint8Array(memory);
      const engine = withDriver(['startup', 'bells', 'rings', 'hostile'], false);
      const { results } = runAlone(engine, (output, feed) => {
        const { type } = output as { type: string };
        for (let i = 0; i < 20; i++) bytes[random.below(64)] = random.below(256);
        if (type === 'drop') {
          feed({ type: 'lost' });
          feed({ type: 'mapRequest', size: random.below(200_000) });
          feed({ type: 'area', memory });
          feed({ type: 'me', bytes: encodeMe({ name: 'START', supportedVersions: [4] }, 1) });
        } else if (type === 'me') {
          const length = random.below(100);
          feed({ type: 'me', bytes: Uint8Array.from({ length }, () => random.below(4)) });
          feed({ type: 'me', bytes: encodeMe({ name: 'CHECK_SHARED_AREA' }, 2) });
          if (random.below(20) === 0) feed({ type: random.below(2) === 0 ? 'areaGone' : 'lost' });
        }
      });
      expect(results.totals().scenarios.passed).toBeLessThan(results.outcomes.length);
    }
  });
});
