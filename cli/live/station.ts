/**
 * The host at an end, with everything that happens told as events of a trace. It takes causes in the same words: calls of
 * the WLAN driver, frames from the air, the bus.
 */
import {
  type CommandName,
  type Commands,
  Host,
  type HostInput,
  type HostOutput,
  type Quirks,
} from '../../ownership/index.ts';
import { compileFilter } from '../../rx/index.ts';
import { type FilterVerdict, type OobFilters, VERDICT_CONSUMED, VERDICT_HOST } from '../../sap/index.ts';
import {
  type ControlCause,
  commandArgs,
  isCommand,
  type JsonValue,
  resultArgs,
  type TraceArgs,
  type TraceEvent,
  tellArgs,
} from '../../trace/index.ts';
import {
  type HostEnd,
  type RecordedLine,
  type Recording,
  type Runner,
  recorded,
  run,
} from '../../transport/index.ts';
import { LimitedBus } from './limited-bus.ts';
import { turnClock } from './turn-clock.ts';

interface StationOptions {
  readonly quirks?: Quirks;
  /** The first remark, and who is recorded. */
  readonly note: string;
  readonly driver: string;
  /** Everything that happens, in order: messages, the bus, calls and what they return, what the driver is told, frames. */
  readonly onEvent: (event: TraceEvent) => void;
  /** What the host tells the WLAN driver, behind its event. */
  readonly onTold?: (output: Extract<HostOutput, { type: 'tell' }>) => void;
  /** A frame that CSME sends goes out. */
  readonly onTransmit?: (frame: Uint8Array) => void;
  /** CSME wants other frames. */
  readonly onFilters?: (filters: OobFilters | null) => void;
  /** The host met something wrong; it goes on. */
  readonly onProblem: (text: string) => void;
  /** The host or a handler threw, and the station has stopped; without it the exception goes on. */
  readonly onError?: (error: unknown) => void;
}

/** What `unregister` is. */
const HALVES = ['start_unregister', 'unregister_complete'] as const;

export class Station {
  readonly host: Host;
  readonly #bus: LimitedBus;
  readonly #end: HostEnd & Recording;
  readonly #runner: Runner<HostInput, HostOutput>;
  readonly #options: StationOptions;
  /** There is a client on the bus, as far as the end knows. */
  #linked = false;
  #onAbsent: (() => void) | undefined;

  constructor(end: HostEnd, options: StationOptions) {
    this.#options = options;
    this.host = new Host({ compileFilter, ...(options.quirks !== undefined && { quirks: options.quirks }) });
    this.#bus = new LimitedBus(end, turnClock);
    this.#end = recorded(this.#bus, (event) => this.#event(event), turnClock);
    this.note(options.note, options.driver);
    const { onError } = options;
    this.#runner = run(this.host, this.#end, turnClock, {
      on: (output) => this.#output(output),
      ...(onError !== undefined && { onError }),
    });
  }

  /**
   * The WLAN driver calls the host, with the arguments as a trace has them. Rejects with an ArgumentError, without a trace of
   * the call, for arguments that it does not have, and as `Runner.call` does.
   */
  async call<N extends CommandName>(name: N, args: TraceArgs): Promise<Commands[N]['result']> {
    const given = commandArgs(name, args);
    this.#write({ ch: 'wifi-cmd', dir: 'wifi>drv', name, args: args as Flat });
    return (await this.#runner.call(name, given as never)) as Commands[N]['result'];
  }

  /** Brings a cause about. All that it does at once has been told when this resolves; to why it cannot be, or undefined. */
  async take(cause: ControlCause): Promise<string | undefined> {
    if (cause.ch === 'frame') return this.#receive(cause.bytes);
    if (cause.ch === 'bus') return this.#workBus(cause.name, cause.args.arg);
    const { name, args } = cause;
    if (name !== 'unregister')
      return isCommand(name)
        ? this.#take(name, args)
        : `there is no call ${JSON.stringify(name.slice(0, 60))}`;
    this.#write({ ch: 'wifi-cmd', dir: 'wifi>drv', name, args: {} });
    for (const half of HALVES) await this.#runner.call(half, {});
    this.#write({ ch: 'wifi-cmd', dir: 'drv>wifi', name: `${name}.ret`, args: {} });
    return undefined;
  }

  /** A frame comes in from the air: says who gets it. */
  fromAir(bytes: Uint8Array, start: number, end: number): FilterVerdict {
    let verdict: FilterVerdict = VERDICT_HOST;
    this.#write({ ch: 'frame', dir: 'peer0>wlan0', bytes: bytes.slice(start, end) });
    this.#runner.turn((nowMs) => {
      verdict = this.host.receive(nowMs, bytes, start, end);
    });
    return verdict;
  }

  /** The host's own DHCP client sends a frame. */
  copyToCsme(bytes: Uint8Array, start: number, end: number): void {
    this.#runner.turn((nowMs) => this.host.copyToCsme(nowMs, bytes, start, end));
  }

  note(text: string, driver?: string): void {
    this.#write({ ch: 'note', text, ...(driver !== undefined && { driver }) });
  }

  /** Seconds of the events' clock. */
  get now(): number {
    return turnClock.now() / 1000;
  }

  /** The client goes away in order: resolves when the host has taken its leave of CSME, or at once without a link. */
  async leave(): Promise<void> {
    const gone = new Promise<void>((resolve) => {
      this.#onAbsent = resolve;
    });
    if (this.#workBus('remove') === undefined && this.host.state.phase !== 'absent') await gone;
  }

  close(): void {
    this.#runner.stop();
  }

  async #take(name: CommandName, args: TraceArgs): Promise<string | undefined> {
    const answer = this.call(name, args).then(
      () => undefined,
      (error: Error) => error.message,
    );
    // What is not refused at once may wait for CSME.
    return Promise.race([
      answer,
      new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined))),
    ]);
  }

  #receive(frame: Uint8Array): undefined {
    if ((this.fromAir(frame, 0, frame.length) & VERDICT_CONSUMED) === 0) {
      this.#write({ ch: 'frame', dir: 'wlan0>stack', bytes: frame });
    }
  }

  #workBus(name: string, arg: JsonValue = 0): string | undefined {
    const { phase } = this.host.state;
    switch (name) {
      case 'probe':
        if (phase !== 'absent') return `the client is there already (${phase})`;
        if (!this.#linked) return 'there is no CSME at the other end';
        this.#write({ ch: 'bus', dir: 'ctl', name, args: { arg: 0 } });
        this.#runner.feed({ type: 'probe' });
        return undefined;
      case 'remove':
        if (phase === 'absent') return 'there is no client';
        this.#write({ ch: 'bus', dir: 'ctl', name, args: { arg: 0 } });
        this.#runner.feed({ type: 'remove' });
        return undefined;
      case 'max_dma':
        if (typeof arg !== 'number') return 'max_dma: "arg" is a number of bytes';
        this.#write({ ch: 'bus', dir: 'ctl', name, args: { arg } });
        this.#bus.maxSize = arg;
        return undefined;
      default:
        return `the bus cannot be worked with "${name}"`;
    }
  }

  #output(output: HostOutput): void {
    switch (output.type) {
      case 'tell':
        this.#write({
          ch: 'wifi-op',
          dir: 'drv>wifi',
          name: output.name,
          args: tellArgs(output.name, output.args) as Flat,
        });
        this.#options.onTold?.(output);
        break;
      case 'return': {
        const args = resultArgs(output.name, output.result) as Flat;
        this.#write({ ch: 'wifi-cmd', dir: 'drv>wifi', name: `${output.name}.ret`, args });
        break;
      }
      case 'transmit':
        this.#write({ ch: 'frame', dir: 'wlan0>peer0', bytes: output.frame });
        this.#options.onTransmit?.(output.frame);
        break;
      case 'filters':
        this.#options.onFilters?.(output.filters);
        break;
      case 'problem':
        this.#options.onProblem(output.error.message);
        break;
    }
  }

  #event(event: TraceEvent): void {
    this.#options.onEvent(event);
    if (event.ch !== 'bus') return;
    if (event.name === 'probe') this.#linked = true;
    else if (event.name === 'link') this.#linked = event.args.arg !== 0;
    else if (event.name === 'unmap') this.#onAbsent?.();
  }

  #write(line: RecordedLine): void {
    this.#end.write(line);
  }
}

type Flat = Extract<RecordedLine, { ch: 'wifi-cmd' }>['args'];

/** Recordings have no line for the return of a call that returns nothing. */
export function isBareReturn(event: TraceEvent): boolean {
  if (event.ch !== 'wifi-cmd' || event.dir !== 'drv>wifi' || event.name === 'unregister.ret') return false;
  return Object.keys(event.args).length === 0;
}
