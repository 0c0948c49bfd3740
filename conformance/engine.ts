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
  type TraceArgs,
  type TraceEvent,
} from '../trace/index.ts';
import type { Machine } from '../transport/index.ts';
import type { CheckId } from './catalogue.ts';
import type { ConformanceInput, ConformanceOutput } from './contract.ts';
import { type ConformanceOptions, Course } from './course.ts';
import type { Untimed } from './puppet.ts';
import { Results } from './results.ts';
import type { Play, Wait } from './scenario.ts';
import { Leaves, Stage } from './stage.ts';

/** Shared memory is looked at this often, in ms, while somebody waits for it to change. */
const LOOK_MS = 1;

export class Conformance implements Machine<ConformanceInput, ConformanceOutput> {
  readonly results = new Results();
  readonly #stage: Stage;
  readonly #course: Course;
  readonly #play: Play;
  #wait: Wait | undefined;
  #begun = false;
  #over = false;
  #nowMs = 0;
  #nextId = 1;
  /** The firmware was reset by the script: the link that is lost now is no fault. */
  #dropping = false;
  /** START has come for the area that is mapped. */
  #startSeen = false;
  /** The causes that were asked for last, as lines. */
  #asked: string[] = [];
  #outputs: ConformanceOutput[] = [];
  #next = 0;

  constructor(options: ConformanceOptions) {
    this.#stage = new Stage(options.helped, {
      now: () => this.#nowMs,
      request: (request) => this.#outputs.push(request),
      trace: (event) => this.#said(event),
      control: (event) => this.#ask(event),
      drop: () => this.#drop(),
      look: () => this.#hearRings(),
    });
    this.#course = new Course(options, this.#stage, this.results, (output) => this.#outputs.push(output));
    this.#play = this.#course.play();
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
        this.#course.helperGone = input.why;
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
    if (this.#course.judge === undefined) return;
    this.#check('link.stays', false, 'a driver that stays', 'the connection ended');
    throw new Leaves('gone', 'the driver hung up');
  }

  // --- what the script does

  #said(event: Untimed): void {
    const timed = { ...event, t: this.#nowMs / 1000 } as TraceEvent;
    this.#stage.saw(timed);
    this.#course.judge?.push([timed]);
    this.#outputs.push({ type: 'trace', event: timed });
  }

  #ask(event: ControlCause): number {
    const { helperGone } = this.#course;
    if (helperGone !== undefined) throw new Leaves('impossible', `the helper is gone: ${helperGone}`);
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
    if (this.#course.judge !== undefined) this.#stage.check(id, holds, expected, seen);
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
}

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
