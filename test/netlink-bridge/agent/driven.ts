/** An agent that a test drives by hand: what it asks is answered by what the test says, in the order of the test. */
import { expect } from 'vitest';
import {
  Agent,
  type AgentAnswer,
  type AgentInput,
  type AgentOptions,
  type AgentOutput,
  type AgentQuestion,
  type Phase,
  type ProfileRef,
  type SupplicantEvent,
  type Target,
  TIMERS,
} from '../../../netlink-bridge/agent/index.ts';

export const TARGET: Target = {
  ssid: new TextEncoder().encode('corp-ap'),
  bssid: 0x00_11_22_33_44_55,
  frequencyMhz: 5180,
  authMode: 7,
  cipher: 4,
};
export const PROFILE: ProfileRef = { id: '3', name: 'the office' };
export const HELD = { type: 'radio', soft: false, signal: false, notOwner: true } as const;
export const FREE = { type: 'radio', soft: false, signal: false, notOwner: false } as const;
export const AIRPLANE = { type: 'radio', soft: true, signal: false, notOwner: true } as const;
export const SWITCHED = { type: 'radio', soft: false, signal: true, notOwner: true } as const;
export const ADDRESS = { type: 'address', address: '192.0.2.7' } as const;

type Question<T extends AgentQuestion['type']> = Extract<AgentQuestion, { type: T }>;
/** An answer without its token. */
type Answer = {
  [T in AgentAnswer['type']]: Omit<Extract<AgentAnswer, { type: T }>, 'token'>;
}[AgentAnswer['type']];

export class Driven {
  readonly agent: Agent;
  nowMs = 1000;
  /** Whatever came out and no test took yet. */
  out: AgentOutput[] = [];

  constructor(options: AgentOptions = {}) {
    this.agent = new Agent(options);
  }

  get phase(): Phase {
    return this.agent.state.phase;
  }

  hears(input: AgentInput): this {
    this.agent.handle(this.nowMs, input);
    return this.#drain();
  }

  supplicant(event: SupplicantEvent): this {
    return this.hears({ type: 'supplicant', event });
  }

  connected(bssid = TARGET.bssid): this {
    return this.supplicant({ type: 'connected', bssid, frequencyMhz: TARGET.frequencyMhz });
  }

  /** Time goes on, from timer to timer. */
  passes(ms: number): this {
    const until = this.nowMs + ms;
    for (
      let at = this.agent.nextTimeoutAt();
      at !== undefined && at <= until;
      at = this.agent.nextTimeoutAt()
    ) {
      this.nowMs = Math.max(this.nowMs, at);
      this.agent.handleTimeout(this.nowMs);
      this.#drain();
    }
    this.nowMs = until;
    return this;
  }

  /** The question that waits for its answer; there must be one. */
  asked<T extends AgentQuestion['type']>(type: T): Question<T> {
    const { question } = this.agent.state;
    expect(question?.type).toBe(type);
    const found = this.questions().find(({ token }) => token === question?.token);
    return found as Question<T>;
  }

  /** Answers the question that waits. */
  answers(answer: Answer): this {
    const token = this.agent.state.question?.token;
    if (token === undefined) throw new Error('nothing was asked');
    return this.hears({ ...answer, token } as AgentAnswer);
  }

  questions(): AgentQuestion[] {
    return this.out.filter((output) => 'token' in output);
  }

  asks(): string[] {
    return this.questions().map(({ type }) => type);
  }

  steps(): number[] {
    return this.out.flatMap((output) => (output.type === 'step' ? [output.step] : []));
  }

  troubles(): string[] {
    return this.out.flatMap((output) => (output.type === 'trouble' ? [output.trouble] : []));
  }

  phases(): Phase[] {
    return this.out.flatMap((output) => (output.type === 'phase' ? [output.to] : []));
  }

  /** Forgets what came out. */
  forget(): this {
    this.out = [];
    return this;
  }

  /** Goes the straight way to a phase, and forgets what came out. */
  to(phase: (typeof WAY)[number][0] | keyof typeof ASIDE | 'idle'): this {
    this.hears({ type: 'interface', present: true }).supplicant({ type: 'up' }).hears(FREE);
    if (isAside(phase)) {
      const [from, go] = ASIDE[phase];
      go(this.on(from));
    } else if (phase !== 'idle') this.on(phase);
    expect(this.phase).toBe(phase);
    return this.forget();
  }

  /** The straight way from where CSME takes hold of the card. */
  on(phase: (typeof WAY)[number][0]): this {
    for (const [reached, go] of WAY) {
      go(this);
      if (reached === phase) break;
    }
    return this;
  }

  #drain(): this {
    for (let output = this.agent.poll(); output; output = this.agent.poll()) this.out.push(output);
    return this;
  }
}

const WAY = [
  ['learning', (d: Driven) => d.hears(HELD)],
  ['matching', (d: Driven) => d.answers({ type: 'connInfo', target: TARGET })],
  ['preparing', (d: Driven) => d.answers({ type: 'found', profile: PROFILE })],
  ['confirming', (d: Driven) => d.answers({ type: 'prepared' })],
  ['asking', (d: Driven) => d.answers({ type: 'connInfo', target: TARGET })],
  ['releasing', (d: Driven) => d.answers({ type: 'owned' })],
  ['connecting', (d: Driven) => d.hears(FREE)],
  ['addressing', (d: Driven) => d.answers({ type: 'connecting' }).connected()],
  ['held', (d: Driven) => d.hears(ADDRESS)],
  ['interrupted', (d: Driven) => d.supplicant({ type: 'disconnected', detail: 'reason 3' })],
] as const;

/** Where a take-over waits beside the straight way. */
const ASIDE = {
  off: ['learning', (d: Driven) => d.answers({ type: 'noConnInfo', why: 'unsupported', detail: '' })],
  paused: ['matching', (d: Driven) => d.answers({ type: 'found', profile: undefined })],
  waiting: ['asking', (d: Driven) => d.answers({ type: 'notOwned', why: 'timeout', detail: '' })],
  rechecking: [
    'asking',
    (d: Driven) =>
      d.answers({ type: 'notOwned', why: 'timeout', detail: '' }).passes(TIMERS.ownershipRetry.ms),
  ],
  lifting: ['held', (d: Driven) => d.hears({ type: 'roaming', forbidden: false })],
  restoring: ['connecting', (d: Driven) => d.passes(TIMERS.window.ms)],
} as const;

function isAside(phase: string): phase is keyof typeof ASIDE {
  return phase in ASIDE;
}
