/** The firmware's side of the bench: what stands behind LME's port. */
import type { LmeChannel, LmeChannelUser } from '../../csme/mei/index.ts';
import { bytesAt, Checker, TRANSFER_BYTES, WANTED } from './work.ts';

/** So much is given to the channel in one go, before it may say that this is enough. */
const GO_BYTES = 65_536;

export class FirmwareUser implements LmeChannelUser {
  readonly #channel: LmeChannel;
  readonly #checker = new Checker();
  #wanted: number | undefined;
  #sent = 0;
  #isPaused = false;
  #isOver = false;

  constructor(channel: LmeChannel) {
    this.#channel = channel;
  }

  onData(bytes: Uint8Array): void {
    const rest = this.#wanted === undefined ? bytes.subarray(1) : bytes;
    this.#wanted ??= bytes[0];
    this.#channel.taken(bytes.length);
    switch (this.#wanted) {
      case WANTED.download:
        return this.#pour();
      case WANTED.upload:
        this.#checker.take(rest);
        if (!this.#checker.isDone) return;
        this.#channel.send(Uint8Array.of(1));
        return this.#channel.end();
      case WANTED.echo:
        if (rest.length === 0) return;
        this.#channel.send(rest.slice());
        return this.#channel.end();
    }
  }

  onPause(): void {
    this.#isPaused = true;
  }

  onResume(): void {
    this.#isPaused = false;
    this.#pour();
  }

  onEnd(): void {
    this.#isOver = true;
  }

  #pour(): void {
    if (this.#isPaused || this.#isOver || this.#wanted !== WANTED.download) return;
    const bytes = bytesAt(this.#sent, GO_BYTES);
    this.#sent += bytes.length;
    this.#channel.send(bytes);
    if (this.#sent === TRANSFER_BYTES) return this.#channel.end();
    setImmediate(() => this.#pour());
  }
}
