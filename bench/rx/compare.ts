/**
 * The compiled matcher beside the same rules in C, libpcap's interpreter and our own, over the same frames in the same
 * run.
 */
import type { OobFilters } from '../../sap/index.ts';
import { COMPILED, compiled, interpreter, useOtherMatchers } from './judge.ts';
import { LIBPCAP_PLAIN, startPrograms } from './programs.ts';
import { race, type Standing } from './race.ts';
import type { Frames } from './traffic.ts';

export interface Comparison {
  /** The first is that of the compiled matcher. */
  readonly standings: readonly Standing[];
  /** Who is not among them, and why. */
  readonly missing: readonly string[];
}

/** Throws when two of them find different numbers of frames for CSME. */
export async function compare(frames: Frames, filters: OobFilters, rounds: number): Promise<Comparison> {
  const programs = startPrograms(frames, filters);
  try {
    const contenders = [compiled(filters, frames), ...programs.contenders, interpreter(filters, frames)];
    return agreed(await race(contenders, frames.count, rounds), programs.missing);
  } finally {
    programs.close();
  }
}

/** The compiled matcher once more, in a process that has used eight other filter sets before. */
export async function amongOthers(frames: Frames, filters: OobFilters, rounds: number): Promise<Standing> {
  useOtherMatchers(frames);
  const [standing] = await race([compiled(filters, frames)], frames.count, rounds);
  return { ...standing!, name: `${COMPILED}, after eight other sets` };
}

function agreed(standings: readonly Standing[], missing: readonly string[]): Comparison {
  const { csme } = standings[0]!;
  const plain = standings.find(({ name }) => name === LIBPCAP_PLAIN);
  const others = standings.filter((standing) => standing !== plain);
  const wrong = others.find((standing) => standing.csme !== csme);
  if (wrong !== undefined) {
    throw new Error(`for CSME are ${csme} frames by ${COMPILED}, ${wrong.csme} by ${wrong.name}`);
  }
  if (plain === undefined || plain.csme === csme) return { standings, missing };
  // It leaves out fragments, for one: with frames like that it is another question.
  const why = `${plain.name}: finds ${plain.csme} frames for CSME instead of ${csme}`;
  return { standings: others, missing: [...missing, why] };
}
