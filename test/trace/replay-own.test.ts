/** Recordings of our own host replay without any quirk. */
import { describe, expect, test } from 'vitest';
import {
  Csme,
  type CsmeCommand,
  type CsmeInput,
  type CsmeOutput,
  OPERATIONAL,
  profile,
  SESSION,
} from '../../csme/index.ts';
import { type CommandName, type Commands, Host } from '../../ownership/index.ts';
import { formatMac, hexOf } from '../../sap/index.ts';
import {
  formatEvent,
  Replay,
  resultArgs,
  type TraceArgs,
  type TraceEvent,
  tellArgs,
} from '../../trace/index.ts';
import {
  memoryPair,
  type RecordedEvent,
  type Runner,
  recorded,
  run,
  VirtualClock,
} from '../../transport/index.ts';
import { ASSOCIATION } from '../support/host-fixture.ts';
import { parse } from '../support/traces.ts';

/** Commands as a trace writes their arguments. */
const WRITTEN: { [N in CommandName]?: (args: Commands[N]['args']) => TraceArgs } = {
  country: ({ mcc }) => ({ mcc }),
  device_state: ({ up }) => ({ up: Number(up) }),
  set_rfkill: ({ hw, sw }) => ({ hw: Number(hw), sw: Number(sw) }),
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
/** Commands that return without a line. */
const SILENT: readonly CommandName[] = ['country', 'device_state', 'set_rfkill', 'associated'];

class Session {
  readonly clock = new VirtualClock(1000);
  readonly lines: RecordedEvent[] = [];
  readonly #pair = memoryPair({ clock: this.clock, latencyMs: 1 });
  readonly #end = recorded(this.#pair.host, (event) => this.lines.push(event), this.clock);
  readonly #csme: Runner<CsmeInput, CsmeOutput>;
  readonly #host = run(new Host(), this.#end, this.clock, {
    on: (output) => {
      if (output.type === 'tell') {
        this.#line('wifi-op', 'drv>wifi', output.name, tellArgs(output.name, output.args));
      } else if (output.type === 'return' && !SILENT.includes(output.name)) {
        this.#line('wifi-cmd', 'drv>wifi', `${output.name}.ret`, resultArgs(output.name, output.result));
      }
    },
  });

  constructor(firmware = OPERATIONAL) {
    this.#csme = run(new Csme({ profile: firmware }), this.#pair.csme, this.clock);
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

  command<N extends CommandName>(name: N, args: Commands[N]['args'] = {} as never): this {
    this.#line('wifi-cmd', 'wifi>drv', name, WRITTEN[name]?.(args) ?? {});
    this.#host.feed({ type: 'command', token: 1, name, args });
    return this.pass(250);
  }

  csme(name: 'takeOwnership' | 'offerOwnership' | 'ping' | 'sendNvm' | 'disableAmt' | 'enableAmt'): this {
    this.#csme.feed({ type: 'command', name } as CsmeCommand);
    return this.pass(250);
  }

  pass(ms: number): this {
    this.clock.advanceBy(ms);
    return this;
  }

  /** The trace as a file has it, read again. */
  trace(): TraceEvent[] {
    this.#end.flush();
    return parse(this.lines.map((line) => `${formatEvent(line as TraceEvent)}\n`).join(''));
  }

  #line(ch: 'wifi-cmd' | 'wifi-op', dir: string, name: string, args: TraceArgs): void {
    this.#end.write({ ch, dir, name, args } as never);
  }
}

function replayed(events: readonly TraceEvent[]) {
  const replay = new Replay();
  replay.push(events);
  return replay.finish();
}

const SCENARIOS: Record<string, () => Session> = {
  'start-up and settings': () =>
    new Session()
      .command('register')
      .plug()
      .command('country', { mcc: 0x4445 })
      .command('set_rfkill', { hw: false, sw: false })
      .command('associated', { ...ASSOCIATION, collocated: { channel: 6, bssid: 7 } }),
  'a session goes over to the host': () =>
    new Session(profile(SESSION)).command('register').plug().command('get_ownership').pass(1000),
  'CSME takes the device': () =>
    new Session()
      .command('register')
      .plug()
      .command('get_ownership')
      .command('device_state', { up: true })
      .csme('takeOwnership')
      .command('device_state', { up: false })
      .pass(61_000),
  'AMT off and on': () => new Session().command('register').plug().csme('disableAmt').csme('enableAmt'),
  'NVM, product reset, ping': () =>
    new Session().command('register').plug().command('get_nvm').command('pldr').csme('ping'),
  'firmware reset': () => new Session().command('register').plug().unplug().plug().command('get_ownership'),
};

describe('a recording of our own host', () => {
  test.each(Object.keys(SCENARIOS))('%s: replays without a quirk', (name) => {
    const report = replayed(SCENARIOS[name]!().trace());
    expect(report).toMatchObject({ mismatches: [], errors: [], quirks: [] });
    expect(report.compared).toBeGreaterThan(10);
  });
});
