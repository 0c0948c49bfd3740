/**
 * Reading a trace, chunk by chunk. Nothing of the file is kept but the line at hand, so that a trace of 10 GB needs
 * no more memory than one of 10 MB. Bad input never throws: an `error` event stands in the place of each bad line.
 */
import { CanonicalReader } from './canonical.ts';
import type { TraceEvent } from './event.ts';
import { lineTooLong, parseLine } from './line.ts';

export interface ReadOptions {
  /** The name that errors give. */
  file?: string;
  /** The longest line that is read, in bytes without its newline; a longer one is an error and skipped. */
  maxLine?: number;
}

export const MAX_LINE = 1 << 20;
/** More than this of a chunk is not parsed at a time, so that a batch of events stays small. */
const BATCH = 65536;
/** The first room for a line that a chunk cuts. */
const FIRST_CARRY = 1024;
const NEWLINE = 10;

/**
 * Turns the bytes of a trace into events; where the chunks end makes no difference.
 *
 * The bytes of an event are a view of a slab that up to 64 KiB of other events share: whoever keeps few events of many
 * for long copies them.
 */
export class TraceParser {
  readonly #onEvent: (event: TraceEvent) => void;
  readonly #file: string;
  readonly #maxLine: number;
  readonly #canonical = new CanonicalReader();
  #carry = new Uint8Array(0);
  #carried = 0;
  #skipping = false;
  #line = 0;

  constructor(onEvent: (event: TraceEvent) => void, options: ReadOptions = {}) {
    this.#onEvent = onEvent;
    this.#file = options.file ?? 'trace';
    this.#maxLine = options.maxLine ?? MAX_LINE;
  }

  /** The lines that were begun so far. */
  get line(): number {
    return this.#line;
  }

  push(chunk: Uint8Array): void {
    // One hidden class for the hot loops, whatever subclass the caller has.
    const b = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    if (this.#skipping || this.#carried > 0) {
      const end = b.indexOf(NEWLINE);
      if (end < 0) {
        this.#keep(b, 0, b.length);
        return;
      }
      this.#keep(b, 0, end);
      at = end + 1;
      this.#endCarried();
    }
    const last = b.lastIndexOf(NEWLINE);
    while (at <= last) at = this.#lineAt(b, at);
    if (at < b.length) this.#keep(b, at, b.length);
  }

  /** The end of the file: the last line may lack its newline. */
  finish(): void {
    if (this.#skipping || this.#carried > 0) this.#endCarried();
  }

  /** Handles the line at `at`, behind which there is a newline; gives where the next one begins. */
  #lineAt(b: Uint8Array, at: number): number {
    const line = ++this.#line;
    const next = this.#canonical.read(b, at, line);
    if (next > 0 && next - 1 - at <= this.#maxLine) {
      this.#onEvent(this.#canonical.event!);
      return next;
    }
    const end = next > 0 ? next - 1 : b.indexOf(NEWLINE, at);
    if (end - at > this.#maxLine) this.#tooLong(b.subarray(at, end));
    else {
      const event = parseLine(b.subarray(at, end), this.#file, line);
      if (event) this.#onEvent(event);
    }
    return end + 1;
  }

  #keep(b: Uint8Array, from: number, to: number): void {
    if (this.#skipping) return;
    const length = this.#carried + to - from;
    if (length > this.#maxLine) {
      // Only the head is needed for the error; the rest of the line is skipped as it comes.
      const head = new Uint8Array(Math.min(length, 256));
      head.set(this.#carry.subarray(0, Math.min(this.#carried, head.length)));
      if (this.#carried < head.length)
        head.set(b.subarray(from, from + head.length - this.#carried), this.#carried);
      this.#line++;
      this.#tooLong(head);
      this.#skipping = true;
      this.#carried = 0;
      return;
    }
    if (length >= this.#carry.length) this.#grow(length + 1);
    this.#carry.set(b.subarray(from, to), this.#carried);
    this.#carried = length;
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.#carry.length * 2, FIRST_CARRY));
    larger.set(this.#carry.subarray(0, this.#carried));
    this.#carry = larger;
  }

  #endCarried(): void {
    if (this.#skipping) {
      this.#skipping = false;
      return;
    }
    this.#carry[this.#carried] = NEWLINE;
    this.#carried = 0;
    this.#lineAt(this.#carry, 0);
  }

  #tooLong(head: Uint8Array): void {
    this.#onEvent(lineTooLong(head, this.#maxLine, this.#file, this.#line));
  }
}

/** The events of a trace in batches, about one a chunk: so the price of `await` is not paid for every event. */
export async function* readTrace(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options?: ReadOptions,
): AsyncGenerator<TraceEvent[], void, void> {
  let batch: TraceEvent[] = [];
  const parser = new TraceParser((event) => batch.push(event), options);
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += BATCH) {
      parser.push(chunk.subarray(at, at + BATCH));
      if (batch.length > 0) yield batch;
      batch = [];
    }
  }
  parser.finish();
  if (batch.length > 0) yield batch;
}

/** All events of a trace that is in memory. */
export function parseTrace(trace: Uint8Array | string, options?: ReadOptions): TraceEvent[] {
  const events: TraceEvent[] = [];
  const parser = new TraceParser((event) => events.push(event), options);
  parser.push(typeof trace === 'string' ? new TextEncoder().encode(trace) : trace);
  parser.finish();
  return events;
}
