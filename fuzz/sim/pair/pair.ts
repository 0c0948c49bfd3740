/**
 * A real host and a real CSME with a real shared area between them, on a clock that only the simulation moves.
 *
 * The bus delivers ME messages late, loses some, refuses others, and can reset the firmware or take the client away. All
 * that happens is kept for the ladder of a failure.
 */
import { Csme, type CsmeCommand, type CsmeInput, type CsmeOptions } from '../../../csme/index.ts';
import {
  type CommandName,
  type Commands,
  Host,
  type HostInput,
  type HostOutput,
  TIMERS,
} from '../../../ownership/index.ts';
import { AREA_LAYOUTS, decodeMe, headlineMe, ringsOf, SapError, SharedArea } from '../../../sap/index.ts';
import { NOTHING_TOLD, toldAfter } from '../model/told.ts';
import { Wire } from './wire.ts';

export interface BusOptions {
  /** Delay of the next ME message; `undefined`: it vanishes; `refused`: the bus says so. */
  readonly fate: (direction: 'h2m' | 'm2h') => number | undefined | 'refused';
}

/** Whether everything that either side wrote was read. */
export function isReadEmpty({ layout, words }: SharedArea): boolean {
  return ringsOf(layout).every(({ wrAt, rdAt }) => words[wrAt >> 2] === words[rdAt >> 2]);
}

/** How long a call may take, in ms. Every other returns at once. */
export const BOUNDS: { readonly [N in CommandName]?: number } = {
  get_ownership: TIMERS.ownershipReply.ms,
  get_nvm: TIMERS.nvmReply.ms,
  pldr: 3 * TIMERS.pldrReply.ms,
};
const LOG_MOST = 400;

interface Area {
  readonly memory: ArrayBuffer;
  readonly area: SharedArea;
}

export class Pair {
  readonly host = new Host();
  readonly csme: Csme;
  nowMs = 1000;
  /** What the WLAN driver was last told. */
  told = NOTHING_TOLD;
  readonly log: string[] = [];
  /** Something that must not be, as soon as it is seen. */
  wrong: string | undefined;
  returned = 0;
  readonly down = new Wire();
  readonly up = new Wire();
  #area: Area | undefined;
  #mappingSize: number | undefined;
  #lostAt: number | undefined;
  #nextToken = 1;
  #calls = new Map<number, { name: CommandName; untilMs: number }>();
  readonly #memories: { readonly [size: number]: ArrayBuffer };
  readonly #fate: BusOptions['fate'];

  constructor(options: CsmeOptions, bus: BusOptions, memories: { readonly [size: number]: ArrayBuffer }) {
    this.csme = new Csme(options);
    this.#fate = bus.fate;
    this.#memories = memories;
  }

  get waiting(): number {
    return this.#calls.size;
  }

  call<N extends CommandName>(name: N, args: Commands[N]['args']): void {
    const token = this.#nextToken++;
    this.#calls.set(token, { name, untilMs: this.nowMs + (BOUNDS[name] ?? 0) });
    this.#note(`${name}() ${JSON.stringify(args, shortBytes)}`);
    this.toHost({ type: 'command', token, name, args });
  }

  command(command: CsmeCommand): void {
    this.#note(`${''.padStart(44)}${command.name}`);
    this.toCsme(command);
    if (command.name === 'reset') this.#loseLater();
  }

  probe(): void {
    if (this.#lostAt !== undefined) return;
    this.#note('bus: probe');
    this.toHost({ type: 'probe' });
  }

  remove(): void {
    if (this.#lostAt !== undefined) return;
    this.#note('bus: remove');
    this.toHost({ type: 'remove' });
  }

  /** The bus goes; the host learns of it a moment later. */
  lose(): void {
    this.#note('bus: fails');
    this.toCsme({ type: 'lost' });
    this.#loseLater();
  }

  /** The start of the next thing that time alone brings. */
  nextAt(): number | undefined {
    const times = [
      this.host.nextTimeoutAt(),
      this.csme.nextTimeoutAt(),
      this.down.nextAt(),
      this.up.nextAt(),
      this.#lostAt,
    ];
    const known = times.filter((t) => t !== undefined);
    return known.length > 0 ? Math.min(...known) : undefined;
  }

  /** Lets `ms` pass, with all that happens meanwhile. Stops at what must not be. */
  pass(ms: number): void {
    const until = this.nowMs + ms;
    for (let next = this.nextAt(); next !== undefined && next <= until && !this.wrong; next = this.nextAt()) {
      this.nowMs = Math.max(this.nowMs, next);
      this.#happen();
      this.#check();
    }
    this.nowMs = until;
    if (!this.wrong) this.#check();
  }

  /** Nothing on the wires, nothing unread in the rings of a link that is up on both sides. */
  isQuiet(): boolean {
    if (this.down.length > 0 || this.up.length > 0 || this.#lostAt !== undefined) return false;
    if (this.host.state.phase !== 'connected' || this.csme.state.firmware.link !== 'up') return false;
    if (this.csme.state.delayed.length > 0 || !this.#area) return false;
    return isReadEmpty(this.#area.area);
  }

  toHost(input: HostInput): void {
    try {
      this.host.handle(this.nowMs, input);
    } catch (error) {
      this.wrong ??= `the host throws: ${stackOf(error)}`;
    }
    this.#drainHost();
  }

  toCsme(input: CsmeInput): void {
    try {
      this.csme.handle(this.nowMs, input);
    } catch (error) {
      this.wrong ??= `CSME throws: ${stackOf(error)}`;
    }
    this.#drainCsme();
  }

  #happen(): void {
    const now = this.nowMs;
    const due = (at: number | undefined) => at !== undefined && at <= now;
    if (due(this.#lostAt)) {
      this.#lostAt = undefined;
      this.down.clear();
      this.up.clear();
      this.#note('bus: the host learns of the loss');
      this.toHost({ type: 'lost' });
    } else if (due(this.down.nextAt())) {
      const bytes = this.down.receive(now)!;
      if (this.#lostAt === undefined) this.toCsme({ type: 'me', bytes });
    } else if (due(this.up.nextAt())) {
      this.toHost({ type: 'me', bytes: this.up.receive(now)! });
    } else if (due(this.host.nextTimeoutAt())) {
      this.host.handleTimeout(now);
      this.#drainHost();
      if (due(this.host.nextTimeoutAt())) this.wrong ??= 'a timer of the host is due after handleTimeout';
    } else {
      this.csme.handleTimeout(now);
      this.#drainCsme();
      if (due(this.csme.nextTimeoutAt())) this.wrong ??= 'a timer of CSME is due after handleTimeout';
    }
  }

  #drainHost(): void {
    for (let out = this.host.poll(); out !== undefined; out = this.host.poll()) this.#perform(out);
    if (this.host.state.driver !== 'registered') this.told = NOTHING_TOLD;
  }

  #perform(out: HostOutput): void {
    switch (out.type) {
      case 'map':
        this.#mappingSize = out.size;
        this.toCsme({ type: 'mapRequest', size: out.size });
        return;
      case 'me':
        return this.#carry('h2m', out.bytes);
      case 'unmap':
        this.#area = undefined;
        this.down.clear();
        this.up.clear();
        if (this.#lostAt === undefined) this.toCsme({ type: 'areaGone' });
        return;
      case 'tell':
        this.told = toldAfter(this.told, out.name, out.args);
        this.#note(`  tells ${out.name} ${JSON.stringify(out.args, shortBytes)}`);
        return;
      case 'return': {
        const call = this.#calls.get(out.token);
        if (!call || call.name !== out.name)
          this.wrong ??= `${out.name} returns, but nobody called (token ${out.token})`;
        this.#calls.delete(out.token);
        this.returned++;
        if (BOUNDS[out.name] !== undefined)
          this.#note(`  ${out.name} returns ${JSON.stringify(out.result).slice(0, 40)}`);
        return;
      }
      case 'problem':
        this.#note(`  host: ${out.error.message}`);
        return;
      default:
    }
  }

  #drainCsme(): void {
    for (let out = this.csme.poll(); out !== undefined; out = this.csme.poll()) {
      if (out.type === 'me') this.#carry('m2h', out.bytes);
      else if (out.type === 'mapAnswer') this.#answerMap(out.errno);
      else if (out.type === 'problem') this.#note(`${''.padStart(40)}CSME: ${out.error.message}`);
      else if (out.type === 'tell')
        this.#note(`${''.padStart(44)}(${out.name} ${Object.values(out.args).join(' ')})`);
    }
  }

  #answerMap(errno: number): void {
    const size = this.#mappingSize;
    this.#mappingSize = undefined;
    if (size === undefined) return;
    if (errno !== 0 || this.#lostAt !== undefined)
      return this.toHost({ type: 'mapRefused', errno: errno || 19 });
    const memory = this.#memories[size]!;
    const layout = size === AREA_LAYOUTS[4].size ? AREA_LAYOUTS[4] : AREA_LAYOUTS[3];
    this.#area = { memory, area: new SharedArea(memory, layout) };
    this.toCsme({ type: 'area', memory });
    this.toHost({ type: 'mapped', memory });
  }

  #carry(direction: 'h2m' | 'm2h', bytes: Uint8Array): void {
    const wire = direction === 'h2m' ? this.down : this.up;
    const fate = this.#fate(direction);
    const arrow = direction === 'h2m' ? '──▶' : '◀──';
    const what = this.#nameOf(direction, bytes);
    if (typeof fate === 'number') {
      this.#note(`  ${arrow} ${what} (${fate} ms)`);
      wire.send(this.nowMs, fate, bytes);
    } else if (fate === 'refused' && direction === 'h2m') {
      this.#note(`  ${arrow} ${what} (refused)`);
      this.toHost({ type: 'sendFailed', errno: 5 });
    } else this.#note(`  ${arrow} ${what} (vanishes)`);
  }

  #nameOf(direction: 'h2m' | 'm2h', bytes: Uint8Array): string {
    const message = decodeMe(bytes, direction === 'h2m' ? 'host' : 'csme');
    return message instanceof SapError ? 'broken ME message' : headlineMe(message);
  }

  #loseLater(): void {
    if (this.host.state.phase === 'absent' || this.#lostAt !== undefined) return;
    const delay = this.#fate('m2h');
    this.#lostAt = this.nowMs + (typeof delay === 'number' ? delay : 0);
  }

  #check(): void {
    for (const [token, { name, untilMs }] of this.#calls)
      if (this.nowMs > untilMs) this.wrong ??= `${name} (token ${token}) has not returned in its time`;
    const MOST = 10_000;
    if (this.down.length + this.up.length + this.csme.state.delayed.length > MOST)
      this.wrong ??= 'a queue grows and grows';
  }

  #note(text: string): void {
    if (this.log.length >= 2 * LOG_MOST) this.log.splice(0, LOG_MOST);
    this.log.push(`${(this.nowMs / 1000).toFixed(3).padStart(9)}  ${text}`);
  }
}

/** For `JSON.stringify`: bytes as their number. */
export function shortBytes(_: string, value: unknown): unknown {
  return value instanceof Uint8Array
    ? `${value.length} bytes`
    : typeof value === 'object' && value && 'connectionInfo' in value
      ? '…'
      : value;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? `${error.message}\n${error.stack}` : String(error);
}
