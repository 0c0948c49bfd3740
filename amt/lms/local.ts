/** The local ends of the session's connections: each a stream, a TCP socket or one side of a pair in this process. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, systemClock } from '../../transport/index.ts';
import { APF_TIMERS, type LmsInput, type LmsOutput } from '../protocol/index.ts';
import { isProgramGone } from './gone.ts';

/** Outputs of the session that are for one connection. */
export type LocalOutput = Extract<LmsOutput, { connection: number }>;
type LocalInput = Extract<LmsInput, { connection: number }>;

/** What went over a connection that is over, in bytes. */
export interface Carried {
  readonly connection: number;
  readonly toFirmware: number;
  readonly fromFirmware: number;
}

export interface LocalStreamsOptions {
  readonly feed: (input: LocalInput) => void;
  /** A connection that was not refused is over. */
  readonly onOver: (carried: Carried) => void;
}

export class LocalStreams {
  readonly #options: LocalStreamsOptions;
  readonly #streams = new Map<number, LocalStream>();
  /** Streams that are not closed yet, those whose connection is over included. */
  readonly #open = new Set<Duplex>();
  #last = 0;

  constructor(options: LocalStreamsOptions) {
    this.#options = options;
  }

  /** Takes a stream over, which nobody has read from; its connection's number. It is read from once that is opened. */
  add(stream: Duplex): number {
    const connection = ++this.#last;
    this.#open.add(stream);
    stream.once('close', () => this.#open.delete(stream));
    const local = new LocalStream(connection, stream, this.#options.feed, (carried) => {
      this.#streams.delete(connection);
      if (carried !== undefined) this.#options.onOver(carried);
    });
    this.#streams.set(connection, local);
    return connection;
  }

  /** Begins to read from it: what the output `opened` says. */
  open(connection: number): void {
    this.#streams.get(connection)?.opened();
  }

  perform(output: LocalOutput): void {
    const local = this.#streams.get(output.connection);
    switch (output.type) {
      case 'opened':
        return local?.opened();
      case 'data':
        return local?.write(output.bytes);
      case 'pause':
        return local?.pause();
      case 'resume':
        return local?.resume();
      case 'closed':
        return local?.closed();
      case 'refused':
        return local?.refused();
    }
  }

  /** Destroys what is still open after `patienceMs`, at once when that is 0; resolves when nothing is. */
  async close(patienceMs: number, clock: Clock): Promise<void> {
    const destroy = () => {
      for (const stream of this.#open) stream.destroy();
    };
    const closed = [...this.#open].map((stream) => new Promise((resolve) => stream.once('close', resolve)));
    const timer = patienceMs > 0 ? clock.schedule(clock.now() + patienceMs, destroy) : undefined;
    if (timer === undefined) destroy();
    await Promise.all(closed);
    if (timer !== undefined) clock.cancel(timer);
  }
}

class LocalStream {
  readonly #connection: number;
  readonly #stream: Duplex;
  readonly #feed: (input: LocalInput) => void;
  readonly #onOver: (carried: Carried | undefined) => void;
  #isOver = false;
  #toFirmware = 0;
  #fromFirmware = 0;

  constructor(
    connection: number,
    stream: Duplex,
    feed: (input: LocalInput) => void,
    onOver: (carried: Carried | undefined) => void,
  ) {
    this.#connection = connection;
    this.#stream = stream;
    this.#feed = feed;
    this.#onOver = onOver;
    stream.pause();
    // What happened is told by `close`, which follows.
    stream.on('error', () => {});
    stream.on('close', () => this.#gone());
    if (stream instanceof Socket) boundStall(stream);
  }

  opened(): void {
    if (this.#isOver) return;
    const [stream, connection] = [this.#stream, this.#connection];
    stream.on('data', (bytes: Uint8Array) => {
      if (this.#isOver) return;
      this.#toFirmware += bytes.length;
      this.#feed({ type: 'data', connection, bytes });
    });
    stream.on('end', () => {
      if (this.#isOver) return;
      // Who has asked nothing waits for no answer, and would keep a channel of a few for nothing.
      if (this.#toFirmware === 0) stream.destroy();
      else void this.#ended();
    });
    stream.resume();
  }

  async #ended(): Promise<void> {
    const [stream, connection] = [this.#stream, this.#connection];
    this.#feed({ type: 'end', connection });
    if (!(stream instanceof Socket) || !(await isProgramGone(stream)) || this.#isOver) return;
    this.#feed({ type: 'end', connection, isGone: true });
  }

  write(bytes: Uint8Array): void {
    const byteCount = bytes.length;
    this.#fromFirmware += byteCount;
    this.#stream.write(bytes, (error) => {
      if (!error && !this.#isOver) this.#feed({ type: 'taken', connection: this.#connection, byteCount });
    });
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /**
   * Ends the stream behind what was written. What the program still sends is thrown away for a moment: a socket that is
   * closed with something unread takes what the program has not read yet with it.
   */
  closed(): void {
    this.#over();
    const stream = this.#stream;
    if (stream.destroyed) return;
    stream.end((error?: Error | null) => {
      if (error) return;
      const timer = systemClock.schedule(systemClock.now() + LINGER_MS, () => stream.destroy());
      stream.once('close', () => systemClock.cancel(timer));
      stream.resume();
    });
  }

  /** The program's connection is reset: it must not look as if somebody had answered with nothing. */
  refused(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onOver(undefined);
    if (this.#stream instanceof Socket) this.#stream.resetAndDestroy();
    else this.#stream.destroy();
  }

  #gone(): void {
    if (this.#isOver) return;
    this.#over();
    this.#feed({ type: 'abort', connection: this.#connection });
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onOver({
      connection: this.#connection,
      toFirmware: this.#toFirmware,
      fromFirmware: this.#fromFirmware,
    });
  }
}

/** A program that has stopped to read does not keep a channel for ever. */
function boundStall(socket: Socket): void {
  socket.setTimeout(APF_TIMERS.stall.ms);
  socket.on('timeout', () => {
    if (socket.writableLength > 0) socket.resetAndDestroy();
  });
}

/** How long a program has to see the end and to end its side. */
const LINGER_MS = 2_000;
