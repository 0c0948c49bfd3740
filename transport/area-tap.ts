/** Sees the SAP messages of both sides in a shared area, without taking part. */
import { layoutOfSize, type Queue, SAP_HEADER_LEN, SapError, SharedArea, u32At } from '../sap/index.ts';
import { ShadowReader, type ShadowScan } from './shadow.ts';

type Direction = 'h2m' | 'm2h';

export interface TapHandler {
  /** A SAP message with its header, or what was written in the place of one. A private copy. */
  message(dir: Direction, queue: Queue, bytes: Uint8Array): void;
  /** Something could not be seen. */
  note(text: string): void;
}

/** Sequence numbers farther from the last one than this are taken for no sequence numbers. */
const PLAUSIBLE = 4096;

/** The two rings of one direction, and the counter that they share. */
class DirectionTap {
  readonly #dir: Direction;
  readonly #notif: ShadowReader;
  readonly #data: ShadowReader;
  readonly #handler: TapHandler;
  #lastSeq: number | undefined;

  constructor(area: SharedArea, dir: Direction, handler: TapHandler) {
    this.#dir = dir;
    this.#handler = handler;
    this.#notif = new ShadowReader(area, area.layout.rings[dir].notif);
    this.#data = new ShadowReader(area, area.layout.rings[dir].data);
  }

  scan(upTo: 'written' | 'read'): void {
    const notif = this.#judged('notif', this.#notif.scan(upTo));
    const data = this.#judged('data', this.#data.scan(upTo));
    let n = 0;
    let d = 0;
    // Merged by the counter that both rings share: that is the order in which they were written.
    while (n < notif.length || d < data.length) {
      const takeNotif =
        d === data.length || (n < notif.length && distance(seqOf(notif[n]!), seqOf(data[d]!)) >= 0);
      if (takeNotif) this.#emit('notif', notif[n++]!);
      else this.#emit('data', data[d++]!);
    }
  }

  /** The messages of a scan, a damaged one last; none when the bytes are of no message that could be next. */
  #judged(queue: Queue, scan: ShadowScan): readonly Uint8Array[] {
    const ring = `${this.#dir}-${queue}`;
    if (scan.trouble !== undefined) this.#handler.note(`not recorded, ${ring}: ${scan.trouble}`);
    if (scan.rest === undefined) return scan.messages;
    const first = scan.messages[0] ?? scan.rest;
    if (!this.#canBeNext(first)) {
      const lost = scan.messages.reduce((sum, message) => sum + message.length, scan.rest.length);
      this.#handler.note(`not recorded, ${ring}: ${lost} bytes that are not the next message: overrun`);
      return [];
    }
    return [...scan.messages, scan.rest];
  }

  #canBeNext(message: Uint8Array): boolean {
    if (message.length < SAP_HEADER_LEN) return this.#lastSeq === undefined;
    const step = distance(this.#lastSeq ?? -1, seqOf(message));
    return step > 0 && step <= PLAUSIBLE;
  }

  #emit(queue: Queue, bytes: Uint8Array): void {
    if (bytes.length >= SAP_HEADER_LEN) {
      const seq = seqOf(bytes);
      const missing = this.#lastSeq === undefined ? 0 : distance(this.#lastSeq, seq) - 1;
      if (missing > 0) this.#handler.note(`${this.#dir}: sequence numbers skip ${missing} before ${seq}`);
      this.#lastSeq = seq;
    }
    this.#handler.message(this.#dir, queue, bytes);
  }
}

export class AreaTap {
  readonly #taps: Readonly<Record<Direction, DirectionTap>>;

  constructor(area: SharedArea, handler: TapHandler) {
    this.#taps = {
      h2m: new DirectionTap(area, 'h2m', handler),
      m2h: new DirectionTap(area, 'm2h', handler),
    };
  }

  /**
   * Reports what has been written to the two rings of one direction since the last look; with `read`, only as far as
   * the other side has read it.
   */
  scan(dir: Direction, upTo: 'written' | 'read' = 'written'): void {
    this.#taps[dir].scan(upTo);
  }
}

/** A tap for memory of a known layout; undefined, and a note, for any other. */
export function tapOf(memory: ArrayBufferLike, handler: TapHandler): AreaTap | undefined {
  const layout = layoutOfSize(memory.byteLength);
  if (layout instanceof SapError) {
    handler.note(`SAP messages are not recorded: ${layout.message}`);
    return undefined;
  }
  return new AreaTap(new SharedArea(memory, layout), handler);
}

function seqOf(message: Uint8Array): number {
  return message.length < SAP_HEADER_LEN ? 0 : u32At(message, 4);
}

/** From one sequence number to another, around 2^32, negative for backwards. */
function distance(from: number, to: number): number {
  return (to - from) | 0;
}
