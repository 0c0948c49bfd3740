/**
 * One round: a pair of processes in which one side after the other is killed and replaced.
 *
 * After each death whoever lives on must become clean again, and hold of the system what it held before it ever had a
 * link. The next life must come up, and be as if there had never been another.
 */
import type { Random } from '../../random.ts';
import { Broken, pause, until } from './broken.ts';
import { Cast } from './cast.ts';
import { leak, unrest, wrongComeback, wrongWhenAlone, wrongWhenQuiet } from './judge.ts';
import { HostMember, type Member } from './member.ts';
import { MODES, type Mode, OCCASIONS, type Occasion, runningPoint } from './plan.ts';
import type { SideName } from './protocol.ts';
import type { Nursery } from './side-process.ts';
import type { Tally } from './tally.ts';

/** Longest wait for a death that does not come by itself. */
const DEATH_MS = 40;
const ACTS_MOST = 25;
const RECOVERY_LOOKS = 10;

export class Round {
  readonly cast: Cast;
  readonly #random: Random;
  readonly #mode: Mode;
  readonly #tally: Tally;

  constructor(random: Random, seed: number, nursery: Nursery, tally: Tally) {
    this.#random = random;
    this.#mode = MODES[seed % MODES.length]!;
    this.#tally = tally;
    this.cast = new Cast(random, nursery);
  }

  /** Throws Broken. */
  async go(kills: number): Promise<void> {
    const { cast } = this;
    const end = this.#tally.killed + kills;
    cast.note(`dies: ${this.#mode}`);
    await cast.beginBoth();
    while (this.#tally.killed < end) {
      await this.#live();
      await this.#die();
    }
    await this.#live();
    this.#tally.count(cast.host);
    await cast.part();
  }

  // --- a life ---

  /** The link comes up, and all is well. With misbehaviours nothing is certain but that nobody throws or waits forever. */
  async #live(): Promise<void> {
    const { cast } = this;
    if (!cast.csme.honest) {
      this.#tally.misbehaved++;
      return cast.act(ACTS_MOST);
    }
    await this.#comeToRest();
    this.#tally.up++;
    if (cast.csme.last.firmware.amt === 'off' && this.#random.oneIn(2)) cast.csme.command('enableAmt');
    if (this.#random.oneIn(2)) return;
    await cast.act(ACTS_MOST);
    await this.#comeToRest();
  }

  async #comeToRest(): Promise<void> {
    const { host, csme } = this.cast;
    await until(async () => {
      const first = await Promise.all([host.look(), csme.look()]);
      const [h, c] = await Promise.all([host.look(), csme.look()]);
      if (h.turns !== first[0].turns || c.turns !== first[1].turns) return 'something is under way';
      return unrest(h, c) ?? [h, c];
    });
    this.#tally.quiet++;
    const wrong = wrongWhenQuiet(host.last, csme.last) ?? this.#wrongComeback();
    if (wrong !== undefined) throw new Broken(wrong);
    for (const { side, baseline, last } of this.cast.both) {
      const left = leak(baseline, last.census, true);
      if (left !== undefined) throw new Broken(`the ${side} has a link and holds ${left}`);
      this.#tally.censuses++;
    }
  }

  #wrongComeback(): string | undefined {
    const { before, host, csme } = this.cast;
    this.cast.before = undefined;
    // A driver between the halves of its unregistration has no counterpart that is fresh.
    if (before === undefined || before.host.driver === 'leaving') return undefined;
    this.#tally.compared++;
    return wrongComeback(before, host.last, csme.last);
  }

  // --- a death ---

  async #die(): Promise<void> {
    const { cast } = this;
    const random = this.#random;
    if (this.#mode === 'either' && random.oneIn(10)) return this.#dieBoth();
    const dies = this.#mode === 'either' ? random.oneIn(2) : this.#mode === 'host';
    const victim = dies ? cast.host : cast.csme;
    const occasion = OCCASIONS[random.below(OCCASIONS.length)]!;
    cast.note(`the ${victim.side} dies ${occasion}`);
    cast.before = undefined;
    this.#tally.occasions[occasion]++;
    const survivor = cast.other(victim);
    const sleeps = random.oneIn(8);
    await this.#lead(victim, occasion, sleeps ? survivor : undefined);
    await this.#bury(victim);
    if (!sleeps) await this.#recover(survivor);
    await this.#succeed(victim.side, survivor, sleeps);
  }

  /** Nobody lives on. */
  async #dieBoth(): Promise<void> {
    const { cast } = this;
    cast.note('both die');
    this.#tally.together++;
    for (const member of cast.both) member.process.kill();
    for (const member of cast.both) await this.#bury(member);
    await cast.beginBoth();
  }

  /** To its death; the other one does not see it when it sleeps. */
  async #lead(victim: Member, occasion: Occasion, sleeper: Member | undefined): Promise<void> {
    const { cast } = this;
    const random = this.#random;
    if (occasion === 'seen') this.#killWhenSeen(victim, 1 + random.below(20));
    else if (occasion !== 'at rest' && random.below(4) > 0) this.#arm(victim);
    if (occasion === 'restart') this.#restart();
    if (occasion !== 'at rest') await cast.act(occasion === 'restart' ? 6 : ACTS_MOST);
    if (sleeper) {
      await cast.breathe();
      sleeper.process.pause();
      cast.note(`the ${sleeper.side} sleeps`);
    }
    await Promise.race([victim.process.end, pause(random.below(random.oneIn(3) ? 3 : DEATH_MS))]);
    victim.process.kill();
    for (const { process } of cast.both) process.onEvent = () => {};
  }

  /** Of either side, whatever it is. */
  #killWhenSeen(victim: Member, events: number): void {
    let left = events;
    const { host, csme } = this.cast;
    (this.#random.oneIn(2) ? host : csme).process.onEvent = () => {
      if (--left === 0) victim.process.kill();
    };
  }

  #arm(victim: Member): void {
    const point = runningPoint(this.#random, victim.side);
    this.cast.note(`the ${victim.side} is to die ${point.when} ${point.type} ${point.nth}`);
    victim.process.send({ type: 'arm', point });
  }

  #restart(): void {
    const { host, csme } = this.cast;
    const bus = (name: 'probe' | 'remove') => host.process.send({ type: 'bus', name });
    switch (this.#random.below(4)) {
      case 0:
        bus('remove');
        return bus('probe');
      case 1:
        return bus(this.#random.oneIn(2) ? 'probe' : 'remove');
      default:
        csme.command('reset');
    }
  }

  async #bury(member: Member): Promise<void> {
    await member.gone();
    this.#tally.kills[member.side]++;
    if (member instanceof HostMember) this.#tally.count(member);
    this.cast.note(`the ${member.side} is dead`);
  }

  /**
   * Whoever lives on has learnt of it, and nothing of the link is left. That the connection is closed can be read before
   * the first look is answered; much later it would be the garbage collector that gives things back.
   */
  async #recover(survivor: Member): Promise<void> {
    const snapshot = await until(async () => {
      const found = await survivor.look();
      const linked =
        found.side === 'host' ? found.state.phase !== 'absent' : found.firmware.link !== 'absent';
      if (linked) return `the ${survivor.side} still has a link`;
      const left = leak(survivor.baseline, found.census);
      return left === undefined ? found : `the ${survivor.side} holds ${left} without a link`;
    }, RECOVERY_LOOKS);
    const wrong = wrongWhenAlone(snapshot);
    if (wrong !== undefined) throw new Broken(wrong);
    this.#tally.censuses++;
    this.#tally.recovered++;
  }

  /** The next one takes its place; some die young. Who sleeps wakes up when it is there. */
  async #succeed(side: SideName, survivor: Member, sleeps: boolean): Promise<void> {
    const { cast } = this;
    for (let asleep = sleeps; ; asleep = false) {
      if (!asleep) await cast.actAlone(survivor);
      const young = this.#random.oneIn(4);
      const successor = await cast.succeed(side, young, asleep);
      if (asleep) {
        await cast.breathe();
        survivor.process.resume();
        cast.before = undefined;
        this.#tally.unseen++;
      }
      if (!young) return;
      await cast.act(3);
      await Promise.race([successor.process.end, pause(this.#random.below(2 * DEATH_MS))]);
      successor.process.kill();
      await this.#bury(successor);
      await this.#recover(survivor);
      this.#tally.young++;
    }
  }
}
