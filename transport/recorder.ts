/** The trace of one end: what passes it, and what lies in the rings when something passes. */
import { errnoName } from '../sap/index.ts';
import { type AreaTap, tapOf } from './area-tap.ts';
import type { Clock } from './clock.ts';

type Args = { readonly [name: string]: null | boolean | number | string };

/** What a line of the trace says, without its time. */
export type RecordedLine =
  | { ch: 'me' | 'notif' | 'data'; dir: 'h2m' | 'm2h'; bytes: Uint8Array }
  | { ch: 'frame'; dir: 'peer0>wlan0' | 'wlan0>peer0' | 'wlan0>stack'; bytes: Uint8Array }
  | { ch: 'wifi-cmd'; dir: 'wifi>drv' | 'drv>wifi'; name: string; args: Args }
  | { ch: 'wifi-op'; dir: 'drv>wifi'; name: string; args: Args }
  | { ch: 'bus'; dir: 'drv' | 'ctl'; name: string; args: Args }
  | { ch: 'note'; text: string; driver?: string };

/** An event of the project's trace format. `t`: seconds of the clock that the recorder was given. */
export type RecordedEvent = RecordedLine & { t: number };

export type TraceSink = (event: RecordedEvent) => void;

/** What a recorded end has besides. */
export interface Recording {
  /** Looks at the rings now and records what has been written to them; nothing of the area is changed. */
  flush(): void;
  /** Adds a line that does not pass the end: commands of the WLAN driver, `remove`, remarks. Looks at the rings first. */
  write(line: RecordedLine): void;
}

export class Recorder implements Recording {
  readonly #sink: TraceSink;
  readonly #clock: Clock;
  #tap: AreaTap | undefined;
  /** Where lines go while their place is not known yet, and where CSME's SAP messages go. */
  #held: RecordedEvent[] | undefined;
  #heard: RecordedEvent[] | undefined;
  #lost = false;
  /** Bytes asked for by the map request that has not been answered. */
  mapSize = 0;

  constructor(sink: TraceSink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  /** CSME's messages first: what the host has written since may be its answer to them. */
  flush(): void {
    this.#scanCsme();
    this.#tap?.scan('h2m');
  }

  write(line: RecordedLine): void {
    this.#look();
    this.put(line);
  }

  put(line: RecordedLine): void {
    this.#take({ t: this.#clock.now() / 1000, ...line });
  }

  #take(event: RecordedEvent): void {
    const fromCsme = (event.ch === 'notif' || event.ch === 'data') && event.dir === 'm2h';
    const into = (fromCsme ? this.#heard : undefined) ?? this.#held;
    if (into === undefined) this.#sink(event);
    else into.push(event);
  }

  bus(dir: 'drv' | 'ctl', name: string, args: Args): void {
    this.put({ ch: 'bus', dir, name, args });
  }

  probe(): void {
    if (this.#lost) this.bus('ctl', 'link', { arg: 1 });
    this.#lost = false;
    this.bus('ctl', 'probe', { arg: 0 });
  }

  /** In the format's words: the bus is down, and then the device goes. */
  lost(): void {
    this.dropArea();
    this.#lost = true;
    this.bus('ctl', 'link', { arg: 0 });
    this.bus('ctl', 'remove', { arg: 0 });
  }

  mapAnswered(errno: number): void {
    this.bus('drv', 'dma_map', { buffer_id: 1, size: this.mapSize, ret: errno === 0 ? 0 : -Math.abs(errno) });
  }

  area(memory: ArrayBufferLike): void {
    this.#tap = tapOf(memory, {
      message: (dir, queue, bytes) => this.put({ ch: queue, dir, bytes }),
      note: (text) => this.put({ ch: 'note', text }),
    });
  }

  /** Records what is left in the rings; they are not looked at any more. */
  dropArea(): void {
    this.flush();
    this.#tap = undefined;
  }

  /**
   * The bell first, then what it was rung for. The look comes before the sending: CSME in another thread may have
   * answered before `send` returns, and that answer comes behind what it answers.
   */
  meFromHost(bytes: Uint8Array, send: () => number = () => 0): number {
    this.#scanCsme();
    const held: RecordedEvent[] = [];
    const before = this.#held;
    this.#held = held;
    this.#tap?.scan('h2m');
    this.#held = before;
    const result = send();
    if (result < 0) this.notSent('h2m', result);
    else this.put({ ch: 'me', dir: 'h2m', bytes: new Uint8Array(bytes) });
    for (const event of held) this.#take(event);
    return result;
  }

  /** What it was rung for first: that is what the host finds when the bell comes. */
  meFromCsme(bytes: Uint8Array): void {
    this.#look();
    this.put({ ch: 'me', dir: 'm2h', bytes: new Uint8Array(bytes) });
  }

  /**
   * The host's side of it. While `handle` reads the rings, CSME in another thread may write more: what has been read by
   * then belongs to this message, in whose handling everything else that is recorded meanwhile came about.
   */
  handledByHost(bytes: Uint8Array, handle: () => void): void {
    this.#look();
    const bell: RecordedEvent = {
      t: this.#clock.now() / 1000,
      ch: 'me',
      dir: 'm2h',
      bytes: new Uint8Array(bytes),
    };
    const held: RecordedEvent[] = [];
    const heard: RecordedEvent[] = [];
    this.#held = held;
    this.#heard = heard;
    try {
      handle();
      this.#scanCsme();
    } finally {
      this.#held = undefined;
      this.#heard = undefined;
      for (const event of heard) this.#take({ ...event, t: bell.t });
      for (const event of [bell, ...held]) this.#take(event);
    }
  }

  #scanCsme(): void {
    this.#tap?.scan('m2h', this.#heard === undefined ? 'written' : 'read');
  }

  /** The host's messages are recorded when they are read: without a bell of the host, what CSME has read by itself. */
  #look(): void {
    this.#scanCsme();
    this.#tap?.scan('h2m', 'read');
  }

  notSent(dir: 'h2m' | 'm2h', result: number): void {
    this.put({ ch: 'note', text: `${dir}: ME message not sent, ${errnoName(result) ?? result}` });
  }
}
