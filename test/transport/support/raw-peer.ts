/** The other side of a unix socket by hand: it writes what it is told, and reads with one call what is there. */
import { native } from '../../../native/index.ts';
import { turns } from './sides.ts';

export class RawPeer {
  readonly fd: number;
  readonly #bytes = new Uint8Array(4096);
  readonly #descriptors = new Int32Array(2);
  /** Descriptors that came. */
  readonly received: number[] = [];

  constructor(fd: number) {
    this.fd = fd;
  }

  static connect(path: string): RawPeer {
    return new RawPeer(native().unixConnect(path));
  }

  write(bytes: Uint8Array, descriptor?: number): void {
    native().unixSend(this.fd, bytes, 0, bytes.length, descriptor);
  }

  /** What one call reads, waiting for it; empty when the other side has closed. */
  async read(most = 104): Promise<Uint8Array> {
    for (;;) {
      const bytes = this.readNow(most);
      if (bytes !== undefined) return bytes;
      await turns(1);
    }
  }

  /** What one call reads now; undefined when nothing is there. */
  readNow(most = 104): Uint8Array | undefined {
    let length: number;
    try {
      length = native().unixReceive(this.fd, this.#bytes, 0, most, this.#descriptors);
    } catch {
      // ECONNRESET: closed, and not everything was read.
      return new Uint8Array(0);
    }
    if (length < 0) return undefined;
    if (this.#descriptors[0]! > 0) this.received.push(this.#descriptors[1]!);
    return this.#bytes.slice(0, length);
  }

  close(): void {
    native().unixClose(this.fd);
    for (const descriptor of this.received.splice(0)) native().close(descriptor);
  }
}

/** Waits for something that must come; the test's own limit ends the wait. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turns(1);
}
