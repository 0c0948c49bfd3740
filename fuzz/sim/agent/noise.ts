/** An agent that hears anything in any order, also what no machine would say: its rules hold all the same. */
import {
  Agent,
  type AgentInput,
  type AgentQuestion,
  type SupplicantEvent,
} from '../../../netlink-bridge/agent/index.ts';
import { Random } from '../../random.ts';
import { Judge } from './judge.ts';
import { ACCESS_POINTS } from './machine.ts';

const STEPS_MOST = 120;

/** What went wrong, with the seed that repeats it; run `n` has the seed `seed + n`. */
export function simulateNoise(runs: number, seed: number): { seed: number; what: string } | undefined {
  for (let run = 0; run < runs; run++) {
    const what = noise(new Random(Math.imul(seed + run, 0x9e3779b1)));
    if (what !== undefined) return { seed: seed + run, what };
  }
  return undefined;
}

function noise(random: Random): string | undefined {
  const agent = new Agent();
  const judge = new Judge();
  const asked: AgentQuestion[] = [];
  let nowMs = 0;
  const drain = () => {
    for (let output = agent.poll(); output !== undefined; output = agent.poll()) {
      judge.said(nowMs, output);
      if ('token' in output) asked.push(output);
    }
    judge.look(nowMs);
  };
  const steps = random.below(STEPS_MOST);
  for (let i = 0; i < steps && judge.wrong === undefined; i++) {
    const untilMs = nowMs + [0, 5, 400, 4_000, 70_000][random.below(5)]!;
    for (let at = agent.nextTimeoutAt(); at !== undefined && at <= untilMs; at = agent.nextTimeoutAt()) {
      nowMs = Math.max(nowMs, at);
      agent.handleTimeout(nowMs);
      drain();
    }
    nowMs = untilMs;
    const input = inputOf(random, asked, agent.state.radio === 'free');
    judge.heard(nowMs, input);
    agent.handle(nowMs, input);
    drain();
  }
  return judge.wrong;
}

function inputOf(random: Random, asked: readonly AgentQuestion[], radioFree: boolean): AgentInput {
  const last = asked.at(-1);
  if (last !== undefined && !random.oneIn(3)) return answerTo(random, last);
  const any = asked[random.below(Math.max(1, asked.length))];
  switch (random.below(14)) {
    case 0:
      return { type: 'interface', present: !random.oneIn(8) };
    case 1:
    case 2:
      return { type: 'radio', soft: random.oneIn(9), signal: random.oneIn(9), notOwner: random.oneIn(2) };
    case 3:
      return { type: 'roaming', forbidden: random.oneIn(5) ? undefined : random.oneIn(2) };
    case 4:
      return { type: 'address', address: random.oneIn(3) ? undefined : '192.0.2.7' };
    case 5:
      return random.oneIn(6) ? { type: 'sleep' } : { type: 'wake' };
    case 6:
      return random.oneIn(12) ? { type: 'stop' } : { type: 'wake' };
    case 7:
      return any === undefined ? { type: 'lifted', token: random.below(9) } : answerTo(random, any);
    default:
      return { type: 'supplicant', event: supplicantEvent(random, radioFree) };
  }
}

function supplicantEvent(random: Random, radioFree: boolean): SupplicantEvent {
  switch (random.below(7)) {
    case 0:
      return random.oneIn(6) ? { type: 'gone' } : { type: 'up' };
    case 1:
    case 2:
      return { type: 'up' };
    case 3:
      return { type: 'disconnected', detail: '' };
    case 4: {
      const why = (['ap-gone', 'rejected', 'address', 'other'] as const)[random.below(4)]!;
      return { type: 'failed', why, detail: '' };
    }
    default: {
      // Without a radio nobody is connected.
      if (!radioFree) return { type: 'disconnected', detail: '' };
      const { bssid } = ACCESS_POINTS[random.oneIn(4) ? 1 : 0]!;
      return { type: 'connected', bssid, frequencyMhz: undefined };
    }
  }
}

function answerTo(random: Random, { type, token }: AgentQuestion): AgentInput {
  const detail = '';
  const fails = random.oneIn(8);
  switch (type) {
    case 'askConnInfo': {
      if (!fails) return { type: 'connInfo', token, target: ACCESS_POINTS[random.oneIn(6) ? 1 : 0]! };
      const why = (['nothing', 'unsupported', 'unusable', 'failed'] as const)[random.below(4)]!;
      return { type: 'noConnInfo', token, why, detail };
    }
    case 'find':
      if (fails) return { type: 'supplicantFailed', token, to: type, detail };
      return { type: 'found', token, profile: random.oneIn(6) ? undefined : { id: '1', name: 'one' } };
    case 'askOwnership': {
      if (!fails) return { type: 'owned', token };
      const why = (['timeout', 'refused', 'unsupported', 'failed'] as const)[random.below(4)]!;
      return { type: 'notOwned', token, why, detail };
    }
  }
  if (fails) return { type: 'supplicantFailed', token, to: type, detail };
  return {
    type: ({ prepare: 'prepared', connect: 'connecting', lift: 'lifted', restore: 'restored' } as const)[
      type
    ],
    token,
  };
}
