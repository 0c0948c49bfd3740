/**
 * Plays CSME to a driver, scenario by scenario, and judges what it does. Sans-IO: events of the firmware's end and the
 * helper's lines go in with the time, requests, results and the conversation come out of `poll`.
 *
 * Each scenario begins with a driver that has no link and no memories, and has a judge of its own, the one of
 * `sapwood validate`. Nothing waits without an end: a driver that falls silent, hangs up or never comes fails what it
 * was asked, and the next scenario begins.
 */
import { decodeMe, SapError, type SapErrorCode } from '../sap/index.ts';
import {
  type ControlCause,
  type ControlReply,
  formatEvent,
  Judge,
  type TraceArgs,
  type TraceEvent,
} from '../trace/index.ts';
import type { Machine } from '../transport/index.ts';
import type { CheckId } from './catalogue.ts';
import type {
  CheckFinding,
  ConformanceInput,
  ConformanceOutput,
  ScenarioOutcome,
  Status,
} from './contract.ts';
import { forget, unlink } from './opening.ts';
import { NoArea, type Untimed } from './puppet.ts';
import { Results } from './results.ts';
import type { Need, Play, Scenario, Wait } from './scenario.ts';
import { Leaves, Stage } from './stage.ts';

export interface ConformanceOptions {
  readonly scenarios: readonly Scenario[];
  /** There is a helper on the driver's side. */
  readonly helped: boolean;
  /** Scenarios that may kill a driver are played, too. */
  readonly danger?: boolean;
  /**
   * How often a scenario is played before it has failed, when all that was found is about times; 1 when left out. A
   * machine that is busy with other things reads a bell late, a driver with a wrong timer is wrong each time.
   */
  readonly tries?: number;
  /**
   * Times are those of a machine that is busy with other things. A bell that was seen late looks as if the next one came
   * early: then only bells that were counted tell of a throttle.
   */
  readonly coarse?: boolean;
  /** How long the first link may take, in ms; 30 s when left out. */
  readonly firstLinkMs?: number;
}

/** A driver that lost its connection comes back within this time, in ms. */
const LINK_MS = 10_000;
/** Shared memory is looked at this often, in ms, while somebody waits for it to change. */
const LOOK_MS = 1;

export class Conformance implements Machine<ConformanceInput, ConformanceOutput> {
  readonly results = new Results();
  readonly #options: ConformanceOptions;
  readonly #stage: Stage;
  readonly #play: Play;
  #wait: Wait | undefined;
  #begun = false;
  #over = false;
  #nowMs = 0;
  #nextId = 1;
  #judge: Judge | undefined;
  /** The firmware was reset by the script: the link that is lost now is no fault. */
  #dropping = false;
  /** START has come for the area that is mapped. */
  #startSeen = false;
  #linkMs: number;
  /** Why nothing more can be played. */
  #gone: string | undefined;
  #controlGone: string | undefined;
  /** The causes that were asked for last, as lines. */
  #asked: string[] = [];
  #outputs: ConformanceOutput[] = [];
  #next = 0;

  constructor(options: ConformanceOptions) {
    this.#options = options;
    this.#linkMs = options.firstLinkMs ?? 30_000;
    this.#stage = new Stage(options.helped, {
      now: () => this.#nowMs,
      request: (request) => this.#outputs.push(request),
      trace: (event) => this.#said(event),
      control: (event) => this.#ask(event),
      drop: () => this.#drop(),
      look: () => this.#hearRings(),
    });
    this.#play = this.#all();
  }

  get over(): boolean {
    return this.#over;
  }

  handle(nowMs: number, input: ConformanceInput): void {
    this.#nowMs = nowMs;
    try {
      this.#take(input);
    } catch (error) {
      if (!(error instanceof Leaves)) throw error;
      this.#interrupt(error);
    }
    this.#advance();
  }

  handleTimeout(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#advance();
  }

  nextTimeoutAt(): number | undefined {
    if (this.#over) return undefined;
    if (!this.#begun) return this.#nowMs;
    const { deadlineMs = this.#nowMs, watchesMemory = false } = this.#wait ?? {};
    return watchesMemory ? Math.min(deadlineMs, this.#nowMs + LOOK_MS) : deadlineMs;
  }

  poll(): ConformanceOutput | undefined {
    if (this.#next < this.#outputs.length) return this.#outputs[this.#next++];
    this.#outputs = [];
    this.#next = 0;
    return undefined;
  }

  // --- what happens

  #take(input: ConformanceInput): void {
    const { csme } = this.#stage;
    // What was on its way when the connection was dropped.
    if (this.#dropping && input.type !== 'lost' && !input.type.startsWith('control')) return;
    switch (input.type) {
      case 'mapRequest': {
        this.#linked();
        this.#outputs.push({ type: 'mapAnswer', errno: 0 });
        return;
      }
      case 'area': {
        this.#linked();
        const error = csme.map(input.memory);
        this.#startSeen = false;
        if (error !== undefined) this.#check('map.order', false, 'an area of a known size', error.message);
        this.#said({ ch: 'bus', dir: 'drv', name: 'dma_map', args: mapArgs(input.memory.byteLength) });
        return;
      }
      case 'areaGone':
        return csme.unmap();
      case 'me':
        this.#linked();
        return this.#hearMe(input.bytes);
      case 'lost':
        return this.#lost();
      case 'control':
        return this.#helperSays(input.reply);
      case 'controlLost':
        this.#controlGone = input.why;
        throw new Leaves('impossible', `the helper is gone: ${input.why}`);
    }
  }

  /** Something came from the driver. After a loss, and at the beginning, that is a client of its own accord. */
  #linked(): void {
    if (!this.#stage.linked) {
      this.#said({ ch: 'bus', dir: 'ctl', name: 'link', args: { arg: 1 } });
      this.#said({ ch: 'bus', dir: 'ctl', name: 'probe', args: { arg: 0 } });
    }
    this.#stage.linked = true;
  }

  #hearMe(bytes: Uint8Array): void {
    const { csme } = this.#stage;
    const message = decodeMe(bytes, 'host');
    const name = message instanceof SapError ? undefined : message.name;
    if (name === 'START' && csme.area !== undefined && !this.#startSeen) {
      this.#startSeen = true;
      const used = csme.firstUsedByte();
      this.#check(
        'start.zeroed',
        used === undefined,
        'rings of zeros',
        `byte ${used?.at} of ${used?.ring} is not 0`,
      );
      csme.traceArea();
    }
    this.#said({ ch: 'me', dir: 'h2m', bytes: new Uint8Array(bytes) });
    if (name === 'CHECK_SHARED_AREA' && csme.listens) this.#hearRings();
  }

  #hearRings(): void {
    const { csme } = this.#stage;
    if (csme.area === undefined) return;
    const stray = csme.strayPointer();
    this.#check(
      'ring.pointer',
      stray === undefined,
      "the driver's pointers inside of their rings",
      stray ?? '',
    );
    for (const error of csme.hear()) {
      const check = RING_CHECKS[error.code];
      if (check !== undefined) this.#check(check, false, 'rings that hold whole messages', error.message);
    }
  }

  #helperSays(reply: ControlReply): void {
    if (reply.ch === 'done') {
      this.#stage.done.set(reply.id, reply.error);
      return;
    }
    if (reply.ch === 'error') {
      this.#said({ ch: 'note', text: `the helper says what cannot be read: ${reply.error.message}` });
      return;
    }
    if (reply.ch === 'note' && reply.driver !== undefined) this.results.driver ??= reply.driver;
    if (!this.#isEcho(reply)) this.#said(untimed(reply));
  }

  /** Whether it is what was asked for, or what this side has seen itself. */
  #isEcho(event: TraceEvent): boolean {
    if (event.ch === 'bus') return event.dir === 'ctl' || (event.name === 'dma_map' && event.args.ret === 0);
    const isCause =
      (event.ch === 'wifi-cmd' && event.dir === 'wifi>drv') ||
      (event.ch === 'frame' && event.dir === 'peer0>wlan0');
    if (!isCause) return event.ch === 'me' || event.ch === 'notif' || event.ch === 'data';
    const line = lineOf(event);
    const at = this.#asked.indexOf(line);
    if (at >= 0) this.#asked.splice(at, 1);
    return at >= 0;
  }

  #lost(): void {
    this.#stage.linked = false;
    this.#stage.csme.unmap();
    if (this.#dropping) {
      this.#dropping = false;
      return;
    }
    this.#said({ ch: 'note', text: 'the driver hung up' });
    if (this.#judge === undefined) return;
    this.#check('link.stays', false, 'a driver that stays', 'the connection ended');
    throw new Leaves('gone', 'the driver hung up');
  }

  // --- what the script does

  #said(event: Untimed): void {
    const timed = { ...event, t: this.#nowMs / 1000 } as TraceEvent;
    this.#stage.saw(timed);
    this.#judge?.push([timed]);
    this.#outputs.push({ type: 'trace', event: timed });
  }

  #ask(event: ControlCause): number {
    if (this.#controlGone !== undefined)
      throw new Leaves('impossible', `the helper is gone: ${this.#controlGone}`);
    const id = this.#nextId++;
    this.#said(event);
    // A helper may tell what it was asked to do, or not.
    this.#asked = [...this.#asked.slice(1 - ECHOES), lineOf(event)];
    this.#outputs.push({ type: 'control', request: { id, event } });
    return id;
  }

  #drop(): void {
    this.#dropping = true;
    this.#stage.linked = false;
    this.#stage.csme.unmap();
    this.#said({ ch: 'bus', dir: 'ctl', name: 'link', args: { arg: 0 } });
    this.#said({ ch: 'bus', dir: 'ctl', name: 'remove', args: { arg: 0 } });
    this.#outputs.push({ type: 'drop' });
  }

  #check(id: CheckId, holds: boolean, expected: string, seen: string): void {
    if (this.#judge !== undefined) this.#stage.check(id, holds, expected, seen);
  }

  // --- the run

  /** Resumes the run for as long as what it waits for is there. */
  #advance(): void {
    if (!this.#begun) {
      this.#begun = true;
      this.#resume(() => this.#play.next());
    }
    while (!this.#over && this.#wait !== undefined) {
      const came = this.#wait.until();
      if (!came && this.#nowMs < this.#wait.deadlineMs) return;
      this.#resume(() => this.#play.next(came));
    }
  }

  #interrupt(error: Leaves): void {
    if (this.#begun && !this.#over) this.#resume(() => this.#play.throw(error));
  }

  #resume(step: () => IteratorResult<Wait, void>): void {
    const { value, done } = step();
    this.#wait = done ? undefined : value;
    if (!done || this.#over) return;
    this.#over = true;
    this.#outputs.push({ type: 'over' });
  }

  *#all(): Play {
    const { scenarios } = this.#options;
    for (const [i, scenario] of scenarios.entries()) {
      this.#outputs.push({ type: 'began', scenario, number: i + 1, of: scenarios.length });
      const outcome = yield* this.#tried(scenario);
      this.results.add(outcome, this.#stage.asked);
      this.#outputs.push({ type: 'ended', outcome });
    }
    if (this.#gone === undefined) yield* this.#leave();
  }

  /** The driver is left as it was found: with a link, and without what scenarios gave it. */
  *#leave(): Play {
    try {
      yield* unlink(this.#stage);
    } catch (error) {
      if (!(error instanceof Leaves)) throw error;
    }
  }

  *#tried(scenario: Scenario): Play<ScenarioOutcome> {
    const { tries = 1 } = this.#options;
    for (let tried = 1; ; tried++) {
      const outcome = yield* this.#one(scenario);
      const mayBeLoad =
        outcome.findings.length > 0 && outcome.findings.every(({ check }) => TIMED.has(check));
      if (!mayBeLoad || tried >= tries) return tried === 1 ? outcome : { ...outcome, tries: tried };
    }
  }

  *#one(scenario: Scenario): Play<ScenarioOutcome> {
    const stage = this.#stage;
    const began = this.#nowMs;
    const end = (status: Status, reason?: string): ScenarioOutcome => {
      const findings = stage.findings.map((f): CheckFinding => ({ ...f, scenario: scenario.id }));
      const tookMs = this.#nowMs - began;
      this.#judge = undefined;
      return { scenario, status, findings, tookMs, ...(reason !== undefined && { reason }) };
    };
    stage.clear();
    const missing = this.#missing(scenario);
    if (missing !== undefined) return end('not run', missing);
    this.#said({ ch: 'note', text: `scenario ${scenario.id}: ${scenario.title}` });
    let left: Leaves | undefined;
    try {
      yield* this.#tidy();
      this.#judge = new Judge({ file: scenario.id });
      stage.clear();
      yield* forget(stage);
      yield* scenario.play(stage);
    } catch (error) {
      left = leavesOf(error);
      if (left.how === 'broken' && error instanceof NoArea)
        stage.check('link.stays', false, 'a link', left.message);
    }
    this.#concludes();
    if (stage.findings.length > 0) return end('failed', left?.message);
    if (left === undefined) return end('passed');
    return end('not run', left.message);
  }

  /** What the judge of the trace has found goes to the findings of the script. */
  #concludes(): void {
    const judge = this.#judge;
    if (judge === undefined) return;
    const { rules, findings } = judge.finish();
    const { asked } = this.#stage;
    for (const [id, count] of Object.entries(rules)) {
      if (count.asked > 0) asked.set(id as CheckId, (asked.get(id as CheckId) ?? 0) + count.asked);
    }
    asked.set('link.stays', (asked.get('link.stays') ?? 0) + 1);
    for (const { rule, severity, t, expected, seen, excerpt } of findings) {
      if (severity === 'note' || (this.#options.coarse && rule === 'bell.throttle')) continue;
      this.#stage.findings.push({ check: rule, t, expected, seen, excerpt });
    }
  }

  /** Without a link, whatever the scenario before has left. */
  *#tidy(): Play {
    const stage = this.#stage;
    const withinMs = this.#linkMs;
    this.#linkMs = LINK_MS;
    if (!stage.linked && !(yield* stage.until({ until: () => stage.linked, withinMs }))) {
      this.#gone = `no driver came within ${withinMs / 1000} s`;
      throw new Leaves('gone', this.#gone);
    }
    yield* unlink(stage);
  }

  #missing(scenario: Scenario): string | undefined {
    const { helped, danger = false } = this.#options;
    const lacks: Readonly<Record<Need, string | undefined>> = {
      control: helped ? this.#controlGone && `the helper is gone: ${this.#controlGone}` : 'no control socket',
      danger: danger ? undefined : 'it may kill a driver; --dangerous plays it',
    };
    return this.#gone ?? scenario.needs.map((need) => lacks[need]).find((lack) => lack !== undefined);
  }
}

/** The checks that compare times. */
const TIMED: ReadonlySet<CheckId> = new Set<CheckId>([
  'bell.throttle',
  'bell.missing',
  'bell.repeat',
  'own.result',
  'own.ask-again',
  'nvm.result',
  'pldr.tries',
  'removal.goes-down',
  'removal.stolen',
  'removal.wakes',
]);

/** So many causes are remembered. */
const ECHOES = 8;

function lineOf(event: TraceEvent): string {
  return formatEvent({ ...untimed(event), t: 0 } as TraceEvent);
}

function untimed(event: TraceEvent): Untimed {
  const {
    t: _,
    line: __,
    extra: ___,
    ...rest
  } = event as TraceEvent & { t: number; line?: number; extra?: TraceArgs };
  return rest as Untimed;
}

function mapArgs(size: number): TraceArgs {
  return { buffer_id: 1, size, ret: 0 };
}

/** Which check an error of the ring reader belongs to. A message that could be read is the judge's affair. */
const RING_CHECKS: { readonly [code in SapErrorCode]?: CheckId } = {
  SAP_ERR_LENGTH: 'sap.length',
  SAP_ERR_TOO_BIG: 'sap.length',
  SAP_ERR_RING_POINTER: 'ring.pointer',
  SAP_ERR_RING_REST: 'ring.pointer',
  SAP_ERR_WRONG_QUEUE: 'sap.queue',
};

function leavesOf(error: unknown): Leaves {
  if (error instanceof Leaves) return error;
  if (error instanceof NoArea) return new Leaves('broken', error.message);
  throw error;
}
