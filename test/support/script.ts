/** Traces written by hand: a driver that does everything right, one step after the other, and what a test changes of it. */
import {
  encodeMe,
  encodeSap,
  ethernetOf80211,
  type MeDraft,
  noFilters,
  type OobFilters,
  type SapDraft,
} from '../../sap/index.ts';
import { Judge, type JudgeReport, type TraceArgs, type TraceEvent } from '../../trace/index.ts';

type Untimed = TraceEvent extends infer E ? (E extends { t: number } ? Omit<E, 't' | 'line'> : never) : never;

const AREA_SIZE = { 3: 139264, 4: 172032 } as const;

export class Script {
  readonly events: TraceEvent[] = [];
  /** In ms. */
  now = 1000;
  seq = 0;
  #csmeSeq = 0;
  #meSeq = 0;
  #bellMs = Number.NEGATIVE_INFINITY;

  /** The line of the last event. */
  get line(): number {
    return this.events.length;
  }

  pass(ms: number): this {
    this.now += ms;
    return this;
  }

  add(event: Untimed): this {
    this.events.push({ t: this.now / 1000, ...event, line: this.events.length + 1 } as TraceEvent);
    return this;
  }

  note(text: string, driver?: string): this {
    return this.add({ ch: 'note', text, ...(driver !== undefined && { driver }) });
  }

  // --- CSME

  csmeMe(draft: MeDraft): this {
    return this.add({ ch: 'me', dir: 'm2h', bytes: encodeMe(draft, 1) });
  }

  /** Puts messages into CSME's notification ring and rings. */
  csme(...drafts: (SapDraft | Uint8Array)[]): this {
    for (const draft of drafts) {
      const bytes = draft instanceof Uint8Array ? draft : encodeSap(draft, ++this.#csmeSeq);
      this.add({ ch: 'notif', dir: 'm2h', bytes });
    }
    return this.csmeMe({ name: 'CHECK_SHARED_AREA' }).pass(1);
  }

  csmeData(...drafts: (SapDraft | Uint8Array)[]): this {
    for (const draft of drafts) {
      const bytes = draft instanceof Uint8Array ? draft : encodeSap(draft, ++this.#csmeSeq);
      this.add({ ch: 'data', dir: 'm2h', bytes });
    }
    return this.csmeMe({ name: 'CHECK_SHARED_AREA' }).pass(1);
  }

  // --- the host

  me(draft: MeDraft, size?: number): this {
    const options = size === undefined ? {} : { size };
    return this.add({ ch: 'me', dir: 'h2m', bytes: encodeMe(draft, ++this.#meSeq, options) });
  }

  bell(): this {
    this.#bellMs = this.now;
    return this.me({ name: 'CHECK_SHARED_AREA' }, 88);
  }

  /** Writes, rings when that is allowed, and CSME reads. */
  host(...drafts: SapDraft[]): this {
    const waitMs = this.#bellMs + 100 - this.now;
    if (waitMs > 0) this.pass(waitMs);
    this.bell().pass(1);
    for (const draft of drafts) this.read(draft);
    return this;
  }

  /** CSME reads a message of the host. */
  read(draft: SapDraft, seq: number = ++this.seq): this {
    const isData = draft.name === 'DATA_PACKET' || draft.name === 'CB_DATA_PACKET';
    return this.add({ ch: isData ? 'data' : 'notif', dir: 'h2m', bytes: encodeSap(draft, seq) });
  }

  tell(name: string, args: TraceArgs = {}): this {
    return this.add({ ch: 'wifi-op', dir: 'drv>wifi', name, args });
  }

  rfkill(blocked: 0 | 1, taking: 0 | 1 = 0): this {
    return this.tell('rfkill', { blocked, csme_taking_ownership: taking });
  }

  // --- the WLAN driver, the bus, the air

  call(name: string, args: TraceArgs = {}): this {
    return this.add({ ch: 'wifi-cmd', dir: 'wifi>drv', name, args });
  }

  ret(name: string, args: TraceArgs = { ret: 0 }): this {
    return this.add({ ch: 'wifi-cmd', dir: 'drv>wifi', name: `${name}.ret`, args });
  }

  bus(dir: 'drv' | 'ctl', name: string, args: TraceArgs = {}): this {
    return this.add({ ch: 'bus', dir, name, args });
  }

  air(bytes: Uint8Array): this {
    return this.add({ ch: 'frame', dir: 'peer0>wlan0', bytes });
  }

  toAir(bytes: Uint8Array): this {
    return this.add({ ch: 'frame', dir: 'wlan0>peer0', bytes });
  }

  toStack(bytes: Uint8Array): this {
    return this.add({ ch: 'frame', dir: 'wlan0>stack', bytes });
  }

  // --- whole passages

  probe(version: 3 | 4 = 4): this {
    this.seq = 0;
    this.#meSeq = 0;
    this.#bellMs = Number.NEGATIVE_INFINITY;
    this.bus('ctl', 'probe', { arg: 0 });
    if (version === 3) this.bus('drv', 'dma_map', { buffer_id: 1, size: AREA_SIZE[4], ret: -14 });
    return this.bus('drv', 'dma_map', { buffer_id: 1, size: AREA_SIZE[version], ret: 0 }).bus(
      'drv',
      'enable',
    );
  }

  /** From nothing to a link that is started, its START_OK included. */
  started(version: 3 | 4 = 4): this {
    if (this.events.length === 0) this.note('a driver of a test', 'test').call('register').ret('register');
    this.probe(version)
      .me({ name: 'START', supportedVersions: [version] })
      .pass(2);
    return this.csmeMe({ name: 'START_OK', supportedVersion: version }).pass(5);
  }

  /** The initial configuration of a driver that was told nothing. */
  static readonly CONFIGURATION: readonly SapDraft[] = [
    { name: 'WIFIDR_UP' },
    { name: 'WHO_OWNS_NIC' },
    { name: 'COUNTRY_CODE', mcc: 0, sourceId: 0, diffTime: 0 },
    { name: 'RADIO_STATE', state: 3 },
  ];

  /** On to AMT enabled; `owner`: who CSME says owns the card. */
  enabled(owner: 'host' | 'csme' = 'host', version: 3 | 4 = 4): this {
    this.started(version)
      .csme({ name: 'AMT_STATE', enabled: 1 })
      .host(...Script.CONFIGURATION);
    return this.csme({ name: 'NIC_OWNER', owner: owner === 'host' ? 1 : 2 }).pass(300);
  }

  filters(filters: Partial<OobFilters> = {}): this {
    return this.call('set_netdev', { dev: 'wlan0' })
      .ret('set_netdev', { registered_rx_handler: 1 })
      .csme({
        name: 'CSME_FILTERS',
        mode: 0,
        macAddress: 0,
        cbfilters: new Uint8Array(1728),
        oobFilters: { ...noFilters(), ...filters },
      })
      .pass(100);
  }

  removed(): this {
    this.bus('ctl', 'remove', { arg: 0 }).pass(2);
    this.bell().pass(1).read({ name: 'HOST_GOES_DOWN' }).pass(20);
    return this.rfkill(0).bus('drv', 'disable').bus('drv', 'unmap');
  }

  /** The judge's word; a while later, unless the trace ends at once. */
  judged(afterMs = 2000): JudgeReport {
    if (afterMs > 0) this.pass(afterMs).note('the end');
    const judge = new Judge({ file: 'script' });
    judge.push(this.events);
    return judge.finish();
  }
}

/** An Ethernet frame of IPv4 and TCP to a port. */
export function tcpFrame(port: number, length = 60): Uint8Array {
  const frame = new Uint8Array(length);
  frame.set([0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x00, 0x45]);
  frame[23] = 6;
  frame.set([192, 0, 2, 1, 192, 0, 2, 2], 26);
  new DataView(frame.buffer).setUint16(34, 40000);
  new DataView(frame.buffer).setUint16(36, port);
  return frame;
}

/** The 802.11 frame of a DHCP request, as hex of a call, and its Ethernet form. */
export function dhcpFrame(): { hex: string; ethernet: Uint8Array } {
  const frame = new Uint8Array(24 + 8 + 28 + 20);
  frame.set([0x08, 0x01]);
  frame.set([0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00, 0x45], 24);
  frame[24 + 8 + 9] = 17;
  const udp = new DataView(frame.buffer, 24 + 8 + 20);
  udp.setUint16(0, 68);
  udp.setUint16(2, 67);
  return { hex: Buffer.from(frame).toString('hex'), ethernet: ethernetOf80211(frame, 0)! };
}
