/**
 * What a scenario has in its hands: CSME as a puppet, the driver's own side through its helper, and what both have said.
 *
 * Methods that wait are generators: `yield* stage.expect(…)`. Every wait has an end; what must come and does not is a
 * finding, and ends the scenario.
 */
import type { SapDraft, SapName } from '../sap/index.ts';
import type { ControlCause, TraceArgs, TraceEvent } from '../trace/index.ts';
import type { CheckId } from './catalogue.ts';
import { PuppetCsme, type PuppetSinks, type Untimed } from './puppet.ts';
import type { Play, Wait } from './scenario.ts';
import { type Pattern, type Seen, seenOf, wordsOf } from './seen.ts';

/** In ms. What is bounded by nothing else gets so long: a machine may be slow. */
export const SOON = 3_000;
/** The throttle, and what a slow machine puts on top: what has not come by then does not come. */
export const QUIET = 250;
const TAKEN_UP_MS = 3_000;
const EXCERPT = 12;

/** Leaves a scenario: something that it needs did not come, or cannot be had. */
export class Leaves extends Error {
  /** `broken`: a finding says why; `impossible`: the driver's helper cannot do what is asked. */
  readonly how: 'broken' | 'impossible' | 'gone';

  constructor(how: Leaves['how'], reason: string) {
    super(reason);
    this.how = how;
  }
}

export interface Found {
  readonly check: CheckId;
  readonly t: number;
  readonly expected: string;
  readonly seen: string;
  readonly excerpt: readonly TraceEvent[];
}

export interface StageSinks extends PuppetSinks {
  now(): number;
  control(event: ControlCause): number;
  drop(): void;
  /** Reads the driver's rings now, without a bell. */
  look(): void;
}

export class Stage {
  readonly csme: PuppetCsme;
  /** Whether the driver has a helper. */
  readonly helped: boolean;
  /** What was said since the scenario began. */
  readonly log: Seen[] = [];
  readonly findings: Found[] = [];
  /** How often each check was asked by the script itself. */
  readonly asked = new Map<CheckId, number>();
  /** Which requests to the helper are done, and with what error. */
  readonly done = new Map<number, string | undefined>();
  /** Whether there is a link: something came since it was lost. */
  linked = false;
  /** The bus maps less than it could. */
  limited = false;
  /** What is waited for is counted from here. */
  #from = 0;
  readonly #sinks: StageSinks;

  constructor(helped: boolean, sinks: StageSinks) {
    this.helped = helped;
    this.#sinks = sinks;
    this.csme = new PuppetCsme(sinks);
  }

  get now(): number {
    return this.#sinks.now();
  }

  /** Everything before is forgotten: a new scenario, or a new link in one. */
  clear(): void {
    this.log.length = 0;
    this.findings.length = 0;
    this.asked.clear();
    this.#from = 0;
  }

  /** Said by anybody: kept for who waits. */
  saw(event: TraceEvent): void {
    this.log.push(seenOf(event, this.now));
  }

  // --- checks

  /** Asks a check. A breach is a finding, and the scenario goes on. */
  check(id: CheckId, holds: boolean, expected: string, seen: string): boolean {
    this.asked.set(id, (this.asked.get(id) ?? 0) + 1);
    if (!holds) {
      const excerpt = this.log.slice(-EXCERPT).map(({ event }) => event);
      this.findings.push({ check: id, t: this.now / 1000, expected, seen, excerpt });
    }
    return holds;
  }

  /** As `check`; after a breach the scenario makes no sense any more. */
  must(id: CheckId, holds: boolean, expected: string, seen: string): void {
    if (!this.check(id, holds, expected, seen)) throw new Leaves('broken', `${expected}; ${seen}`);
  }

  // --- waiting

  /** What is waited for from now on comes after this. */
  mark(): void {
    this.#from = this.log.length;
  }

  *settle(ms: number): Play {
    yield { deadlineMs: this.now + ms, until: () => false };
  }

  *until(wait: Omit<Wait, 'deadlineMs'> & { withinMs: number }): Play<boolean> {
    return yield { ...wait, deadlineMs: this.now + wait.withinMs };
  }

  /** What is waited for may have come since the log had `from` lines. */
  rewind(from: number): void {
    this.#from = from;
  }

  /** Waits for a line since the mark that nothing else was waited for with; undefined when none comes. */
  *await(pattern: Pattern, withinMs: number = SOON): Play<Seen | undefined> {
    const find = () => this.#since().find((s) => !s.taken && pattern.fits(s));
    yield { deadlineMs: this.now + withinMs, until: () => find() !== undefined };
    const found = find();
    if (found !== undefined) found.taken = true;
    return found;
  }

  /** As `await`, and it must come. */
  *expect(id: CheckId, pattern: Pattern, withinMs: number = SOON): Play<Seen> {
    const began = this.now;
    const found = yield* this.await(pattern, withinMs);
    const instead = this.#since().findLast((s) => !s.taken && pattern.about(s));
    const seen = instead === undefined ? 'nothing of the kind' : wordsOf(instead);
    this.must(
      id,
      found !== undefined,
      `${pattern.words} within ${withinMs} ms`,
      found ? '' : `${seen} in ${Math.round(this.now - began)} ms`,
    );
    return found!;
  }

  /** Nothing of the kind may come for so long. */
  *never(id: CheckId, pattern: Pattern, ms: number = QUIET): Play {
    const found = yield* this.await(pattern, ms);
    this.check(id, found === undefined, `no ${pattern.words}`, found === undefined ? '' : wordsOf(found));
  }

  /** Lines since the mark that fit. */
  all(pattern: Pattern): Seen[] {
    return this.#since().filter((s) => pattern.fits(s));
  }

  /** How many messages of this name CSME has read since the log had `from` lines. */
  heard(name: SapName, from = this.#from): number {
    return this.log.slice(from).filter((s) => s.message?.name === name).length;
  }

  // --- CSME says

  /** Writes messages, rings, and waits until the driver has read them. */
  *tell(...drafts: readonly SapDraft[]): Play {
    this.mark();
    for (const draft of drafts) this.csme.write(draft);
    this.csme.bell();
    yield* this.read();
  }

  /** The driver must have read all that CSME wrote. */
  *read(id: CheckId = 'ring.read-whole'): Play {
    const empty = () => this.csme.area === undefined || this.csme.unread() === 0;
    yield { deadlineMs: this.now + SOON, until: empty, watchesMemory: true };
    const left = this.csme.area === undefined ? 0 : this.csme.unread();
    this.must(id, left === 0, 'all that was written is read after the bell', `${left} bytes are left`);
  }

  /** CSME reads again: at once, and upon each bell. */
  listen(): void {
    this.csme.listens = true;
    this.#sinks.look();
  }

  // --- the driver's side

  /** Has the WLAN driver call the host, and waits until the call was taken up. */
  *call(name: string, args: TraceArgs = {}): Play {
    yield* this.#ask({ t: 0, ch: 'wifi-cmd', dir: 'wifi>drv', name, args });
  }

  /** A frame arrives from the air. */
  *receive(bytes: Uint8Array): Play {
    yield* this.#ask({ t: 0, ch: 'frame', dir: 'peer0>wlan0', bytes });
  }

  *bus(name: string, arg = 0): Play {
    yield* this.#ask({ t: 0, ch: 'bus', dir: 'ctl', name, args: { arg } });
  }

  /** Gives whether the helper could. */
  *attempt(step: Play): Play<boolean> {
    try {
      yield* step;
      return true;
    } catch (error) {
      if (error instanceof Leaves && error.how === 'impossible') return false;
      throw error;
    }
  }

  *#ask(event: ControlCause): Play {
    this.mark();
    const id = this.#sinks.control(event);
    yield { deadlineMs: this.now + TAKEN_UP_MS, until: () => this.done.has(id) };
    const what = 'name' in event ? event.name : 'a frame from the air';
    if (!this.done.has(id)) throw new Leaves('impossible', `the helper did not answer to ${what}`);
    const error = this.done.get(id);
    if (error !== undefined) throw new Leaves('impossible', `${what}: ${error}`);
  }

  /** The largest area that the bus maps from now on. */
  *limit(size: number): Play {
    this.limited = true;
    yield* this.bus('max_dma', size);
  }

  /** Firmware reset. */
  drop(): void {
    this.mark();
    this.#sinks.drop();
  }

  note(text: string): void {
    this.#sinks.trace({ ch: 'note', text } satisfies Untimed);
  }

  #since(): Seen[] {
    return this.log.slice(this.#from);
  }
}
