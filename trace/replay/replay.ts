/**
 * Drives our host with CSME's side of a recording and holds what it does against what was recorded.
 *
 * Causes (CSME's messages, commands of the WLAN driver, frames from the air, the bus) are fed to the host at their
 * recorded times. Effects are compared stream by stream in their order: notifications and data messages byte by byte as
 * CSME reads them, ME messages with their sequence numbers, what the WLAN driver is told, what commands return, what is
 * asked of the bus, frames that go out. A timer goes off when its effect was recorded (`timing.ts`, `tolerance.ts`).
 */
import { type CommandName, type QuirkName, TIMERS } from '../../ownership/index.ts';
import { encodeSap, ME_MESSAGE_MAX, SapError, u32At } from '../../sap/index.ts';
import { excerptOf, TraceError } from '../errors.ts';
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
import { hintOf } from './hints.ts';
import { isBell, Lookahead } from './lookahead.ts';
import { sameButSeqNum, showBell, showMessage } from './message.ts';
import type { Mismatch, ReplayReport, Stream } from './report.ts';
import type { RingTap } from './ring-tap.ts';
import { callText, Subject } from './subject.ts';
import { BUS_USERS, ENDERS, SENDERS, TELLERS, Timing } from './timing.ts';
import { EFFECT_LAG_MS, END_GRACE_MS, GAP_MAX_MS, STAMP_MS } from './tolerance.ts';
import { ArgumentError, commandArgs, isCommand } from './vocabulary.ts';

export interface ReplayOptions {
  /** The name in the report. */
  file?: string;
  /** Quirks to switch on besides those of the driver that the recording names. */
  quirks?: readonly QuirkName[];
  /** How many mismatches, and how many lines that could not be read, the report lists; the others are counted. */
  maxMismatches?: number;
}

export class Replay {
  readonly #ahead = new Lookahead();
  readonly #report: ReplayReport;
  readonly #maxFindings: number;
  readonly #quirks: readonly QuirkName[];

  #subject: Subject;
  #timing: Timing;
  /** Between a removal and the unmapping, door bells come as the threads of the recorded driver happened to run. */
  #leaving = false;
  #line = 0;
  #nowMs = 0;
  /** The recording's clock is ahead by this much: gaps that were cut short. */
  #skippedMs = 0;
  /** When CSME last read a ring of the host. */
  #readMs = Number.NEGATIVE_INFINITY;

  constructor(options: ReplayOptions = {}) {
    this.#maxFindings = options.maxMismatches ?? 100;
    this.#quirks = options.quirks ?? [];
    this.#report = {
      file: options.file ?? 'trace',
      messages: 0,
      compared: 0,
      mismatches: [],
      omitted: 0,
      quirks: [],
      errors: [],
      errorsOmitted: 0,
    };
    this.#subject = new Subject(undefined, this.#quirks);
    this.#timing = new Timing(this.#subject, this.#ahead);
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
    if (event.ch === 'error') return this.#unread(event.error);
    this.#line = event.line ?? this.#line + 1;
    if (event.ch === 'note' && event.driver !== undefined) this.#newHost(event.driver);
    this.#advance(event.t * 1000);
    switch (event.ch) {
      case 'me':
      case 'notif':
      case 'data':
        this.#report.messages++;
        return event.dir === 'm2h' ? this.#fromCsme(event) : this.#fromHost(event);
      case 'frame':
        if (event.dir === 'peer0>wlan0') return this.#frameIn(event);
        return event.dir === 'wlan0>peer0' ? this.#frameOut(event) : undefined;
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

  #advance(recordedMs: number): void {
    const aheadMs = recordedMs - this.#skippedMs - this.#nowMs;
    if (aheadMs > GAP_MAX_MS) this.#skippedMs += aheadMs - GAP_MAX_MS;
    this.#nowMs = Math.max(this.#nowMs, recordedMs - this.#skippedMs);
    if (this.#timing.fireOverdue(this.#nowMs)) this.#reportMissing(this.#nowMs - EFFECT_LAG_MS);
  }

  // --- causes ---

  #fromCsme(event: WireEvent): void {
    if (event.ch === 'me') {
      this.#timing.settle(this.#nowMs);
      this.#subject.handle(this.#nowMs, { type: 'me', bytes: event.bytes.subarray(0, ME_MESSAGE_MAX) });
      return;
    }
    // What does not fit or has no area to go to was lost in the recording as well.
    const { memory } = this.#subject;
    (event.ch === 'notif' ? memory?.notifOfCsme : memory?.dataOfCsme)?.write(event.bytes);
  }

  #frameIn(event: FrameEvent): void {
    const { host } = this.#subject;
    this.#timing.settle(this.#nowMs);
    const before = host.meSeqNum;
    host.receive(this.#nowMs, event.bytes, 0, event.bytes.length);
    this.#timing.frameBells += host.meSeqNum - before;
    this.#subject.drain(this.#nowMs);
  }

  #command(event: CommandEvent): void {
    const silent = event.name === 'tx_copy' && this.#subject.host.quirks['dhcp-copy-not-signalled'] === true;
    this.#timing.settle(this.#nowMs, silent);
    if (event.name === 'unregister') {
      this.#call('start_unregister', {});
      this.#call('unregister_complete', {});
      this.#subject.returns.get('unregister')?.push(this.#nowMs, callText('unregister', {}));
    } else if (isCommand(event.name)) {
      this.#call(event.name, event.args);
    } else {
      this.#misunderstood(event.name, 'the name of a command');
    }
  }

  #call(name: CommandName, args: TraceArgs): void {
    try {
      this.#subject.command(this.#nowMs, name, commandArgs(name, args));
    } catch (error) {
      if (!(error instanceof ArgumentError || error instanceof SapError)) throw error;
      this.#misunderstood(JSON.stringify(args), `arguments of ${name} (${error.message})`);
    }
  }

  #busWorked(event: BusEvent): void {
    const subject = this.#subject;
    switch (event.name) {
      case 'probe':
        this.#timing.settle(this.#nowMs);
        return subject.handle(this.#nowMs, { type: 'probe' });
      case 'remove':
        this.#timing.settle(this.#nowMs);
        this.#leaving = true;
        return subject.handle(this.#nowMs, { type: subject.busUp ? 'remove' : 'lost' });
      case 'link':
        subject.busUp = event.args.arg !== 0;
        return;
      case 'send_err':
        subject.sendErrno = typeof event.args.arg === 'number' ? event.args.arg : 0;
        return;
    }
  }

  #noted(event: NoteEvent): void {
    const hint = hintOf(event.text);
    if (!hint) return;
    this.#timing.settle(this.#nowMs);
    const { memory } = this.#subject;
    switch (hint.kind) {
      case 'restart':
        return this.#subject.handle(this.#nowMs, { type: 'restart' });
      case 'damaged-pointer':
        this.#subject.repair = memory?.[hint.queue].damage();
        return;
      case 'unrecorded-ping':
        memory?.notifOfCsme.write(encodeSap({ name: 'PING' }, 0));
        return;
      case 'no-headroom':
        return this.#subject.switchOn('no-headroom-loses-frame');
    }
  }

  // --- effects ---

  #fromHost(event: WireEvent): void {
    this.#report.compared++;
    if (event.ch !== 'me') return this.#read(event, event.ch);
    if (isBell(event)) return this.#rung(event);
    const { starts } = this.#subject;
    starts.match(event.bytes, this.#line, event.t, this.#mismatch);
  }

  #read(event: WireEvent, queue: 'notif' | 'data'): void {
    this.#readMs = this.#nowMs;
    const tap = this.#subject.memory?.[queue];
    if (tap && tap.nextLength() === 0)
      this.#timing.awaitEffect(this.#nowMs, SENDERS, () => tap.nextLength() > 0);
    if (!tap || tap.nextLength() === 0) {
      this.#found(queue, 'unexpected', { recorded: showMessage(event.bytes) });
      this.#timing.seqShift++;
    } else if (tap.matches(event.bytes, this.#timing.seqShift)) {
      tap.advance();
    } else {
      this.#readDiffers(event.bytes, tap, queue);
    }
  }

  /** Finds out who has more messages, and brings both in step again. */
  #readDiffers(recordedBytes: Uint8Array, tap: RingTap, queue: 'notif' | 'data'): void {
    const hostBytes = tap.copy();
    const recorded = showMessage(recordedBytes);
    const host = showMessage(hostBytes);
    const whole = recordedBytes.length >= 8 && hostBytes.length >= 8;
    const lead = whole ? u32At(recordedBytes, 4) - u32At(hostBytes, 4) - this.#timing.seqShift : 0;
    if (lead < 0) return this.#found(queue, 'unexpected', { recorded });
    tap.advance();
    if (lead === 0 || tap.nextLength() === 0 || sameButSeqNum(recordedBytes, hostBytes)) {
      this.#timing.seqShift += lead;
      return this.#found(queue, 'different', { recorded, host });
    }
    this.#found(queue, 'missing', { host });
    if (tap.matches(recordedBytes, this.#timing.seqShift)) tap.advance();
    else this.#readDiffers(recordedBytes, tap, queue);
  }

  #rung(event: WireEvent): void {
    const { bells, host } = this.#subject;
    const { timers } = host.state;
    const seqNum = u32At(event.bytes, 4);
    if (bells.empty) this.#timing.awaitBell(this.#nowMs, seqNum);
    bells.reportMissing(this.#nowMs - EFFECT_LAG_MS, this.#line, event.t, this.#mismatch);
    const bell = bells.shift();
    if (!bell) {
      const excused =
        this.#leaving || this.#nowMs - this.#readMs < STAMP_MS || this.#timing.throttleMayEnd(this.#nowMs);
      if (excused && seqNum === host.meSeqNum + 1) this.#rang(seqNum);
      else this.#found('me', 'unexpected', { recorded: showBell(event.bytes) });
      return;
    }
    const lead = seqNum - u32At(bell, 4);
    if (lead !== 0) host.meSeqNum = (host.meSeqNum + lead) >>> 0;
    if ((lead !== 0 && !this.#timing.framesExplain(lead)) || !sameButSeqNum(event.bytes, bell)) {
      this.#found('me', 'different', { recorded: showBell(event.bytes), host: showBell(bell) });
    }
    this.#timing.nextInterval();
    // The recorded bell started the recorded throttle.
    if (bells.empty && timers.bellThrottle !== null)
      timers.bellThrottle = this.#nowMs + TIMERS.bellThrottle.ms;
  }

  /** The recorded driver rang where the host, by a hair's breadth, did not have to. */
  #rang(seqNum: number): void {
    const { host } = this.#subject;
    host.meSeqNum = seqNum;
    if (!this.#leaving) host.state.timers.bellThrottle = this.#nowMs + TIMERS.bellThrottle.ms;
  }

  #frameOut(event: FrameEvent): void {
    this.#report.compared++;
    this.#subject.frames.match(event.bytes, this.#line, event.t, this.#mismatch);
  }

  #told(event: OperationEvent): void {
    const { tells } = this.#subject;
    this.#report.compared++;
    this.#timing.awaitEffect(this.#nowMs, TELLERS, () => !tells.empty);
    tells.match(callText(event.name, event.args), this.#line, event.t, this.#mismatch);
  }

  #returned(event: CommandEvent): void {
    const name = event.name.replace(/\.ret$/, '');
    // Recordings have no line for this call.
    if (name === 'is_connected') this.#call('is_connected', {});
    const returns = this.#subject.returns.get(name);
    this.#report.compared++;
    if (!returns) return this.#found('return', 'unexpected', { recorded: callText(event.name, event.args) });
    this.#timing.awaitEffect(this.#nowMs, ENDERS[name] ?? [], () => !returns.empty);
    returns.match(callText(name, event.args), this.#line, event.t, this.#mismatch);
  }

  #busUsed(event: BusEvent): void {
    const { bus, host } = this.#subject;
    this.#report.compared++;
    this.#timing.awaitEffect(this.#nowMs, BUS_USERS, () => !bus.empty);
    const { ret, ...args } = event.args;
    const wasMapping = host.state.phase === 'mapping';
    bus.match(callText(event.name, args), this.#line, event.t, this.#mismatch);
    if (event.name === 'unmap') this.#leaving = false;
    if (event.name !== 'dma_map' || !wasMapping) return;
    if (typeof ret !== 'number' || ret >= 0) this.#subject.map(this.#nowMs);
    else this.#subject.handle(this.#nowMs, { type: 'mapRefused', errno: -ret });
  }

  // --- beginning and end of a recording ---

  #newHost(driver: string): void {
    this.#close();
    this.#nowMs = 0;
    this.#skippedMs = 0;
    this.#readMs = Number.NEGATIVE_INFINITY;
    this.#leaving = false;
    this.#subject = new Subject(driver, this.#quirks);
    this.#timing = new Timing(this.#subject, this.#ahead);
  }

  #close(): void {
    const untilMs = this.#nowMs - END_GRACE_MS;
    this.#timing.fireThrottleBefore(untilMs);
    this.#reportMissing(untilMs);
    for (const name of this.#subject.quirks) {
      if (!this.#report.quirks.includes(name)) this.#report.quirks.push(name);
    }
  }

  // --- the report ---

  #reportMissing(untilMs: number): void {
    for (const stream of this.#subject.streams()) {
      stream.reportMissing(untilMs, this.#line, this.#nowMs / 1000, this.#mismatch);
    }
  }

  #found(stream: Stream, kind: Mismatch['kind'], what: { recorded?: string; host?: string }): void {
    this.#mismatch({ line: this.#line, t: this.#nowMs / 1000, stream, kind, ...what });
  }

  readonly #mismatch = (mismatch: Mismatch): void => {
    if (this.#report.mismatches.length < this.#maxFindings) this.#report.mismatches.push(mismatch);
    else this.#report.omitted++;
  };

  #misunderstood(excerpt: string, expected: string): void {
    const { file } = this.#report;
    const at = { file, line: this.#line, offset: 0, expected, excerpt: excerptOf(excerpt, 0) };
    this.#unread(new TraceError('TRACE_ERR_TYPE', at));
  }

  #unread(error: TraceError): void {
    if (this.#report.errors.length < this.#maxFindings) this.#report.errors.push(error);
    else this.#report.errorsOmitted++;
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
