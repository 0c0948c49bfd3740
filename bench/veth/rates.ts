/** How many frames a second pass without loss. */
import type { Contender } from './contender.ts';
import { Session, type Setting } from './measure.ts';
import { highestRate } from './search.ts';
import type { Share } from './sender.ts';

export interface RateOptions extends Setting {
  readonly seconds: number;
  readonly rounds: number;
  readonly share?: Share | undefined;
}

export interface Rate {
  readonly name: string;
  /** Frames a second without loss: the best of the rounds, as what disturbs a run makes it slower. */
  readonly perSecond: number;
  /** Of every round. */
  readonly rounds: readonly number[];
  /** It took all that the sender can send: its own limit is higher. */
  readonly limitedBySender: boolean;
}

/** Halvings of 60 % of the estimate: the rate is exact to 8 %. */
const STEPS = 3;

/** Rates of every contender, who take turns. */
export async function rates(contenders: readonly Contender[], options: RateOptions): Promise<Rate[]> {
  const found = new Map(contenders.map((contender) => [contender, [] as { rate: number; limit: boolean }[]]));
  for (let round = 0; round < options.rounds; round++) {
    for (const contender of contenders) found.get(contender)!.push(await rateOf(contender, options));
  }
  return contenders.map((contender) => {
    const rounds = found.get(contender)!;
    const best = rounds.reduce((a, b) => (b.rate > a.rate ? b : a));
    return {
      name: contender.name,
      perSecond: best.rate,
      rounds: rounds.map(({ rate }) => rate),
      limitedBySender: best.limit,
    };
  });
}

/** As fast as the sender can; and when that was too fast, the highest rate that was not. */
function rateOf(contender: Contender, options: RateOptions): Promise<{ rate: number; limit: boolean }> {
  return Session.with(contender, options, async (session) => {
    const flat = await session.run(options);
    const ceiling = flat.sent / flat.seconds;
    if (flat.lost === 0) return { rate: ceiling, limit: true };
    const probe = async (rate: number) => (await session.run({ ...options, rate })).lost === 0;
    const estimate = ceiling * (1 - flat.lost / flat.sent);
    return { rate: await highestRate(probe, { estimate, ceiling, steps: STEPS }), limit: false };
  });
}
