/** Damages what passes an end: the same end again, with faults that a seed decides. */
import {
  EAGAIN,
  EIO,
  ENODEV,
  encodeMe,
  errnoName,
  layoutOfSize,
  ME_MESSAGE_MAX,
  ME_MSG,
  SapError,
  SharedArea,
} from '../sap/index.ts';
import type { Clock, Timer } from './clock.ts';
import type { CsmeEnd, CsmeEvent, CsmeRequest, End, HostEnd, HostEvent, HostRequest } from './contract.ts';
import { TransportError } from './errors.ts';
import {
  checkRates,
  corrupted,
  corruptPointer,
  corruptRing,
  type Fault,
  type FaultKind,
  type FaultRates,
} from './faults.ts';
import { type Random, seededRandom } from './random.ts';
import { WrappedEnd } from './wrapped.ts';

export interface FaultyOptions {
  readonly clock: Clock;
  readonly rates: FaultRates;
  /** The longest delay, and how long a message is held back at most for the next one to overtake it; 50 by default. */
  readonly delayMs?: number;
  /** What sending fails with: one of these; EIO, EAGAIN and ENODEV by default. */
  readonly errnos?: readonly number[];
  /** Cuts the link, for the fault `lost`: unplugs, and plugs again if the link is to come back. */
  readonly cut?: () => void;
  /** Gets every fault at the moment at which it is decided. */
  readonly onFault?: (fault: Fault) => void;
}

/**
 * Wraps an end of either side. The faults hit ME messages of both directions, and the shared area when a door bell
 * passes. What arrives is what was sent, or a fault says why not. The same seed, traffic and clock give the same
 * faults; without rates nothing is changed.
 *
 * Throws TRANSPORT_ERR_OPTION for unknown kinds, rates outside of 0 to 1, and `lost` without `cut`.
 */
export function faulty(end: HostEnd, seed: number, options: FaultyOptions): HostEnd;
export function faulty(end: CsmeEnd, seed: number, options: FaultyOptions): CsmeEnd;
export function faulty(end: HostEnd | CsmeEnd, seed: number, options: FaultyOptions): HostEnd | CsmeEnd {
  checkRates(options.rates);
  if ((options.rates.lost ?? 0) > 0 && options.cut === undefined) {
    throw new TransportError('TRANSPORT_ERR_OPTION', { detail: 'The fault `lost` needs `cut`.' });
  }
  return new FaultyEnd(end as AnyEnd, seed, options) as unknown as HostEnd | CsmeEnd;
}

type AnyRequest = HostRequest | CsmeRequest;
type AnyEvent = HostEvent | CsmeEvent;
type AnyEnd = End<AnyRequest, AnyEvent>;
type Direction = 'h2m' | 'm2h';

class FaultyEnd extends WrappedEnd<AnyRequest, AnyEvent> {
  readonly side: 'host' | 'csme';
  readonly #random: Random;
  readonly #options: FaultyOptions;
  readonly #outgoing: Lane;
  readonly #incoming: Lane;
  #area: SharedArea | undefined;

  constructor(inner: AnyEnd, seed: number, options: FaultyOptions) {
    super(inner, options.clock);
    this.side = inner.side;
    this.#random = seededRandom(seed);
    this.#options = options;
    const [out, back]: [Direction, Direction] = inner.side === 'host' ? ['h2m', 'm2h'] : ['m2h', 'h2m'];
    this.#outgoing = new Lane(out, options.clock, (bytes) => this.inner.perform({ type: 'me', bytes }));
    this.#incoming = new Lane(back, options.clock, (bytes) => {
      this.events.emit({ type: 'me', bytes });
      return 0;
    });
    for (const lane of [this.#outgoing, this.#incoming]) {
      lane.onDropped = (before, detail) => this.#report('drop', lane, detail, { before });
    }
  }

  perform(request: AnyRequest): number {
    if (request.type === 'me') {
      // What the transport refuses it refuses at once, whatever the dice say.
      if (request.bytes.length > ME_MESSAGE_MAX) return this.inner.perform(request);
      return this.#carry(this.#outgoing, request.bytes);
    }
    if (request.type === 'disable' || request.type === 'unmap') this.#clear(request.type);
    return this.inner.perform(request);
  }

  override close(): void {
    this.#clear('closed');
    super.close();
  }

  protected received(event: AnyEvent): void {
    switch (event.type) {
      case 'me':
        this.#carry(this.#incoming, event.bytes);
        return;
      case 'mapped':
      case 'area': {
        const layout = layoutOfSize(event.memory.byteLength);
        this.#area = layout instanceof SapError ? undefined : new SharedArea(event.memory, layout);
        break;
      }
      case 'areaGone':
      case 'lost':
        this.#clear(event.type);
        break;
    }
    this.events.emit(event);
  }

  /** Takes one ME message through all the dice, always in this order. */
  #carry(lane: Lane, bytes: Uint8Array): number {
    if (lane === this.#outgoing && this.#roll('send-error')) {
      const { errnos = [EIO, EAGAIN, ENODEV] } = this.#options;
      const errno = errnos[this.#random.below(errnos.length)] ?? EIO;
      this.#report('send-error', lane, errnoName(errno) ?? `errno ${errno}`, { before: bytes });
      return -errno;
    }
    if (this.#roll('lost')) {
      this.#report('lost', lane, 'the link is cut, and this message with it', { before: bytes });
      this.#options.cut?.();
      return 0;
    }
    this.#damageArea(lane, bytes);
    if (this.#roll('drop')) {
      this.#report('drop', lane, 'dropped', { before: bytes });
      return 0;
    }
    const result = this.#carryDamaged(lane, bytes);
    if (this.#roll('doorbell')) this.#ring();
    return result;
  }

  #carryDamaged(lane: Lane, bytes: Uint8Array): number {
    let carried = bytes;
    if (bytes.length > 0 && this.#roll('corrupt')) {
      carried = corrupted(bytes, this.#random);
      this.#report('corrupt', lane, 'bytes changed', { before: bytes, after: carried });
    }
    const { delayMs = 50 } = this.#options;
    const twice = this.#roll('duplicate');
    if (twice) this.#report('duplicate', lane, 'sent twice', { before: carried });
    if (this.#roll('reorder')) {
      this.#report('reorder', lane, `held back for the next one, ${delayMs} ms at most`, { before: carried });
      if (twice) lane.send(carried, 0);
      lane.hold(carried, delayMs);
      return 0;
    }
    let delay = 0;
    if (this.#roll('delay')) {
      delay = 1 + this.#random.below(delayMs);
      this.#report('delay', lane, `${delay} ms`, { before: carried });
    }
    const result = lane.send(carried, delay);
    if (twice) lane.send(carried, 0);
    return result;
  }

  #damageArea(lane: Lane, bytes: Uint8Array): void {
    const area = this.#area;
    if (area === undefined || bytes[0] !== ME_MSG.CHECK_SHARED_AREA) return;
    if (this.#roll('corrupt-ring')) this.#report('corrupt-ring', lane, corruptRing(area, this.#random));
    if (this.#roll('corrupt-pointer')) {
      this.#report('corrupt-pointer', lane, corruptPointer(area, this.#random));
    }
  }

  #ring(): void {
    const lane = this.#random.below(2) === 0 ? this.#outgoing : this.#incoming;
    const after = encodeMe({ name: 'CHECK_SHARED_AREA' }, 0, { size: 12 });
    this.#report('doorbell', lane, 'nobody rang', { after });
    lane.send(after, 0);
  }

  #clear(why: string): void {
    if (why !== 'disable') this.#area = undefined;
    this.#outgoing.clear(why);
    this.#incoming.clear(why);
  }

  #roll(kind: FaultKind): boolean {
    const rate = this.#options.rates[kind];
    return rate !== undefined && rate > 0 && this.#random.next() < rate;
  }

  #report(
    kind: FaultKind,
    lane: Lane,
    detail: string,
    bytes: { before?: Uint8Array; after?: Uint8Array } = {},
  ): void {
    const copies = Object.fromEntries(Object.entries(bytes).map(([name, b]) => [name, new Uint8Array(b)]));
    this.#options.onFault?.({ kind, atMs: this.#options.clock.now(), dir: lane.dir, detail, ...copies });
  }
}

/** One direction: a queue of ME messages that keeps its order, and the one that is held back. */
class Lane {
  readonly dir: Direction;
  /** A message that waited and was not delivered after all. */
  onDropped: (bytes: Uint8Array, detail: string) => void = () => {};
  readonly #clock: Clock;
  readonly #deliver: (bytes: Uint8Array) => number;
  readonly #queue: { bytes: Uint8Array; at: number; timer: Timer }[] = [];
  #held: { bytes: Uint8Array; timer: Timer } | undefined;

  constructor(dir: Direction, clock: Clock, deliver: (bytes: Uint8Array) => number) {
    this.dir = dir;
    this.#clock = clock;
    this.#deliver = deliver;
  }

  /** Delivers now, or later when it is delayed or others wait; then the one that was held back for it. */
  send(bytes: Uint8Array, delayMs: number): number {
    const result = this.#enqueue(bytes, delayMs);
    this.#release();
    return result;
  }

  /** Keeps the message until the next one has been sent, or for `delayMs`. */
  hold(bytes: Uint8Array, delayMs: number): void {
    const previous = this.#held;
    if (previous !== undefined) this.#clock.cancel(previous.timer);
    const timer = this.#clock.schedule(this.#clock.now() + delayMs, () => this.#release());
    this.#held = { bytes: new Uint8Array(bytes), timer };
    if (previous !== undefined) this.#enqueue(previous.bytes, 0);
  }

  clear(why: string): void {
    const waiting = this.#queue.splice(0);
    if (this.#held !== undefined) waiting.push({ ...this.#held, at: 0 });
    this.#held = undefined;
    for (const { bytes, timer } of waiting) {
      this.#clock.cancel(timer);
      this.onDropped(bytes, why);
    }
  }

  #release(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#clock.cancel(held.timer);
    this.#enqueue(held.bytes, 0);
  }

  #enqueue(bytes: Uint8Array, delayMs: number): number {
    const last = this.#queue.at(-1);
    if (last === undefined && delayMs === 0) return this.#deliver(bytes);
    const at = Math.max(last?.at ?? 0, this.#clock.now() + delayMs);
    const timer = this.#clock.schedule(at, () => this.#deliverFirst());
    this.#queue.push({ bytes: new Uint8Array(bytes), at, timer });
    return 0;
  }

  #deliverFirst(): void {
    const first = this.#queue.shift();
    if (first === undefined) return;
    const result = this.#deliver(first.bytes);
    if (result < 0) this.onDropped(first.bytes, errnoName(result) ?? `errno ${-result}`);
  }
}
