/**
 * Two processes over `unix:`, killed again and again.
 *
 * Rounds of `KILLS_IN_ROUND` kills each; round `n` has the seed `seed + n`. A seed repeats what is ordered and where
 * processes are to die, not how the system divides its time among them.
 */
import { Ladder, type TraceEvent } from '../../../trace/index.ts';
import { Random } from '../../random.ts';
import { Broken } from './broken.ts';
import type { Cast } from './cast.ts';
import type { Member } from './member.ts';
import { Round } from './round.ts';
import { Nursery } from './side-process.ts';
import { Tally } from './tally.ts';

export interface KillReport {
  readonly rounds: number;
  readonly seconds: number;
  readonly tally: Tally;
  readonly failure: KillFailure | undefined;
}

export interface KillFailure {
  readonly seed: number;
  readonly what: string;
  /** What was ordered, and what each side recorded of the last lives. */
  readonly ladder: string;
}

export const KILLS_IN_ROUND = 10;
const LINES_MOST = 100;

export async function simulateKills(
  kills: number,
  seed: number,
  onProgress?: (tally: Tally) => void,
): Promise<KillReport> {
  const from = performance.now();
  const tally = new Tally();
  const nursery = new Nursery();
  let failure: KillFailure | undefined;
  let rounds = 0;
  try {
    for (; tally.killed < kills && !failure; rounds++) {
      failure = await goRound(seed + rounds, nursery, tally);
      onProgress?.(tally);
    }
  } finally {
    await nursery.close();
  }
  return { rounds, seconds: (performance.now() - from) / 1000, tally, failure };
}

async function goRound(seed: number, nursery: Nursery, tally: Tally): Promise<KillFailure | undefined> {
  const round = new Round(new Random(Math.imul(seed, 0x9e3779b1)), seed, nursery, tally);
  const clean = () => round.cast.clean();
  process.once('exit', clean);
  try {
    await round.go(KILLS_IN_ROUND);
    return undefined;
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    return { seed, what: error.message, ladder: laddersOf(round.cast) };
  } finally {
    process.off('exit', clean);
    clean();
  }
}

function laddersOf({ log, both }: Cast): string {
  const orders = log.map(
    ({ atMs, text }): TraceEvent => ({ ch: 'note', t: atMs / 1000, text: `*** ${text}` }),
  );
  const from = orders[0] && 't' in orders[0] ? orders[0].t : 0;
  return both.map((member) => ladderOf(member, orders, from)).join('\n');
}

function ladderOf(member: Member | undefined, orders: readonly TraceEvent[], from: number): string {
  if (!member) return '';
  const ladder = new Ladder({ width: 110, from });
  const timeOf = (event: TraceEvent) => ('t' in event ? event.t : 0);
  const events = [...orders, ...(member.process.events as TraceEvent[])]
    .sort((a, b) => timeOf(a) - timeOf(b))
    .slice(-LINES_MOST);
  const lines = events.map((event) => ladder.line(event)).filter((line) => line !== undefined);
  return [`What the ${member.side} recorded:`, ladder.header(), ...lines].join('\n');
}
