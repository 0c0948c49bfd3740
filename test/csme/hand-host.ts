/**
 * A host that a test plays by hand: it writes and reads the rings byte by byte, with its own arithmetic, and has no
 * opinion about what comes.
 */
import { Csme, type CsmeCommand, type CsmeOptions, type CsmeOutput } from '../../csme/index.ts';

const CONTROL = { 'h2m-notif': 12, 'h2m-data': 24, 'm2h-notif': 40, 'm2h-data': 52 } as const;
const SIZES = {
  3: { area: 139264, rings: [2240, 48256, 62720, 24128] },
  4: { area: 172032, rings: [32768, 48256, 62720, 24128] },
} as const;
type RingName = keyof typeof CONTROL;
const NAMES = Object.keys(CONTROL) as RingName[];

export interface Seen {
  id: number;
  length: number;
  seqNum: number;
  bytes: Uint8Array;
}

export class HandHost {
  readonly csme: Csme;
  readonly memory: ArrayBuffer;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  nowMs = 0;
  seqNum = 1;
  /** Everything that CSME put out and was not taken by `take`. */
  readonly outputs: CsmeOutput[] = [];

  constructor(options: CsmeOptions = {}, version: 3 | 4 = 4) {
    this.csme = new Csme(options);
    this.memory = new ArrayBuffer(SIZES[version].area);
    this.bytes = new Uint8Array(this.memory);
    this.view = new DataView(this.memory);
    this.#sizes = SIZES[version].rings;
    this.initialise();
  }

  readonly #sizes: readonly number[];

  initialise(): void {
    this.bytes.fill(0);
    this.view.setUint32(0, 0x21504153, true);
    this.view.setUint32(4, 64, true);
    let at = 64;
    NAMES.forEach((name, i) => {
      this.view.setUint32(CONTROL[name] + 8, this.#sizes[i]!, true);
      at += this.#sizes[i]!;
    });
    this.view.setUint32(at, 0x21504153, true);
  }

  /** Maps the area; gives the errno of the answer. */
  map(): number {
    this.put({ type: 'mapRequest', size: this.memory.byteLength });
    const answer = this.outputs.find((o) => o.type === 'mapAnswer');
    if (answer?.type !== 'mapAnswer') return -1;
    if (answer.errno === 0) this.put({ type: 'area', memory: this.memory });
    return answer.errno;
  }

  /** Sends START; gives the ME messages that come back. */
  start(versions: readonly number[] = [this.memory.byteLength === 172032 ? 4 : 3]): Uint8Array[] {
    const bytes = new Uint8Array(88);
    bytes[0] = 1;
    bytes[8] = 88;
    bytes.set(versions, 24);
    this.put({ type: 'me', bytes });
    return this.takeMe();
  }

  /** Mapped and started; what came meanwhile is dropped. */
  up(): this {
    this.map();
    this.start();
    this.read('m2h-notif');
    this.outputs.length = 0;
    return this;
  }

  command(name: string, args: Record<string, unknown> = {}): void {
    this.put({ type: 'command', name, ...args } as CsmeCommand);
  }

  /** Writes a notification by id, rings, and gives the ids that CSME answers with. */
  say(id: number, payload: readonly number[] | Uint8Array = []): number[] {
    this.write('h2m-notif', this.message(id, payload));
    this.bell();
    return this.ids();
  }

  message(id: number, payload: readonly number[] | Uint8Array = []): Uint8Array {
    const bytes = new Uint8Array(8 + payload.length);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, id, true);
    view.setUint16(2, payload.length, true);
    view.setUint32(4, this.seqNum++, true);
    bytes.set(payload, 8);
    return bytes;
  }

  bell(): void {
    const bytes = new Uint8Array(88);
    bytes[0] = 3;
    this.put({ type: 'me', bytes });
  }

  ids(): number[] {
    return this.read('m2h-notif').map((m) => m.id);
  }

  write(ring: RingName, message: Uint8Array): void {
    const { at, size, wr } = this.#ring(ring);
    message.forEach((byte, i) => {
      this.bytes[at + ((wr + i) % size)] = byte;
    });
    this.view.setUint32(CONTROL[ring], (wr + message.length) % size, true);
  }

  /** Reads all that a ring from CSME holds; a message that claims too much ends it. Damaged pointers: nothing. */
  read(ring: 'm2h-notif' | 'm2h-data'): Seen[] {
    const { at, size, wr, rd } = this.#ring(ring);
    if (wr > size || rd > size) return [];
    const used = (wr - rd + size) % size;
    const content = Uint8Array.from({ length: used }, (_, i) => this.bytes[at + ((rd + i) % size)]!);
    this.view.setUint32(CONTROL[ring] + 4, wr, true);
    const seen: Seen[] = [];
    const view = new DataView(content.buffer);
    for (let o = 0; o + 8 <= used; ) {
      const length = view.getUint16(o + 2, true);
      const m = { id: view.getUint16(o, true), length, seqNum: view.getUint32(o + 4, true) };
      seen.push({ ...m, bytes: content.slice(o, o + 8 + length) });
      o += 8 + length;
    }
    return seen;
  }

  pointer(ring: RingName, which: 'wr' | 'rd', to?: number): number {
    const at = CONTROL[ring] + (which === 'wr' ? 0 : 4);
    if (to !== undefined) this.view.setUint32(at, to, true);
    return this.view.getUint32(at, true);
  }

  /** Lets time pass: to `ms` from now, timer by timer. */
  wait(ms: number): void {
    const until = this.nowMs + ms;
    for (;;) {
      const next = this.csme.nextTimeoutAt();
      if (next === undefined || next > until) break;
      this.nowMs = Math.max(this.nowMs, next);
      this.csme.handleTimeout(this.nowMs);
      this.#drain();
    }
    this.nowMs = until;
  }

  put(input: Parameters<Csme['handle']>[1]): void {
    this.csme.handle(this.nowMs, input);
    this.#drain();
  }

  /** The ME messages so far, which are taken out of `outputs`. */
  takeMe(): Uint8Array[] {
    return this.take('me').map((o) => o.bytes);
  }

  /** The codes of the problems so far, which are taken out of `outputs`. */
  takeProblems(): string[] {
    return this.take('problem').map((o) => o.error.code);
  }

  take<T extends CsmeOutput['type']>(type: T): Extract<CsmeOutput, { type: T }>[] {
    const found = this.outputs.filter((o) => o.type === type) as Extract<CsmeOutput, { type: T }>[];
    const others = this.outputs.filter((o) => o.type !== type);
    this.outputs.splice(0, this.outputs.length, ...others);
    return found;
  }

  #drain(): void {
    for (let out = this.csme.poll(); out; out = this.csme.poll()) this.outputs.push(out);
  }

  #ring(ring: RingName) {
    const index = NAMES.indexOf(ring);
    const at = 64 + this.#sizes.slice(0, index).reduce((sum, n) => sum + n, 0);
    return { at, size: this.#sizes[index]!, wr: this.pointer(ring, 'wr'), rd: this.pointer(ring, 'rd') };
  }
}
