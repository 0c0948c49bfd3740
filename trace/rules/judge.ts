/**
 * Judges a host by its trace: one pass, events in their order. What is kept of them is bounded, so that a trace of
 * 10 GB needs no more memory than one of 10 MB; nothing that a trace holds is thrown about.
 */
import { ME_MSG } from '../../sap/index.ts';
import type { TraceError } from '../errors.ts';
import type { BusEvent, CommandEvent, NoteEvent, TraceEvent, WireEvent } from '../event.ts';
import { hintOf } from '../replay/hints.ts';
import { Case, type Located, type Read } from './case.ts';
import type { RuleId } from './catalogue.ts';
import type { JudgeReport } from './finding.ts';
import { type Found, Inbox } from './inbox.ts';
import { Ledger } from './ledger.ts';
import { NvmMonitor, PingMonitor } from './monitors/answers.ts';
import { AreaMonitor } from './monitors/area.ts';
import { BellMonitor } from './monitors/bells.ts';
import { FrameMonitor } from './monitors/frames.ts';
import { HostileMonitor } from './monitors/hostile.ts';
import { Shapes } from './monitors/messages.ts';
import type { Monitor } from './monitors/monitor.ts';
import { OwnershipMonitor } from './monitors/ownership.ts';
import { PldrMonitor } from './monitors/pldr.ts';
import { ProtectionMonitor } from './monitors/protection.ts';
import { RemovalMonitor } from './monitors/removal.ts';
import { RingMonitor } from './monitors/rings.ts';
import { Sequence } from './monitors/sequence.ts';
import { SettingsMonitor } from './monitors/settings.ts';
import { isGoodStartOk, StartMonitor, u32OrZero } from './monitors/start.ts';
import { followCsme, followDriver, isBeginning, isOfRings, versionOf } from './progress.ts';
import { AT_ONCE_MS, BATCH_MS } from './tolerance.ts';

export interface JudgeOptions {
  /** The name in the report. */
  readonly file?: string;
  /** Findings, and lines that could not be read, that the report lists; the others are counted. */
  readonly maxFindings?: number;
  /** Only these rules; the others are neither asked nor found. */
  readonly rules?: ReadonlySet<RuleId>;
}

export class Judge {
  readonly #file: string;
  readonly #max: number;
  readonly #ledger: Ledger;
  readonly #errors: TraceError[] = [];
  #errorsOmitted = 0;
  #driver = '';
  #messages = 0;
  #case: Case;
  #inbox = new Inbox();
  #shapes: Shapes;
  #sequence: Sequence;
  #bells: BellMonitor;
  #frames: FrameMonitor;
  #rings: RingMonitor;
  #monitors: readonly Monitor[];
  #linkDown = false;
  #sendFails = false;
  /** The trace began in the middle of a link, at this time. */
  #joinedMs: number | undefined;
  #begun = false;
  /** The last pause, and until when what is recorded may have come about in it: nobody looked at the rings meanwhile. */
  #pause = { beganMs: 0, untilMs: 0 };
  #first = true;
  /** The trace begins before the host did anything: what it does not have did not happen. */
  #fromStart = true;

  constructor(options: JudgeOptions = {}) {
    this.#file = options.file ?? 'trace';
    this.#max = options.maxFindings ?? 100;
    this.#ledger = new Ledger(this.#max, options.rules);
    const c = new Case(this.#ledger);
    this.#case = c;
    this.#shapes = new Shapes(c);
    this.#sequence = new Sequence(c);
    this.#bells = new BellMonitor(c);
    this.#frames = new FrameMonitor(c);
    this.#rings = new RingMonitor(c, this.#sequence);
    this.#monitors = this.#enter(c);
  }

  /** The next events of the trace, in their order. */
  push(events: readonly TraceEvent[]): void {
    for (const event of events) this.#handle(event);
  }

  /** The trace is over. */
  finish(): JudgeReport {
    this.#close();
    return {
      file: this.#file,
      driver: this.#driver,
      messages: this.#messages,
      rules: this.#ledger.rules,
      findings: this.#ledger.findings.toSorted((a, b) => a.line - b.line),
      failed: this.#ledger.failed,
      omitted: this.#ledger.omitted,
      errors: this.#errors,
      errorsOmitted: this.#errorsOmitted,
    };
  }

  #enter(c: Case): readonly Monitor[] {
    // The first that knows an unasked message judges it.
    return [
      new HostileMonitor(c),
      new StartMonitor(c),
      new AreaMonitor(c),
      new RemovalMonitor(c),
      new SettingsMonitor(c),
      new PingMonitor(c),
      new NvmMonitor(c),
      new PldrMonitor(c),
      new OwnershipMonitor(c),
      new ProtectionMonitor(c),
      this.#frames,
      this.#bells,
    ];
  }

  #handle(event: TraceEvent): void {
    if (event.ch === 'error') {
      if (this.#errors.length < this.#max) this.#errors.push(event.error);
      else this.#errorsOmitted++;
      return;
    }
    if (this.#first && event.ch !== 'unknown') {
      this.#first = event.ch === 'note' && event.driver === undefined;
      this.#fromStart = isBeginning(event);
    }
    this.#advance(event);
    switch (event.ch) {
      case 'me':
        this.#messages++;
        return event.dir === 'h2m' ? this.#meOfHost(event) : this.#meOfCsme(event);
      case 'notif':
      case 'data':
        this.#messages++;
        return event.dir === 'h2m' ? this.#read(event) : this.#wrote(event);
      case 'wifi-cmd':
        this.#case.sees.driver = this.#fromStart;
        return event.dir === 'wifi>drv' ? this.#command(event) : this.#each((m) => m.returned?.(event));
      case 'wifi-op':
        this.#case.sees.driver = this.#fromStart;
        if (this.#case.hostile) this.#case.hostile.heard = true;
        return this.#each((m) => m.told?.(event));
      case 'frame':
        if (this.#case.hostile && event.dir !== 'peer0>wlan0') this.#case.hostile.heard = true;
        return this.#frames.frame(event);
      case 'bus':
        return this.#bus(event);
      case 'area':
        this.#case.sees.area = true;
        return this.#each((m) => m.area?.(event));
      case 'note':
        return this.#note(event);
      default:
        return;
    }
  }

  #advance(event: Located): void {
    const c = this.#case;
    const nowMs = event.t * 1000;
    if (nowMs - c.nowMs > BATCH_MS) {
      this.#pause = { beganMs: c.nowMs, untilMs: nowMs + BATCH_MS };
    }
    if (nowMs > c.nowMs) c.nowMs = nowMs;
    // Who records anything else has looked before.
    if (!isOfRings(event)) this.#pause.untilMs = 0;
    c.lookedMs = c.nowMs < this.#pause.untilMs ? this.#pause.beganMs : c.nowMs;
    this.#rings.advance();
    for (const queue of c.queues) queue.advance(c.lookedMs);
    this.#sequence.advance();
    this.#bells.advance();
  }

  // --- the host ---

  #meOfHost(event: WireEvent): void {
    const c = this.#case;
    if (c.hostile) c.hostile.heard = true;
    const isStart = u32OrZero(event.bytes) === ME_MSG.START;
    if (isStart && !c.sees.bus && c.link.phase !== 'none') this.#relink();
    if (!isStart) this.#join();
    this.#each((m) => m.me?.(event));
    // Without START, which is told, the link goes on all the same.
    if (!isStart && c.link.phase === 'mapped') c.link.phase = 'started';
    if (!isStart) return;
    const { link } = c;
    if (link.phase === 'gone' || (link.phase === 'none' && c.sees.bus)) this.#relink();
    if (c.link.phase !== 'connected') c.link.phase = 'started';
    const version = event.bytes[24];
    if (version === 3 || version === 4) c.link.version ??= version;
  }

  #read(event: WireEvent): void {
    const c = this.#case;
    if (c.hostile) c.hostile.heard = true;
    this.#join();
    c.wasRead(event);
    const message = this.#shapes.judge(event);
    if (!message) {
      c.bells.read(c.nowMs);
      if (event.bytes.length >= 8) this.#sequence.read(event);
      return;
    }
    const read: Read = { message, event };
    const isData = event.ch === 'data';
    const afterLoss = this.#rings.isFilled(event.ch as 'notif' | 'data') && this.#sequence.skips(event);
    const arrival = isData
      ? this.#frames.carried(read)
      : c.notif.arrive(event.bytes[0]! | (event.bytes[1]! << 8), read, event, c.nowMs, afterLoss);
    c.data.looked(c.nowMs);
    if (arrival && 'done' in arrival) {
      if (arrival.before.length > 0) this.#rings.passed(event.ch as 'notif' | 'data', arrival.before, event);
      if (arrival.late) {
        const waited = Math.round(c.nowMs - arrival.done.atMs);
        const expected = 'a door bell within 100 ms';
        this.#ledger.recast(arrival.late, 'bell.missing', event, expected, `it was read after ${waited} ms`);
      } else if (arrival.done.need === 'must') {
        this.#bells.signalled(arrival.done, event);
      }
    }
    this.#sequence.read(event, arrival && 'done' in arrival ? arrival.done.atMs : undefined);
    if (message.name === 'HOST_GOES_DOWN') for (const queue of [c.notif, c.data]) queue.overtaken(c.nowMs);
    if (!arrival && !isData && !this.#isJoining()) {
      for (const monitor of this.#monitors) if (monitor.unasked?.(read)) break;
    }
    this.#each((m) => m.read?.(read));
    if (message.name === 'HOST_GOES_DOWN') c.link.saidGoodbye = true;
  }

  // --- CSME ---

  #meOfCsme(event: WireEvent): void {
    const c = this.#case;
    this.#each((m) => m.csmeMe?.(event));
    const type = u32OrZero(event.bytes);
    if (type === ME_MSG.START_OK && c.link.phase === 'mapped') {
      this.#ledger.find(
        'start.first-message',
        event,
        'START before CSME answers it',
        'START_OK without a START',
      );
      c.link.phase = 'started';
    }
    if (type === ME_MSG.START_OK && c.link.phase === 'started') {
      if (isGoodStartOk(event, c.link.version)) c.link.phase = 'connected';
      else c.link.badStartOk = true;
    }
    // A host may look at the rings as soon as it is connected.
    const looks =
      type === ME_MSG.CHECK_SHARED_AREA || (type === ME_MSG.START_OK && c.link.phase === 'connected');
    if (!looks) return;
    this.#join();
    const found = this.#inbox.take();
    if (c.link.phase !== 'connected' && c.link.phase !== 'started') return;
    c.lenient = c.link.phase === 'started';
    for (const item of found) this.#found(item);
    c.lenient = false;
    c.behind = undefined;
  }

  #wrote(event: WireEvent): void {
    this.#inbox.put(event);
    this.#each((m) => m.wrote?.());
  }

  #found(found: Found): void {
    const c = this.#case;
    c.behind = found.behind;
    if (found.behind && found.message) this.#ledger.asked('hostile.skipped');
    this.#each((m) => m.found?.(found));
    followCsme(c, found);
  }

  // --- the WLAN driver, the bus ---

  #command(event: CommandEvent): void {
    const c = this.#case;
    this.#each((m) => m.command?.(event));
    followDriver(c, event);
  }

  #bus(event: BusEvent): void {
    const c = this.#case;
    c.sees.bus ||= this.#fromStart || event.name === 'dma_map';
    if (event.dir === 'ctl') this.#workBus(event);
    this.#each((m) => m.bus?.(event));
    const { ret, size } = event.args;
    if (event.dir === 'ctl') {
      if (event.name === 'remove') c.link.leaving = true;
    } else if (event.name === 'dma_map' && !(typeof ret === 'number' && ret < 0)) {
      this.#relink();
      c.link.phase = 'mapped';
      c.link.version = versionOf(size);
    } else if (event.name === 'unmap') {
      this.#linkEnded();
      c.link.phase = 'gone';
    }
  }

  #workBus(event: BusEvent): void {
    const c = this.#case;
    const arg = event.args.arg;
    if (event.name === 'probe' && c.link.phase !== 'none') this.#relink();
    if (event.name === 'link') this.#linkDown = arg === 0;
    if (event.name === 'send_err') this.#sendFails = arg !== 0;
    const deaf = this.#linkDown || this.#sendFails;
    c.link.deaf = deaf;
    // What could not be signalled is found some time later.
    if (deaf) for (const queue of [c.notif, c.data]) queue.excuse();
  }

  #note(event: NoteEvent): void {
    const c = this.#case;
    if (event.driver !== undefined) this.#newHost(event.driver);
    this.#each((m) => m.note?.(event));
    const hint = hintOf(event.text);
    if (hint?.kind === 'unrecorded-ping') c.unrecordedPings++;
    if (hint?.kind === 'damaged-pointer') c.damaged.add(hint.queue);
    else c.damaged.clear();
    if (event.text.startsWith('not recorded')) {
      for (const queue of [c.notif, c.data]) queue.excuse();
      this.#sequence.excuse(Number.POSITIVE_INFINITY);
    }
  }

  // --- lives ---

  /** A trace that begins in the middle: nothing is known of what was before. */
  #join(): void {
    const c = this.#case;
    if (c.link.phase !== 'none' || c.sees.bus || this.#begun) return;
    this.#begun = true;
    this.#fromStart = false;
    c.sees.driver = false;
    this.#joinedMs = c.nowMs;
    c.link.phase = 'connected';
    c.link.amt = undefined;
    c.link.owner = undefined;
    c.link.deviceUp = undefined;
    this.#each((m) => m.joined?.());
    this.#sequence.restart(undefined);
  }

  #isJoining(): boolean {
    return this.#joinedMs !== undefined && this.#case.nowMs - this.#joinedMs < AT_ONCE_MS;
  }

  #relink(): void {
    if (this.#case.link.phase !== 'none') this.#linkEnded();
    this.#case.relink();
    this.#case.link.deaf = this.#linkDown || this.#sendFails;
    this.#sequence.restart(1);
    this.#rings.restart();
    this.#inbox.clear();
    this.#begun = true;
  }

  #linkEnded(): void {
    const c = this.#case;
    if (c.link.phase === 'none' || c.link.phase === 'gone') return;
    this.#sequence.end();
    for (const queue of [c.notif, c.data]) {
      if (c.bells.waitsUntil(c.nowMs, c.link.deaf) !== undefined) queue.excuse();
      queue.end(c.nowMs);
    }
    this.#each((m) => m.linkEnded?.());
    c.hostile = undefined;
  }

  #newHost(driver: string): void {
    this.#driver ||= driver;
    if (!this.#begun) return;
    this.#close();
    const c = this.#case;
    c.forget();
    this.#sequence.restart(1);
    this.#rings.restart();
    this.#inbox.clear();
    this.#linkDown = false;
    this.#sendFails = false;
    this.#joinedMs = undefined;
    this.#begun = false;
    this.#fromStart = true;
    this.#monitors = this.#enter(c);
  }

  #close(): void {
    const c = this.#case;
    c.lookedMs = c.nowMs;
    this.#sequence.end();
    this.#each((m) => m.end?.());
    for (const queue of [c.notif, c.data]) {
      if (c.bells.waitsUntil(c.nowMs, c.link.deaf) !== undefined) queue.excuse();
    }
    for (const queue of c.queues) queue.end(c.nowMs);
  }

  #each(call: (monitor: Monitor) => void): void {
    for (const monitor of this.#monitors) call(monitor);
  }
}

/** Judges a whole trace. */
export async function judge(
  batches: AsyncIterable<readonly TraceEvent[]> | Iterable<readonly TraceEvent[]>,
  options?: JudgeOptions,
): Promise<JudgeReport> {
  const judge = new Judge(options);
  for await (const batch of batches) judge.push(batch);
  return judge.finish();
}
