/**
 * One round: a pair of processes in which one side after the other is killed and replaced.
 *
 * After each death whoever lives on must become clean again, and hold of the system what it held before it ever had a
 * link. The next life must come up, and be as if there had never been another.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AREA_LAYOUTS } from '../../../sap/index.ts';
import type { Random } from '../../random.ts';
import {
  type DriverAct,
  driverAct,
  firmwareCommand,
  profileOf,
  someBehaviours,
  someParts,
} from '../pair/acts.ts';
import { Broken, pause, until, within } from './broken.ts';
import { leak, unrest, wrongComeback, wrongWhenAlone, wrongWhenQuiet } from './judge.ts';
import { CsmeMember, driverAfter, HostMember, type Member } from './member.ts';
import { MODES, type Mode, OCCASIONS, runningPoint, startingPoint } from './plan.ts';
import type { SideName } from './protocol.ts';
import type { Nursery } from './side-process.ts';
import type { Tally } from './tally.ts';

/** Longest pause between two acts, and longest wait for a death that does not come by itself. */
const PAUSE_MS = 8;
const DEATH_MS = 40;
const ACTS_MOST = 25;
const RECOVERY_LOOKS = 10;
const SIDES: readonly SideName[] = ['host', 'csme'];

type Before = Parameters<typeof wrongComeback>[0];

export class Round {
  readonly log: { readonly atMs: number; readonly text: string }[] = [];
  host!: HostMember;
  csme!: CsmeMember;
  readonly #random: Random;
  readonly #mode: Mode;
  readonly #nursery: Nursery;
  readonly #tally: Tally;
  readonly #folder = mkdtempSync(join(tmpdir(), 'sapwood-sim-'));
  readonly #path = join(this.#folder, 'csme.sock');
  /** Both sides as they were without a link, when nobody has done anything since. */
  #before: Before | undefined;

  constructor(random: Random, seed: number, nursery: Nursery, tally: Tally) {
    this.#random = random;
    this.#mode = MODES[seed % MODES.length]!;
    this.#nursery = nursery;
    this.#tally = tally;
  }

  /** Throws Broken. */
  async go(kills: number): Promise<void> {
    const end = this.#tally.killed + kills;
    this.#note(`dies: ${this.#mode}`);
    const firmware = this.#newFirmware();
    this.host = await this.#beginHost(firmware.profile, false);
    this.csme = await this.#beginCsme(firmware, false);
    this.#plug();
    while (this.#tally.killed < end) {
      await this.#live();
      await this.#die();
    }
    await this.#live();
    await this.#part();
  }

  /** Whatever is left of it. */
  clean(): void {
    for (const member of [this.host, this.csme]) member?.process.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  // --- a life ---

  /** The link comes up, and all is well. With misbehaviours nothing is certain but that nobody throws or waits forever. */
  async #live(): Promise<void> {
    if (!this.csme.honest) {
      this.#tally.misbehaved++;
      return this.#act(5 + this.#random.below(10));
    }
    await this.#comeToRest();
    this.#tally.up++;
    if (this.csme.last.firmware.amt === 'off' && this.#random.oneIn(2)) this.#command('enableAmt');
    if (this.#random.oneIn(2)) return;
    await this.#act(ACTS_MOST);
    await this.#comeToRest();
  }

  async #comeToRest(): Promise<void> {
    const { host, csme } = this;
    await until(async () => {
      const first = await Promise.all([host.look(), csme.look()]);
      const [h, c] = await Promise.all([host.look(), csme.look()]);
      if (h.turns !== first[0].turns || c.turns !== first[1].turns) return 'something is under way';
      return unrest(h, c) ?? [h, c];
    });
    const before = this.#before;
    this.#before = undefined;
    const wrong = wrongWhenQuiet(host.last, csme.last) ?? this.#wrongComeback(before);
    if (wrong !== undefined) throw new Broken(wrong);
    this.#tally.quiet++;
    for (const member of [host, csme]) this.#check(member, true);
  }

  #wrongComeback(before: Before | undefined): string | undefined {
    // A driver between the halves of its unregistration has no counterpart that is fresh.
    if (before === undefined || before.host.driver === 'leaving') return undefined;
    this.#tally.compared++;
    return wrongComeback(before, this.host.last, this.csme.last);
  }

  async #act(most: number): Promise<void> {
    const random = this.#random;
    for (let n = random.below(most + 1); n > 0; n--) {
      if (this.host.process.gone || this.csme.process.gone) return;
      if (random.below(17) < 11) this.#driver();
      else this.#firmware(false);
      if (random.oneIn(3)) await pause(random.below(PAUSE_MS));
      if (random.oneIn(30)) await this.#stall(random.oneIn(2) ? this.host : this.csme);
    }
  }

  #driver(): void {
    const act = driverAct(this.#random, this.host.driver);
    if (act) this.host.act(act);
  }

  /** AMT is switched on again only when nothing is in flight. */
  #firmware(alone: boolean): void {
    const command = firmwareCommand(this.#random);
    if (command.name !== 'enableAmt' || alone) this.csme.process.send({ type: 'firmware', command });
  }

  /** A side that gets no time for a while. */
  async #stall(member: Member): Promise<void> {
    member.process.pause();
    await pause(this.#random.below(2 * PAUSE_MS));
    member.process.resume();
  }

  // --- a death ---

  async #die(): Promise<void> {
    const random = this.#random;
    const victim = this.#victim();
    const occasion = OCCASIONS[random.below(OCCASIONS.length)]!;
    this.#note(`the ${victim.side} dies ${occasion}`);
    this.#tally.occasions[occasion]++;
    this.#before = undefined;
    // Both at once: nobody lives on.
    if (this.#mode === 'either' && random.oneIn(10)) {
      for (const member of [this.host, this.csme]) member.process.kill();
      for (const member of [this.host, this.csme]) await this.#buried(member);
      const firmware = this.#newFirmware();
      this.host = await this.#beginHost(firmware.profile, false);
      this.csme = await this.#beginCsme(firmware, false);
      return this.#plug();
    }
    const survivor = this.#other(victim);
    const stopped = random.oneIn(8);
    await this.#lead(victim, occasion, stopped ? survivor : undefined);
    await this.#buried(victim);
    if (!stopped) await this.#recover(survivor);
    await this.#succeed(victim.side, survivor, stopped);
  }

  #victim(): Member {
    const side = this.#mode === 'either' ? SIDES[this.#random.below(2)]! : this.#mode;
    return side === 'host' ? this.host : this.csme;
  }

  #other(member: Member): Member {
    return member.side === 'host' ? this.csme : this.host;
  }

  /** To its death; the other one does not see it when it is stopped. */
  async #lead(victim: Member, occasion: string, stopped: Member | undefined): Promise<void> {
    const random = this.#random;
    if (occasion === 'seen') {
      let left = 1 + random.below(20);
      const seen = () => {
        if (--left === 0) victim.process.kill();
      };
      (random.oneIn(2) ? this.host : this.csme).process.onEvent = seen;
    } else if (occasion !== 'at rest' && random.below(4) > 0) {
      this.#arm(victim);
    }
    if (occasion === 'restart') this.#restart();
    if (occasion !== 'at rest') await this.#act(occasion === 'restart' ? 6 : ACTS_MOST);
    if (stopped) {
      await pause(random.below(PAUSE_MS));
      stopped.process.pause();
      this.#note(`the ${stopped.side} is stopped`);
    }
    await Promise.race([victim.process.end, pause(random.below(random.oneIn(3) ? 3 : DEATH_MS))]);
    victim.process.kill();
    for (const member of [this.host, this.csme]) member.process.onEvent = () => {};
  }

  #arm(victim: Member): void {
    const point = runningPoint(this.#random, victim.side);
    this.#note(`the ${victim.side} is to die ${point.when} ${point.type} ${point.nth}`);
    victim.armed = true;
    victim.process.send({ type: 'arm', point });
  }

  #restart(): void {
    const { host } = this;
    switch (this.#random.below(4)) {
      case 0:
        host.process.send({ type: 'bus', name: 'remove' });
        return host.process.send({ type: 'bus', name: 'probe' });
      case 1:
        return host.process.send({ type: 'bus', name: this.#random.oneIn(2) ? 'probe' : 'remove' });
      default:
        this.#command('reset');
    }
  }

  #command(name: 'enableAmt' | 'reset'): void {
    this.csme.process.send({ type: 'firmware', command: { type: 'command', name } });
  }

  async #buried(member: Member): Promise<void> {
    await member.gone();
    this.#tally.kills[member.side]++;
    if (member instanceof HostMember) this.#tally.count(member);
    this.#note(`the ${member.side} is dead`);
  }

  /**
   * Whoever lives on has learnt of it, and nothing of the link is left. That the connection is closed can be read before
   * the first look is answered; later it would be the garbage collector that gives things back.
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
    this.#tally.censuses++;
    const wrong = wrongWhenAlone(snapshot);
    if (wrong !== undefined) throw new Broken(wrong);
    this.#tally.recovered++;
  }

  /** The next one takes its place; some die young. */
  async #succeed(side: SideName, survivor: Member, stopped: boolean): Promise<void> {
    for (;;) {
      const young = this.#random.oneIn(4);
      if (!stopped) await this.#alone(survivor);
      if (side === 'host') {
        if (!this.csme.honest) this.#makeHonest();
        this.host = await this.#beginHost(this.csme.profile, young);
      } else {
        const firmware = this.#newFirmware();
        const sizes = sizesOf(firmware.profile.sapVersions);
        this.host.process.send({ type: 'maps', sizes });
        this.csme = await this.#beginCsme(firmware, young);
        this.#plug();
      }
      if (stopped) {
        await pause(this.#random.below(PAUSE_MS));
        survivor.process.resume();
        this.#before = undefined;
        this.#tally.unseen++;
      }
      if (!young) return;
      const victim = side === 'host' ? this.host : this.csme;
      await this.#act(3);
      await Promise.race([victim.process.end, pause(this.#random.below(2 * DEATH_MS))]);
      victim.process.kill();
      await this.#buried(victim);
      await this.#recover(survivor);
      this.#tally.young++;
      stopped = false;
    }
  }

  /** What happens to a side without a link. */
  async #alone(survivor: Member): Promise<void> {
    for (let n = this.#random.below(6); n > 0; n--) {
      if (survivor.side === 'host') this.#driver();
      else this.#firmware(true);
    }
    await survivor.look();
  }

  // --- who takes part ---

  #newFirmware() {
    const parts = someParts(this.#random);
    const behaviours = this.#random.oneIn(6) ? someBehaviours(this.#random) : [];
    this.#note(`a firmware: ${parts.join(', ') || 'operational'}; ${behaviours.join(', ') || 'honest'}`);
    return { profile: profileOf(parts), behaviours };
  }

  #makeHonest(): void {
    this.csme.process.send({ type: 'honest' });
    this.csme.honest = true;
  }

  async #beginHost(profile: CsmeMember['profile'], young: boolean): Promise<HostMember> {
    const random = this.#random;
    const process = await this.#nursery.take();
    const before = this.#settings();
    const armed = young ? startingPoint(random, 'host') : undefined;
    if (armed) this.#note(`a host that is to die ${armed.when} ${armed.type} ${armed.nth}`);
    const maps = sizesOf(profile.sapVersions);
    const begin = { type: 'begin', side: 'host', path: this.#path, maps, before, armed } as const;
    const member = await HostMember.begin(process, begin);
    this.#setBefore(member, this.csme);
    return member;
  }

  async #beginCsme(
    { profile, behaviours }: { profile: CsmeMember['profile']; behaviours: readonly string[] },
    young: boolean,
  ): Promise<CsmeMember> {
    const process = await this.#nursery.take();
    const armed = young ? startingPoint(this.#random, 'csme') : undefined;
    if (armed) this.#note(`a CSME that is to die ${armed.when} ${armed.type} ${armed.nth}`);
    const begin = { type: 'begin', side: 'csme', path: this.#path, profile, behaviours, armed } as const;
    const member = await CsmeMember.begin(process, begin);
    this.#setBefore(this.host, member);
    return member;
  }

  #plug(): void {
    this.csme.process.send({ type: 'plug' });
  }

  #setBefore(host: HostMember, csme: CsmeMember | undefined): void {
    if (!csme) return;
    this.#before = { host: host.last.state, firmware: csme.last.firmware, nowMs: csme.last.nowMs };
  }

  /** What the WLAN driver does first: mostly it is there, and has this or that to say. */
  #settings(): DriverAct[] {
    const acts: DriverAct[] = this.#random.oneIn(6) ? [] : [{ type: 'call', name: 'register', args: {} }];
    for (let n = this.#random.below(8); n > 0; n--) {
      const driver = acts.reduce(
        (at, act) => (act.type === 'call' ? driverAfter(at, act.name) : at),
        'none' as HostMember['driver'],
      );
      const act = driverAct(this.#random, driver);
      if (act) acts.push(act);
    }
    return acts;
  }

  // --- the end ---

  /** Both go in order: what they held is given back, they end by themselves, and nothing lies around. */
  async #part(): Promise<void> {
    const { host, csme } = this;
    this.#tally.count(host);
    for (const member of this.#random.oneIn(2) ? [host, csme] : [csme, host]) {
      const { census } = await member.process.ask({ type: 'end' });
      const left = leak(member.loaded, census);
      if (left !== undefined) throw new Broken(`the ${member.side} is closed and holds ${left}`);
      const how = await within(
        member.process.end,
        `the end of the ${member.side}’s process, closed in order,`,
      );
      if (how !== 'status 0: ') throw new Broken(`the ${member.side}’s process ends with ${how}`);
      if (member.process.wrong !== undefined) throw new Broken(member.process.wrong);
    }
    const files = readdirSync(this.#folder);
    if (files.length > 0) throw new Broken(`${files.join(', ')} is left in the folder of the socket`);
  }

  #check(member: Member, linked: boolean): void {
    const left = leak(member.baseline, member.last.census, linked);
    if (left !== undefined) throw new Broken(`the ${member.side} holds ${left}`);
    this.#tally.censuses++;
  }

  #note(text: string): void {
    this.log.push({ atMs: performance.timeOrigin + performance.now(), text });
  }
}

function sizesOf(versions: readonly number[]): number[] {
  return Object.values(AREA_LAYOUTS)
    .filter(({ version }) => versions.includes(version))
    .map(({ size }) => size);
}
