/**
 * Drives our host with CSME's side of a recording and holds what it does against what was recorded.
 *
 * Causes (CSME's messages, commands of the WLAN driver, frames from the air, the bus) are fed to the host at their
 * recorded times. Effects are compared stream by stream in their order: notifications and data messages byte by byte as
 * CSME reads them, ME messages with their sequence numbers, what the WLAN driver is told, what commands return, what is
 * asked of the bus, frames that go out. A timer goes off when its effect was recorded (`tolerance.ts`).
 */
import {
  type CommandName,
  Host,
  type HostOutput,
  nextTimer,
  type QuirkName,
  type Quirks,
  quirksOfDriver,
  TIMERS,
  type TimerName,
} from '../../ownership/index.ts';
import {
  AREA_LAYOUTS,
  declOf,
  decodeSap,
  encodeSap,
  headlineSap,
  hexOf,
  RingWriter,
  SapError,
  SharedArea,
} from '../../sap/index.ts';
import { TraceError } from '../errors.ts';
import type {
  BusEvent,
  CommandEvent,
  FrameEvent,
  NoteEvent,
  OperationEvent,
  TraceArgs,
  TraceEvent,
  WireEvent,
} from '../event.ts';
import { Expectations } from './expectations.ts';
import { hintOf } from './hints.ts';
import { isBell, Lookahead, u32 } from './lookahead.ts';
import type { Mismatch, ReplayReport, Stream } from './report.ts';
import { RingTap } from './ring-tap.ts';
import {
  EARLY_MS,
  EFFECT_LAG_MS,
  END_GRACE_MS,
  latenessMs,
  THROTTLE_LATE_MS,
  wentOffAtMs,
} from './tolerance.ts';
import { ArgumentError, commandArgs, isCommand, resultArgs, tellArgs } from './vocabulary.ts';

export interface ReplayOptions {
  /** The name in the report. */
  file?: string;
  /** Quirks to switch on besides those of the driver that the recording names. */
  quirks?: readonly QuirkName[];
  /** How many mismatches the report lists; the others are counted. */
  maxMismatches?: number;
}

/** Larger frames are lost in the recorded device: MTU 9000. */
const DEVICE_FRAME_MAX = 9014;
/** The driver takes this much of an ME message. */
const ME_RECEIVE_BUFFER = 100;
const ENODEV = 19;
/** Messages that a timer sends: seen in the recording, they tell that it went off. */
const SENT_BY: { readonly [T in TimerName]?: number } = {
  ownershipRetry: declOf('HOST_ASKS_FOR_NIC_OWNERSHIP').id,
  pldrReply: declOf('PLDR').id,
};
/** Commands whose return the recordings have. */
const RECORDED_RETURNS: readonly CommandName[] = [
  'register',
  'is_connected',
  'get_ownership',
  'get_nvm',
  'pldr',
  'set_netdev',
];

interface Memory {
  notif: RingTap;
  data: RingTap;
  notifOfCsme: RingWriter;
  dataOfCsme: RingWriter;
}

export class Replay {
  readonly #ahead = new Lookahead();
  readonly #report: ReplayReport;
  readonly #options: ReplayOptions;
  readonly #maxMismatches: number;

  #quirks: { [Q in QuirkName]?: boolean } = {};
  #host = new Host();
  #memory: Memory | undefined;
  #busUp = true;
  #sendErrno = 0;
  /** Between a removal and the unmapping, door bells come as the threads of the recorded driver happened to run. */
  #leaving = false;
  /** Frames that wanted a door bell since the last one; the recorded driver's work queue merges them. */
  #frameBells = 0;
  /** The recording's sequence numbers are this much higher, after a mismatch. */
  #seqShift = 0;
  #repair: (() => void) | undefined;
  #token = 0;
  #line = 0;
  #nowMs = 0;
  /** When the effects that the host has now came about. */
  #effectMs = 0;

  #tells = callExpectations('wifi-op');
  /** By command: they return on threads of their own. */
  #returns = new Map<string, Expectations<string>>();
  #bus = callExpectations('bus');
  #frames = byteExpectations('frame');
  #starts = byteExpectations('me');
  #bells = byteExpectations('me');

  constructor(options: ReplayOptions = {}) {
    this.#options = options;
    this.#maxMismatches = options.maxMismatches ?? 100;
    this.#report = {
      file: options.file ?? 'trace',
      messages: 0,
      compared: 0,
      mismatches: [],
      omitted: 0,
      quirks: [],
      errors: [],
    };
    this.#newHost(undefined);
  }

  /** The next events of the recording, in their order. */
  push(events: readonly TraceEvent[]): void {
    this.#ahead.push(events);
    for (let event = this.#ahead.shift(); event; event = this.#ahead.shift()) this.#handle(event);
  }

  /** The recording is over. */
  finish(): ReplayReport {
    this.#ahead.end();
    this.push([]);
    this.#close();
    return this.#report;
  }

  #handle(event: TraceEvent): void {
    if (event.ch === 'error') {
      this.#report.errors.push(event.error);
      return;
    }
    this.#line = event.line ?? this.#line + 1;
    this.#nowMs = Math.max(this.#nowMs, event.t * 1000);
    this.#effectMs = this.#nowMs;
    this.#fireOverdue();
    switch (event.ch) {
      case 'me':
      case 'notif':
      case 'data':
        this.#report.messages++;
        return event.dir === 'm2h' ? this.#fromCsme(event) : this.#fromHost(event);
      case 'frame':
        return event.dir === 'peer0>wlan0' ? this.#frameIn(event) : this.#frameOut(event);
      case 'wifi-cmd':
        return event.dir === 'wifi>drv' ? this.#command(event) : this.#returned(event);
      case 'wifi-op':
        return this.#told(event);
      case 'bus':
        return event.dir === 'ctl' ? this.#busWorked(event) : this.#busUsed(event);
      case 'note':
        return this.#noted(event);
      default:
        return;
    }
  }

  // --- causes ---

  #fromCsme(event: WireEvent): void {
    if (event.ch === 'me') {
      this.#settle();
      this.#host.handle(this.#nowMs, { type: 'me', bytes: event.bytes.subarray(0, ME_RECEIVE_BUFFER) });
      this.#drain();
    } else {
      // What does not fit or has no area to go to was lost in the recording as well.
      (event.ch === 'notif' ? this.#memory?.notifOfCsme : this.#memory?.dataOfCsme)?.write(event.bytes);
    }
  }

  #frameIn(event: FrameEvent): void {
    this.#settle();
    const before = this.#host.meSeqNum;
    this.#host.receive(this.#nowMs, event.bytes, 0, event.bytes.length);
    this.#frameBells += this.#host.meSeqNum - before;
    this.#drain();
  }

  #command(event: CommandEvent): void {
    this.#settle();
    if (event.name === 'unregister') {
      this.#call('start_unregister', {});
      this.#call('unregister_complete', {});
      this.#returnsOf('unregister').push(this.#nowMs, call('unregister', {}));
    } else if (isCommand(event.name)) {
      this.#call(event.name, event.args);
    } else {
      this.#misunderstood(event.name, `the name of a command`);
    }
  }

  #call(name: CommandName, args: TraceArgs): void {
    try {
      this.#host.handle(this.#nowMs, {
        type: 'command',
        token: ++this.#token,
        name,
        args: commandArgs(name, args),
      });
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      this.#misunderstood(JSON.stringify(args), `${name} with ${error.message}`);
    }
    this.#drain();
  }

  #busWorked(event: BusEvent): void {
    switch (event.name) {
      case 'probe':
        this.#settle();
        this.#host.handle(this.#nowMs, { type: 'probe' });
        break;
      case 'remove':
        this.#settle();
        this.#leaving = true;
        this.#host.handle(this.#nowMs, { type: this.#busUp ? 'remove' : 'lost' });
        break;
      case 'link':
        this.#busUp = event.args.arg !== 0;
        break;
      case 'send_err':
        this.#sendErrno = typeof event.args.arg === 'number' ? event.args.arg : 0;
        break;
    }
    this.#drain();
  }

  #noted(event: NoteEvent): void {
    if (event.driver !== undefined) {
      this.#close();
      this.#newHost(event.driver);
    }
    const hint = hintOf(event.text);
    switch (hint?.kind) {
      case 'restart':
        this.#settle();
        this.#host.handle(this.#nowMs, { type: 'restart' });
        this.#drain();
        break;
      case 'damaged-pointer':
        this.#settle();
        this.#repair = this.#memory?.[hint.queue].damage();
        break;
      case 'unrecorded-ping':
        this.#memory?.notifOfCsme.write(encodeSap({ name: 'PING' }, 0));
        break;
      case 'no-headroom':
        this.#switchOn('no-headroom-loses-frame');
        break;
    }
  }

  // --- effects ---

  #fromHost(event: WireEvent): void {
    this.#report.compared++;
    if (event.ch !== 'me') return this.#read(event, event.ch);
    if (isBell(event)) return this.#rung(event);
    this.#await(() => !this.#starts.empty);
    this.#starts.match(event.bytes, this.#line, event.t, this.#mismatch);
  }

  #read(event: WireEvent, queue: 'notif' | 'data'): void {
    const tap = this.#memory?.[queue];
    if (tap && tap.nextLength() === 0) this.#await(() => tap.nextLength() > 0);
    if (!tap || tap.nextLength() === 0) {
      this.#mismatch(this.#at(queue, 'unexpected', { recorded: showMessage(event.bytes) }));
      this.#seqShift++;
      return;
    }
    if (tap.matches(event.bytes, this.#seqShift)) return tap.advance();
    this.#readDiffers(event.bytes, tap, queue);
  }

  /** Finds out who has more messages, and brings both in step again. */
  #readDiffers(recorded: Uint8Array, tap: RingTap, queue: 'notif' | 'data'): void {
    const host = tap.copy();
    if (recorded.length < 8 || host.length < 8) {
      tap.advance();
      this.#mismatch(
        this.#at(queue, 'different', { recorded: showMessage(recorded), host: showMessage(host) }),
      );
      return;
    }
    const lead = u32(recorded, 4) - u32(host, 4) - this.#seqShift;
    if (lead < 0) {
      this.#mismatch(this.#at(queue, 'unexpected', { recorded: showMessage(recorded) }));
      return;
    }
    tap.advance();
    if (lead > 0 && tap.nextLength() > 0 && !sameBody(recorded, host)) {
      this.#mismatch(this.#at(queue, 'missing', { host: showMessage(host) }));
      if (tap.matches(recorded, this.#seqShift)) tap.advance();
      else this.#readDiffers(recorded, tap, queue);
      return;
    }
    this.#seqShift += lead;
    this.#mismatch(
      this.#at(queue, 'different', { recorded: showMessage(recorded), host: showMessage(host) }),
    );
  }

  #rung(event: WireEvent): void {
    const { timers } = this.#host.state;
    const seqNum = u32(event.bytes, 4);
    if (this.#bells.empty && timers.bellThrottle !== null && timers.bellThrottle <= this.#nowMs + EARLY_MS) {
      this.#fire('bellThrottle', this.#nowMs);
    }
    if (this.#bells.empty) this.#await(() => !this.#bells.empty);
    this.#bells.reportMissing(this.#nowMs - EFFECT_LAG_MS, this.#line, event.t, this.#mismatch);
    const bell = this.#bells.shift();
    if (!bell) {
      if (this.#leaving && seqNum === this.#host.meSeqNum + 1) this.#host.meSeqNum++;
      else this.#mismatch(this.#at('me', 'unexpected', { recorded: showBell(event.bytes) }));
      return;
    }
    const lead = seqNum - u32(bell, 4);
    if (lead !== 0) this.#host.meSeqNum = (this.#host.meSeqNum + lead) >>> 0;
    const merged = lead < 0 && -lead <= this.#frameBells;
    if ((lead !== 0 && !merged) || !sameBut(event.bytes, bell, 4, 8)) {
      this.#mismatch(this.#at('me', 'different', { recorded: showBell(event.bytes), host: showBell(bell) }));
    }
    this.#frameBells = 0;
    if (this.#bells.empty && timers.bellThrottle !== null)
      timers.bellThrottle = this.#nowMs + TIMERS.bellThrottle.ms;
  }

  #frameOut(event: FrameEvent): void {
    this.#report.compared++;
    this.#frames.match(event.bytes, this.#line, event.t, this.#mismatch);
  }

  #told(event: OperationEvent): void {
    this.#report.compared++;
    this.#await(() => !this.#tells.empty);
    this.#tells.match(call(event.name, event.args), this.#line, event.t, this.#mismatch);
  }

  #returned(event: CommandEvent): void {
    const name = event.name.replace(/\.ret$/, '');
    if (name === 'is_connected') this.#call('is_connected', {});
    this.#report.compared++;
    const returns = this.#returnsOf(name);
    this.#await(() => !returns.empty);
    returns.match(call(name, event.args), this.#line, event.t, this.#mismatch);
  }

  #busUsed(event: BusEvent): void {
    this.#report.compared++;
    this.#await(() => !this.#bus.empty);
    const { ret, ...args } = event.args;
    const wasMapping = this.#host.state.phase === 'mapping';
    this.#bus.match(call(event.name, args), this.#line, event.t, this.#mismatch);
    if (event.name === 'dma_map' && wasMapping) this.#mapped(ret);
    if (event.name === 'unmap') this.#leaving = false;
  }

  #mapped(ret: unknown): void {
    if (typeof ret === 'number' && ret < 0) {
      this.#host.handle(this.#nowMs, { type: 'mapRefused', errno: -ret });
    } else {
      const layout = AREA_LAYOUTS[this.#host.state.version];
      const area = new SharedArea(new ArrayBuffer(layout.size), layout);
      const { h2m, m2h } = layout.rings;
      this.#memory = {
        notif: new RingTap(area, h2m.notif),
        data: new RingTap(area, h2m.data),
        notifOfCsme: new RingWriter(area, m2h.notif),
        dataOfCsme: new RingWriter(area, m2h.data),
      };
      this.#host.handle(this.#nowMs, { type: 'mapped', memory: area.bytes.buffer });
    }
    this.#drain();
  }

  // --- the host ---

  #newHost(driver: string | undefined): void {
    this.#quirks = {};
    this.#host = new Host({ quirks: this.#quirks as Quirks });
    this.#memory = undefined;
    this.#busUp = true;
    this.#sendErrno = 0;
    this.#leaving = false;
    this.#frameBells = 0;
    this.#seqShift = 0;
    this.#nowMs = 0;
    for (const name of this.#options.quirks ?? []) this.#switchOn(name);
    for (const name of (driver !== undefined && quirksOfDriver(driver)) || []) this.#switchOn(name);
  }

  #switchOn(name: QuirkName): void {
    this.#quirks[name] = true;
    if (!this.#report.quirks.includes(name)) this.#report.quirks.push(name);
  }

  #drain(): void {
    for (let output = this.#host.poll(); output; output = this.#host.poll()) this.#take(output);
  }

  #take(output: HostOutput): void {
    switch (output.type) {
      case 'me':
        return this.#send(output.bytes);
      case 'tell':
        return this.#tells.push(this.#effectMs, call(output.name, tellArgs(output.name, output.args)));
      case 'return':
        if (!RECORDED_RETURNS.includes(output.name)) return;
        return this.#returnsOf(output.name).push(
          this.#effectMs,
          call(output.name, resultArgs(output.name, output.result)),
        );
      case 'map':
        return this.#bus.push(this.#effectMs, call('dma_map', { buffer_id: 1, size: output.size }));
      case 'enable':
      case 'disable':
      case 'unmap':
        return this.#bus.push(this.#effectMs, call(output.type, {}));
      case 'transmit':
        if (output.frame.length <= DEVICE_FRAME_MAX) this.#frames.push(this.#effectMs, output.frame);
        return;
      case 'problem':
        if (output.error.code !== 'SAP_ERR_RING_POINTER') return;
        this.#repair?.();
        this.#repair = undefined;
        return;
    }
  }

  #send(bytes: Uint8Array): void {
    const errno = this.#busUp ? this.#sendErrno : ENODEV;
    if (errno !== 0) this.#host.handle(this.#nowMs, { type: 'sendFailed', errno });
    else if (bytes[0] === 3) this.#bells.push(this.#effectMs, bytes);
    else this.#starts.push(this.#effectMs, bytes);
  }

  #returnsOf(name: string): Expectations<string> {
    let returns = this.#returns.get(name);
    if (!returns) {
      returns = callExpectations('return');
      this.#returns.set(name, returns);
    }
    return returns;
  }

  // --- time ---

  #fire(timer: TimerName, atMs: number): void {
    this.#host.fire(atMs, timer);
    this.#effectMs = atMs;
    this.#drain();
    this.#effectMs = this.#nowMs;
  }

  /** An effect was recorded that the host did not have yet: what is due goes off until it has. */
  #await(ready: () => boolean): void {
    while (!ready()) {
      const next = this.#nextTimer();
      if (!next || next.atMs > this.#nowMs + EARLY_MS) return;
      this.#fire(next.timer, wentOffAtMs(next.timer, next.atMs, this.#nowMs));
    }
  }

  /** Before a cause is handled: did the recorded driver's timers that are due go off before it? */
  #settle(): void {
    this.#settleThrottle();
    const next = this.#nextTimer();
    if (!next || next.atMs > this.#nowMs) return;
    const sends = SENT_BY[next.timer];
    if (
      sends !== undefined &&
      this.#ahead.typeOfSeqNum(this.#host.sapSeqNum + 1 + this.#seqShift) === sends
    ) {
      this.#fire(next.timer, wentOffAtMs(next.timer, next.atMs, this.#nowMs));
    }
  }

  #settleThrottle(): void {
    const dueMs = this.#host.state.timers.bellThrottle;
    if (dueMs === null || this.#nowMs < dueMs) return;
    const wanted = this.#host.meSeqNum + 1;
    const recorded = this.#ahead.nextBellSeqNum();
    const wasOver =
      recorded !== undefined &&
      recorded <= wanted &&
      recorded >= wanted - this.#frameBells &&
      this.#bells.empty;
    if (wasOver || this.#nowMs > dueMs + THROTTLE_LATE_MS) this.#fire('bellThrottle', this.#nowMs);
  }

  /** A timer whose tolerance is over went off in the host, and the recording has nothing of it. */
  #fireOverdue(): void {
    for (let next = this.#nextTimer(); next; next = this.#nextTimer()) {
      if (next.atMs + latenessMs(next.timer) >= this.#nowMs) return;
      this.#fire(next.timer, next.atMs);
    }
  }

  #nextTimer() {
    const { timers } = this.#host.state;
    const throttle = timers.bellThrottle;
    if (throttle === null) return nextTimer(this.#host.state);
    // The door bell has its own rules.
    timers.bellThrottle = null;
    const next = nextTimer(this.#host.state);
    timers.bellThrottle = throttle;
    return next;
  }

  #close(): void {
    const untilMs = this.#nowMs - END_GRACE_MS;
    const { bellThrottle } = this.#host.state.timers;
    if (bellThrottle !== null && bellThrottle + THROTTLE_LATE_MS < untilMs)
      this.#fire('bellThrottle', bellThrottle);
    const seconds = this.#nowMs / 1000;
    for (const expected of [this.#tells, ...this.#returns.values(), this.#bus]) {
      expected.reportMissing(untilMs, this.#line, seconds, this.#mismatch);
      expected.clear();
    }
    for (const expected of [this.#frames, this.#starts, this.#bells]) {
      expected.reportMissing(untilMs, this.#line, seconds, this.#mismatch);
      expected.clear();
    }
  }

  // --- the report ---

  #at(stream: Stream, kind: Mismatch['kind'], what: { recorded?: string; host?: string }): Mismatch {
    return { line: this.#line, t: this.#nowMs / 1000, stream, kind, ...what };
  }

  readonly #mismatch = (mismatch: Mismatch): void => {
    if (this.#report.mismatches.length < this.#maxMismatches) this.#report.mismatches.push(mismatch);
    else this.#report.omitted++;
  };

  #misunderstood(excerpt: string, expected: string): void {
    const { file } = this.#report;
    this.#report.errors.push(
      new TraceError('TRACE_ERR_TYPE', { file, line: this.#line, offset: 0, expected, excerpt }),
    );
  }
}

/** Replays a whole trace. */
export async function replay(
  batches: AsyncIterable<readonly TraceEvent[]> | Iterable<readonly TraceEvent[]>,
  options?: ReplayOptions,
): Promise<ReplayReport> {
  const replay = new Replay(options);
  for await (const batch of batches) replay.push(batch);
  return replay.finish();
}

/** A call and its arguments as text, whatever the order of the arguments. */
function call(name: string, args: TraceArgs): string {
  const words = Object.keys(args)
    .sort()
    .map((key) => `${key}=${JSON.stringify(args[key])}`);
  return [name, ...words].join(' ');
}

function callExpectations(stream: Stream): Expectations<string> {
  return new Expectations(
    stream,
    (recorded, host) => recorded === host,
    (text) => text,
  );
}

function byteExpectations(stream: Stream): Expectations<Uint8Array> {
  return new Expectations(stream, (recorded, host) => sameBut(recorded, host, 0, 0), hexOf);
}

function sameBut(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i] && (i < from || i >= to)) return false;
  return true;
}

function sameBody(a: Uint8Array, b: Uint8Array): boolean {
  return sameBut(a, b, 4, 8);
}

function showBell(bytes: Uint8Array): string {
  return `CHECK_SHARED_AREA seq=${u32(bytes, 4)} (${bytes.length} bytes)`;
}

function showMessage(bytes: Uint8Array): string {
  const message = decodeSap(bytes, 0, bytes.length, 'host');
  const name =
    message instanceof SapError ? message.message : `${headlineSap(message)} seq=${message.seqNum}`;
  return `${name} [${hexOf(bytes)}]`;
}
