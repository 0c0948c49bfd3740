/** Writing a trace, in exactly the form that recordings have. */
import type { Writable } from 'node:stream';
import { hexOf } from '../sap/index.ts';
import type { JsonValue, TraceEvent } from './event.ts';

const FLUSH = 65536;

/** The line of an event, without a newline. An `error` event has none: the empty string. */
export function formatEvent(event: TraceEvent): string {
  switch (event.ch) {
    case 'me':
    case 'notif':
    case 'data':
    case 'frame':
      return `${head(event)}, "hex": "${hexOf(event.bytes)}"${extra(event)}}`;
    case 'area': {
      const words = `"control": "${hexOf(event.control)}", "trailer": "${hexOf(event.trailer)}"`;
      return `${head(event)}, "size": ${event.size}, ${words}${extra(event)}}`;
    }
    case 'wifi-cmd':
    case 'wifi-op':
    case 'bus':
      return `${head(event)}, "name": ${formatJson(event.name)}, "args": ${formatJson(event.args)}${extra(event)}}`;
    case 'note': {
      const driver = event.driver === undefined ? '' : `, "driver": ${formatJson(event.driver)}`;
      return `${head({ ...event, dir: '-' })}, "text": ${formatJson(event.text)}${driver}${extra(event)}}`;
    }
    case 'unknown':
      return event.raw;
    case 'error':
      return '';
  }
}

/**
 * Writes events to a stream, a block at a time. When `write` gives a promise the stream is full: whoever can wait
 * awaits it before the next event; whoever cannot (a live recording) goes on, and memory takes what the stream does not.
 * Errors of the stream reject `write` and `end`.
 */
export class TraceWriter {
  readonly #stream: Writable;
  #lines: string[] = [];
  #length = 0;
  #error: Error | undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', (error: Error) => {
      this.#error = error;
    });
  }

  write(event: TraceEvent): Promise<void> | undefined {
    const line = formatEvent(event);
    if (line === '') return undefined;
    this.#lines.push(line);
    this.#length += line.length;
    return this.#length >= FLUSH ? this.flush() : undefined;
  }

  /** Hands everything to the stream now; a promise when the stream wants a pause. */
  flush(): Promise<void> | undefined {
    if (this.#error) return Promise.reject(this.#error);
    if (this.#lines.length === 0) return undefined;
    const block = `${this.#lines.join('\n')}\n`;
    this.#lines = [];
    this.#length = 0;
    return this.#stream.write(block) ? undefined : this.#drained();
  }

  /** Writes what is left; resolves when the stream has taken it. The stream stays open. */
  async end(): Promise<void> {
    await this.flush();
    await new Promise<void>((resolve, reject) => {
      this.#stream.write('', (error) => (error ? reject(error) : resolve()));
    });
  }

  #drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      const stream = this.#stream;
      const done = (error?: Error) => {
        stream.off('drain', done).off('error', done).off('close', done);
        if (error ?? this.#error) reject(error ?? this.#error);
        else resolve();
      };
      stream.on('drain', done).on('error', done).on('close', done);
    });
  }
}

/** JSON in one line with a space behind `,` and `:`, ASCII only, as recordings have it. */
export function formatJson(value: JsonValue): string {
  if (typeof value === 'string') {
    return JSON.stringify(value).replace(
      /[\u007f-\uffff]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(formatJson).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, inner]) => `${formatJson(key)}: ${formatJson(inner)}`)
    .join(', ')}}`;
}

function head(event: { t: number; ch: string; dir: string }): string {
  return `{"t": ${formatTime(event.t)}, "ch": "${event.ch}", "dir": "${event.dir}"`;
}

/** The shortest decimal that reads back as the same number, always with a point or an exponent. */
function formatTime(t: number): string {
  return Number.isInteger(t) ? t.toFixed(1) : String(t);
}

function extra(event: { extra?: { readonly [name: string]: JsonValue } }): string {
  if (event.extra === undefined) return '';
  return Object.entries(event.extra)
    .map(([key, value]) => `, ${formatJson(key)}: ${formatJson(value)}`)
    .join('');
}
