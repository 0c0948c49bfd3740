/**
 * The host's side of SAP on a shared area: the transition table with ME messages, rings, sequence numbers and the
 * throttled door bell around it. Sans-IO: everything that happens goes in through `handle`, `receive` and
 * `handleTimeout` with the time of its happening, everything that shall be done comes out of `poll`.
 */
import {
  AREA_LAYOUTS,
  decodeMe,
  decodeSap,
  EINVAL,
  ENODEV,
  ENOSPC,
  ETH_HLEN,
  encodeMe,
  encodeSap,
  type FilterQuirks,
  type FilterVerdict,
  type FrameFilter,
  filterFrame,
  isDhcpClientFrame,
  ME_START_LEN,
  type OobFilters,
  RingReader,
  RingWriter,
  SAP_HEADER_LEN,
  type SapDraft,
  SapError,
  SharedArea,
  sapError,
  VERDICT_CSME,
  VERDICT_HOST,
  writeDataPacket,
  writeDhcpCopy,
} from '../sap/index.ts';
import { messageOf } from './actions/index.ts';
import type { Effects } from './effects.ts';
import type {
  CommandName,
  Commands,
  HostInput,
  HostOutput,
  MachineEvent,
  TellName,
  Tells,
} from './events.ts';
import { messageEvent, nextTimer, step, timerEvent } from './machine.ts';
import type { Quirks } from './quirks.ts';
import { type HostState, initialState, rxAttached } from './state.ts';
import { TIMER_NAMES, TIMERS, type TimerName } from './timers.ts';

export interface HostOptions {
  /** Behaviours of the reference to imitate. */
  readonly quirks?: Quirks;
  /** Makes CSME's filters ready for frames; the plain interpreter when left out. `compileFilter` of sapwood/rx is faster. */
  readonly compileFilter?: (filters: OobFilters, quirks: FilterQuirks) => FrameFilter;
}

/** The four rings of a mapped area, as the host uses them. */
interface Rings {
  readonly notifOut: RingWriter;
  readonly dataOut: RingWriter;
  readonly notifIn: RingReader;
  readonly dataIn: RingReader;
}

export class Host {
  /** The whole state; read it freely, change it never. */
  readonly state: HostState = initialState();
  readonly quirks: Quirks;
  /** Number of the last SAP message, notification or data, that was written to this link. */
  sapSeqNum = 0;
  /** Number of the last ME message that was sent or, for a door bell, swallowed by the throttle. */
  meSeqNum = 0;
  /** Frames for CSME, received or copied, that the data ring did not take. */
  framesDropped = 0;

  #rings: Rings | undefined;
  #filter: FrameFilter | undefined;
  /** What `#filter` was made of. */
  #filterOf: OobFilters | null = null;
  /** The last frame for CSME was dropped: those that follow are counted, and no more problems. */
  #dropping = false;
  /** A burst is under way, and wants a door bell behind it. */
  #inBurst = false;
  #bellAfterBurst = false;
  #outputs: HostOutput[] = [];
  #next = 0;
  readonly #fx: Effects;
  readonly #compileFilter: (filters: OobFilters) => FrameFilter;

  constructor(options: HostOptions = {}) {
    this.quirks = options.quirks ?? {};
    const filterQuirks = { multicastHeaderCompare: this.quirks['multicast-header-compare'] === true };
    const compile = options.compileFilter ?? interpreted;
    this.#compileFilter = (filters) => compile(filters, filterQuirks);
    this.#fx = this.#effects();
  }

  /**
   * Something happened. Then drain `poll`. Throws a SapError (fault `local`) for a command whose arguments no message can
   * carry; nothing that comes from CSME or the bus is thrown about.
   */
  handle(nowMs: number, input: HostInput): void {
    if (this.state.phase === 'dead') return;
    this.#fx.nowMs = nowMs;
    switch (input.type) {
      case 'me':
        return this.#handleMe(input.bytes);
      case 'command':
        checkArguments(input.name, input.args);
        if (input.name === 'tx_copy') {
          const { frame } = input.args as Commands['tx_copy']['args'];
          this.copyToCsme(nowMs, frame, 0, frame.length);
        }
        return this.#step({ type: input.name, token: input.token, args: input.args } as MachineEvent);
      case 'frame':
        this.receive(nowMs, input.bytes, 0, input.bytes.length);
        return;
      case 'mapped':
        return this.#adoptMemory(input.memory);
      case 'sendFailed':
        return this.#sendFailed(input.errno);
      default:
        return this.#step(input);
    }
  }

  /**
   * The frame `bytes[start..end)` came in from the air: gives CSME its copy and says whether the host's stack gets it.
   * Returns a set of VERDICT_CSME and VERDICT_CONSUMED. A frame that does not fit into the data ring stays with the host
   * and counts as dropped; the first of a row of such frames is a problem, too. Then drain `poll`.
   */
  receive(nowMs: number, bytes: Uint8Array, start: number, end: number): FilterVerdict {
    const { state, quirks } = this;
    if (!this.#rings || !state.filters || !rxAttached(state)) return VERDICT_HOST;
    const verdict = this.#filter!(bytes, start, end);
    if (!(verdict & VERDICT_CSME)) return verdict;
    this.#fx.nowMs = nowMs;
    const lost = quirks['no-headroom-loses-frame'] || !this.#put(writeDataPacket, bytes, start, end);
    if (lost && !quirks['no-headroom-loses-frame'] && !quirks['data-ring-full-loses-frame'])
      return VERDICT_HOST;
    this.#signal();
    return verdict;
  }

  /** The host sends the frame `bytes[start..end)` itself: CSME gets its copy if it is a DHCP client's. Then drain `poll`. */
  copyToCsme(nowMs: number, bytes: Uint8Array, start: number, end: number): void {
    if (!this.#rings || this.state.phase !== 'connected' || !isDhcpClientFrame(bytes, start, end)) return;
    this.#fx.nowMs = nowMs;
    if (this.#put(writeDhcpCopy, bytes, start, end) && !this.quirks['dhcp-copy-not-signalled'])
      this.#signal();
  }

  /**
   * Frames that came together: what `deliver` gives to `receive` and `copyToCsme` is seen by CSME at once, with one door
   * bell, and costs less. Then drain `poll`.
   */
  burst(deliver: () => void): void {
    const dataOut = this.#rings?.dataOut;
    if (dataOut === undefined || this.#inBurst) return deliver();
    // With damaged pointers nothing can be held; each write says so.
    dataOut.hold();
    this.#inBurst = true;
    try {
      deliver();
    } finally {
      dataOut.publish();
      this.#inBurst = false;
      if (this.#bellAfterBurst) this.#signal();
      this.#bellAfterBurst = false;
    }
  }

  /** Lets the timers that are due go off. Then drain `poll`. */
  handleTimeout(nowMs: number): void {
    for (let next = nextTimer(this.state); next && next.atMs <= nowMs; next = nextTimer(this.state)) {
      this.fire(nowMs, next.timer);
    }
  }

  /** Lets one timer go off, due or not: for replay, where the recording says when. */
  fire(nowMs: number, timer: TimerName): void {
    this.#fx.nowMs = nowMs;
    if (timer !== 'bellThrottle') return this.#step(timerEvent(this.state, timer));
    this.state.timers.bellThrottle = null;
    if (!this.#fx.ringsDrained()) this.#signal();
  }

  /** When `handleTimeout` must be called next, in ms; `undefined`: not before the next input. */
  nextTimeoutAt(): number | undefined {
    return nextTimer(this.state)?.atMs;
  }

  /** What is to be done next, in order; `undefined` when that is all. */
  poll(): HostOutput | undefined {
    const output = this.#outputs[this.#next];
    if (output !== undefined) this.#next++;
    else if (this.#next > 0) {
      this.#outputs.length = 0;
      this.#next = 0;
    }
    return output;
  }

  #step(event: MachineEvent): void {
    step(this.state, event, this.#fx);
    const { filters } = this.state;
    if (filters === this.#filterOf) return;
    this.#filterOf = filters;
    this.#filter = filters === null ? undefined : this.#compileFilter(filters);
    this.#out({ type: 'filters', filters });
  }

  #handleMe(bytes: Uint8Array): void {
    const message = decodeMe(bytes, 'csme');
    if (message instanceof SapError) return this.#problem(message);
    switch (message.name) {
      case 'START_OK':
        return this.#step({ type: 'START_OK', supportedVersion: message.supportedVersion });
      case 'CHECK_SHARED_AREA':
        if (this.state.phase === 'connected') this.#readRings();
        else if (this.state.phase === 'started' && this.quirks['sap-before-start-ok']) this.#readRings();
        return;
      default:
        this.#problem(
          sapError('SAP_ERR_UNEXPECTED', { fault: 'csme', message: `ME message ${message.name}` }),
        );
    }
  }

  #readRings(): void {
    const rings = this.#rings;
    if (!rings) return;
    const notif = rings.notifIn.read((bytes, start, end) => {
      const message = decodeSap(bytes, start, end, 'csme');
      if (message instanceof SapError) this.#problem(message);
      else this.#step(messageEvent(message));
    });
    for (const error of notif.errors) this.#problem(error);
    const data = rings.dataIn.read((bytes, start, end) => this.#transmit(bytes, start + SAP_HEADER_LEN, end));
    for (const error of data.errors) this.#problem(error);
  }

  #transmit(bytes: Uint8Array, start: number, end: number): void {
    const { state } = this;
    if (state.netdev === null || state.phase === 'dead') return;
    if (end - start >= ETH_HLEN) {
      this.#out({ type: 'transmit', frame: bytes.slice(start, end) });
      return;
    }
    this.#problem(
      sapError('SAP_ERR_FRAME', {
        fault: 'csme',
        message: 'DATA_PACKET',
        field: 'frame',
        offset: SAP_HEADER_LEN,
        needed: ETH_HLEN,
        available: end - start,
      }),
    );
    if (this.quirks['short-data-frame-kills-host']) this.#die();
  }

  #die(): void {
    const { state } = this;
    state.phase = 'dead';
    for (const name of TIMER_NAMES) state.timers[name] = null;
  }

  /** Puts a frame into the data ring. Returns whether it went in. */
  #put(write: typeof writeDataPacket, bytes: Uint8Array, start: number, end: number): boolean {
    const { dataOut } = this.#rings!;
    if (this.#dropping) {
      if (this.#inBurst) this.#lookAgain(dataOut);
      // Without its VLAN tag it may be 4 bytes shorter. The error of a full ring costs more than this look.
      if (dataOut.free() < SAP_HEADER_LEN + end - start - 4) {
        this.framesDropped++;
        return false;
      }
    }
    const seqNum = after(this.sapSeqNum);
    let error = write(dataOut, seqNum, bytes, start, end);
    if (error && this.#inBurst) {
      this.#lookAgain(dataOut);
      error = write(dataOut, seqNum, bytes, start, end);
    }
    if (error === undefined) {
      this.sapSeqNum = seqNum;
      this.#dropping = false;
      return true;
    }
    this.framesDropped++;
    if (!this.#dropping) this.#problem(error);
    this.#dropping = true;
    return false;
  }

  /** CSME may have read since the burst began. */
  #lookAgain(dataOut: RingWriter): void {
    dataOut.publish();
    dataOut.hold();
  }

  #adoptMemory(memory: ArrayBufferLike): void {
    const { state, quirks } = this;
    if (state.phase !== 'mapping') return this.#step({ type: 'mapped', memory });
    const layout = AREA_LAYOUTS[state.version];
    if (memory.byteLength < layout.size) {
      this.#problem(
        sapError('SAP_ERR_AREA_SIZE', {
          fault: 'peer',
          message: 'shared area',
          needed: layout.size,
          available: memory.byteLength,
        }),
      );
      return this.#step({ type: 'mapRefused', errno: EINVAL });
    }
    const area = new SharedArea(memory, layout);
    area.initialise();
    const { h2m, m2h } = layout.rings;
    const fillCompletely = quirks['full-ring-reads-empty'] === true;
    const unsupportedDataNotSkipped = quirks['unsupported-data-not-skipped'] === true;
    this.#rings = {
      notifOut: new RingWriter(area, h2m.notif, { fillCompletely }),
      dataOut: new RingWriter(area, h2m.data, { fillCompletely }),
      notifIn: new RingReader(area, m2h.notif),
      dataIn: new RingReader(area, m2h.data, { unsupportedDataNotSkipped }),
    };
    this.sapSeqNum = 0;
    this.meSeqNum = 0;
    this.#dropping = false;
    this.#step({ type: 'mapped', memory });
  }

  #sendFailed(errno: number): void {
    this.state.timers.bellThrottle = null;
    this.#problem(
      sapError('SAP_ERR_TRANSPORT', {
        fault: 'peer',
        message: 'ME message',
        detail: `the bus says errno ${errno}`,
      }),
    );
    if (this.state.phase === 'started') this.#step({ type: 'lost' });
  }

  #sendStart(): void {
    const draft = { name: 'START', supportedVersions: [this.state.version] } as const;
    this.meSeqNum = after(this.meSeqNum);
    this.#out({ type: 'me', bytes: encodeMe(draft, this.meSeqNum) });
  }

  /** The door bell: counted always, sent unless it was within the last 100 ms. */
  #signal(): void {
    if (this.#inBurst) {
      this.#bellAfterBurst = true;
      return;
    }
    const { timers } = this.state;
    this.meSeqNum = after(this.meSeqNum);
    if (timers.bellThrottle !== null) return;
    // The reference sends it in the size of START, with a length field of 0; firmware is used to that.
    const size = ME_START_LEN;
    this.#out({ type: 'me', bytes: encodeMe({ name: 'CHECK_SHARED_AREA' }, this.meSeqNum, { size }) });
    timers.bellThrottle = this.#fx.nowMs + TIMERS.bellThrottle.ms;
  }

  #send(draft: SapDraft): number {
    const { phase } = this.state;
    if (!this.#rings || (phase !== 'connected' && phase !== 'draining')) return -ENODEV;
    this.sapSeqNum = after(this.sapSeqNum);
    const error = this.#rings.notifOut.write(encodeSap(draft, this.sapSeqNum));
    if (!error) {
      this.#signal();
      return 0;
    }
    this.#problem(error);
    return error.code === 'SAP_ERR_RING_FULL' ? -ENOSPC : -EINVAL;
  }

  #out(output: HostOutput): void {
    this.#outputs.push(output);
  }

  #problem(error: SapError): void {
    this.#out({ type: 'problem', error });
  }

  #effects(): Effects {
    const out = (output: HostOutput) => this.#out(output);
    return {
      nowMs: 0,
      quirks: this.quirks,
      send: (draft) => this.#send(draft),
      sendNow: (draft) => {
        this.state.timers.bellThrottle = null;
        return this.#send(draft);
      },
      ringsDrained: () => !this.#rings || !(this.#rings.notifOut.pending() || this.#rings.dataOut.pending()),
      map: () => out({ type: 'map', size: AREA_LAYOUTS[this.state.version].size }),
      start: () => {
        out({ type: 'enable' });
        this.#sendStart();
      },
      restart: () => this.#sendStart(),
      readRings: () => this.#readRings(),
      teardown: () => {
        out({ type: 'disable' });
        out({ type: 'unmap' });
        this.#rings = undefined;
      },
      tell: <N extends TellName>(name: N, args: Tells[N]) => out({ type: 'tell', name, args } as HostOutput),
      reply: <N extends CommandName>(token: number, name: N, result: Commands[N]['result']) =>
        out({ type: 'return', token, name, result } as HostOutput),
      problem: (error) => this.#problem(error),
    };
  }
}

function interpreted(filters: OobFilters, quirks: FilterQuirks): FrameFilter {
  return (frame, start, end) => filterFrame(filters, frame, start, end, quirks);
}

/** Throws SAP_ERR_DRAFT for arguments that no message can carry: better now than at the next AMT_STATE. */
function checkArguments(name: CommandName, args: Commands[CommandName]['args']): void {
  const message = messageOf(name, args);
  if (message) encodeSap(message, 0);
}

/** Sequence numbers are 32 bits wide. */
function after(seqNum: number): number {
  return (seqNum + 1) >>> 0;
}
