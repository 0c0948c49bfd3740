import { expect, test } from 'vitest';
import { DEFECTS, findDefect } from '../../fuzz/sim/planted.ts';

test.each(DEFECTS)('found: $what', (defect) => {
  const { violation, complete } = findDefect(defect);
  expect(complete).toBe(false);
  expect({ invariant: violation?.invariant, what: violation?.what }).toMatchSnapshot();
  expect(violation?.ladder).toMatchSnapshot();
});
