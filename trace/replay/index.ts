/** Replay: our host, driven by a recording and held against it. */

export { Replay, type ReplayOptions, replay } from './replay.ts';
export type { Mismatch, ReplayReport, Stream } from './report.ts';
export {
  EARLY_MS,
  EFFECT_LAG_MS,
  END_GRACE_MS,
  latenessMs,
  READ_LAG_MS,
  THROTTLE_LATE_MS,
} from './tolerance.ts';
export { ArgumentError, commandArgs, isCommand, resultArgs, tellArgs } from './vocabulary.ts';
