/** The host that is replayed, the area that it shares with the recorded CSME, and what it did that was not seen yet. */
import {
  type CommandName,
  Host,
  type HostInput,
  type HostOutput,
  type QuirkName,
  quirksOfDriver,
  type TimerName,
} from '../../ownership/index.ts';
import { AREA_LAYOUTS, ENODEV, hexOf, RingWriter, SharedArea } from '../../sap/index.ts';
import type { TraceArgs } from '../event.ts';
import { Expectations } from './expectations.ts';
import { ME_BELL, sameBut } from './message.ts';
import type { Stream } from './report.ts';
import { RingTap } from './ring-tap.ts';
import { resultArgs, tellArgs } from './vocabulary.ts';

/** Larger frames are lost in the recorded device: MTU 9000. */
const DEVICE_FRAME_MAX = 9014;
/** Commands whose return the recordings have. */
const RECORDED_RETURNS: readonly (CommandName | 'unregister')[] = [
  'register',
  'unregister',
  'is_connected',
  'get_ownership',
  'get_nvm',
  'pldr',
  'set_netdev',
];

/** CSME's side of the four rings. */
interface Memory {
  readonly notif: RingTap;
  readonly data: RingTap;
  readonly notifOfCsme: RingWriter;
  readonly dataOfCsme: RingWriter;
}

export class Subject {
  readonly host: Host;
  memory: Memory | undefined;
  /** The bus is not what it seems: no messages pass, or sending fails with this errno. */
  busUp = true;
  sendErrno = 0;
  /** Undoes a recorded tampering with a pointer once the host has run into it. */
  repair: (() => void) | undefined;

  readonly tells = callExpectations('wifi-op');
  readonly bus = callExpectations('bus');
  readonly frames = byteExpectations('frame');
  readonly starts = byteExpectations('me');
  readonly bells = byteExpectations('me');
  /** By command: they return on threads of their own. */
  readonly returns: ReadonlyMap<string, Expectations<string>> = new Map(
    RECORDED_RETURNS.map((name) => [name, callExpectations('return')]),
  );
  readonly #quirks: { [Q in QuirkName]?: boolean } = {};
  #token = 0;
  /** When the effects that are taken from the host came about. */
  #effectMs = 0;

  constructor(driver: string | undefined, quirks: readonly QuirkName[]) {
    for (const name of quirks) this.switchOn(name);
    for (const name of (driver !== undefined && quirksOfDriver(driver)) || []) this.switchOn(name);
    this.host = new Host({ quirks: this.#quirks });
  }

  get quirks(): QuirkName[] {
    return Object.keys(this.#quirks) as QuirkName[];
  }

  switchOn(name: QuirkName): void {
    this.#quirks[name] = true;
  }

  handle(nowMs: number, input: HostInput): void {
    this.#effectMs = nowMs;
    this.host.handle(nowMs, input);
    this.drain(nowMs);
  }

  command(nowMs: number, name: CommandName, args: Extract<HostInput, { type: 'command' }>['args']): void {
    this.handle(nowMs, { type: 'command', token: ++this.#token, name, args });
  }

  fire(atMs: number, timer: TimerName): void {
    this.host.fire(atMs, timer);
    this.drain(atMs);
  }

  /** Gives the host memory of the size that it asked for. */
  map(nowMs: number): void {
    const layout = AREA_LAYOUTS[this.host.state.version];
    const area = new SharedArea(new ArrayBuffer(layout.size), layout);
    const { h2m, m2h } = layout.rings;
    this.memory = {
      notif: new RingTap(area, h2m.notif),
      data: new RingTap(area, h2m.data),
      notifOfCsme: new RingWriter(area, m2h.notif),
      dataOfCsme: new RingWriter(area, m2h.data),
    };
    this.handle(nowMs, { type: 'mapped', memory: area.bytes.buffer });
  }

  /** Every stream but the rings, whose unread messages the area holds. */
  streams(): { reportMissing: Expectations<unknown>['reportMissing'] }[] {
    return [this.tells, ...this.returns.values(), this.bus, this.frames, this.starts, this.bells];
  }

  /** Takes what the host did at `atMs`. */
  drain(atMs: number): void {
    this.#effectMs = atMs;
    for (let output = this.host.poll(); output; output = this.host.poll()) this.#take(output);
  }

  #take(output: HostOutput): void {
    const atMs = this.#effectMs;
    switch (output.type) {
      case 'me':
        return this.#send(output.bytes);
      case 'tell':
        return this.tells.push(atMs, callText(output.name, tellArgs(output.name, output.args)));
      case 'return':
        this.returns
          .get(output.name)
          ?.push(atMs, callText(output.name, resultArgs(output.name, output.result)));
        return;
      case 'map':
        return this.bus.push(atMs, callText('dma_map', { buffer_id: 1, size: output.size }));
      case 'enable':
      case 'disable':
      case 'unmap':
        return this.bus.push(atMs, callText(output.type, {}));
      case 'transmit':
        if (output.frame.length <= DEVICE_FRAME_MAX) this.frames.push(atMs, output.frame);
        return;
      case 'problem':
        if (output.error.code !== 'SAP_ERR_RING_POINTER') return;
        this.repair?.();
        this.repair = undefined;
        return;
    }
  }

  #send(bytes: Uint8Array): void {
    const errno = this.busUp ? this.sendErrno : ENODEV;
    if (errno !== 0) this.host.handle(this.#effectMs, { type: 'sendFailed', errno });
    else if (bytes[0] === ME_BELL) this.bells.push(this.#effectMs, bytes);
    else this.starts.push(this.#effectMs, bytes);
  }
}

/** A call and its arguments as text, whatever the order of the arguments. */
export function callText(name: string, args: TraceArgs): string {
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
