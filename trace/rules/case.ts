/** What the rules about one trace share: the facts, the queues of what the host has to do, the ledger. */
import { AREA_LAYOUTS, headlineSap, type SapMessage } from '../../sap/index.ts';
import { describe } from '../describe.ts';
import type { TraceArgs, TraceEvent, WireEvent } from '../event.ts';
import { BellLog } from './bell-log.ts';
import type { RuleId } from './catalogue.ts';
import { Duties, type Duty } from './duties.ts';
import type { Ledger } from './ledger.ts';
import { type Link, noLink, noSettings, type Sees, type Settings } from './session.ts';
import { AT_ONCE_MS } from './tolerance.ts';

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
  readonly sees: Sees = { driver: false, bus: false, frames: false, stack: false };
  readonly bells = new BellLog();
  settings: Settings = noSettings();
  link: Link = noLink();
  nowMs = 0;
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

  constructor(ledger: Ledger) {
    this.ledger = ledger;
    const patient = () => this.lenient;
    const hopeless = () => this.#isDead();
    const postponed = (nowMs: number) => this.bells.waitsUntil(nowMs, this.link.deaf);
    const blame = (duty: Duty) => this.#blame(duty);
    const show = ({ event }: { event: Located }) => describe(event).headline;
    this.notif = new Duties({
      ledger,
      show: ({ message }) => headlineSap(message),
      postponed,
      hopeless,
      blame,
    });
    this.data = new Duties({ ledger, show, postponed, hopeless, patient, blame });
    this.tells = new Duties({ ledger, show: (args) => JSON.stringify(args), patient, blame });
    this.air = new Duties({ ledger, show, patient, blame });
    this.stack = new Duties({ ledger, show, patient, blame });
  }

  get queues(): readonly Pick<Duties<unknown>, 'advance' | 'end' | 'excuse'>[] {
    return [this.notif, this.data, this.tells, this.air, this.stack];
  }

  /** A message that the host has to write: what does not fit into the ring need not come. */
  write(ring: 'notif', duty: Duty<Read>): void;
  write(ring: 'data', duty: Duty<Carried>): void;
  write(ring: 'notif' | 'data', duty: Duty): void {
    const queue = this[ring] as Duties<unknown>;
    if (this.link.deaf) {
      duty.need = 'may';
      duty.silent = true;
    }
    if (this.damaged.has(ring)) {
      duty.need = 'may';
      duty.size = 0;
      this.onFull?.(ring, duty, false);
      return queue.add(duty);
    }
    const room = AREA_LAYOUTS[this.link.version ?? 4].rings.h2m[ring].size - queue.bytes;
    const size = duty.size ?? 0;
    if (size < room) return queue.add(duty);
    duty.need = 'may';
    this.onFull?.(ring, duty, size === room);
    if (size > room) duty.size = 0;
    queue.add(duty);
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
    this.link = noLink();
    this.bells.restart();
  }

  /** Another host: nothing of this one counts. */
  forget(): void {
    this.relink();
    this.settings = noSettings();
    Object.assign(this.sees, { driver: false, bus: false, frames: false, stack: false } satisfies Sees);
    this.hostile = undefined;
    this.damaged.clear();
    this.unrecordedPings = 0;
    this.nowMs = 0;
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
