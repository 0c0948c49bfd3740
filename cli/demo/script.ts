/** The demo as a sequence: who does what when, and what must have happened before it goes on. */

import { AMT_HTTP, type Credentials } from '../../csme/network/index.ts';
import type { TellName, Tells } from '../../ownership/index.ts';
import type { RxStatistics } from '../../rx/index.ts';
import { declOf, formatMac, type KnownMessage, VERDICT_HOST } from '../../sap/index.ts';
import type { TraceEvent } from '../../trace/index.ts';
import type { FromFirmware } from '../live/firmware.ts';
import { Agent, Driver, ssidOf } from './actors.ts';
import type { ConsoleReport } from './console.ts';
import { Lab } from './lab.ts';
import type { Scene } from './scene.ts';
import type { Screen } from './screen.ts';
import { Session, SessionError, type SessionOptions } from './session.ts';
import { STEPS } from './steps.ts';
import type { HostsOwnStack } from './summary.ts';

/** Times of the hand-over in seconds of the session's clock. */
export interface Times {
  asked?: number;
  released?: number;
  linked?: number;
  answered?: number;
}

export interface ScriptOptions {
  readonly scene: Scene;
  readonly screen: Screen;
  /** A real network with a remote console, and what it logs on with; or why there is none. */
  readonly remote: Credentials | { readonly problem: string };
  /** What a test changes of the session. */
  readonly session?: Partial<Pick<SessionOptions, 'firmware' | 'patienceMs'>>;
}

/** So many pages are read over the host's link before the session ends. */
const PAGES_BY_HOST = 5;
/** Steps that are not to be held up by a reader: the session's 3 s run. */
const URGENT = [7, 8, 9, 10];

export class Script {
  readonly session: Session;
  readonly times: Times = {};
  /** The steps that began, and when. */
  readonly begun: { n: number; title: string; t: number }[] = [];
  readonly #screen: Screen;
  readonly #scene: Scene;
  readonly #driver: Driver;
  readonly #agent: Agent;
  readonly #lab: Lab | undefined;
  /** Why there is no remote session; undefined when there is one. */
  readonly skipped: string | undefined;
  /** What the remote session came to, when it has ended. */
  remoteSession: (ConsoleReport & HostsOwnStack) | undefined;
  /** What went through the packet ring of the card's interface, when the demo has ended. */
  packetRing: RxStatistics | undefined;
  #pages = 0;
  #report: ConsoleReport | undefined;
  /** The host's own stack has the card's address. */
  #hostJoined = false;
  #statePending = false;
  #ownerKnown = false;

  constructor(options: ScriptOptions) {
    const { scene, screen } = options;
    this.#scene = scene;
    this.#screen = screen;
    const { remote } = options;
    this.skipped = 'problem' in remote ? remote.problem : undefined;
    if (!('problem' in remote)) this.#lab = this.#makeLab(remote);
    this.session = new Session({
      scene,
      ...(!('problem' in remote) && {
        network: { mac: scene.mac, ipv4: scene.ipv4, prefixLength: scene.prefixLength },
        credentials: remote,
      }),
      onTransmit: (frame) => this.#lab?.transmit(frame),
      onEvent: (event) => this.#seen(event),
      onTold: (name, args) => this.#told(name, args),
      onFirmware: (message) => this.#heard(message),
      ...options.session,
    });
    this.#driver = new Driver(this.session, scene);
    this.#agent = new Agent(this.session, scene);
  }

  /** All of it. Rejects when something does not happen in time. */
  async play(): Promise<void> {
    await this.#lab?.open();
    await this.#handOver();
    await this.#sessionEnds();
    await this.#csmeTakes();
    await this.#leave();
    this.packetRing = this.#lab?.statistics();
  }

  /** Ends everything, whatever happened. */
  async close(): Promise<void> {
    await this.#lab?.close();
    await this.session.close();
  }

  async #handOver(): Promise<void> {
    const { session } = this;
    const driver = this.#driver;
    const agent = this.#agent;

    await this.#begin(1);
    await driver.start();
    await session.ready();
    await this.#remoteBegins();
    session.plug();
    await session.until('rfkill to be blocked', () => driver.rfkill === 'NOT_OWNER');
    await session.until('the initial configuration to be sent', () => this.#sent('RADIO_STATE') > 0);

    await this.#begin(3);
    const ap = driver.csmeAp;
    if (ap === undefined) throw new SessionError('The host has passed no access point up.');
    agent.learn(ap);

    await this.#begin(4);
    if (!agent.hasCredentials(ap))
      throw new SessionError(`The agent has no credentials for "${ssidOf(ap)}".`);

    await this.#begin(5);
    agent.prepare(ap);

    await this.#begin(6);
    const { ret } = await session.call('get_ownership', {});
    if (ret !== 0) throw new SessionError(`The host did not get the card: get_ownership returned ${ret}.`);

    await this.#begin(9);
    await driver.connect(ap);
    await session.until('CSME to see the host on the access point', () => session.timesTold('windowMet') > 0);
    await session.until('CSME to get the DHCP exchange', () => session.framesAtCsme.all >= 2);
    await session.until('roaming to be forbidden', () => driver.roamingForbidden);
    await this.#hostJoins();

    await this.#begin(10);
    await this.#liveOn();
    session.firmware({ name: 'ping' });
    await session.until('the host to answer a ping', () => this.#sent('PONG') > 0);
  }

  /** The administrator's browser opens its session with CSME, which holds the card and uses its own radio. */
  async #remoteBegins(): Promise<void> {
    if (this.#lab === undefined) return;
    this.#lab.startSession();
    await this.session.until('the remote console to read a page', () => this.#pages > 1, 10_000);
    this.session.note(`console: logged on to port ${AMT_HTTP}, and reads the same page again and again`);
  }

  /** The host's own stack takes the address that it shares with CSME, and must not answer in CSME's place. */
  async #hostJoins(): Promise<void> {
    const { filters } = this.session.host.state;
    if (this.#lab === undefined || filters === null) return;
    try {
      await this.#lab.hostJoins(filters);
      this.#hostJoined = true;
      this.session.note("driver: the host has its address; tc keeps from its stack what is CSME's alone");
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.session.note(`driver: the host gets no address here: ${why}`);
    }
  }

  /** The browser goes on with its TCP connection. */
  async #liveOn(): Promise<void> {
    const { session } = this;
    if (this.skipped !== undefined) {
      session.note('console: there is no remote session here');
      return;
    }
    await session.until("a page to come over the host's link", () => this.times.answered !== undefined);
    const wanted = this.#pages + PAGES_BY_HOST;
    await session.until("more pages to come over the host's link", () => this.#pages >= wanted);
  }

  async #sessionEnds(): Promise<void> {
    await this.#begin(11);
    await this.#remoteEnds();
    this.session.firmware({ name: 'endSession' });
    await this.session.until('roaming to be allowed', () => !this.#driver.roamingForbidden);
    this.#agent.lift();
  }

  async #remoteEnds(): Promise<void> {
    if (this.#lab === undefined) return;
    this.#lab.endSession();
    // Longer than the console waits for a page.
    await this.session.until('the remote session to end', () => this.#report !== undefined, 15_000);
    const report = this.#report!;
    const hostSegments = this.#hostJoined ? this.#lab.hostSegments() : null;
    this.remoteSession = { ...report, hostSegments };
    if (hostSegments !== null && hostSegments > 0)
      this.session.problems.push("the host's own stack got segments of the remote session");
    const { pages, connections, silentMs } = report;
    this.session.note(
      `console: ${pages} pages on ${connections === 1 ? 'one connection' : `${connections} connections`}, silent for ${silentMs} ms at most, no byte lost`,
    );
    if (connections !== 1) this.session.problems.push('the remote session did not stay on one connection');
  }

  async #csmeTakes(): Promise<void> {
    const { session } = this;
    const driver = this.#driver;
    await this.#begin(12);
    session.firmware({ name: 'takeOwnership' });
    await session.until('CSME to take the card', () => driver.stopping !== undefined);
    await driver.stopping;
    const owner = () => session.told.get('owner')?.last;
    await session.until('CSME to own the card', () => isOwner(owner(), 'csme') && !session.host.state.owner);
    // CSME may have read the host's confirmation without a bell: a remark has it recorded here, not in the next step.
    session.note('CSME: the card is its own');
  }

  async #leave(): Promise<void> {
    const { session } = this;
    await this.#begin(13);
    session.remove();
    await session.until('the host to be gone', () => session.host.state.phase === 'absent');
    await session.until('CSME to see it go', () => session.timesTold('hostDown') > 0);
  }

  /** A step that the script begins; the steps before it must have begun. */
  async #begin(n: number): Promise<void> {
    await this.session.until(`step ${n - 1} to begin`, () => this.begun.length === n - 1);
    if (!URGENT.includes(n)) {
      await this.#screen.rest();
      // Who has interrupted it meanwhile sees no further step.
      await this.session.pass(0);
    }
    this.#open(n);
  }

  #open(n: number): void {
    const step = STEPS[n - 1]!;
    this.begun.push({ n, title: step.title, t: this.session.now });
    this.#screen.heading(step);
  }

  #seen(event: TraceEvent): void {
    const next = STEPS[this.begun.length];
    if (next?.begins?.(event)) this.#open(next.n);
    this.#time(event);
    this.#screen.event(event);
    this.#showState();
  }

  #time(event: TraceEvent): void {
    const { times } = this;
    if (event.ch === 'wifi-cmd' && event.name === 'get_ownership') times.asked ??= event.t;
    if (event.ch === 'wifi-cmd' && event.name === 'associated') times.linked ??= event.t;
    if (event.ch === 'notif' && typeOf(event.bytes) === GRANT) times.released ??= event.t;
  }

  #makeLab(credentials: Credentials): Lab {
    return new Lab({
      scene: this.#scene,
      credentials,
      // Who is on the access point has the card; without the host that is CSME, or nobody.
      onFrame: (frame, start, end) => {
        if (this.#driver.link === 'up') return this.session.fromAir(frame, start, end);
        this.session.toCsmesRadio(frame, start, end);
        return VERDICT_HOST;
      },
      ringFull: () => this.session.host.framesDropped,
      onPage: (pages) => {
        this.#pages = pages;
        if (this.times.linked !== undefined) this.times.answered ??= this.session.now;
        this.session.check();
      },
      onReport: (report) => {
        this.#report = report;
        this.session.check();
      },
      onFailed: (error) => this.session.fail(error),
    });
  }

  #told<N extends TellName>(name: N, args: Tells[N]): void {
    this.#driver.told(name, args);
    this.#showState();
  }

  #heard(message: FromFirmware): void {
    if (message.type !== 'tell') return;
    const { tell } = message;
    switch (tell.name) {
      case 'windowOpen':
        return this.session.note(`CSME: 3 s from now the host must be on ${formatMac(tell.args.bssid)}`);
      case 'windowMet':
        return this.session.note('CSME: the host is on the right access point, in time');
      case 'windowMissed':
        this.session.problems.push('CSME: the host was not on the access point in time');
        return;
      default:
        return;
    }
  }

  /** Shown when everything that belongs together has happened. */
  #showState(): void {
    if (this.#statePending) return;
    this.#statePending = true;
    queueMicrotask(() => {
      this.#statePending = false;
      const { state } = this.session.host;
      this.#ownerKnown ||= this.#driver.rfkill !== 'unknown';
      if (this.#ownerKnown && state.phase === 'connected') this.#screen.state(this.#state());
    });
  }

  #state(): Record<string, string> {
    const { state } = this.session.host;
    const driver = this.#driver;
    const { ssid } = this.#scene;
    const sessionsAp = !state.owner && state.linkProtState !== 0 && driver.csmeAp;
    return {
      owner: state.owner ? 'host' : 'CSME',
      rfkill: driver.rfkill,
      AP: driver.link === 'up' ? `${ssid} via host` : sessionsAp ? `${ssidOf(sessionsAp)} via CSME` : 'none',
      ...(state.owner && { roaming: driver.roamingForbidden ? 'forbidden' : 'allowed' }),
    };
  }

  #sent(name: KnownMessage['name']): number {
    const { id } = declOf(name);
    return this.session.events.filter((e) => e.ch === 'notif' && e.dir === 'h2m' && typeOf(e.bytes) === id)
      .length;
  }
}

const GRANT = declOf('CSME_REPLY_TO_HOST_OWNERSHIP_REQ').id;

function typeOf(bytes: Uint8Array): number {
  return bytes[0]! | (bytes[1]! << 8);
}

function isOwner(tell: { name: string; args: object } | undefined, owner: string): boolean {
  return tell !== undefined && 'owner' in tell.args && tell.args.owner === owner;
}
