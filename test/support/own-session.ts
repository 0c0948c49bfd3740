/** Our own host and the emulated CSME on a clock that a test turns, recorded as a trace has it. */
import {
  Csme,
  type CsmeCommand,
  type CsmeInput,
  type CsmeOutput,
  OPERATIONAL,
  type Profile,
} from '../../csme/index.ts';
import {
  type CommandName,
  type Commands,
  Host,
  type HostInput,
  type HostOutput,
  type Quirks,
} from '../../ownership/index.ts';
import { formatMac, hexOf, VERDICT_CONSUMED } from '../../sap/index.ts';
import { formatEvent, resultArgs, type TraceArgs, type TraceEvent, tellArgs } from '../../trace/index.ts';
import {
  memoryPair,
  type RecordedEvent,
  type Runner,
  recorded,
  run,
  VirtualClock,
} from '../../transport/index.ts';
import { parse } from './traces.ts';

/** Commands as a trace writes their arguments; `tx_copy` has the frame as 802.11, and is not written here. */
const WRITTEN: { [N in CommandName]?: (args: Commands[N]['args']) => TraceArgs } = {
  country: ({ mcc }) => ({ mcc }),
  device_state: ({ up }) => ({ up: Number(up) }),
  set_rfkill: ({ hw, sw }) => ({ hw: Number(hw), sw: Number(sw) }),
  alive: ({ success }) => ({ success: Number(success) }),
  power_limit: ({ limits }) => ({ v: [...limits] }),
  nic_info: ({ macAddress, nvmAddress }) => ({ mac: formatMac(macAddress), nvm: formatMac(nvmAddress) }),
  set_netdev: ({ dev }) => ({ dev: dev ?? 'none' }),
  associated: (a) => ({
    ssid: hexOf(a.ssid).padEnd(64, '0'),
    ssid_len: a.ssid.length,
    auth_mode: a.authMode,
    pairwise_cipher: a.pairwiseCipher,
    channel: a.channel,
    band: a.band,
    bssid: formatMac(a.bssid),
    colloc_channel: a.collocated?.channel ?? -1,
    colloc_bssid: formatMac(a.collocated?.bssid ?? 0),
  }),
};
/** Commands whose return has a line. */
const ANSWERED: readonly CommandName[] = [
  'register',
  'is_connected',
  'get_ownership',
  'get_nvm',
  'pldr',
  'set_netdev',
];

export interface OwnSessionOptions {
  readonly profile?: Profile;
  readonly quirks?: Quirks;
}

export class OwnSession {
  readonly clock = new VirtualClock(1000);
  readonly lines: RecordedEvent[] = [];
  /** What CSME saw, recorded at its end. */
  readonly seen: RecordedEvent[] = [];
  readonly #pair = memoryPair({ clock: this.clock, latencyMs: 1 });
  readonly #end = recorded(this.#pair.host, (event) => this.lines.push(event), this.clock);
  readonly #csmeEnd = recorded(this.#pair.csme, (event) => this.seen.push(event), this.clock);
  readonly #csme: Runner<CsmeInput, CsmeOutput>;
  readonly #machine: Host;
  readonly #host: Runner<HostInput, HostOutput>;

  constructor({ profile = OPERATIONAL, quirks = {} }: OwnSessionOptions = {}) {
    this.#csme = run(new Csme({ profile }), this.#csmeEnd, this.clock);
    this.#machine = new Host({ quirks });
    this.#host = run(this.#machine, this.#end, this.clock, { on: (output) => this.#on(output) });
    this.#end.write({ ch: 'note', text: 'recorded from our own host', driver: 'sapwood' });
  }

  plug(): this {
    this.#pair.plug();
    return this.pass(300);
  }

  unplug(): this {
    this.#pair.unplug();
    return this.pass(300);
  }

  /** The client goes away in order. */
  remove(): this {
    this.#end.write({ ch: 'bus', dir: 'ctl', name: 'remove', args: { arg: 0 } });
    this.#host.feed({ type: 'remove' });
    return this.pass(400);
  }

  command<N extends CommandName>(name: N, args: Commands[N]['args'] = {} as never, passMs = 250): this {
    this.#line('wifi-cmd', 'wifi>drv', name, WRITTEN[name]?.(args) ?? {});
    this.#host.feed({ type: 'command', token: 1, name, args });
    return this.pass(passMs);
  }

  csme(command: Omit<CsmeCommand, 'type'>, passMs = 250): this {
    this.#csme.feed({ type: 'command', ...command } as CsmeCommand);
    return this.pass(passMs);
  }

  /** A frame from the air. */
  air(frame: Uint8Array, passMs = 250): this {
    this.#end.write({ ch: 'frame', dir: 'peer0>wlan0', bytes: frame });
    this.#host.turn((nowMs) => {
      const verdict = this.#machine.receive(nowMs, frame, 0, frame.length);
      if (!(verdict & VERDICT_CONSUMED)) this.#end.write({ ch: 'frame', dir: 'wlan0>stack', bytes: frame });
    });
    return this.pass(passMs);
  }

  note(text: string): this {
    this.#end.write({ ch: 'note', text });
    this.#csmeEnd.write({ ch: 'note', text });
    return this;
  }

  pass(ms: number): this {
    this.clock.advanceBy(ms);
    return this;
  }

  /** The trace as a file has it, read again. */
  trace(): TraceEvent[] {
    this.#end.flush();
    return read(this.lines);
  }

  /** The trace that CSME's end has of the same. */
  traceOfCsme(): TraceEvent[] {
    this.#csmeEnd.flush();
    return read(this.seen);
  }

  #on(output: HostOutput): void {
    if (output.type === 'tell') {
      this.#line('wifi-op', 'drv>wifi', output.name, tellArgs(output.name, output.args));
    } else if (output.type === 'return' && ANSWERED.includes(output.name)) {
      this.#line('wifi-cmd', 'drv>wifi', `${output.name}.ret`, resultArgs(output.name, output.result));
    } else if (output.type === 'transmit') {
      this.#end.write({ ch: 'frame', dir: 'wlan0>peer0', bytes: output.frame });
    }
  }

  #line(ch: 'wifi-cmd' | 'wifi-op', dir: string, name: string, args: TraceArgs): void {
    this.#end.write({ ch, dir, name, args } as never);
  }
}

function read(lines: readonly RecordedEvent[]): TraceEvent[] {
  return parse(lines.map((line) => `${formatEvent(line as TraceEvent)}\n`).join(''));
}
