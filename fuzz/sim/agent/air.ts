/** What the parts of the simulated machine share: clock, dice, the agent's ear, and how unlucky everything is. */
import type { AgentInput, Target } from '../../../netlink-bridge/agent/index.ts';
import type { Random } from '../../random.ts';
import type { Clock } from './clock.ts';

export interface Air {
  readonly clock: Clock;
  readonly random: Random;
  /** The access points that there are; each may be known to the supplicant. */
  readonly accessPoints: readonly Target[];
  /** What can go wrong goes wrong once in this many times; 0: never. */
  badLuck: number;
  tell(input: AgentInput): void;
  unlucky(): boolean;
  between(leastMs: number, mostMs: number): number;
}
