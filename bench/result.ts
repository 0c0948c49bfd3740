/** What a bench says: one line per thing measured, each against something that it is compared with. */
export interface BenchResult {
  /** What was measured. */
  name: string;
  /** Unit of both values: `ns/op`, `MB/s`. */
  unit: string;
  value: number;
  /** What it is compared with, measured in the same run. */
  anchor: string;
  anchorValue: number;
  /** More than 1: ours is better. */
  ratio: number;
  /** The least ratio that is asked for. */
  target: number;
  ok: boolean;
}

/** One line; a star in front says that the target was missed. */
export function formatResult({
  name,
  unit,
  value,
  anchor,
  anchorValue,
  ratio,
  target,
  ok,
}: BenchResult): string {
  const beside = `${figure(anchorValue)} ${anchor}`;
  const asked = target > 0 ? `  ratio ${ratio.toFixed(2)}, asked ${figure(target)}` : '';
  return `${ok ? ' ' : '*'} ${name.padEnd(52)} ${figure(value).padStart(12)} ${unit.padEnd(11)} ${beside}${asked}`;
}

function figure(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2);
}
