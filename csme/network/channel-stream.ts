/** A channel of LME as a stream, so that what serves sockets serves it. */
import { Duplex } from 'node:stream';
import type { LmeChannel, LmeChannelUser } from '../mei/index.ts';

export class ChannelStream extends Duplex implements LmeChannelUser {
  readonly #channel: LmeChannel;
  /** Bytes that were handed on and not yet asked for: the host may send no more for them. */
  #untaken = 0;
  #paused = false;
  /** A write waits for `onResume`. */
  #written: (() => void) | undefined;
  #timeoutMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(channel: LmeChannel) {
    super({ allowHalfOpen: true });
    this.#channel = channel;
  }

  get remoteAddress(): string {
    return this.#channel.originatorAddress;
  }

  get remotePort(): number {
    return this.#channel.originatorPort;
  }

  /** As of a socket: `timeout` is emitted when nothing came or went for so long; 0: no more. */
  setTimeout(timeoutMs: number, listener?: () => void): this {
    if (listener !== undefined) this.once('timeout', listener);
    this.#timeoutMs = timeoutMs;
    this.#touch();
    return this;
  }

  onData(bytes: Uint8Array): void {
    this.#touch();
    this.#untaken += bytes.length;
    // The bytes are a view that does not last.
    if (this.push(Buffer.from(bytes))) this.#take();
  }

  onPause(): void {
    this.#paused = true;
  }

  onResume(): void {
    this.#paused = false;
    this.#touch();
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  onEnd(): void {
    this.push(null);
    // Nobody takes what is still to be written.
    if (!this.writableFinished) this.destroy();
  }

  override _read(): void {
    this.#take();
  }

  override _write(chunk: Uint8Array, _: BufferEncoding, written: () => void): void {
    this.#touch();
    // Who wrote it may use it again before the host has it.
    this.#channel.send(Buffer.from(chunk));
    if (this.#paused) this.#written = written;
    else written();
  }

  override _final(finished: () => void): void {
    this.#channel.end();
    finished();
  }

  override _destroy(error: Error | null, destroyed: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#timeoutMs = 0;
    this.#channel.abort();
    destroyed(error);
  }

  #take(): void {
    const byteCount = this.#untaken;
    this.#untaken = 0;
    if (byteCount > 0) this.#channel.taken(byteCount);
  }

  #touch(): void {
    clearTimeout(this.#timer);
    if (this.#timeoutMs === 0 || this.destroyed) return;
    this.#timer = setTimeout(() => this.emit('timeout'), this.#timeoutMs);
    this.#timer.unref();
  }
}
