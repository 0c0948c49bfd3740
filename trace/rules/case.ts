/** What the rules about one trace share: the facts, the queues of what the host has to do, the ledger. */
import { AREA_LAYOUTS, headlineSap, type SapMessage } from '../../sap/index.ts';
import { describe } from '../describe.ts';
import type { TraceArgs, TraceEvent, WireEvent } from '../event.ts';
import { BellLog } from './bell-log.ts';
import type { RuleId } from './catalogue.ts';
import { Duties, type Duty } from './duties.ts';
import type { Ledger } from './ledger.ts';
import { type Link, noLink, noSettings, type Sees, type Settings } from './session.ts';
import { AT_ONCE_MS, OVERTAKEN_MS } from './tolerance.ts';

export type Located = Exclude<TraceEvent, { ch: 'error' }>;

/** A SAP message of the host, as CSME read it. */
export interface Read {
  readonly message: SapMessage;
  readonly event: WireEvent;
}

/** A frame, and the message or line that carried it. */
export interface Carried {
  readonly frame: Uint8Array;
  readonly event: Located;
}

export class Case {
  readonly ledger: Ledger;
  readonly sees: Sees = { driver: false, bus: false, frames: false, stack: false, area: false };
  readonly bells = new BellLog();
  settings: Settings = noSettings();
  link: Link = noLink();
  nowMs = 0;
  /**
   * Until when the trace has all that was read: who records looks at the rings when something else happens, and what it
   * finds then may have been there for as long as nothing happened.
   */
  lookedMs = 0;
  /** The host may have heard what is going on, or not: nothing is demanded of it. */
  lenient = false;
  /** The last thing that CSME sent and a host has to survive, and whether the host was heard of since. */
  hostile: { readonly event: Located; readonly deadly: boolean; heard: boolean } | undefined;
  /** PINGs that are not in the trace, by a remark. */
  unrecordedPings = 0;
  /** Rings of the host whose read pointer CSME put past the end, by a remark: the host cannot write to them. */
  readonly damaged = new Set<'notif' | 'data'>();
  /** What stands in the same batch behind something bad. */
  behind: WireEvent | undefined;

  /** Notifications to CSME. */
  readonly notif: Duties<Read>;
  /** Frames to CSME. */
  readonly data: Duties<Carried>;
  /** Calls to the WLAN driver. */
  readonly tells: Duties<TraceArgs>;
  /** CSME's frames to the air. */
  readonly air: Duties<Carried>;
  /** Frames to the host's stack. */
  readonly stack: Duties<Carried>;

  /** What was read a moment ago may still take room. */
  readonly #recent = { notif: { atMs: 0, bytes: 0 }, data: { atMs: 0, bytes: 0 } };

  constructor(ledger: Ledger) {
    this.ledger = ledger;
    const patient = () => this.lenient;
    const hopeless = () => this.#isDead();
    const postponed = (nowMs: number) => this.bells.waitsUntil(nowMs, this.link.deaf);
    const blame = (duty: Duty) => this.#blame(duty);
    const show = ({ event }: Carried) => describe(event).headline;
    this.notif = new Duties({
      ledger,
      show: ({ message }) => headlineSap(message),
      postponed,
      hopeless,
      blame,
    });
    this.data = new Duties({ ledger, show, postponed, hopeless, patient, blame });
    this.tells = new Duties({ ledger, show: (args) => JSON.stringify(args), tolerant: true, patient, blame });
    this.air = new Duties({ ledger, show, patient, blame });
    this.stack = new Duties({ ledger, show, patient, blame });
  }

  get queues(): readonly Pick<Duties<unknown>, 'advance' | 'end' | 'excuse'>[] {
    return [this.notif, this.data, this.tells, this.air, this.stack];
  }

  /**
   * A message that the host has to write: what does not fit into the ring need not come. Gives whether it fits;
   * `undefined` when CSME may have read enough by now, or not.
   */
  write(ring: 'notif', duty: Duty<Read>): boolean | undefined;
  write(ring: 'data', duty: Duty<Carried>): boolean | undefined;
  write(ring: 'notif' | 'data', duty: Duty): boolean | undefined {
    const queue = this[ring] as Duties<unknown>;
    if (this.link.deaf) {
      duty.need = 'may';
      duty.silent = true;
    }
    const ringSize = AREA_LAYOUTS[this.link.version ?? 4].rings.h2m[ring].size;
    const room = this.damaged.has(ring) ? -1 : ringSize - queue.bytes;
    const size = duty.size ?? 0;
    const fits = size < room;
    const surely = size < room - this.#recentBytes(ring);
    if (!surely) duty.need = 'may';
    if (!fits) this.onFull?.(ring, duty, size === room);
    if (size > room) duty.size = 0;
    queue.add(duty);
    return fits === surely ? fits : undefined;
  }

  /** CSME reads, or whoever records sees a message that CSME is about to read. */
  wasRead({ ch, bytes }: WireEvent): void {
    const ring = ch as 'notif' | 'data';
    const before = this.#recentBytes(ring);
    this.#recent[ring] = { atMs: this.nowMs, bytes: before + bytes.length };
  }

  /** The host rings. When it rang before and nothing was read since, the rings have not become emptier. */
  rang(): void {
    if (this.bells.readMs < this.bells.lastMs) {
      for (const recent of Object.values(this.#recent)) recent.atMs = this.nowMs;
    }
    this.bells.rang(this.nowMs);
  }

  #recentBytes(ring: 'notif' | 'data'): number {
    const { atMs, bytes } = this.#recent[ring];
    return this.nowMs - atMs <= OVERTAKEN_MS ? bytes : 0;
  }

  /** A message did not fit, or would have filled the ring to its last byte (`exact`). */
  onFull: ((ring: 'notif' | 'data', duty: Duty, exact: boolean) => void) | undefined;

  /** How much a duty binds whose condition is `so`: not at all when that is not known. */
  need(so: boolean | undefined): 'must' | 'may' {
    return so === true && !this.lenient && !this.link.leaving ? 'must' : 'may';
  }

  find(
    rule: RuleId,
    at: Located,
    expected: string,
    seen: string = describe(at).headline,
    before: readonly TraceEvent[] = [],
  ): void {
    this.ledger.find(rule, at, expected, seen, before);
  }

  /** A new link, or none. */
  relink(): void {
    for (const recent of Object.values(this.#recent)) recent.bytes = 0;
    this.link = noLink();
    this.bells.restart();
  }

  /** Another host: nothing of this one counts. */
  forget(): void {
    this.relink();
    this.settings = noSettings();
    Object.assign(this.sees, {
      driver: false,
      bus: false,
      frames: false,
      stack: false,
      area: false,
    } satisfies Sees);
    this.hostile = undefined;
    this.damaged.clear();
    this.unrecordedPings = 0;
    this.nowMs = 0;
    this.lookedMs = 0;
  }

  /** A frame that kills the reference came, and a second and more of silence after it. */
  #isDead(): boolean {
    const { hostile } = this;
    return hostile?.deadly === true && !hostile.heard && this.nowMs - hostile.event.t * 1000 > AT_ONCE_MS;
  }

  #blame(duty: Duty): RuleId {
    const cause = duty.cause.at(-1)!;
    const { hostile } = this;
    if (hostile && !hostile.heard && hostile.event.t <= cause.t) return 'hostile.survives';
    return duty.rule;
  }
}
