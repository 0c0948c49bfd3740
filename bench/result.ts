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
