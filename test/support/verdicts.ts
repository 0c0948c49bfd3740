/** The driver's recorded verdicts (test/data/filters), with their filter sets. */
import { readFileSync } from 'node:fs';
import {
  bytesOfHex,
  decodeOobFilters,
  type FilterVerdict,
  type OobFilters,
  VERDICT_CSME,
  VERDICT_HOST,
} from '../../sap/index.ts';

export interface RecordedVerdict {
  readonly family: string;
  readonly frame: Uint8Array;
  readonly verdict: FilterVerdict;
}

/** With this quirk the verdicts are the driver's. */
export const AS_RECORDED = { multicastHeaderCompare: true };

/** Each filter set with what was recorded of it. */
export function recordedVerdicts(): { filters: OobFilters | undefined; recorded: RecordedVerdict[] }[] {
  const sets = lines<{ id: number; filters: string | null }>('configs-public.jsonl');
  const verdicts = lines<{ filters: number; family: string; frame: string; csme: boolean; host: string }>(
    'verdicts-public.jsonl',
  );
  return sets.map(({ id, filters }) => ({
    filters: filters === null ? undefined : (decodeOobFilters(bytesOfHex(filters)!) as OobFilters),
    recorded: verdicts
      .filter((verdict) => verdict.filters === id)
      .map(({ family, frame, csme, host }) => ({
        family,
        frame: bytesOfHex(frame)!,
        verdict: csme ? (host === 'consumed' ? 3 : VERDICT_CSME) : VERDICT_HOST,
      })),
  }));
}

function lines<T>(name: string): T[] {
  const text = readFileSync(new URL(`../data/filters/${name}`, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}
