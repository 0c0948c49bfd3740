/**
 * The emulated CSME as a host sees it: ME messages, the shared area with its rings, sequence numbers, door bells.
 *
 * A sans-IO machine: `handle` and `handleTimeout` take the time, `poll` gives what is to be done, `nextTimeoutAt` says
 * when to come back. It never throws because of what the host does; that becomes a `problem`. Misbehaviours stand
 * between the honest firmware and the wire.
 *
 *     const csme = new Csme({ profile: profile(SESSION), behaviours: [late(50)] });
 *     csme.handle(0, { type: 'mapRequest', size: 172032 });
 *     csme.poll(); // { type: 'mapAnswer', errno: 0 }
 */
import {
  declOf,
  decodeMe,
  decodeSap,
  EFAULT,
  encodeMe,
  encodeSap,
  layoutOfSize,
  type Queue,
  type RingReader,
  SAP_HEADER_LEN,
  type SapDraft,
  SapError,
  type SapMessage,
  SharedArea,
  sapError,
} from '../sap/index.ts';
import type { Behaviour, BehaviourContext } from './behaviours/behaviour.ts';
import type { CsmeCommand, CsmeInput, CsmeOutput, CsmeState, Outgoing } from './contract.ts';
import { firmwareStep, nextTimerAt } from './firmware.ts';
import type { FirmwareAction, FirmwareInput } from './inputs.ts';
import { type Mapping, mappingOf, misplaced, zeroPointers } from './mapping.ts';
import { OPERATIONAL, type Profile } from './profiles/index.ts';
import { initialState } from './state.ts';
import { TIMER_NAMES } from './timers.ts';

const FIRST_SEQ_NUM = 1;

export interface CsmeOptions {
  /** `OPERATIONAL` when left out. */
  readonly profile?: Profile;
  readonly behaviours?: readonly Behaviour[];
}

export class Csme {
  /** A plain value; look at it, clone it, hash it, but leave changes to `handle`. */
  readonly state: CsmeState;
  readonly #behaviours: Behaviour[] = [];
  #mapping: Mapping | undefined;
  /** The last area was refused. A bus that cannot tell the host so lets it go on to START. */
  #refused = false;
  #nowMs = 0;
  /** Something was written since the last door bell. */
  #bellDue = false;
  /** Commands of misbehaviours, for when the present input is done with. */
  #commands: CsmeCommand[] = [];
  #outputs: CsmeOutput[] = [];
  #polled = 0;

  constructor(options: CsmeOptions = {}) {
    this.state = {
      firmware: initialState(options.profile ?? OPERATIONAL),
      sapSeqNum: FIRST_SEQ_NUM,
      meSeqNum: FIRST_SEQ_NUM,
      delayed: [],
      behaviours: {},
    };
    for (const behaviour of options.behaviours ?? []) this.addBehaviour(behaviour);
  }

  /** Adds a misbehaviour behind those that are there; one with the same name is replaced and starts afresh. */
  addBehaviour(behaviour: Behaviour): void {
    this.removeBehaviour(behaviour.name);
    this.#behaviours.push(behaviour);
    this.state.behaviours[behaviour.name] = { ...behaviour.memory };
  }

  removeBehaviour(name: string): void {
    const at = this.#behaviours.findIndex((b) => b.name === name);
    if (at >= 0) this.#behaviours.splice(at, 1);
    delete this.state.behaviours[name];
  }

  /** Lets something happen. `nowMs` in milliseconds of any clock that does not go back. */
  handle(nowMs: number, input: CsmeInput): void {
    this.#nowMs = nowMs;
    this.#handle(input);
    this.#finish();
  }

  /** Sends what was held back until now, and fires the timers that are due, in the order of their times. */
  handleTimeout(nowMs: number): void {
    this.#nowMs = nowMs;
    for (;;) {
      const delayed = this.state.delayed[0];
      const timerAt = nextTimerAt(this.state.firmware);
      if (delayed !== undefined && delayed.atMs <= nowMs && delayed.atMs <= (timerAt ?? nowMs)) {
        this.state.delayed.shift();
        this.#deliver(delayed.outgoing);
      } else if (timerAt !== undefined && timerAt <= nowMs) {
        const timer = TIMER_NAMES.find((name) => this.state.firmware.timers[name] === timerAt);
        if (timer === undefined) return;
        this.#step({ type: 'timer', timer });
      } else {
        break;
      }
    }
    this.#finish();
  }

  /** When `handleTimeout` is to be called next; undefined: nothing waits for time to pass. */
  nextTimeoutAt(): number | undefined {
    const timerAt = nextTimerAt(this.state.firmware);
    const delayedAt = this.state.delayed[0]?.atMs;
    if (timerAt === undefined || delayedAt === undefined) return timerAt ?? delayedAt;
    return Math.min(timerAt, delayedAt);
  }

  /** The next thing to do; undefined when all was taken. */
  poll(): CsmeOutput | undefined {
    if (this.#polled < this.#outputs.length) return this.#outputs[this.#polled++];
    if (this.#polled > 0) {
      this.#outputs = [];
      this.#polled = 0;
    }
    return undefined;
  }

  /** The largest frame, in bytes, that the data ring to the host takes now; 0 without a link. For back pressure. */
  frameRoom(): number {
    if (this.#mapping === undefined || this.state.firmware.link !== 'up') return 0;
    return Math.max(0, this.#mapping.writers.data.free() - SAP_HEADER_LEN);
  }

  #handle(input: CsmeInput): void {
    for (const b of this.#behaviours) {
      if (b.onInput?.(this.#context(b), input)) return;
    }
    switch (input.type) {
      case 'mapRequest':
        this.#refused = !this.#mayMap(input.size);
        // With EFAULT the reference's bus answers a map that the firmware refuses.
        this.#outputs.push({ type: 'mapAnswer', errno: this.#refused ? EFAULT : 0 });
        break;
      case 'area':
        this.#map(input.memory);
        break;
      case 'areaGone':
      case 'lost':
        this.#refused = false;
        this.#step({ type: input.type });
        this.#unmap();
        break;
      case 'me':
        this.#hearMe(input.bytes);
        break;
      case 'command':
        this.#command(input);
        break;
    }
  }

  #finish(): void {
    for (let command = this.#commands.shift(); command; command = this.#commands.shift())
      this.#command(command);
    if (!this.#bellDue) return;
    this.#bellDue = false;
    const area = this.#mapping?.area;
    if (area === undefined) return;
    for (const b of this.#behaviours) b.onArea?.(this.#context(b), area);
    this.#ringBell();
  }

  #mayMap(size: number): boolean {
    const layout = layoutOfSize(size);
    return !(layout instanceof SapError) && this.#speaks(layout.version);
  }

  #speaks(version: number): boolean {
    return this.state.firmware.profile.sapVersions.includes(version);
  }

  #map(memory: ArrayBufferLike): void {
    const layout = layoutOfSize(memory.byteLength);
    if (layout instanceof SapError) return this.#problem(layout);
    if (!this.#speaks(layout.version)) {
      const detail = `version ${layout.version} was refused`;
      return this.#problem(sapError('SAP_ERR_VERSION', { fault: 'host', message: 'the area', detail }));
    }
    this.#unmap();
    this.#mapping = mappingOf(memory, layout);
    this.state.sapSeqNum = FIRST_SEQ_NUM;
    this.state.meSeqNum = FIRST_SEQ_NUM;
    this.#step({ type: 'area', version: layout.version });
  }

  #unmap(): void {
    this.#mapping = undefined;
    this.#bellDue = false;
    this.state.delayed = [];
  }

  #hearMe(bytes: Uint8Array): void {
    const message = decodeMe(bytes, 'host');
    if (message instanceof SapError) return this.#problem(message);
    switch (message.name) {
      case 'START':
        return this.#start(message.supportedVersions);
      case 'CHECK_SHARED_AREA':
        return this.#readRings();
      case 'START_OK':
        return this.#problem(sapError('SAP_ERR_WRONG_SIDE', { fault: 'host', message: message.name }));
      case 'UNKNOWN': {
        const detail = `ME message of type ${message.type}`;
        return this.#problem(sapError('SAP_ERR_UNKNOWN_TYPE', { fault: 'host', detail }));
      }
    }
  }

  /** What the host wrote before START is complete now, and judged now. */
  #start(versions: readonly number[]): void {
    if (this.#mapping !== undefined) {
      const adopted = SharedArea.adopt(this.#mapping.memory);
      if (adopted instanceof SapError) return this.#problem(adopted);
    } else if (this.#refused) {
      const spoken = this.state.firmware.profile.sapVersions[0] as number;
      const detail = `the host speaks ${versions.join(', ') || 'none'}, CSME ${spoken}`;
      this.#problem(sapError('SAP_ERR_VERSION', { fault: 'host', message: 'START', detail }));
      return this.#perform([{ type: 'startOk', version: spoken }]);
    }
    this.#step({ type: 'start', versions });
  }

  /** Reads both rings to their ends, then handles what they held in the order in which the host wrote it. */
  #readRings(): void {
    const { link } = this.state.firmware;
    if (this.#mapping === undefined || (link !== 'up' && link !== 'asleep')) {
      const info = { fault: 'host', message: 'CHECK_SHARED_AREA', detail: `link ${link}` } as const;
      return this.#problem(sapError('SAP_ERR_UNEXPECTED', info));
    }
    const { notif, data } = this.#mapping.readers;
    const notifications = this.#readRing(notif, 'notif');
    const frames = this.#readRing(data, 'data');
    for (let i = 0, k = 0; i < notifications.length || k < frames.length; ) {
      const message = notifications[i];
      const frame = frames[k];
      // One counter serves both rings; the difference is taken modulo 2^32.
      const notifFirst =
        frame === undefined || (message !== undefined && ((message.seqNum - frame.seqNum) | 0) <= 0);
      if (notifFirst) i++;
      else k++;
      this.#hearSap((notifFirst ? message : frame) as SapMessage);
    }
  }

  #readRing(reader: RingReader, queue: Queue): SapMessage[] {
    const messages: SapMessage[] = [];
    const { errors } = reader.read((bytes, start, end) => {
      // A frame is kept beyond the call, and the host may write to the ring meanwhile.
      const own = queue === 'data' ? bytes.slice(start, end) : bytes;
      const message = decodeSap(own, 0, end - start, 'host');
      const wrong = message instanceof SapError ? message : misplaced(message, queue);
      if (wrong) this.#problem(wrong);
      else messages.push(message as SapMessage);
    });
    for (const error of errors) this.#problem(error);
    return messages;
  }

  #hearSap(message: SapMessage): void {
    for (const b of this.#behaviours) {
      if (b.onMessage?.(this.#context(b), message)) return;
    }
    this.#step({ type: 'message', message });
  }

  #command(command: CsmeCommand): void {
    if (command.name === 'rawMe') this.#send({ channel: 'me', name: 'RAW', bytes: command.bytes });
    else if (command.name === 'rawRing')
      this.#send({ channel: command.queue, name: 'RAW', bytes: command.bytes });
    else this.#step(command);
  }

  #step(input: FirmwareInput): void {
    this.#perform(firmwareStep(this.state.firmware, input, this.#nowMs));
  }

  #perform(actions: readonly FirmwareAction[]): void {
    for (const action of actions) {
      switch (action.type) {
        case 'send':
          this.#sendSap(action.message);
          break;
        case 'startOk': {
          const draft = { name: 'START_OK', supportedVersion: action.version } as const;
          this.#send({ channel: 'me', name: draft.name, bytes: encodeMe(draft, this.#nextMe()) });
          break;
        }
        case 'violation':
          this.#problem(
            sapError('SAP_ERR_UNEXPECTED', {
              fault: 'host',
              message: action.message,
              detail: `${action.why} (${action.state})`,
            }),
          );
          break;
        case 'initControlBlock':
          if (this.#mapping) zeroPointers(this.#mapping.area);
          break;
        case 'leaveArea':
          this.#unmap();
          break;
        default:
          this.#outputs.push(action);
      }
    }
  }

  #sendSap(draft: SapDraft): void {
    const { state } = this;
    const bytes = encodeSap(draft, state.sapSeqNum);
    state.sapSeqNum = (state.sapSeqNum + 1) >>> 0;
    const channel = draft.name === 'UNKNOWN' ? 'notif' : declOf(draft.name).queue;
    this.#send({ channel, name: draft.name, bytes });
  }

  #ringBell(): void {
    const draft = { name: 'CHECK_SHARED_AREA' } as const;
    this.#send({ channel: 'me', name: draft.name, bytes: encodeMe(draft, this.#nextMe()) });
  }

  #nextMe(): number {
    const { meSeqNum } = this.state;
    this.state.meSeqNum = (meSeqNum + 1) >>> 0;
    return meSeqNum;
  }

  /** Past the misbehaviours, then out, now or later. */
  #send(outgoing: Outgoing): void {
    let all: readonly Outgoing[] = [outgoing];
    for (const b of this.#behaviours) {
      if (b.onSend) all = all.flatMap((o) => b.onSend?.(this.#context(b), o) ?? [o]);
    }
    for (const o of all) {
      if ((o.delayMs ?? 0) > 0) this.#delay(o, o.delayMs as number);
      else this.#deliver(o);
    }
  }

  #delay(outgoing: Outgoing, ms: number): void {
    const { delayed } = this.state;
    const atMs = this.#nowMs + ms;
    const behind = delayed.findIndex((d) => d.atMs > atMs);
    delayed.splice(behind < 0 ? delayed.length : behind, 0, { atMs, outgoing });
  }

  #deliver(outgoing: Outgoing): void {
    if (outgoing.channel === 'me') {
      this.#outputs.push({ type: 'me', bytes: outgoing.bytes });
      return;
    }
    const error = this.#mapping?.writers[outgoing.channel].write(outgoing.bytes);
    if (error) this.#problem(error);
    else if (this.#mapping) this.#bellDue = true;
  }

  #problem(error: SapError): void {
    this.#outputs.push({ type: 'problem', error });
  }

  #context(behaviour: Behaviour): BehaviourContext {
    const { state } = this;
    const memory = state.behaviours[behaviour.name] ?? { ...behaviour.memory };
    state.behaviours[behaviour.name] = memory;
    return {
      nowMs: this.#nowMs,
      memory,
      firmware: state.firmware,
      area: this.#mapping?.area,
      command: (command) => this.#commands.push(command),
      emit: (channel, name, bytes) => this.#deliver({ channel, name, bytes }),
      nextSapSeqNum: () => {
        const { sapSeqNum } = state;
        state.sapSeqNum = (sapSeqNum + 1) >>> 0;
        return sapSeqNum;
      },
    };
  }
}
