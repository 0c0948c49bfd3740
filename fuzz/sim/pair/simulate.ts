/**
 * Random interleavings of a host and a CSME: what people, drivers and buses may do, in any order, with delays and losses.
 *
 * One run: a firmware of a random profile, sometimes with misbehaviours; up to `STEPS_MOST` random steps with random
 * pauses; then calm, a link that is lost and comes back, and the comparison with a pair that never met before.
 */
import {
  accessPoint,
  amtFilters,
  BEHAVIOURS,
  type Behaviour,
  behaviourByName,
  EXAMPLE_AP,
  type FirmwareState,
  firmwareKey,
  PROFILE_PARTS,
  type Profile,
  type ProfilePart,
  profile,
} from '../../../csme/index.ts';
import { type CommandName, type HostState, TRANSITIONS } from '../../../ownership/index.ts';
import { AREA_LAYOUTS } from '../../../sap/index.ts';
import { Random } from '../../random.ts';
import { brokenWhenQuiet, freshFirmwareLike } from '../model/invariants.ts';
import { Pair } from './pair.ts';

export interface SimulationReport {
  readonly runs: number;
  readonly seconds: number;
  readonly steps: number;
  /** Runs in which a misbehaviour was on. */
  readonly misbehaved: number;
  /** Links that came back and were compared with a fresh one. */
  readonly compared: number;
  /** Moments at which nothing was in flight and the invariants of a quiet link were asked. */
  readonly quiet: number;
  /** Calls of the WLAN driver that returned. */
  readonly returned: number;
  readonly failure: SimulationFailure | undefined;
}

export interface SimulationFailure {
  readonly seed: number;
  readonly what: string;
  /** Profile and misbehaviours, and the last events. */
  readonly ladder: string;
}

const STEPS_MOST = 60;
const LADDER_MOST = 80;
/** Longer than any timer of either side: CSME holds the card for 60 s, then the host asks once more. */
const CALM_MS = 200_000;
const LINK_UP_MS = 5_000;

const MEMORIES = {
  [AREA_LAYOUTS[3].size]: new ArrayBuffer(AREA_LAYOUTS[3].size),
  [AREA_LAYOUTS[4].size]: new ArrayBuffer(AREA_LAYOUTS[4].size),
};
const FRESH_MEMORIES = {
  [AREA_LAYOUTS[3].size]: new ArrayBuffer(AREA_LAYOUTS[3].size),
  [AREA_LAYOUTS[4].size]: new ArrayBuffer(AREA_LAYOUTS[4].size),
};

const OTHER_AP = accessPoint({ ssid: 'café', bssid: 0x02_00_5e_00_53_66, channel: 6 });
const PARTS = Object.keys(PROFILE_PARTS);
/** The one that crashes a reference kernel is for a host of ours as harmless as the others. */
const MISBEHAVIOURS = Object.keys(BEHAVIOURS);
const DHCP_FRAME = dhcpFrame();

/** Run `n` has the seed `seed + n`; `simulate(1, failure.seed)` repeats a failure. */
export function simulate(runs: number, seed: number, onProgress?: (done: number) => void): SimulationReport {
  const from = performance.now();
  const total = { steps: 0, misbehaved: 0, compared: 0, quiet: 0, returned: 0 };
  let failure: SimulationFailure | undefined;
  let done = 0;
  for (; done < runs && !failure; done++) {
    const run = new Run((seed + done) >>> 0);
    const what = run.go();
    total.steps += run.steps;
    total.misbehaved += run.behaviours.length > 0 ? 1 : 0;
    total.compared += run.compared ? 1 : 0;
    total.quiet += run.quiet;
    total.returned += run.pair.returned;
    if (what !== undefined) failure = { seed: run.seed, what, ladder: run.ladder() };
    if (onProgress && done % 1000 === 999) onProgress(done + 1);
  }
  return { runs: done, seconds: (performance.now() - from) / 1000, ...total, failure };
}

class Run {
  readonly seed: number;
  readonly random: Random;
  readonly parts: readonly string[];
  readonly behaviours: readonly Behaviour[];
  readonly pair: Pair;
  readonly profile: Profile;
  steps = 0;
  quiet = 0;
  compared = false;
  /** While the run lasts: how slow, and how unreliable, the bus is. */
  #slowMs: number;
  #losses: number;

  constructor(seed: number) {
    this.seed = seed;
    const random = new Random(Math.imul(seed, 0x9e3779b1));
    this.random = random;
    this.parts = PARTS.filter(() => random.oneIn(5));
    this.profile = profile(...this.parts.map((name) => PROFILE_PARTS[name] as ProfilePart));
    this.behaviours = random.oneIn(4) ? this.#misbehaviours() : [];
    this.#slowMs = [0, 2, 50, 400][random.below(4)]!;
    this.#losses = random.oneIn(3) ? 0 : [0, 100, 20][random.below(3)]!;
    const fate = () => {
      if (this.#losses > 0 && random.oneIn(this.#losses)) return random.oneIn(3) ? 'refused' : undefined;
      return this.#slowMs === 0 ? 0 : random.below(this.#slowMs);
    };
    this.pair = new Pair({ profile: this.profile, behaviours: this.behaviours }, { fate }, MEMORIES);
  }

  /** What went wrong, if anything did. */
  go(): string | undefined {
    const { pair, random } = this;
    if (!random.oneIn(4)) pair.call('register', {});
    if (!random.oneIn(8)) pair.probe();
    const steps = random.below(STEPS_MOST);
    for (; this.steps < steps && !pair.wrong; this.steps++) {
      this.#step();
      pair.pass(this.#pause());
      this.#look();
    }
    return pair.wrong ?? this.#calmDown() ?? this.#comeBack();
  }

  ladder(): string {
    const about = `profile ${this.parts.join(', ') || 'operational'}; misbehaviours ${this.behaviours.map((b) => b.name).join(', ') || 'none'}`;
    return [about, ...this.pair.log.slice(-LADDER_MOST)].join('\n');
  }

  #misbehaviours(): Behaviour[] {
    const names = [0, 1]
      .slice(this.random.below(2))
      .map(() => MISBEHAVIOURS[this.random.below(MISBEHAVIOURS.length)]!);
    return [...new Set(names)].map((name) => behaviourByName(name) ?? BEHAVIOURS[name]!());
  }

  #step(): void {
    const { random, pair } = this;
    const kind = random.below(20);
    if (kind < 11) this.#driver();
    else if (kind < 17) this.#firmware();
    else this.#bus();
    if (random.oneIn(300)) pair.toHost({ type: 'restart' });
  }

  #driver(): void {
    const { random, pair } = this;
    const { driver } = pair.host.state;
    const flip = random.oneIn(2);
    switch (random.below(17)) {
      case 0:
        return pair.call('register', {});
      case 1:
        return driver === 'registered' ? pair.call('start_unregister', {}) : undefined;
      case 2:
      case 3:
        return driver === 'leaving' ? pair.call('unregister_complete', {}) : undefined;
      case 4:
      case 5:
        return pair.call('get_ownership', {});
      case 6:
        return pair.call('get_nvm', {});
      case 7:
        return pair.call('pldr', {});
      case 8:
        return pair.call('alive', { success: flip });
      case 9:
        return pair.call('set_rfkill', { hw: random.oneIn(2), sw: flip });
      case 10:
        return pair.call('nic_info', {
          macAddress: flip ? 0x02_00_5e_00_53_20 : 0x02_00_5e_00_53_21,
          nvmAddress: 7,
        });
      case 11:
        return pair.call('country', { mcc: random.below(0x10000) });
      case 12:
        return driver === 'leaving' ? undefined : pair.call('power_limit', { limits: tenBelow(random, 100) });
      case 13:
        return driver === 'leaving' ? undefined : pair.call('associated', this.#association());
      case 14:
        return pair.call('disassociated', {});
      case 15:
        return pair.call('device_state', { up: flip });
      default:
        return flip ? pair.call('set_netdev', { dev: random.oneIn(2) ? 'wlan0' : null }) : this.#frame();
    }
  }

  #association() {
    const { ssid, ssidLen, ...rest } = this.random.oneIn(2) ? EXAMPLE_AP : OTHER_AP;
    const { authMode, pairwiseCipher, channel, band, bssid } = rest;
    const bare = { ssid: ssid.slice(0, ssidLen), authMode, pairwiseCipher, channel, band, bssid };
    return this.random.oneIn(4) ? { ...bare, collocated: { channel: 36, bssid: 0x02_00_5e_00_53_99 } } : bare;
  }

  #frame(): void {
    if (this.random.oneIn(2)) return this.pair.call('tx_copy', { frame: DHCP_FRAME });
    const frame = new Uint8Array(14 + this.random.below(100));
    for (let i = 0; i < frame.length; i++) frame[i] = this.random.below(256);
    this.pair.toHost({ type: 'frame', bytes: frame });
  }

  #firmware(): void {
    const { random, pair } = this;
    const plain = [
      'endSession',
      'takeOwnership',
      'takeOwnership',
      'offerOwnership',
      'grantOwnership',
      'hostTakesRegister',
      'refuseAsks',
      'grantAsks',
      'sendConnStatus',
      'ping',
      'refreshIp',
      'disableAmt',
      'enableAmt',
    ] as const;
    switch (random.below(8)) {
      case 0:
        return pair.command({
          type: 'command',
          name: 'startSession',
          ap: random.oneIn(2) ? EXAMPLE_AP : OTHER_AP,
        });
      case 1:
        return pair.command({
          type: 'command',
          name: 'setFilters',
          filters: random.oneIn(3) ? null : amtFilters(),
        });
      case 2:
        if (random.oneIn(2)) return pair.command({ type: 'command', name: 'sendNvm' });
        return pair.command({ type: 'command', name: 'sendFrame', frame: new Uint8Array(60) });
      default: {
        const name = plain[random.below(plain.length)]!;
        if (name === 'disableAmt' || name === 'enableAmt') return this.#switchAmt(name);
        return pair.command({ type: 'command', name });
      }
    }
  }

  /** Seconds apart, as a person does it; what the driver does silently in between reaches CSME only then. */
  #switchAmt(name: 'disableAmt' | 'enableAmt'): void {
    if (name === 'enableAmt' && this.pair.host.state.phase === 'connected' && !this.pair.isQuiet()) return;
    this.pair.command({ type: 'command', name });
  }

  #bus(): void {
    const { random, pair } = this;
    const { phase } = pair.host.state;
    switch (random.below(6)) {
      case 0:
        return pair.command({ type: 'command', name: 'reset' });
      case 1:
        return phase === 'absent' ? undefined : pair.lose();
      case 2:
        return TRANSITIONS[phase].remove ? pair.remove() : undefined;
      default:
        if (phase === 'absent' || random.oneIn(40)) pair.probe();
    }
  }

  #pause(): number {
    const { random } = this;
    switch (random.below(8)) {
      case 0:
      case 1:
        return 0;
      case 2:
      case 3:
        return random.below(10);
      case 4:
      case 5:
        return random.below(300);
      case 6:
        return random.below(5_000);
      default:
        return random.oneIn(4) ? random.below(90_000) : random.below(15_000);
    }
  }

  /** Is the link at rest, and all in order? */
  #look(): void {
    const { pair } = this;
    if (this.behaviours.length > 0 || !pair.isQuiet()) return;
    this.quiet++;
    pair.wrong ??= unfit(pair);
  }

  /** Nobody does anything any more: whoever waits must have been told, and the link come to rest. */
  #calmDown(): string | undefined {
    const { pair } = this;
    this.#slowMs = 2;
    this.#losses = 0;
    for (const { name } of this.behaviours) pair.csme.removeBehaviour(name);
    pair.pass(CALM_MS);
    if (pair.wrong) return pair.wrong;
    if (pair.waiting > 0) return 'somebody waits although all timers are over';
    return undefined;
  }

  /** The link is lost and comes back: it must not differ from one of a host and a CSME that never met before. */
  #comeBack(): string | undefined {
    const { pair, random } = this;
    if (pair.host.state.driver === 'leaving') pair.call('unregister_complete', {});
    if (pair.host.state.phase !== 'absent') {
      if (random.oneIn(2)) pair.lose();
      else pair.remove();
      pair.pass(LINK_UP_MS);
    }
    if (pair.host.state.phase !== 'absent') return 'the host does not let go of the link';
    const fresh = freshPairLike(pair, this.profile);
    for (const each of [pair, fresh]) {
      each.probe();
      each.pass(LINK_UP_MS);
      if (each.wrong) return each.wrong;
    }
    if (!pair.isQuiet()) return 'the link does not come to rest after it came back';
    const wrong =
      unfit(pair) ??
      differ('host', [pair, fresh].map(keyOfHost)) ??
      differ('firmware', [pair, fresh].map(keyOfCsme));
    this.compared = true;
    return wrong;
  }
}

/** What must hold while nothing is in flight. */
function unfit(pair: Pair): string | undefined {
  const broken = brokenWhenQuiet({ state: pair.host.state, told: pair.told }, pair.csme.state.firmware);
  return broken && `${broken.invariant}: ${broken.what}`;
}

/** Given the same settings by commands, and a firmware with the same AMT, session and card. */
function freshPairLike(pair: Pair, own: Profile): Pair {
  const fresh = new Pair({ profile: own }, { fate: () => 1 }, FRESH_MEMORIES);
  fresh.nowMs = pair.nowMs;
  Object.assign(fresh.csme.state, { firmware: freshFirmwareLike(pair.csme.state.firmware) });
  const { settings: s, driver, netdev } = pair.host.state;
  const call = (name: CommandName, args: object) => fresh.call(name, args as never);
  if (driver === 'registered') call('register', {});
  call('country', { mcc: s.mcc });
  call('nic_info', { macAddress: s.macAddress, nvmAddress: s.nvmAddress });
  call('set_rfkill', { sw: (s.radioState & 1) === 0, hw: (s.radioState & 2) === 0 });
  call('set_netdev', { dev: netdev });
  if (s.powerLimits) call('power_limit', { limits: s.powerLimits });
  if (s.association) call('associated', s.association);
  return fresh;
}

/** All of the host that is not a time. */
function keyOfHost(pair: Pair): string {
  const { timers, ...state } = pair.host.state;
  // Whether the bell may ring again depends on when the other side was last heard.
  const armed = Object.entries(timers).flatMap(([name, at]) =>
    at !== null && name !== 'bellThrottle' ? [name] : [],
  );
  return JSON.stringify([state satisfies Omit<HostState, 'timers'>, armed], (key, value) =>
    key === 'seqNum' ? 0 : value instanceof Uint8Array ? value.join() : value,
  );
}

function keyOfCsme(pair: Pair): string {
  return firmwareKey(pair.csme.state.firmware satisfies FirmwareState);
}

function differ(what: string, [again, fresh]: string[]): string | undefined {
  if (again === fresh) return undefined;
  let at = 0;
  while (again![at] === fresh![at]) at++;
  const around = (text: string) => text.slice(Math.max(0, at - 50), at + 40);
  return `the ${what} of a link that came back is …${around(again!)}… instead of …${around(fresh!)}…`;
}

function tenBelow(random: Random, end: number): number[] {
  return Array.from({ length: 10 }, () => random.below(end));
}

/** Ethernet II, IPv4, UDP from port 68 to 67. */
function dhcpFrame(): Uint8Array {
  const frame = new Uint8Array(14 + 20 + 8);
  frame[12] = 0x08;
  frame[14] = 0x45;
  frame[23] = 17;
  frame[35] = 68;
  frame[37] = 67;
  return frame;
}
