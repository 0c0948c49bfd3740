/** Judges drivers with one defect each. */
import { expect, test } from 'vitest';
import { SCENARIOS } from '../../../conformance/index.ts';
import type { Defect } from '../defects/plant.ts';
import { judge, told } from './rig.ts';

/** The checks that must fail do, and none that does not follow from the defect. */
export function checkDefects(defects: readonly Defect[]): void {
  test.each(defects.map((defect) => [defect.id, defect.what, defect] as const))(
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
}
