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
  /** The message that the driver put into the data ring, header included. */
  readonly ring: Uint8Array | undefined;
}

export interface RecordedSet {
  /** The filter set and its bytes; undefined: none was sent. */
  readonly filters: OobFilters | undefined;
  readonly bytes: Uint8Array | undefined;
  readonly recorded: readonly RecordedVerdict[];
}

/** With this quirk the verdicts are the driver's. */
export const AS_RECORDED = { multicastHeaderCompare: true };

/** Each filter set with what was recorded of it, in the order of the recording. */
export function recordedVerdicts(): readonly RecordedSet[] {
  const sets = lines<{ id: number; filters: string | null }>('configs-public.jsonl');
  const verdicts = lines<Line>('verdicts-public.jsonl');
  return sets.map(({ id, filters }) => {
    const bytes = filters === null ? undefined : bytesOfHex(filters)!;
    return {
      bytes,
      filters: bytes && (decodeOobFilters(bytes) as OobFilters),
      recorded: verdicts.filter((line) => line.filters === id).map(verdictOf),
    };
  });
}

interface Line {
  readonly filters: number;
  readonly family: string;
  readonly frame: string;
  readonly csme: boolean;
  readonly host: 'pass' | 'consumed';
  readonly ring?: string;
}

function verdictOf({ family, frame, csme, host, ring }: Line): RecordedVerdict {
  return {
    family,
    frame: bytesOfHex(frame)!,
    verdict: csme ? (host === 'consumed' ? 3 : VERDICT_CSME) : VERDICT_HOST,
    ring: ring === undefined ? undefined : bytesOfHex(ring)!,
  };
}

function lines<T>(name: string): T[] {
  const text = readFileSync(new URL(`../data/filters/${name}`, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}
