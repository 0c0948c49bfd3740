/** Filters that judge the same frames in turns, so that what disturbs the machine disturbs all of them. */
import { median } from '../median.ts';

/** Somebody who judges all of the frames, as often as told. */
export interface Contender {
  readonly name: string;
  run(rounds: number): Sample | Promise<Sample>;
}

export interface Sample {
  readonly ns: number;
  /** Frames for CSME, of all rounds together. */
  readonly csme: number;
}

export interface Standing {
  readonly name: string;
  /** Median of the turns. */
  readonly nsPerFrame: number;
  /** How many of the frames are for CSME. */
  readonly csme: number;
}

/** A turn has at least so many frames, where the rounds are enough for that. */
const TURN_FRAMES = 300_000;
const TURNS_MAX = 31;

/**
 * Every contender judges the `count` frames `rounds` times, in turns that take the same number of rounds each. What it does
 * before that to become warm does not count.
 */
export async function race(
  contenders: readonly Contender[],
  count: number,
  rounds: number,
): Promise<Standing[]> {
  const turns = Math.max(1, Math.min(TURNS_MAX, rounds, Math.floor((rounds * count) / TURN_FRAMES)));
  const samples = contenders.map((): { nsPerFrame: number; csme: number }[] => []);
  for (const contender of contenders) await warmUp(contender, count);
  for (let turn = 0; turn < turns; turn++) {
    const share = Math.floor((rounds * (turn + 1)) / turns) - Math.floor((rounds * turn) / turns);
    // Everybody is the first of a turn equally often.
    for (let i = 0; i < contenders.length; i++) {
      const at = (turn + i) % contenders.length;
      // The frames are in the cache again, which the ones before have filled with theirs.
      await contenders[at]!.run(1);
      const { ns, csme } = await contenders[at]!.run(share);
      samples[at]!.push({ nsPerFrame: ns / (share * count), csme: csme / share });
    }
  }
  return contenders.map(({ name }, i) => {
    const nsPerFrame = median(samples[i]!.map((sample) => sample.nsPerFrame));
    return { name, nsPerFrame: count > 0 ? nsPerFrame : 0, csme: samples[i]![0]!.csme };
  });
}

/** Until the optimising compiler, which works beside the program, has had its time. */
const WARM_FRAMES = 3_000_000;
const WARM_TURNS = 30;

async function warmUp(contender: Contender, count: number): Promise<void> {
  const rounds = Math.ceil(WARM_FRAMES / WARM_TURNS / Math.max(1, count));
  for (let turn = 0; turn < WARM_TURNS; turn++) await contender.run(rounds);
}
