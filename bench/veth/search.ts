/** The highest rate at which nothing is lost. */

/** Whether nothing was lost at a rate, in frames per second. */
export type Probe = (rate: number) => Promise<boolean>;

/**
 * The highest rate that passes, to within `steps` halvings between 0.6 and 1.2 times the estimate, and never above
 * `ceiling`, what the sender can send. 0 when nothing passes. What passes more than the ceiling is the ceiling.
 */
export async function highestRate(
  probe: Probe,
  { estimate, ceiling, steps }: { estimate: number; ceiling: number; steps: number },
): Promise<number> {
  if (estimate >= ceiling && (await probe(ceiling))) return ceiling;
  let good = 0.6 * Math.min(estimate, ceiling);
  let bad = Math.min(1.2 * estimate, ceiling);
  while (!(await probe(good))) {
    bad = good;
    good *= 0.6;
    if (good < estimate / 100) return 0;
  }
  for (let step = 0; step < steps; step++) {
    const rate = (good + bad) / 2;
    if (await probe(rate)) good = rate;
    else bad = rate;
  }
  return good;
}
