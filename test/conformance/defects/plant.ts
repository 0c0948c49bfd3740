/** How defects get into a host: its table, its ring writers and readers, its timers, what goes in and comes out. */
import type { CheckId } from '../../../conformance/index.ts';
import {
  type EventType,
  Host,
  type HostInput,
  type HostOptions,
  type HostOutput,
  type HostState,
  type Phase,
  TIMERS,
  type TimerName,
  TRANSITIONS,
} from '../../../ownership/index.ts';
import {
  AREA_LAYOUTS,
  declOf,
  EMPTY,
  type FilterVerdict,
  type OnMessage,
  type RingLayout,
  type RingRead,
  RingReader,
  RingWriter,
  type SapError,
  type SapName,
  SharedArea,
} from '../../../sap/index.ts';
import type { RigOptions } from '../support/rig.ts';

export interface Planted {
  readonly host: Host;
  readonly end?: RigOptions['end'];
  /** Takes the defect out of what all hosts share. */
  readonly undo?: () => void;
}

export interface Defect {
  readonly id: string;
  readonly what: string;
  readonly plant: () => Planted;
  /** The checks that must fail. */
  readonly fails: readonly CheckId[];
  /** What else may fail, because it follows. */
  readonly follows?: readonly CheckId[];
}

type Action = (state: HostState, event: never, fx: never) => void;
interface LooseRow {
  when?: (...given: never[]) => boolean;
  do: readonly Action[];
  to?: Phase;
}

/** The rows of the table; a defect may change them, and `undo` puts them back. */
export function table(phase: Phase, event: EventType, change: (rows: LooseRow[]) => LooseRow[]) {
  return (): Planted => {
    const own = TRANSITIONS[phase] as Record<string, readonly LooseRow[]>;
    const rows = own[event];
    if (rows === undefined) throw new Error(`no row for ${event} in ${phase}`);
    own[event] = change(rows.map((row) => ({ ...row })));
    const undo = () => {
      own[event] = rows;
    };
    return { host: new Host(), undo };
  };
}

/** The rows without an action. */
export function without(action: string, phase: Phase, event: EventType) {
  return table(phase, event, (rows) => {
    const changed = rows.map((row) => ({ ...row, do: row.do.filter(({ name }) => name !== action) }));
    if (changed.every((row, i) => row.do.length === rows[i]!.do.length))
      throw new Error(`no ${action} for ${event} in ${phase}`);
    return changed;
  });
}

/** The rows without the step that sends the setting: it has no name. */
export function unsent(event: EventType) {
  return table('connected', event, (rows) => {
    return rows.map((row) => ({ ...row, do: row.do.filter(({ name }) => name !== '') }));
  });
}

export interface Hooks {
  /** What goes in instead. */
  input?(input: HostInput, host: Host): readonly HostInput[];
  /** What comes out instead. */
  output?(output: HostOutput, host: Host): readonly HostOutput[];
  /** After everything that happens. */
  after?(host: Host, nowMs: number, input?: HostInput): void;
  verdict?(verdict: FilterVerdict, frame: Uint8Array): FilterVerdict;
}

class HookedHost extends Host {
  readonly #hooks: Hooks;
  #waiting: HostOutput[] = [];

  constructor(hooks: Hooks, options: HostOptions = {}) {
    super(options);
    this.#hooks = hooks;
  }

  override handle(nowMs: number, input: HostInput): void {
    for (const given of this.#hooks.input?.(input, this) ?? [input]) super.handle(nowMs, given);
    this.#hooks.after?.(this, nowMs, input);
  }

  override handleTimeout(nowMs: number): void {
    super.handleTimeout(nowMs);
    this.#hooks.after?.(this, nowMs);
  }

  override receive(nowMs: number, bytes: Uint8Array, start: number, end: number): FilterVerdict {
    const verdict = super.receive(nowMs, bytes, start, end);
    this.#hooks.after?.(this, nowMs);
    return this.#hooks.verdict?.(verdict, bytes) ?? verdict;
  }

  override poll(): HostOutput | undefined {
    while (this.#waiting.length === 0) {
      const output = super.poll();
      if (output === undefined) return undefined;
      this.#waiting.push(...(this.#hooks.output?.(output, this) ?? [output]));
    }
    return this.#waiting.shift();
  }
}

export function hooked(hooks: Hooks | (() => Hooks), options: HostOptions = {}) {
  return (): Planted => ({ host: new HookedHost(typeof hooks === 'function' ? hooks() : hooks, options) });
}

export function quirk(name: string) {
  return (): Planted => ({ host: new Host({ quirks: { [name]: true } }) });
}

/** A timer that takes another time. */
export function timed(timer: TimerName, ms: number | null) {
  return hooked(() => {
    let armed: number | null = null;
    const changed = new WeakSet<object>();
    return {
      after({ state }) {
        if (timer === 'ownershipReply') {
          for (const wait of state.ownershipWaits) {
            if (changed.has(wait)) continue;
            changed.add(wait);
            wait.deadlineMs += (ms ?? 0) - TIMERS.ownershipReply.ms;
          }
          const deadlines = state.ownershipWaits.map(({ deadlineMs }) => deadlineMs);
          state.timers.ownershipReply = deadlines.length > 0 ? Math.min(...deadlines) : null;
          return;
        }
        const at = state.timers[timer];
        if (at === armed) return;
        armed = at === null || ms === null ? null : at + ms - TIMERS[timer].ms;
        state.timers[timer] = armed;
      },
    };
  });
}

export interface Writing {
  readonly host: Host;
  readonly ring: RingLayout;
  /** Writes it as an honest host does. */
  readonly write: (message: Uint8Array) => SapError | undefined;
  readonly area: SharedArea;
}
type Tamper = (message: Uint8Array, writing: Writing) => SapError | undefined;

/** What the host writes into its rings goes through `tamper`. */
export function writes(make: Tamper | { readonly fresh: () => Tamper }) {
  return (): Planted => {
    const tamper = 'fresh' in make ? make.fresh() : make;
    const { host, areaOf } = observed();
    const original = RingWriter.prototype.writeParts;
    RingWriter.prototype.writeParts = function (header, body, start, end) {
      if (this.ring.dir !== 'h2m') return original.call(this, header, body, start, end);
      const whole = new Uint8Array(header.length + end - start);
      whole.set(header);
      whole.set(body.subarray(start, end), header.length);
      const write = (message: Uint8Array) => original.call(this, message, EMPTY, 0, 0);
      return tamper(whole, { host, ring: this.ring, write, area: areaOf() });
    };
    const undo = () => {
      RingWriter.prototype.writeParts = original;
    };
    return { host, undo };
  };
}

export interface Reading {
  readonly host: Host;
  readonly ring: RingLayout;
  /** Reads as an honest host does. */
  readonly read: (onMessage: OnMessage) => RingRead;
  readonly onMessage: OnMessage;
  readonly area: SharedArea;
}

/** What the host reads out of CSME's rings goes through `tamper`. */
export function reads(tamper: (reading: Reading) => RingRead) {
  return (): Planted => {
    const { host, areaOf } = observed();
    const original = RingReader.prototype.read;
    RingReader.prototype.read = function (onMessage) {
      if (this.ring.dir !== 'm2h') return original.call(this, onMessage);
      const read = (on: OnMessage) => original.call(this, on);
      return tamper({ host, ring: this.ring, read, onMessage, area: areaOf() });
    };
    const undo = () => {
      RingReader.prototype.read = original;
    };
    return { host, undo };
  };
}

/** A host that tells which area it has. */
function observed(): { host: Host; areaOf: () => SharedArea } {
  let area: SharedArea | undefined;
  const { host } = hooked({
    input(input, { state }) {
      if (input.type === 'mapped') area = new SharedArea(input.memory, AREA_LAYOUTS[state.version]);
      return [input];
    },
  })();
  return { host, areaOf: () => area! };
}

export function isNamed(message: Uint8Array, ...names: readonly SapName[]): boolean {
  return names.some((name) => declOf(name)?.id === idOf(message));
}

export function idOf(message: Uint8Array): number {
  return message[0]! | (message[1]! << 8);
}

/** The message as if it had never been: its number is given to the next. */
export function dropped(host: Host): undefined {
  host.sapSeqNum--;
  return undefined;
}

/** A message more, with a number of its own. */
export function oneMore(message: Uint8Array, { write, host }: Writing): void {
  const copy = message.slice();
  host.sapSeqNum++;
  new DataView(copy.buffer).setUint32(4, host.sapSeqNum, true);
  write(copy);
}
