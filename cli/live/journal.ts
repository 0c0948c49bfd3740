/** What a session that runs shows and keeps: a ladder or JSON lines on stdout, a trace in a file, talk on stderr. */
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { eventToJson, Ladder, type TraceEvent, TraceWriter } from '../../trace/index.ts';
import type { Context } from '../command.ts';
import { notOpened, notWritten } from '../output-file.ts';
import { count } from '../words.ts';

interface JournalOptions {
  /** The trace goes to this file, too. */
  readonly record?: string;
  /** No ladder. */
  readonly quiet?: boolean;
}

/** How long a line may wait for those behind it. */
const FLUSH_MS = 200;

export class Journal {
  readonly #context: Context;
  readonly #ladder: Ladder | undefined;
  readonly #path: string | undefined;
  readonly #writer: TraceWriter | undefined;
  readonly #stream: ReturnType<typeof createWriteStream> | undefined;
  #flush: NodeJS.Timeout | undefined;
  /** The file could not be written on; the session goes on without. */
  #lost: Error | undefined;
  /** The problem that was said last, if nothing else was since. */
  #problem: string | undefined;
  /** How often it has come again. */
  #repeats = 0;

  /** Opens the file; a `CliError` when it cannot be. */
  static async open(context: Context, options: JournalOptions): Promise<Journal> {
    const { record } = options;
    if (record === undefined) return new Journal(context, options, undefined);
    const stream = createWriteStream(record);
    await new Promise<void>((resolve, reject) => {
      stream.once('open', () => resolve());
      stream.once('error', (error: NodeJS.ErrnoException) => reject(notOpened(record, error)));
    });
    return new Journal(context, options, stream);
  }

  private constructor(
    context: Context,
    { record, quiet }: JournalOptions,
    stream: ReturnType<typeof createWriteStream> | undefined,
  ) {
    this.#context = context;
    this.#path = record;
    this.#stream = stream;
    this.#writer = stream && new TraceWriter(stream);
    this.#ladder = context.json || quiet ? undefined : new Ladder(context.output.terminal);
    stream?.on('error', (error) => this.#fileFailed(error));
  }

  /** The names of the ladder's lines. */
  async begin(): Promise<void> {
    if (this.#ladder !== undefined) await this.#context.output.print(this.#ladder.header());
  }

  /** Something happened. */
  add(event: TraceEvent): void {
    const { output, json } = this.#context;
    if (this.#lost === undefined)
      this.#writer?.write(event)?.catch((error: Error) => this.#fileFailed(error));
    const text = json ? JSON.stringify(eventToJson(event)) : this.#ladder?.line(event);
    if (text !== undefined) void output.print(text);
    this.#flush ??= setTimeout(() => {
      this.#flush = undefined;
      void output.flush();
      this.#writer?.flush()?.catch((error: Error) => this.#fileFailed(error));
    }, FLUSH_MS);
  }

  /** A problem; one that comes many times in a row is said once, with how often behind it. */
  problem(text: string): void {
    if (text === this.#problem) {
      this.#repeats++;
      return;
    }
    this.say(`problem: ${text}`);
    this.#problem = text;
  }

  /** Talk. */
  say(text: string): void {
    this.#tellRepeats();
    // What is said comes behind what it is about.
    void this.#context.output.flush();
    this.#context.output.say(text);
  }

  /** Writes what is left. A `CliError` when the file has not got everything. */
  async close(): Promise<void> {
    clearTimeout(this.#flush);
    this.#tellRepeats();
    await this.#context.output.flush();
    if (this.#writer !== undefined && this.#stream !== undefined && this.#lost === undefined) {
      try {
        await this.#writer.end();
        this.#stream.end();
        await finished(this.#stream);
      } catch (error) {
        this.#lost = error as Error;
      }
    }
    if (this.#lost !== undefined) throw notWritten(this.#path ?? '', this.#lost);
  }

  #tellRepeats(): void {
    const times = count(this.#repeats, 'more time');
    if (this.#repeats > 0) this.#context.output.say(`problem: the same ${times}.`);
    this.#problem = undefined;
    this.#repeats = 0;
  }

  #fileFailed(error: Error): void {
    if (this.#lost !== undefined) return;
    this.#lost = error;
    this.say(`sapwood: ${notWritten(this.#path ?? '', error).message} The session goes on without a record.`);
  }
}
