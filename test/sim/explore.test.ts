import { describe, expect, test } from 'vitest';
import { CONFIGURATIONS, SMALL } from '../../fuzz/sim/model/configurations.ts';
import { explore } from '../../fuzz/sim/model/explore.ts';

const named = (name: string) => CONFIGURATIONS.find((c) => c.name === name)!;

describe('every state', () => {
  test.each([SMALL, named('settings of the station')])('$name: no invariant is broken', (configuration) => {
    const found = explore(configuration);
    expect(found.violation?.ladder).toBeUndefined();
    expect(found.complete).toBe(true);
    expect(found.states).toBeGreaterThan(10_000);
  });

  test('the larger ones begin without a broken invariant', () => {
    for (const configuration of CONFIGURATIONS) {
      const found = explore(configuration, { mostStates: 60_000 });
      expect(found.violation?.ladder, configuration.name).toBeUndefined();
    }
  });

  test('the same search finds the same states', () => {
    const count = () => {
      const { states, transitions, hosts, firmwares, depth } = explore(SMALL);
      return { states, transitions, hosts, firmwares, depth };
    };
    expect(count()).toEqual(count());
  });
});
