/** One side of the pair while its process lives. */
import type { Profile } from '../../../csme/index.ts';
import type { HostState } from '../../../ownership/index.ts';
import type { DriverAct } from '../pair/acts.ts';
import { Broken, within } from './broken.ts';
import { type Census, listeningCensus } from './census.ts';
import type { Begin, CsmeSnapshot, HostSnapshot, SideName, Snapshot } from './protocol.ts';
import type { SideProcess } from './side-process.ts';

export abstract class Member<S extends Snapshot = Snapshot> {
  abstract readonly side: SideName;
  readonly process: SideProcess;
  /** What it held before it began. */
  readonly loaded: Census;
  /** What it holds without a link: no more, but for the socket at which CSME listens. */
  baseline: Census;
  /** What it last said. */
  last: S;

  protected constructor(process: SideProcess, loaded: Census, begun: S) {
    this.process = process;
    this.loaded = loaded;
    this.baseline = loaded;
    this.last = begun;
  }

  async look(): Promise<S> {
    this.last = (await this.process.ask({ type: 'look' })) as S;
    if (this.process.wrong !== undefined) throw new Broken(this.process.wrong);
    return this.last;
  }

  /** Waits until it is gone. Throws Broken unless it was killed, or when it complained before. */
  async gone(): Promise<void> {
    const how = await within(this.process.end, `the end of the ${this.side}’s process`);
    if (how !== 'SIGKILL') throw new Broken(`the ${this.side}’s process has ended by itself: ${how}`);
    if (this.process.wrong !== undefined) throw new Broken(this.process.wrong);
  }
}

export class HostMember extends Member<HostSnapshot> {
  readonly side = 'host';
  /** Where its WLAN driver is. */
  driver: HostState['driver'] = 'none';

  static async begin(process: SideProcess, begin: Extract<Begin, { side: 'host' }>): Promise<HostMember> {
    const loaded = await process.ready;
    const begun = (await process.ask(begin)) as HostSnapshot;
    const member = new HostMember(process, loaded, begun);
    member.driver = begun.state.driver;
    return member;
  }

  act(act: DriverAct): void {
    if (act.type === 'call') this.driver = driverAfter(this.driver, act.name);
    this.process.send({ type: 'act', act });
  }
}

export class CsmeMember extends Member<CsmeSnapshot> {
  readonly side = 'csme';
  readonly profile: Profile;
  honest: boolean;

  private constructor(process: SideProcess, loaded: Census, begun: CsmeSnapshot, begin: BeginCsme) {
    super(process, loaded, begun);
    this.baseline = listeningCensus(loaded);
    this.profile = begin.profile;
    this.honest = begin.behaviours.length === 0;
  }

  command(name: 'enableAmt' | 'reset'): void {
    this.process.send({ type: 'firmware', command: { type: 'command', name } });
  }

  makeHonest(): void {
    this.process.send({ type: 'honest' });
    this.honest = true;
  }

  /** Its client is not on the bus yet. */
  static async begin(process: SideProcess, begin: BeginCsme): Promise<CsmeMember> {
    const loaded = await process.ready;
    return new CsmeMember(process, loaded, (await process.ask(begin)) as CsmeSnapshot, begin);
  }
}

type BeginCsme = Extract<Begin, { side: 'csme' }>;

export function driverAfter(driver: HostState['driver'], call: string): HostState['driver'] {
  if (call === 'register') return driver === 'none' ? 'registered' : driver;
  if (call === 'start_unregister') return 'leaving';
  return call === 'unregister_complete' ? 'none' : driver;
}
