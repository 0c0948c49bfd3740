/**
 * The host in the search: its states by number, and what each event does to them, worked out once by the real machine.
 *
 * A deadline is only armed or not, and the clock stands still: which timer goes off when is the search's to choose.
 * Callers of get_ownership keep the order of their deadlines.
 */
import {
  cloneState,
  type Effects,
  type HostState,
  initialState,
  type MachineEvent,
  messageEvent,
  step,
  type TellName,
  type Tells,
  TIMER_NAMES,
  timerEvent,
} from '../../../ownership/index.ts';
import type { Channels } from './channels.ts';
import { HOST_EVENTS, type HostEventName } from './host-events.ts';
import { NOTHING_TOLD, type Told, toldAfter } from './told.ts';

export type HostStep = typeof step;

/** What the driver of the host knows and waits for, with the host itself. */
export interface HostNode {
  readonly state: HostState;
  readonly told: Told;
}

/** What a step did, besides leading to another state. */
export interface Outcome {
  readonly next: number;
  /** Number of the burst that it wrote, 0 for none. */
  readonly burst: number;
  /** The area was given back. */
  readonly teardown: boolean;
  /** For the ladder: what the other parties were told. */
  readonly notes: readonly string[];
  /** What no step may do. */
  readonly wrong: string | undefined;
}

const NEVER = 1;

export class HostPart {
  readonly nodes: HostNode[] = [];
  readonly #ids = new Map<string, number>();
  readonly #outcomes: Map<string, Outcome>[] = [];
  readonly #channels: Channels;
  readonly #step: HostStep;

  constructor(channels: Channels, hostStep: HostStep = step) {
    this.#channels = channels;
    this.#step = hostStep;
  }

  /** A host that nothing happened to. */
  initial(): number {
    return this.idOf({ state: initialState(), told: NOTHING_TOLD });
  }

  /** One of `HOST_EVENTS`, or a timer. */
  happens(host: number, name: HostEventName, drained = false): Outcome {
    const { state } = this.nodes[host]!;
    return this.#outcome(host, drained ? `${name} drained` : name, (copy) =>
      (TIMER_NAMES as readonly string[]).includes(name)
        ? timerEvent(copy, name as (typeof TIMER_NAMES)[number])
        : HOST_EVENTS[name]!.event(state),
    );
  }

  hears(host: number, message: number): Outcome {
    const m = this.#channels.message(message);
    return this.#outcome(host, String(message), () => {
      if (m.kind === 'sap') return messageEvent(m.message);
      return { type: 'START_OK', supportedVersion: m.version };
    });
  }

  #outcome(host: number, key: string, event: (copy: HostState) => MachineEvent): Outcome {
    this.#outcomes[host] ??= new Map();
    const known = this.#outcomes[host]!.get(key);
    if (known) return known;
    const outcome = this.#run(this.nodes[host]!, key.endsWith(' drained'), event);
    this.#outcomes[host]!.set(key, outcome);
    return outcome;
  }

  #run(node: HostNode, drained: boolean, eventFor: (copy: HostState) => MachineEvent): Outcome {
    const state = cloneState(node.state);
    const did = new Did(this.#channels, state, node.told, drained);
    const before = waiting(state);
    const event = eventFor(state);
    const token = 'token' in event ? event.token : undefined;
    try {
      this.#step(state, event, did);
    } catch (error) {
      did.wrong = `the host throws: ${error}`;
    }
    const told = state.driver === 'registered' ? did.told : NOTHING_TOLD;
    did.wrong ??= unbalanced(before, token, did.returned, waiting(state)) ?? unbounded(state);
    normalise(state);
    return {
      next: this.idOf({ state, told }),
      burst: this.#channels.burst(did.sent),
      teardown: did.tornDown,
      notes: did.notes,
      wrong: did.wrong,
    };
  }

  idOf(node: HostNode): number {
    const key = hostKey(node, this.#channels);
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.nodes.length;
      this.nodes.push(node);
      this.#ids.set(key, id);
    }
    return id;
  }
}

export function hostKey(node: HostNode, channels: Channels): string {
  return JSON.stringify(node, (_, value) => {
    if (typeof value !== 'object' || value === null) return value;
    return channels.partKey(value) ?? (value instanceof Uint8Array ? value.join() : value);
  });
}

/** The effects of one step, put down. */
class Did implements Effects {
  nowMs = 0;
  readonly quirks = {};
  readonly sent: number[] = [];
  readonly returned: number[] = [];
  readonly notes: string[] = [];
  told: Told;
  tornDown = false;
  wrong: string | undefined;
  readonly #channels: Channels;
  readonly #state: HostState;
  readonly #drained: boolean;

  constructor(channels: Channels, state: HostState, told: Told, drained: boolean) {
    this.#channels = channels;
    this.#state = state;
    this.told = told;
    this.#drained = drained;
  }

  send(draft: Parameters<Effects['send']>[0]): number {
    const { phase } = this.#state;
    const ENODEV = 19;
    if (this.tornDown || (phase !== 'connected' && phase !== 'draining')) return -ENODEV;
    this.sent.push(this.#channels.sap(draft, 'host'));
    return 0;
  }

  sendNow(draft: Parameters<Effects['send']>[0]): number {
    return this.send(draft);
  }

  ringsDrained(): boolean {
    return this.#drained;
  }

  map(): void {
    this.notes.push(`asks for the area of version ${this.#state.version}`);
  }

  start(): void {
    this.sent.push(this.#channels.start('START', this.#state.version));
  }

  restart(): void {
    this.start();
  }

  readRings(): void {}

  teardown(): void {
    this.tornDown = true;
    this.notes.push('gives the area back');
  }

  tell<N extends TellName>(name: N, args: Tells[N]): void {
    this.told = toldAfter(this.told, name, args);
    if (name === 'rfkill') this.notes.push(`tells rfkill ${this.told.rfkill}`);
    else if (name === 'roaming_forbidden')
      this.notes.push(`tells roaming ${this.told.roamingForbidden ? 'forbidden' : 'allowed'}`);
    else if (name === 'me_conn_status') {
      const { linkProtState } = args as { linkProtState: number };
      this.notes.push(`tells ${name} (${linkProtState ? 'protected' : 'not protected'})`);
    } else this.notes.push(`tells ${name}`);
  }

  reply(token: number, name: string, result: object): void {
    this.returned.push(token);
    const value = Object.values(result)[0];
    if (name in WAITING)
      this.notes.push(`${name} returns ${typeof value === 'object' ? (value ? 'it' : 'nothing') : value}`);
  }

  problem(error: Error): void {
    this.wrong ??= `the host complains: ${error.message}`;
  }
}

const WAITING = { get_ownership: true, get_nvm: true, pldr: true };

/** The callers that wait. */
function waiting(s: HostState): number[] {
  const asking = s.ownershipWaits.flatMap((w) => (w.token === null ? [] : [w.token]));
  return [...asking, ...s.nvmWaits, ...(s.pldr ? [s.pldr.token] : [])];
}

/** A call returns exactly once: at once, or later while it waits in between. */
function unbalanced(
  before: readonly number[],
  called: number | undefined,
  returned: readonly number[],
  after: readonly number[],
): string | undefined {
  const had = [...before, ...(called === undefined ? [] : [called])].sort().join();
  const has = [...returned, ...after].sort().join();
  return had === has ? undefined : `callers ${had} went in, ${has} came out or still wait`;
}

/** Whoever waits has a timer that ends it. */
function unbounded(s: HostState): string | undefined {
  if (s.ownershipWaits.length > 0 && s.timers.ownershipReply === null)
    return 'get_ownership waits without a timer';
  if (s.nvmWaits.length > 0 && s.timers.nvmReply === null) return 'get_nvm waits without a timer';
  if (s.pldr !== null && s.timers.pldrReply === null) return 'pldr waits without a timer';
  if (s.pldr !== null && s.pldr.tries > 3) return 'pldr tries for ever';
  return undefined;
}

/** Leaves of every deadline only that it is armed, and of the callers' their order. */
function normalise(state: HostState): void {
  for (const name of TIMER_NAMES) if (state.timers[name] !== null) state.timers[name] = NEVER;
  state.ownershipWaits
    .toSorted((a, b) => a.deadlineMs - b.deadlineMs)
    .forEach((wait, rank) => {
      wait.deadlineMs = rank + 1;
    });
}
