/** The agent in a simulated machine: card, driver, CSME, supplicant, access points, and whoever disturbs them. */
import {
  Agent,
  type AgentInput,
  type AgentOutput,
  type Target,
} from '../../../netlink-bridge/agent/index.ts';
import type { Random } from '../../random.ts';
import type { Air } from './air.ts';
import { Card } from './card.ts';
import { Clock } from './clock.ts';
import { Judge } from './judge.ts';
import { Supplicant } from './supplicant.ts';

export const ACCESS_POINTS: readonly Target[] = [
  [5180, 0x02_00_00_00_00_01],
  [2437, 0x02_00_00_00_00_02],
  [5240, 0x02_00_00_00_00_03],
].map(([frequencyMhz, bssid]) => ({
  ssid: Uint8Array.of(0x63, 0x6f, 0x72, 0x70),
  bssid: bssid!,
  frequencyMhz: frequencyMhz!,
  authMode: 7,
  cipher: 4,
}));

/** In these nothing is limited, once the calls of the supplicant have ended. */
const AT_REST = new Set(['off', 'idle', 'learning', 'matching', 'paused', 'asleep', 'stopped']);
/** No limits are on for so long after the session, whatever goes wrong. */
const OUTLIVES_MS = 400_000;

/** Longer than three questions of the agent take. */
const KNOWN_LATE_MS = 46_000;

export class Machine implements Air {
  readonly clock = new Clock();
  readonly random: Random;
  readonly accessPoints = ACCESS_POINTS;
  readonly agent = new Agent();
  readonly judge = new Judge();
  readonly card: Card;
  readonly supplicant: Supplicant;
  readonly #log: (readonly [number, string, AgentInput | AgentOutput])[] = [];
  badLuck = 0;
  inputs = 0;
  #asleep = false;
  /** Since when there are limits and no session. */
  #limitsAloneAtMs: number | undefined;

  constructor(random: Random) {
    this.random = random;
    this.card = new Card(this);
    this.supplicant = new Supplicant(this);
    this.supplicant.radioFree = () => this.card.free;
    this.card.hostIsThere = () => this.supplicant.connectedTo === this.card.ap && this.supplicant.address;
    // The supplicant hears of it on its own way, sooner or later than the agent.
    this.card.onRadio = () =>
      this.clock.after(this.between(0, 3), () => {
        if (this.card.free) this.supplicant.connectAsItLikes();
        else this.supplicant.disconnect();
      });
  }

  get wrong(): string | undefined {
    return this.judge.wrong;
  }

  readonly tell = (input: AgentInput): void => {
    this.inputs++;
    this.#note('in ', input);
    this.judge.heard(this.clock.nowMs, input);
    this.agent.handle(this.clock.nowMs, input);
    this.#drain();
  };

  unlucky(): boolean {
    return this.badLuck > 0 && this.random.oneIn(this.badLuck);
  }

  between(leastMs: number, mostMs: number): number {
    return leastMs + this.random.below(mostMs - leastMs + 1);
  }

  /** Time goes on. */
  pass(ms: number): void {
    const untilMs = this.clock.nowMs + ms;
    while (this.wrong === undefined) {
      const timerAtMs = this.agent.nextTimeoutAt() ?? Number.POSITIVE_INFINITY;
      const atMs = Math.min(timerAtMs, this.clock.nextAt());
      if (atMs > untilMs) break;
      if (timerAtMs < this.clock.nextAt()) {
        this.clock.nowMs = Math.max(this.clock.nowMs, timerAtMs);
        this.agent.handleTimeout(this.clock.nowMs);
        this.#drain();
      } else this.clock.turn();
      this.#look();
    }
    this.clock.nowMs = untilMs;
    this.#look();
  }

  /** What went in and out last. */
  ladder(most: number): string {
    const lines = this.#log
      .slice(-most)
      .map(([ms, direction, what]) => `${String(ms).padStart(8)} ${direction} ${JSON.stringify(what)}`);
    return lines.join('\n');
  }

  interfaceIs(present: boolean): void {
    if (this.supplicant.present === present) return;
    this.supplicant.present = present;
    if (!present) this.supplicant.disconnect();
    this.tell({ type: 'interface', present });
    if (present) this.supplicant.connectAsItLikes();
  }

  switches(which: 'soft' | 'signal', blocked: boolean): void {
    if (this.card[which] === blocked) return;
    this.card[which] = blocked;
    this.card.switched();
  }

  sleep(): void {
    if (this.#asleep) return;
    this.#asleep = true;
    this.card.asleep = true;
    this.tell({ type: 'sleep' });
  }

  wake(): void {
    if (!this.#asleep) return;
    this.#asleep = false;
    this.card.asleep = false;
    this.tell({ type: 'wake' });
  }

  #drain(): void {
    for (let output = this.agent.poll(); output !== undefined; output = this.agent.poll()) {
      this.#note('out', output);
      this.judge.said(this.clock.nowMs, output);
      this.#obey(output);
    }
    this.judge.look(this.clock.nowMs);
  }

  #obey(output: AgentOutput): void {
    switch (output.type) {
      case 'askConnInfo':
        return this.card.connInfo(output.token);
      case 'askOwnership':
        this.#lookForCredentials();
        return this.card.request(output.token);
      case 'find':
      case 'prepare':
      case 'connect':
      case 'lift':
      case 'restore':
        return this.supplicant.call(output);
    }
  }

  /** A profile that was deleted while the agent was at its last questions cannot be known. */
  #lookForCredentials(): void {
    const { supplicant, card, clock, judge } = this;
    if (supplicant.profiles.has(card.ap) || clock.nowMs - supplicant.deletedAtMs < KNOWN_LATE_MS) return;
    judge.wrong ??= 'a request for an access point without a profile';
  }

  /** What shows only beside the agent: its limits. */
  #look(): void {
    const { supplicant, card, judge, clock } = this;
    if (supplicant.limits === undefined || !supplicant.up || judge.abandoned) {
      this.#limitsAloneAtMs = undefined;
      return;
    }
    if (AT_REST.has(judge.phase) && supplicant.pending === 0)
      judge.wrong ??= `limits are left behind in phase ${judge.phase}`;
    if (card.session) this.#limitsAloneAtMs = undefined;
    else this.#limitsAloneAtMs ??= clock.nowMs;
    if (this.#limitsAloneAtMs !== undefined && clock.nowMs - this.#limitsAloneAtMs > OUTLIVES_MS)
      judge.wrong ??= 'limits outlive the session';
  }

  #note(direction: string, what: AgentInput | AgentOutput): void {
    this.#log.push([this.clock.nowMs, direction, what]);
  }
}
