import { describe, expect, test } from 'vitest';
import { SCENARIOS } from '../../conformance/index.ts';
import { DEFECTS } from './defects/index.ts';
import { judge, told } from './support/rig.ts';

describe('a driver with one defect fails the right check, and only what follows', () => {
  test.each(DEFECTS.map((defect) => [defect.id, defect.what, defect] as const))(
    '%s: %s',
    (_id, _what, defect) => {
      const { host, end, undo } = defect.plant();
      try {
        const { results } = judge(host, { scenarios: SCENARIOS, danger: true, ...(end && { end }) });
        const failed = results.failed();
        const allowed = [...defect.fails, ...(defect.follows ?? [])];
        const beyond = failed.filter((id) => !allowed.includes(id));
        expect(told(results).filter((line) => beyond.some((id) => line.includes(` ${id}: `)))).toEqual([]);
        expect(defect.fails.filter((id) => !failed.includes(id))).toEqual([]);
      } finally {
        undo?.();
      }
    },
  );
});
