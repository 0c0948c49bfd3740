/**
 * What a host has to do, from when something asks for it until it is done: messages to CSME, calls to the WLAN driver,
 * frames. One queue for each stream whose order the trace has.
 */
import type { TraceEvent } from '../event.ts';
import type { RuleId } from './catalogue.ts';
import type { Entry, Ledger } from './ledger.ts';
import { AT_ONCE_MS, END_GRACE_MS, OVERTAKEN_MS, SKIP_MS } from './tolerance.ts';

type Located = Exclude<TraceEvent, { ch: 'error' }>;

/** What stands in a finding: a function where it costs something, for it is hardly ever read. */
export type Words = string | (() => string);

export interface Duty<V = unknown> {
  /** What does it: a message type, the name of a call. */
  readonly kind: number | string;
  /** `may`: it is right when it comes, and right when it does not. */
  need: 'must' | 'may';
  /** Broken when it does not come. */
  rule: RuleId;
  /** Broken when it comes and is not what it has to be; `rule` when left out. */
  readonly wrong?: RuleId;
  readonly expected: Words;
  /** What a value has to be instead; `undefined` when it is right. */
  differs?(value: V): Words | undefined;
  /** The rule of a difference that has one of its own. */
  special?(value: V): RuleId | undefined;
  /** Why: the last of them is where it is told. */
  readonly cause: readonly Located[];
  readonly atMs: number;
  /** Not before this time. */
  readonly fromMs?: number;
  /** Not after this time; when left out, it is done at once. */
  readonly untilMs?: number;
  /** It comes at once or not at all, though whether it had to is known only at `untilMs`. */
  readonly soon?: boolean;
  /** Duties of a group are done in their order; broken otherwise is `orderRule`. */
  readonly group?: string;
  readonly orderRule?: RuleId;
  /** Bytes that it takes in its ring; 0 when there was no room for it. */
  size?: number;
  /** Nothing signals it: it may be read much later. */
  silent?: boolean;
}

interface Open<V> extends Duty<V> {
  dueMs: number;
  /** A later one came first. */
  passedMs?: number;
  /** What came of its kind and was not right. */
  mismatch?: { readonly value: V; readonly event: Located };
}

interface Late<V> {
  readonly duty: Duty<V>;
  readonly entry: Entry;
}

type Arrival<V> =
  | {
      readonly done: Duty<V>;
      /** What was asked for before it and has not come; empty, almost always. */
      readonly before: readonly Duty<V>[];
      /** It was told that it is missing. */
      readonly late?: Entry;
    }
  /** It came, and was not what it had to be; that is told. */
  | { readonly wrong: Duty<V> };

/** More than this is not waited for at once: a trace may be full of causes and have no effects. */
const OPEN_MAX = 4096;
const LATE_MAX = 256;

export interface QueueOptions<V> {
  readonly ledger: Ledger;
  /** A value in words. */
  show(value: V): string;
  /** Until when a duty that is due has to be waited for, because the trace cannot show it yet. */
  postponed?(nowMs: number): number | undefined;
  /** A value that is not right may be meant for something else: whether the right one comes is waited for. */
  readonly tolerant?: boolean;
  /** When a host does what is asked of it now is not known. */
  patient?(): boolean;
  /** Nothing can come of it any more, however short the time was. */
  hopeless?(duty: Duty): boolean;
  /** What a duty breaks that was not done: where several rules explain it. */
  blame?(duty: Duty): RuleId;
}

export class Duties<V> {
  readonly #options: QueueOptions<V>;
  #open: Open<V>[] = [];
  #late: Late<V>[] = [];
  /** Nothing is due before. */
  #nextMs = Number.POSITIVE_INFINITY;
  #bytes = 0;
  #hasSilent = false;
  /** What was asked for at this time was done: what was asked for before should have been. */
  #doneMs = Number.NEGATIVE_INFINITY;

  constructor(options: QueueOptions<V>) {
    this.#options = options;
  }

  get open(): readonly Duty<V>[] {
    return this.#open;
  }

  /** What the ring holds of it, at most: nothing of it was seen to be read. */
  get bytes(): number {
    return this.#bytes;
  }

  add(duty: Duty<V>): void {
    if (duty.need === 'must') this.#options.ledger.asked(duty.rule);
    if (this.#open.length >= OPEN_MAX) this.#remove(0);
    this.#bytes += duty.size ?? 0;
    this.#hasSilent ||= duty.silent === true;
    const soonMs = this.#options.patient?.() ? Number.POSITIVE_INFINITY : duty.atMs + AT_ONCE_MS;
    const dueMs = duty.untilMs ?? soonMs;
    this.#open.push(Object.assign(duty, { dueMs }));
    this.#nextMs = Math.min(this.#nextMs, dueMs);
  }

  /** Something came, `fromLast` for what was asked for last if several are alike. `undefined`: nobody asked for it. */
  arrive(
    kind: number | string,
    value: V,
    event: Located,
    nowMs: number,
    fromLast = false,
  ): Arrival<V> | undefined {
    if (fromLast) {
      const last = this.#open.findLastIndex(
        (duty) => duty.kind === kind && duty.differs?.(value) === undefined,
      );
      if (last >= 0) return this.#done(last, event, nowMs);
    }
    let first = -1;
    let timed = -1;
    let allowed = -1;
    for (let i = 0; i < this.#open.length; i++) {
      const duty = this.#open[i]!;
      if (duty.kind !== kind || (duty.fromMs ?? 0) > nowMs) continue;
      if (duty.soon === true && duty.atMs + AT_ONCE_MS < nowMs) continue;
      if (first < 0 && duty.need === 'must') first = i;
      if (duty.differs?.(value) !== undefined) continue;
      if (duty.need === 'must' && duty.fromMs === undefined) return this.#done(i, event, nowMs);
      if (duty.need === 'must' && timed < 0) timed = i;
      if (duty.need === 'may' && allowed < 0) allowed = i;
    }
    if (timed >= 0 || allowed >= 0) return this.#done(timed >= 0 ? timed : allowed, event, nowMs);
    const late = this.#late.findIndex(
      ({ duty }) => duty.kind === kind && duty.differs?.(value) === undefined,
    );
    if (late >= 0) {
      const [{ duty, entry }] = this.#late.splice(late, 1) as [Late<V>];
      return { done: duty, before: [], late: entry };
    }
    if (first < 0) return undefined;
    if (this.#options.tolerant !== true) return this.#wrong(first, value, event);
    const duty = this.#open[first]!;
    duty.mismatch ??= { value, event };
    return { wrong: duty };
  }

  /** What was asked for before `atMs` cannot come any more: something that came later was done. */
  overtaken(atMs: number): void {
    this.#doneMs = Math.max(this.#doneMs, atMs);
  }

  /** CSME has looked at the rings at `nowMs`: what nothing signals lies there no longer. */
  looked(nowMs: number): void {
    if (!this.#hasSilent) return;
    for (const duty of this.#open) {
      if (duty.silent !== true || duty.dueMs !== Number.POSITIVE_INFINITY) continue;
      if (duty.atMs + OVERTAKEN_MS <= nowMs) duty.dueMs = nowMs + SKIP_MS;
      this.#nextMs = Math.min(this.#nextMs, duty.dueMs);
    }
  }

  /** Takes off what need not be done any more. */
  drop(which: (duty: Duty<V>) => boolean): void {
    this.#keep(this.#open.filter((duty) => !which(duty)));
  }

  /** From here on nobody demands what was asked for so far; it is still right when it comes. */
  excuse(which: (duty: Duty<V>) => boolean = () => true): void {
    for (const duty of this.#open) if (which(duty)) duty.need = 'may';
  }

  advance(nowMs: number): void {
    if (nowMs < this.#nextMs) return;
    const until = this.#options.postponed?.(nowMs);
    let nextMs = Number.POSITIVE_INFINITY;
    const still: Open<V>[] = [];
    for (const duty of this.#open) {
      const passed = duty.passedMs === undefined ? Number.POSITIVE_INFINITY : duty.passedMs + SKIP_MS;
      const dueMs = Math.min(duty.dueMs, passed);
      if (nowMs >= dueMs && until !== undefined && passed > nowMs) duty.dueMs = until;
      else if (nowMs >= dueMs) {
        if (duty.need === 'must') this.#missing(duty, nowMs);
        continue;
      }
      still.push(duty);
      nextMs = Math.min(nextMs, duty.dueMs, passed);
    }
    if (still.length < this.#open.length) this.#keep(still);
    this.#nextMs = nextMs;
  }

  /** Nothing comes any more: a link ended, or the trace. What was asked for a moment ago is excused. */
  end(nowMs: number): void {
    for (const duty of this.#open) {
      const fromMs = duty.fromMs ?? duty.atMs;
      const overtaken = duty.fromMs === undefined && fromMs + OVERTAKEN_MS <= this.#doneMs;
      const waited = duty.passedMs !== undefined || overtaken || fromMs + END_GRACE_MS <= nowMs;
      const over = duty.silent === true ? Number.isFinite(duty.dueMs) : (duty.untilMs ?? 0) <= nowMs;
      const hopeless = this.#options.hopeless?.(duty) === true;
      if (duty.need === 'must' && ((waited && over) || hopeless)) this.#missing(duty, nowMs);
    }
    this.#keep([]);
    this.#late = [];
    this.#doneMs = Number.NEGATIVE_INFINITY;
    this.#nextMs = Number.POSITIVE_INFINITY;
  }

  #done(index: number, event: Located, nowMs: number): Arrival<V> {
    const done = this.#open[index]!;
    const { ledger } = this.#options;
    const before = index === 0 ? [] : this.#open.slice(0, index);
    for (const passed of before) {
      if (passed.passedMs !== undefined || passed.need === 'may') continue;
      if (passed.group === undefined || passed.group !== done.group) continue;
      passed.passedMs = nowMs;
      this.#nextMs = Math.min(this.#nextMs, nowMs + SKIP_MS);
    }
    if (done.orderRule !== undefined) ledger.asked(done.orderRule);
    if (done.passedMs !== undefined && done.orderRule !== undefined) {
      const expected = `${textOf(done.expected)} before what came after it`;
      ledger.find(done.orderRule, event, expected, 'it came behind that', done.cause);
    }
    if (done.wrong !== undefined && done.wrong !== done.rule) ledger.asked(done.wrong);
    this.#remove(index);
    this.overtaken(done.atMs);
    return { done, before };
  }

  #wrong(index: number, value: V, event: Located): Arrival<V> {
    const duty = this.#open[index]!;
    this.#remove(index);
    this.#tellWrong(duty, value, event);
    return { wrong: duty };
  }

  #tellWrong(duty: Open<V>, value: V, event: Located): void {
    const rule = duty.special?.(value) ?? duty.wrong ?? duty.rule;
    const { ledger } = this.#options;
    ledger.asked(rule);
    ledger.find(
      rule,
      event,
      textOf(duty.differs!(value) ?? duty.expected),
      this.#options.show(value),
      duty.cause,
    );
  }

  /** Almost always the first. */
  #remove(index: number): void {
    const duty = index === 0 ? this.#open.shift() : this.#open.splice(index, 1)[0];
    this.#bytes -= duty?.size ?? 0;
  }

  #keep(still: Open<V>[]): void {
    this.#open = still;
    this.#hasSilent = still.some((duty) => duty.silent === true);
    this.#bytes = still.reduce((sum, duty) => sum + (duty.size ?? 0), 0);
  }

  #missing(duty: Open<V>, nowMs: number): void {
    if (duty.mismatch) return this.#tellWrong(duty, duty.mismatch.value, duty.mismatch.event);
    const { ledger } = this.#options;
    const rule = this.#options.blame?.(duty) ?? duty.rule;
    const at = duty.cause.at(-1)!;
    const waited = Math.max(0, nowMs / 1000 - at.t);
    const seen = `nothing of it in the ${waited.toFixed(waited < 10 ? 1 : 0)} s that follow`;
    const entry = ledger.find(rule, at, textOf(duty.expected), seen, duty.cause);
    if (this.#late.length >= LATE_MAX) this.#late.shift();
    this.#late.push({ duty, entry });
  }
}

function textOf(words: Words): string {
  return typeof words === 'string' ? words : words();
}
