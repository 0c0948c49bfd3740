/**
 * A driver that is recorded: our host with every quirk of the reference, whose timers go off late, which handles what
 * comes to it after a while, and whose CSME reads its rings when it gets to it. The recordings are what a replay must
 * sort out: the order of causes and effects in the file is not the order in which the driver did things.
 */
import {
  type CommandName,
  type Commands,
  Host,
  type HostOutput,
  type Quirks,
  quirksOfDriver,
  TIMERS,
  type TimerName,
} from '../../ownership/index.ts';
import {
  AREA_LAYOUTS,
  EFAULT,
  encodeMe,
  encodeSap,
  hexOf,
  ME_START_LEN,
  RingReader,
  RingWriter,
  type SapDraft,
  SharedArea,
} from '../../sap/index.ts';
import { resultArgs, type TraceArgs, tellArgs } from '../../trace/index.ts';
import { seededRandom } from '../../transport/index.ts';

const DRIVER = 'iwlmei 6.12';
const RECORDED_RETURNS = ['register', 'get_ownership', 'get_nvm', 'pldr', 'set_netdev'];

type Line = Record<string, unknown>;
interface Event {
  atMs: number;
  run: () => void;
}

export class LateDriver {
  readonly host: Host;
  nowMs = 10_000;
  reads = true;
  readonly #random: { next(): number };
  readonly #lines: { atMs: number; line: Line }[] = [];
  readonly #refusesVersion4: boolean;
  #events: Event[] = [];
  /** When each armed timer really goes off. */
  readonly #goesOff = new Map<TimerName, { dueMs: number; atMs: number }>();
  #rings: { readers: RingReader[]; notif: RingWriter } | undefined;
  #bellIsWork = false;
  #lastTellMs = 0;
  #token = 0;
  #sapSeqNum = 0x800;
  #meSeqNum = 0;

  constructor(seed: number, refusesVersion4: boolean) {
    this.#random = seededRandom(seed);
    this.#refusesVersion4 = refusesVersion4;
    const quirks = Object.fromEntries((quirksOfDriver(DRIVER) ?? []).map((name) => [name, true])) as Quirks;
    this.host = new Host({ quirks });
    this.#line(this.nowMs, { ch: 'note', dir: '-', text: 'recorded from a late driver', driver: DRIVER });
  }

  /** The recording, in the order of its times. */
  recording(): string {
    const lines = this.#lines.toSorted((a, b) => a.atMs - b.atMs);
    return lines
      .map(({ atMs, line }) => `${JSON.stringify({ t: Math.round(atMs * 1e6) / 1e9, ...line })}\n`)
      .join('');
  }

  /** Whether a cause at this time would come near the end of one of the driver's own time-outs. */
  nearTimeout(atMs: number): boolean {
    return Object.entries(this.host.state.timers).some(([name, dueMs]) => {
      if (dueMs === null || name === 'bellThrottle') return false;
      const lateMs = TIMERS[name as TimerName].ms >= 10_000 ? 2_200 : 60;
      return atMs > dueMs - 40 && atMs < dueMs + lateMs;
    });
  }

  advance(toMs: number): void {
    for (let next = this.#next(); next && next.atMs <= toMs; next = this.#next()) {
      this.nowMs = Math.max(this.nowMs, next.atMs);
      this.#events = this.#events.filter((event) => event !== next);
      next.run();
    }
    this.nowMs = Math.max(this.nowMs, toMs);
  }

  command<N extends CommandName>(name: N, args: Commands[N]['args'], recorded: TraceArgs = {}): void {
    this.#line(this.nowMs, { ch: 'wifi-cmd', dir: 'wifi>drv', name, args: recorded });
    this.nowMs += this.#between(0.05, 4);
    this.host.handle(this.nowMs, { type: 'command', token: ++this.#token, name, args });
    this.#drain();
  }

  /** CSME writes these and rings. */
  fromCsme(...drafts: SapDraft[]): void {
    if (!this.#rings) return;
    for (const draft of drafts) {
      const bytes = encodeSap(draft, ++this.#sapSeqNum);
      this.#line(this.nowMs, { ch: 'notif', dir: 'm2h', hex: hexOf(bytes) });
      this.#rings.notif.write(bytes);
    }
    this.nowMs += 0.15;
    this.#meFromCsme(encodeMe({ name: 'CHECK_SHARED_AREA' }, ++this.#meSeqNum));
  }

  /** A frame from the air. Its door bell is work for later, which is done once for all frames that came before it. */
  frame(bytes: Uint8Array): void {
    this.#line(this.nowMs, { ch: 'frame', dir: 'peer0>wlan0', hex: hexOf(bytes) });
    this.nowMs += this.#between(0.05, 1);
    const { host } = this;
    const { bellThrottle } = host.state.timers;
    const before = host.meSeqNum;
    host.receive(this.nowMs, bytes, 0, bytes.length);
    const wanted = host.meSeqNum > before;
    // What the host did at once is undone: this driver does it later.
    host.meSeqNum = before;
    host.state.timers.bellThrottle = bellThrottle;
    while (host.poll()) {}
    if (!wanted || this.#bellIsWork) return;
    this.#bellIsWork = true;
    this.#events.push({ atMs: this.nowMs + this.#between(0.05, 2), run: () => this.#ringForFrames() });
  }

  #ringForFrames(): void {
    this.#bellIsWork = false;
    const { host } = this;
    if (host.state.phase !== 'connected') return;
    host.meSeqNum++;
    if (host.state.timers.bellThrottle !== null) return;
    host.state.timers.bellThrottle = this.nowMs + TIMERS.bellThrottle.ms;
    this.#sent(encodeMe({ name: 'CHECK_SHARED_AREA' }, host.meSeqNum, { size: ME_START_LEN }));
  }

  probe(): void {
    this.#control('probe', this.#between(1, 6));
    this.advance(this.nowMs + 2);
    const { version } = this.host.state;
    this.#meFromCsme(encodeMe({ name: 'START_OK', supportedVersion: version }, ++this.#meSeqNum));
  }

  remove(): void {
    this.#control('remove', this.#between(0.5, 3));
    this.advance(this.nowMs + 700);
    this.#rings = undefined;
  }

  #control(type: 'probe' | 'remove', delayMs: number): void {
    this.#line(this.nowMs, { ch: 'bus', dir: 'ctl', name: type, args: { arg: 0 } });
    this.nowMs += delayMs;
    this.host.handle(this.nowMs, { type });
    this.#drain();
  }

  #meFromCsme(bytes: Uint8Array): void {
    this.#line(this.nowMs, { ch: 'me', dir: 'm2h', hex: hexOf(bytes) });
    this.nowMs += this.#between(0.3, 2.5);
    this.host.handle(this.nowMs, { type: 'me', bytes });
    this.#drain();
  }

  #next(): Event | undefined {
    let next = this.#events.reduce<Event | undefined>((a, b) => (a && a.atMs <= b.atMs ? a : b), undefined);
    for (const [name, dueMs] of Object.entries(this.host.state.timers) as [TimerName, number | null][]) {
      if (dueMs === null) continue;
      const known = this.#goesOff.get(name);
      const atMs = known?.dueMs === dueMs ? known.atMs : dueMs + this.#latenessMs(name);
      this.#goesOff.set(name, { dueMs, atMs });
      if (!next || atMs < next.atMs) next = { atMs, run: () => this.#fire(name) };
    }
    return next;
  }

  #fire(timer: TimerName): void {
    this.host.fire(this.nowMs, timer);
    this.#drain();
  }

  /** As the kernel's: a tick or two for short timers, up to two seconds for long ones. */
  #latenessMs(timer: TimerName): number {
    const { ms } = TIMERS[timer];
    if (ms >= 10_000) return this.#between(200, 1_700);
    if (ms >= 400) return this.#between(4, 33);
    return this.#between(timer === 'drainPoll' ? 3 : 0.5, 4.5);
  }

  #drain(): void {
    for (let output = this.host.poll(); output; output = this.host.poll()) this.#take(output);
  }

  #take(output: HostOutput): void {
    switch (output.type) {
      case 'map':
        return this.#map(output.size);
      case 'enable':
      case 'disable':
      case 'unmap':
        return this.#line(this.nowMs, { ch: 'bus', dir: 'drv', name: output.type, args: {} });
      case 'me':
        return this.#sent(output.bytes);
      case 'tell': {
        this.#lastTellMs = Math.max(this.#lastTellMs + 0.01, this.nowMs + this.#between(0, 0.2));
        const args = tellArgs(output.name, output.args);
        return this.#line(this.#lastTellMs, { ch: 'wifi-op', dir: 'drv>wifi', name: output.name, args });
      }
      case 'return': {
        if (!RECORDED_RETURNS.includes(output.name)) return;
        const args = resultArgs(output.name, output.result);
        const line = { ch: 'wifi-cmd', dir: 'drv>wifi', name: `${output.name}.ret`, args };
        return this.#line(this.nowMs + this.#between(0.01, 0.6), line);
      }
    }
  }

  #map(size: number): void {
    const refused = this.#refusesVersion4 && size === AREA_LAYOUTS[4].size;
    const args = { buffer_id: 1, size, ret: refused ? -EFAULT : 0 };
    this.#line(this.nowMs, { ch: 'bus', dir: 'drv', name: 'dma_map', args });
    if (refused) return this.host.handle(this.nowMs, { type: 'mapRefused', errno: EFAULT });
    const layout = AREA_LAYOUTS[this.host.state.version];
    const area = new SharedArea(new ArrayBuffer(layout.size), layout);
    const { h2m, m2h } = layout.rings;
    this.#rings = {
      readers: [new RingReader(area, h2m.notif), new RingReader(area, h2m.data)],
      notif: new RingWriter(area, m2h.notif),
    };
    this.nowMs += this.#between(0.1, 2);
    this.host.handle(this.nowMs, { type: 'mapped', memory: area.bytes.buffer });
  }

  #sent(bytes: Uint8Array): void {
    this.#line(this.nowMs + this.#between(0, 0.8), { ch: 'me', dir: 'h2m', hex: hexOf(bytes) });
    this.#events.push({ atMs: this.nowMs + this.#between(0.9, 3), run: () => this.readRings() });
  }

  /** CSME reads what the host wrote, if it reads at all. */
  readRings(): void {
    if (!this.reads) return;
    let atMs = this.nowMs;
    for (const reader of this.#rings?.readers ?? []) {
      const { queue } = reader.ring;
      reader.read((b, start, end) => {
        atMs += 0.005;
        this.#line(atMs, { ch: queue, dir: 'h2m', hex: hexOf(b.slice(start, end)) });
      });
    }
  }

  #line(atMs: number, line: Line): void {
    this.#lines.push({ atMs, line });
  }

  #between(low: number, high: number): number {
    return low + this.#random.next() * (high - low);
  }
}
