/**
 * Judges an agent by what goes in and comes out of it: never a request without credentials, nothing but `connect` between
 * the request and the connection, nothing sooner than it may be. It has its own idea of what is so, and looks at no state.
 */
import type {
  AgentInput,
  AgentOutput,
  AgentQuestion,
  Phase,
  Target,
} from '../../../netlink-bridge/agent/index.ts';

import { inconsistent } from './consistency.ts';

const RETRY_MS = 60_000;
const TO_SUPPLICANT: ReadonlySet<string> = new Set(['find', 'prepare', 'lift', 'restore']);

export class Judge {
  /** The first rule that was broken. */
  wrong: string | undefined;
  phase: Phase = 'absent';
  requests = 0;
  connections = 0;
  stopped = false;
  abandoned = false;
  readonly troubles = new Map<string, number>();
  /** The last question of each kind: what answers an older one says nothing any more. */
  readonly #questions = new Map<AgentQuestion['type'], AgentQuestion>();
  #lastToken = 0;
  #lastStep = 0;
  #radio: 'free' | 'held' | 'off' | undefined;
  #interface = false;
  #supplicant = false;
  #asleep = false;
  #stop = false;
  #target: Target | undefined;
  /** The access point that a profile was found for. */
  #credentials: Target | undefined;
  #prepared: Target | undefined;
  #bssid: number | undefined;
  #address = false;
  /** A request is under way, or what follows from it. */
  #window = false;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #roaming: boolean | undefined;
  /** When `connecting` or `addressing`, `interrupted`, `held` without a word about roaming began. */
  #windowSinceMs: number | undefined;
  #interruptedSinceMs: number | undefined;
  #unheardSinceMs: number | undefined;

  heard(nowMs: number, input: AgentInput): void {
    switch (input.type) {
      case 'interface':
        this.#interface = input.present;
        return;
      case 'radio':
        this.#radio = input.soft || input.signal ? 'off' : input.notOwner ? 'held' : 'free';
        // The driver got it after all.
        if (this.#radio === 'free') this.#notBeforeMs = Number.NEGATIVE_INFINITY;
        return;
      case 'roaming':
        this.#roaming = input.forbidden;
        if (input.forbidden === undefined && this.phase === 'held') this.#unheardSinceMs ??= nowMs;
        return;
      case 'address':
        this.#address = input.address !== undefined;
        return;
      case 'sleep':
        this.#asleep = true;
        return;
      case 'wake':
        this.#asleep = false;
        return;
      case 'stop':
        this.#stop = true;
        this.#window = false;
        return;
      case 'supplicant':
        if (input.event.type === 'up') this.#supplicant = true;
        else if (input.event.type === 'connected') this.#bssid = input.event.bssid;
        else if (input.event.type === 'disconnected') this.#bssid = undefined;
        else if (input.event.type === 'gone') {
          this.#supplicant = false;
          this.#prepared = undefined;
          this.#bssid = undefined;
        }
        return;
    }
    if (!('token' in input)) return;
    const question = [...this.#questions.values()].find(({ token }) => token === input.token);
    if (question === undefined || (input.type === 'owned' && question.type !== 'askOwnership')) return;
    this.#questions.delete(question.type);
    if (input.type === 'connInfo' && question.type === 'askConnInfo') this.#target = input.target;
    else if (input.type === 'found' && question.type === 'find')
      this.#credentials = input.profile && question.target;
    else if (input.type === 'prepared' && question.type === 'prepare') this.#prepared = question.target;
    else if (input.type === 'notOwned' && this.phase === 'asking') this.#notBeforeMs = nowMs + RETRY_MS;
  }

  said(nowMs: number, output: AgentOutput): void {
    if (this.stopped) this.#blame(`${output.type} behind the end`);
    switch (output.type) {
      case 'phase':
        if (output.from !== this.phase) this.#blame(`phase ${output.from} after ${this.phase}`);
        this.#enter(nowMs, output.to);
        return;
      case 'stopped':
        this.stopped = true;
        if (!this.#stop) this.#blame('the end that nobody wanted');
        return;
      case 'trouble':
        this.troubles.set(output.trouble, (this.troubles.get(output.trouble) ?? 0) + 1);
        this.#window = false;
        if (output.trouble === 'abandoned') this.abandoned = true;
        if (output.trouble === 'stolen') this.#notBeforeMs = nowMs + RETRY_MS;
        return;
      case 'step':
        this.#step(output.step);
        return;
    }
    if (output.token <= this.#lastToken) this.#blame('a number that was used before');
    this.#lastToken = output.token;
    this.#questions.set(output.type, output);
    if (output.type === 'askOwnership') this.#request(nowMs);
    if (output.type === 'prepare') this.#prepare(output.target);
    if (output.type === 'connect') this.#connect();
    if (this.#window && TO_SUPPLICANT.has(output.type))
      this.#blame(`${output.type} between the request and the connection`);
    if (output.type === 'lift' || output.type === 'restore') this.#prepared = undefined;
  }

  /** All that came of an input is out. */
  look(nowMs: number): void {
    const sinceMs = (atMs: number | undefined) => (atMs === undefined ? 0 : nowMs - atMs);
    if (this.#roaming !== undefined) this.#unheardSinceMs = undefined;
    const wrong = inconsistent({
      interfacePresent: this.#interface,
      supplicantUp: this.#supplicant,
      radio: this.#radio,
      asleep: this.#asleep,
      stopping: this.#stop,
      address: this.#address,
      roaming: this.#roaming,
      rightBssid: this.#bssid === undefined || this.#bssid === this.#prepared?.bssid,
      lastStep: this.#lastStep,
      phase: this.phase,
      windowMs: sinceMs(this.#windowSinceMs),
      interruptedMs: sinceMs(this.#interruptedSinceMs),
      unheardMs: sinceMs(this.#unheardSinceMs),
    });
    if (wrong !== undefined) this.#blame(wrong);
  }

  #enter(nowMs: number, phase: Phase): void {
    this.phase = phase;
    // What it was connected to before it was told to connect does not count.
    if (phase === 'connecting') this.#bssid = undefined;
    if (phase === 'preparing') this.#roaming = this.#roaming || undefined;
    const inWindow = phase === 'connecting' || phase === 'addressing';
    this.#windowSinceMs = inWindow ? (this.#windowSinceMs ?? nowMs) : undefined;
    this.#interruptedSinceMs = phase === 'interrupted' ? nowMs : undefined;
    const holds = phase === 'held' || phase === 'interrupted';
    this.#unheardSinceMs = holds ? (this.#unheardSinceMs ?? nowMs) : undefined;
  }

  #step(step: number): void {
    if (step !== 1 && step !== 6 && step <= this.#lastStep)
      this.#blame(`step ${step} after ${this.#lastStep}`);
    this.#lastStep = step;
    if (step === 8 && this.#radio !== 'free') this.#blame('step 8, and the radio is not free');
    if (step === 9 && this.#bssid !== this.#prepared?.bssid)
      this.#blame('step 9, connected to something else');
    if (step === 10 && !this.#address) this.#blame('step 10 without an address');
    if (step < 9) return;
    this.#window = false;
    this.connections++;
  }

  #request(nowMs: number): void {
    this.requests++;
    this.#roaming = this.#roaming || undefined;
    if (this.#credentials === undefined || this.#credentials !== this.#prepared)
      this.#blame('a request without credentials');
    else if (!same(this.#credentials, this.#target)) this.#blame('a request for another access point');
    if (this.#radio !== 'held') this.#blame('a request for a card that CSME does not hold');
    if (!this.#ready()) this.#blame('a request that nothing can follow');
    if (nowMs < this.#notBeforeMs) this.#blame('a request too early');
    this.#notBeforeMs = nowMs + RETRY_MS;
    this.#window = true;
  }

  #prepare(target: Target): void {
    if (this.#credentials !== target) this.#blame('prepares without credentials');
    if (this.#radio !== 'held' || !this.#ready()) this.#blame('prepares for nothing');
  }

  #connect(): void {
    if (this.#prepared === undefined) this.#blame('connects unprepared');
    if (this.#radio !== 'free') this.#blame('connects without a radio');
    if (!this.#ready()) this.#blame('connects without an interface');
  }

  #ready(): boolean {
    return this.#interface && this.#supplicant && !this.#asleep && !this.#stop;
  }

  #blame(what: string): void {
    this.wrong ??= what;
  }
}

function same(a: Target, b: Target | undefined): boolean {
  return b !== undefined && a.bssid === b.bssid && a.frequencyMhz === b.frequencyMhz;
}
