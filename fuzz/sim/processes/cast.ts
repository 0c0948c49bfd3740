/** The two processes of a round, whoever they are at the moment, and what they are made to do. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Profile } from '../../../csme/index.ts';
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
import { Broken, pause, within } from './broken.ts';
import { leak, type wrongComeback } from './judge.ts';
import { CsmeMember, driverAfter, HostMember, type Member } from './member.ts';
import { startingPoint } from './plan.ts';
import type { SideName } from './protocol.ts';
import type { Nursery } from './side-process.ts';

/** Longest pause between two acts. */
const PAUSE_MS = 8;

export class Cast {
  readonly log: { readonly atMs: number; readonly text: string }[] = [];
  host!: HostMember;
  csme!: CsmeMember;
  /** Both sides as they were without a link, when nobody has done anything since. */
  before: Parameters<typeof wrongComeback>[0] | undefined;
  readonly #random: Random;
  readonly #nursery: Nursery;
  readonly #folder = mkdtempSync(join(tmpdir(), 'sapwood-sim-'));
  readonly #path = join(this.#folder, 'csme.sock');

  constructor(random: Random, nursery: Nursery) {
    this.#random = random;
    this.#nursery = nursery;
  }

  get both(): readonly [HostMember, CsmeMember] {
    return [this.host, this.csme];
  }

  /** Two that never met before. */
  async beginBoth(): Promise<void> {
    const firmware = this.#newFirmware();
    this.host = await this.#beginHost(firmware.profile, false);
    this.csme = await this.#beginCsme(firmware, false);
    this.#setBefore();
    this.csme.process.send({ type: 'plug' });
  }

  /**
   * The next one takes the place of the one that died. `young`: it is to die before its link is up, or soon after.
   * A host that sleeps cannot be told which areas the next firmware takes: it takes the same.
   */
  async succeed(side: SideName, young: boolean, asleep: boolean): Promise<Member> {
    if (side === 'host') {
      if (!this.csme.honest) this.csme.makeHonest();
      this.host = await this.#beginHost(this.csme.profile, young);
      this.#setBefore();
      return this.host;
    }
    const { sapVersions } = this.csme.profile;
    const { profile, behaviours } = this.#newFirmware();
    const firmware = { profile: asleep ? { ...profile, sapVersions } : profile, behaviours };
    this.host.process.send({ type: 'maps', sizes: sizesOf(firmware.profile) });
    this.csme = await this.#beginCsme(firmware, young);
    this.#setBefore();
    this.csme.process.send({ type: 'plug' });
    return this.csme;
  }

  other(member: Member): Member {
    return member.side === 'host' ? this.csme : this.host;
  }

  note(text: string): void {
    this.log.push({ atMs: performance.timeOrigin + performance.now(), text });
  }

  // --- what they do ---

  /** Up to `most` acts of either side, while both live. */
  async act(most: number): Promise<void> {
    const random = this.#random;
    for (let n = random.below(most + 1); n > 0; n--) {
      if (this.host.process.gone || this.csme.process.gone) return;
      if (random.below(17) < 11) this.#driver();
      else this.#firmware(false);
      if (random.oneIn(3)) await this.breathe();
      if (random.oneIn(30)) await this.#stall(random.oneIn(2) ? this.host : this.csme);
    }
  }

  /** What happens to a side without a link. */
  async actAlone(survivor: Member): Promise<void> {
    for (let n = this.#random.below(6); n > 0; n--) {
      if (survivor.side === 'host') this.#driver();
      else this.#firmware(true);
    }
    await survivor.look();
  }

  breathe(): Promise<void> {
    return pause(this.#random.below(PAUSE_MS));
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

  // --- who they are ---

  #newFirmware() {
    const parts = someParts(this.#random);
    const behaviours = this.#random.oneIn(6) ? someBehaviours(this.#random) : [];
    this.note(`a firmware: ${parts.join(', ') || 'operational'}; ${behaviours.join(', ') || 'honest'}`);
    return { profile: profileOf(parts), behaviours };
  }

  async #beginHost(profile: Profile, young: boolean): Promise<HostMember> {
    const process = await this.#nursery.take();
    const before = this.#settings();
    const armed = this.#armed('host', young);
    const maps = sizesOf(profile);
    return HostMember.begin(process, { type: 'begin', side: 'host', path: this.#path, maps, before, armed });
  }

  async #beginCsme(
    firmware: { readonly profile: Profile; readonly behaviours: readonly string[] },
    young: boolean,
  ): Promise<CsmeMember> {
    const process = await this.#nursery.take();
    const armed = this.#armed('csme', young);
    return CsmeMember.begin(process, { type: 'begin', side: 'csme', path: this.#path, ...firmware, armed });
  }

  #armed(side: SideName, young: boolean) {
    if (!young) return undefined;
    const point = startingPoint(this.#random, side);
    this.note(`a ${side} that is to die ${point.when} ${point.type} ${point.nth}`);
    return point;
  }

  #setBefore(): void {
    const { host, csme } = this;
    this.before = { host: host.last.state, firmware: csme.last.firmware, nowMs: csme.last.nowMs };
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

  /**
   * Both go in order: what they held is given back, they end by themselves, and nothing lies around. Throws Broken when
   * it is otherwise.
   */
  async part(): Promise<void> {
    for (const member of this.#random.oneIn(2) ? this.both : [this.csme, this.host]) {
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

  /** Whatever is left of it. */
  clean(): void {
    for (const member of this.both) member?.process.kill();
    // A process that is being killed may still put its socket there.
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

function sizesOf({ sapVersions }: Profile): number[] {
  return Object.values(AREA_LAYOUTS)
    .filter(({ version }) => sapVersions.includes(version))
    .map(({ size }) => size);
}
