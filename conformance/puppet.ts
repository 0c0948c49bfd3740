/**
 * CSME as a script plays it: it says what it is told to say, honest or not, and hears when it is told to listen. The
 * shared area is in its hands, pointers and bytes included.
 */
import {
  CONTROL_BLOCK_LEN,
  type Direction,
  encodeMe,
  encodeSap,
  layoutOfSize,
  ME_START_OK_LEN,
  type Queue,
  type RingLayout,
  RingReader,
  RingWriter,
  ringsOf,
  type SapDraft,
  SapError,
  SharedArea,
  u32At,
} from '../sap/index.ts';
import type { TraceEvent } from '../trace/index.ts';
import type { CsmeRequest } from '../transport/index.ts';

/** An event without its time. */
export type Untimed = TraceEvent extends infer E ? (E extends { t: number } ? Omit<E, 't'> : never) : never;

export interface PuppetSinks {
  request(request: CsmeRequest): void;
  trace(event: Untimed): void;
}

type Pointer = 'wr' | 'rd';

interface Mapped {
  readonly area: SharedArea;
  readonly readers: Readonly<Record<Queue, RingReader>>;
  readonly writers: Readonly<Record<Queue, RingWriter>>;
}

const QUEUES = ['notif', 'data'] as const;

export class PuppetCsme {
  /** Whether it reads the driver's rings when the bell rings. */
  listens = true;
  readonly #sinks: PuppetSinks;
  #mapped: Mapped | undefined;
  #sapSeq = 0;
  #meSeq = 0;

  constructor(sinks: PuppetSinks) {
    this.#sinks = sinks;
  }

  get area(): SharedArea | undefined {
    return this.#mapped?.area;
  }

  /** The version whose area is mapped. */
  get version(): number | undefined {
    return this.#mapped?.area.layout.version;
  }

  // --- the area ---

  map(memory: ArrayBufferLike): SapError | undefined {
    this.unmap();
    const layout = layoutOfSize(memory.byteLength);
    if (layout instanceof SapError) return layout;
    const area = new SharedArea(memory, layout);
    const { h2m, m2h } = layout.rings;
    this.#mapped = {
      area,
      readers: { notif: new RingReader(area, h2m.notif), data: new RingReader(area, h2m.data) },
      writers: { notif: new RingWriter(area, m2h.notif), data: new RingWriter(area, m2h.data) },
    };
    this.#sapSeq = 0;
    this.#meSeq = 0;
    return undefined;
  }

  unmap(): void {
    this.#mapped = undefined;
  }

  ring(dir: Direction, queue: Queue): RingLayout {
    return this.#here().area.layout.rings[dir][queue];
  }

  /** As it stands in memory. */
  pointer(dir: Direction, queue: Queue, which: Pointer): number {
    const { area } = this.#here();
    const ring = area.layout.rings[dir][queue];
    return Atomics.load(area.words, (which === 'wr' ? ring.wrAt : ring.rdAt) >> 2) >>> 0;
  }

  setPointer(dir: Direction, queue: Queue, which: Pointer, value: number): void {
    const { area } = this.#here();
    const ring = area.layout.rings[dir][queue];
    // In the words that the judge of a trace knows.
    const way = dir === 'h2m' ? 'host -> CSME' : 'CSME -> host';
    const where = value > ring.size ? `size + ${value - ring.size}` : `${value}`;
    this.#note(`${way} ${queue}: ${which} = ${where}, set by CSME`);
    Atomics.store(area.words, (which === 'wr' ? ring.wrAt : ring.rdAt) >> 2, value);
  }

  /** A word of the control block; `at` in bytes. */
  setWord(at: number, value: number): void {
    this.#note(`CSME sets the word at ${at} of the control block to 0x${(value >>> 0).toString(16)}`);
    Atomics.store(this.#here().area.words, at >> 2, value);
  }

  /** Bytes that the driver has not read yet in the rings to it; 0 without an area. */
  unread(): number {
    if (this.#mapped === undefined) return 0;
    return QUEUES.reduce((sum, queue) => sum + this.unreadOf(queue), 0);
  }

  unreadOf(queue: Queue): number {
    return this.#used('m2h', queue);
  }

  /** Bytes that the driver has written and nobody has read. */
  unheardOf(queue: Queue): number {
    return this.#used('h2m', queue);
  }

  #used(dir: Direction, queue: Queue): number {
    const { size } = this.ring(dir, queue);
    const wr = this.pointer(dir, queue, 'wr') % size;
    const rd = this.pointer(dir, queue, 'rd') % size;
    return wr >= rd ? wr - rd : size - rd + wr;
  }

  /** Which of the driver's own pointers stands where a writer or reader never puts it. */
  strayPointer(): string | undefined {
    const rings = this.#mapped === undefined ? [] : ringsOf(this.#mapped.area.layout);
    for (const { name, dir, queue, size } of rings) {
      const which = dir === 'h2m' ? 'wr' : 'rd';
      const value = this.pointer(dir, queue, which);
      if (value >= size) return `${which}_ptr of ${name} is ${value}, the ring has ${size} bytes`;
    }
    return undefined;
  }

  /** Control block and trailer, as the trace has them. */
  traceArea(): void {
    const { area } = this.#here();
    const { size, trailerAt } = area.layout;
    const control = area.bytes.slice(0, CONTROL_BLOCK_LEN);
    const trailer = area.bytes.slice(trailerAt, trailerAt + 4);
    this.#sinks.trace({ ch: 'area', dir: 'h2m', size, control, trailer });
  }

  /** The first byte of a ring that is not zero, as a fresh area has them all. */
  firstUsedByte(): { ring: string; at: number } | undefined {
    const { area } = this.#here();
    for (const ring of ringsOf(area.layout)) {
      // A driver may have written before it rang.
      const from = ring.dir === 'h2m' ? this.pointer('h2m', ring.queue, 'wr') : 0;
      for (let at = from; at < ring.size; at++)
        if (area.bytes[ring.at + at] !== 0) return { ring: ring.name, at };
    }
    return undefined;
  }

  // --- saying ---

  me(bytes: Uint8Array): void {
    this.#sinks.trace({ ch: 'me', dir: 'm2h', bytes });
    this.#sinks.request({ type: 'me', bytes });
  }

  startOk(version: number, size: number = ME_START_OK_LEN): void {
    this.me(encodeMe({ name: 'START_OK', supportedVersion: version }, this.nextMeSeq(), { size }));
  }

  /** `size`: of the ME message; 12 is the shortest with a whole header. */
  bell(size?: number): void {
    const options = size === undefined ? {} : { size };
    this.me(encodeMe({ name: 'CHECK_SHARED_AREA' }, this.nextMeSeq(), options));
  }

  /** Writes one message; false when the ring has no room. */
  write(draft: SapDraft, queue: Queue = 'notif'): boolean {
    return this.writeBytes(encodeSap(draft, ++this.#sapSeq), queue);
  }

  /** Writes bytes as they are. */
  writeBytes(bytes: Uint8Array, queue: Queue = 'notif'): boolean {
    if (this.#here().writers[queue].write(bytes) !== undefined) return false;
    this.#sinks.trace({ ch: queue, dir: 'm2h', bytes });
    return true;
  }

  free(queue: Queue): number {
    return this.#here().writers[queue].free();
  }

  nextMeSeq(): number {
    return ++this.#meSeq;
  }

  nextSapSeq(): number {
    return ++this.#sapSeq;
  }

  // --- hearing ---

  /** Reads both rings of the driver to their ends, in the order in which it wrote; gives what no message could be read of. */
  hear(): SapError[] {
    if (this.#mapped === undefined) return [];
    const heard: { queue: Queue; bytes: Uint8Array }[] = [];
    const errors: SapError[] = [];
    for (const queue of QUEUES) {
      const read = this.#mapped.readers[queue].read((bytes, start, end) => {
        heard.push({ queue, bytes: bytes.slice(start, end) });
      });
      errors.push(...read.errors);
    }
    heard.sort((a, b) => (u32At(a.bytes, 4) - u32At(b.bytes, 4)) | 0);
    for (const { queue, bytes } of heard) {
      this.#sinks.trace({ ch: queue, dir: 'h2m', bytes });
    }
    return errors;
  }

  #note(text: string): void {
    this.#sinks.trace({ ch: 'note', text });
  }

  #here(): Mapped {
    if (this.#mapped === undefined) throw new NoArea();
    return this.#mapped;
  }
}

/** A script reached for the shared area while there was none: the driver has taken it away. */
export class NoArea extends Error {
  constructor() {
    super('the shared area is gone');
  }
}
