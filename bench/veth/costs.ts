/** What receiving costs in CPU time, at one common rate. */
import type { Contender } from './contender.ts';
import { type Run, Session, type Setting } from './measure.ts';

export interface CostOptions extends Setting {
  readonly seconds: number;
  /** Frames a second: low enough for everybody. */
  readonly rate: number;
  readonly rounds: number;
}

/** Milliseconds of CPU time for a million frames that were sent; the least of the rounds. */
export interface Cost {
  /** `nobody`: no one received. */
  readonly name: string;
  readonly receiver: number;
  /** Of the sender, with what the kernel does for the receivers in its place. */
  readonly sender: number;
  /** Of all CPUs. */
  readonly system: number;
  /** How often in a second the receiver was woken up. */
  readonly wakeUps: number;
  /** In all rounds. */
  readonly lost: number;
}

/** Costs of nobody and of every contender, who take turns. */
export async function costs(contenders: readonly Contender[], options: CostOptions): Promise<Cost[]> {
  const all = [undefined, ...contenders];
  const found = new Map(all.map((contender) => [contender, [] as Run[]]));
  for (let round = 0; round < options.rounds; round++) {
    for (const contender of all) {
      found.get(contender)!.push(await Session.with(contender, options, (session) => session.run(options)));
    }
  }
  return all.map((contender) => costOf(contender?.name ?? 'nobody', found.get(contender)!));
}

function costOf(name: string, runs: readonly Run[]): Cost {
  const least = (part: (run: Run) => number) => Math.min(...runs.map(part));
  const perMillion = (part: (run: Run) => number) => least((run) => (part(run) * 1e9) / run.sent);
  return {
    name,
    receiver: perMillion((run) => run.receiverCpu),
    sender: perMillion((run) => run.senderCpu),
    system: perMillion((run) => run.systemCpu),
    wakeUps: least((run) => run.wakeUps / run.seconds),
    lost: runs.reduce((sum, run) => sum + run.lost, 0),
  };
}
