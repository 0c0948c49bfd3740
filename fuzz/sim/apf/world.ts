/**
 * Both sessions of APF with programs at either side of them and a bus between, on a clock that only the simulation moves.
 *
 * The bus keeps the order of messages and delays each; it can be congested, and it can be lost. Every byte is checked where
 * it arrives, every message where it is sent, every end of a connection for what it may have cost.
 */
import {
  APF_OPEN_FAILURE,
  type FirmwareInput,
  type FirmwareOutput,
  FirmwareSession,
  type LmsInput,
  type LmsOutput,
  LmsSession,
} from '../../../amt/protocol/index.ts';
import { hexOf } from '../../../sap/index.ts';
import type { Random } from '../../random.ts';
import { Bus } from './bus.ts';
import {
  type End,
  get,
  give,
  isHeldBack,
  isLeft,
  type Link,
  newLink,
  type Side,
  unjustClose,
} from './link.ts';

/** A defect that is planted: what goes into a session, or comes out of it, is changed. */
export interface Tamper {
  readonly Lms?: typeof LmsSession;
  readonly Firmware?: typeof FirmwareSession;
  readonly input?: (side: Side, input: LmsInput | FirmwareInput) => LmsInput | FirmwareInput | undefined;
  readonly output?: (
    side: Side,
    output: LmsOutput | FirmwareOutput,
  ) => LmsOutput | FirmwareOutput | undefined;
}

export const PORT = 16992;

export class World {
  readonly random: Random;
  readonly lms: LmsSession;
  readonly firmware: FirmwareSession;
  readonly links: Link[] = [];
  nowMs = 1_000;
  wrong: string | undefined;
  congestedAtMs: number | undefined;
  log: string[] | undefined;
  bytes = 0;
  refusals = 0;

  readonly #tamper: Tamper;
  readonly #bus: Bus;
  /** Answers that programs of the host owe. */
  #owed: LmsInput[] = [];

  constructor(random: Random, tamper: Tamper = {}) {
    this.random = random;
    this.#tamper = tamper;
    this.#bus = new Bus(random);
    this.lms = new (tamper.Lms ?? LmsSession)({ channels: 1 + random.below(8), waiting: random.below(12) });
    this.firmware = new (tamper.Firmware ?? FirmwareSession)({
      channels: 1 + random.below(8),
      window: 64 + random.below(6000),
    });
    this.toFirmware({ type: 'forward', address: '', port: PORT });
  }

  /** Messages that were sent. */
  get messages(): number {
    return this.#bus.sent;
  }

  connect(): void {
    if (this.#bus.isUp) return;
    this.#bus.connect();
    this.#note('the bus is up');
    const connected = { type: 'connected', maxMessageLength: this.#bus.messageMax } as const;
    this.toHost(connected);
    this.toFirmware(connected);
  }

  /** The bus is gone, with all that is on it. */
  lose(): void {
    if (!this.#bus.isUp) return;
    this.#note('the bus is lost');
    this.#down();
    this.toHost({ type: 'lost' });
  }

  stop(): void {
    for (const link of this.links) link.lost = true;
    this.toHost({ type: 'stop' });
  }

  accept(): void {
    const link = newLink(this.links.length + 1);
    this.links.push(link);
    link.host.connection = link.id;
    const from = { originatorAddress: '127.0.0.1', originatorPort: link.id };
    this.toHost({ type: 'accept', connection: link.id, port: PORT, ...from });
  }

  openDirect(): void {
    const link = newLink(this.links.length + 1, true);
    this.links.push(link);
    const from = { originatorAddress: '127.0.0.1', originatorPort: link.id };
    this.toFirmware({ type: 'openDirect', id: link.id, address: '127.0.0.1', port: 80, ...from });
  }

  /** The program gives so many bytes, if it may. */
  give(link: Link, side: Side, count: number): void {
    const end = link[side];
    if (end.state !== 'open' || end.paused || end.ended) return;
    const bytes = give(link, side === 'host' ? link.up : link.down, count, this.nowMs);
    this.#to(side, { type: 'data', connection: end.connection!, bytes });
  }

  /** The program takes so many of the bytes that it was given. */
  take(link: Link, side: Side, most: number): void {
    const end = link[side];
    const byteCount = Math.min(end.held, most);
    if (end.state !== 'open' || byteCount === 0) return;
    end.held -= byteCount;
    this.#to(side, { type: 'taken', connection: end.connection!, byteCount });
  }

  end(link: Link, side: Side): void {
    const end = link[side];
    if (end.state === 'over' || end.ended || end.connection === undefined) return;
    end.ended = true;
    end.isGone = side === 'host' && this.random.oneIn(4);
    this.#to(side, { type: 'end', connection: end.connection, isGone: end.isGone });
  }

  abort(link: Link, side: Side): void {
    const end = link[side];
    if (end.state !== 'open' && side === 'firmware') return;
    if (end.state === 'over' || end.connection === undefined) return;
    end.aborted = true;
    end.state = 'over';
    this.#to(side, { type: 'abort', connection: end.connection });
  }

  /** Programs of the host answer one of the questions that they were asked. */
  answer(): void {
    const answer = this.#owed.shift();
    if (answer === undefined) return;
    const host = answer.type === 'reached' ? this.links[(answer.connection ?? 0) - 1]?.host : undefined;
    if (host !== undefined && answer.type === 'reached') host.connection = answer.connection;
    this.toHost(answer);
    if (host?.state === 'pending') host.state = 'open';
  }

  takeAll(): void {
    for (const link of this.links) {
      this.take(link, 'host', Number.POSITIVE_INFINITY);
      this.take(link, 'firmware', Number.POSITIVE_INFINITY);
    }
  }

  congested(side: Side, yes: boolean): void {
    if (yes) this.congestedAtMs ??= this.nowMs;
    else this.congestedAtMs = undefined;
    this.#to(side, { type: 'congested', yes });
  }

  toHost(input: LmsInput): void {
    const given = this.#tamper.input ? this.#tamper.input('host', input) : input;
    if (given === undefined) return;
    this.#note('host     <', input);
    this.lms.handle(this.nowMs, given as LmsInput);
    this.#drain();
  }

  toFirmware(input: FirmwareInput): void {
    const given = this.#tamper.input ? this.#tamper.input('firmware', input) : input;
    if (given === undefined) return;
    this.#note('firmware <', input);
    this.firmware.handle(this.nowMs, given as FirmwareInput);
    this.#drain();
  }

  /** Lets time go by, with all that happens meanwhile. */
  pass(ms: number): void {
    const until = this.nowMs + ms;
    for (let next = this.nextAt(); next !== undefined && next <= until && !this.wrong; next = this.nextAt()) {
      this.nowMs = Math.max(this.nowMs, next);
      this.#happen();
    }
    this.nowMs = until;
  }

  nextAt(): number | undefined {
    const { lms, firmware } = this;
    const all = [this.#bus.nextAt(), lms.nextTimeoutAt(), firmware.nextTimeoutAt()];
    const times = all.filter((time) => time !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** A program that is held back while nothing is in the way. */
  heldBack(): string | undefined {
    const held = this.links.find(({ host, firmware }) => isHeldBack(host) || isHeldBack(firmware));
    return held && `connection ${held.id} is paused, and nothing is in its way`;
  }

  /** What is left where nothing should be. */
  leftovers(): string | undefined {
    const { lms, firmware } = this;
    const counts = {
      'channels of the host': lms.channelCount,
      'channels of the firmware': firmware.channelCount,
      'bytes queued by the host': lms.queuedBytes,
      'bytes queued by the firmware': firmware.queuedBytes,
      'connections waiting': lms.waitingCount,
      'channels seen from the host': this.#bus.channels('host'),
      'channels seen from the firmware': this.#bus.channels('firmware'),
      'connections without an end': this.links.filter(({ host, firmware: fw }) => isLeft(host) || isLeft(fw))
        .length,
    };
    for (const [what, count] of Object.entries(counts)) if (count > 0) return `${count} ${what} are left`;
    return undefined;
  }

  #to(side: Side, input: LmsInput & FirmwareInput): void {
    if (side === 'host') this.toHost(input);
    else this.toFirmware(input);
  }

  #happen(): void {
    const now = this.nowMs;
    const due = (at: number | undefined) => at !== undefined && at <= now;
    if (due(this.#bus.nextAt())) {
      const up = this.#bus.receive(now, 'firmware');
      if (up !== undefined) this.toFirmware({ type: 'message', bytes: up });
      const down = this.#bus.receive(now, 'host');
      if (down !== undefined) this.toHost({ type: 'message', bytes: down });
    } else if (due(this.lms.nextTimeoutAt())) {
      this.lms.handleTimeout(now);
      if (due(this.lms.nextTimeoutAt())) this.wrong ??= 'a timer of the host is due after handleTimeout';
    } else {
      this.firmware.handleTimeout(now);
      if (due(this.firmware.nextTimeoutAt()))
        this.wrong ??= 'a timer of the firmware is due after handleTimeout';
    }
    this.#drain();
  }

  #drain(): void {
    for (let output = this.lms.poll(); output !== undefined; output = this.lms.poll()) {
      const shown = this.#tamper.output ? this.#tamper.output('host', output) : output;
      if (shown === undefined) continue;
      this.#note('host     >', shown);
      this.#hostSays(shown as LmsOutput);
    }
    for (let output = this.firmware.poll(); output !== undefined; output = this.firmware.poll()) {
      const shown = this.#tamper.output ? this.#tamper.output('firmware', output) : output;
      if (shown === undefined) continue;
      this.#note('firmware >', shown);
      this.#firmwareSays(shown as FirmwareOutput);
    }
  }

  #hostSays(output: LmsOutput): void {
    switch (output.type) {
      case 'send':
        this.wrong ??= this.#bus.send(this.nowMs, 'host', output.bytes);
        return;
      case 'listen':
        this.#owe({ type: 'listening', id: output.id, ok: !this.random.oneIn(10) || output.port === PORT });
        return;
      case 'opened':
        this.#at('host', output.connection).state = 'open';
        return;
      case 'refused': {
        const end = this.#at('host', output.connection);
        if (end.state === 'open')
          this.wrong ??= `connection ${output.connection} is refused while it is open`;
        end.state = 'over';
        this.refusals++;
        return;
      }
      case 'reach': {
        const link = this.links[output.originatorPort - 1]!;
        const connection = this.random.oneIn(4) ? undefined : link.id;
        if (connection === undefined) link.host.state = 'over';
        this.#owe({ type: 'reached', id: output.id, connection });
        return;
      }
      case 'disconnect':
        if (output.retryAfterMs !== undefined) this.wrong ??= `the host gives up: ${output.why}`;
        return this.#down();
      case 'unlisten':
      case 'started':
      case 'udp':
        return;
      default:
        return this.#common('host', output);
    }
  }

  #firmwareSays(output: FirmwareOutput): void {
    switch (output.type) {
      case 'send':
        this.wrong ??= this.#bus.send(this.nowMs, 'firmware', output.bytes);
        return;
      case 'opened': {
        const { connection } = output;
        const { firmware } = this.links[output.originatorPort - 1]!;
        firmware.connection = connection;
        const isServed = !this.random.oneIn(10);
        firmware.state = isServed ? 'open' : 'over';
        const reason = APF_OPEN_FAILURE.PROHIBITED;
        this.toFirmware(isServed ? { type: 'accepted', connection } : { type: 'denied', connection, reason });
        return;
      }
      case 'reached': {
        const { firmware } = this.links[output.id - 1]!;
        firmware.connection = output.connection;
        firmware.state = output.connection === undefined ? 'over' : 'open';
        return;
      }
      case 'forwarded':
      case 'started':
        return;
      case 'disconnect':
        this.wrong ??= this.lms.phase === 'stopped' ? undefined : `the firmware gives up: ${output.why}`;
        return;
      default:
        return this.#common('firmware', output);
    }
  }

  #common(side: Side, output: Extract<LmsOutput & FirmwareOutput, { type: string }>): void {
    switch (output.type) {
      case 'data': {
        const end = this.#at(side, output.connection);
        const link = this.#linkOf(end);
        if (!get(link, side === 'host' ? link.down : link.up, output.bytes))
          this.wrong ??= `connection ${link.id} gives the ${side} bytes that are not the next`;
        end.held += output.bytes.length;
        this.bytes += output.bytes.length;
        return;
      }
      case 'pause':
      case 'resume':
        this.#at(side, output.connection).paused = output.type === 'pause';
        return;
      case 'closed': {
        const end = this.#at(side, output.connection);
        if (end.state !== 'open')
          this.wrong ??= `connection ${output.connection} of the ${side} is closed, and was not open`;
        end.state = 'over';
        this.wrong ??= unjustClose(this.#linkOf(end), side, this.nowMs);
        return;
      }
      case 'problem':
        this.wrong ??= `a problem is told: ${output.error.message}`;
    }
  }

  #owe(answer: LmsInput): void {
    this.#owed.push(answer);
    if (this.random.oneIn(2)) this.answer();
  }

  #down(): void {
    this.#bus.disconnect();
    for (const link of this.links) link.lost = true;
    this.toFirmware({ type: 'lost' });
  }

  #at(side: Side, connection: number): End {
    const link = this.links.find((one) => one[side].connection === connection);
    if (link !== undefined) return link[side];
    this.wrong ??= `the ${side} has no connection ${connection}`;
    return newLink(0)[side];
  }

  #linkOf(end: End): Link {
    return this.links.find((link) => link[end.side] === end) ?? newLink(0);
  }

  #note(...what: unknown[]): void {
    if (this.log === undefined) return;
    const text = what.map((part) => (typeof part === 'string' ? part : JSON.stringify(part, short)));
    this.log.push(`${this.nowMs} ${text.join(' ')}`);
  }
}

function short(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? `${value.length}: ${hexOf(value.subarray(0, 17))}` : value;
}
