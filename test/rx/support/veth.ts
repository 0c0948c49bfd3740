/** A veth pair in a network namespace that this test process alone is in, and frames sent into one end of it. */
import { execFileSync } from 'node:child_process';
import { native, nativeProblem } from '../../../native/index.ts';
import { VNET_HEADER } from '../../../rx/packet-ring.ts';
import { TxRing } from '../../../rx/tx-ring.ts';

/** Why the tests with real interfaces cannot run here. */
export const NO_VETH =
  nativeProblem() ?? (process.geteuid?.() === 0 ? undefined : 'root moves itself into a namespace');

export function ip(command: string): string {
  return execFileSync('ip', command.split(' '), { encoding: 'utf8' });
}

/** From here on this process sees no other interface than those that it makes. */
export function enterNamespace(): void {
  native().unshareNet();
  ip('link set lo up');
}

/** Makes the pair `<a>`, `<b>`: up, and without the router solicitations of IPv6. */
export function makePair(a: string, b: string): void {
  ip(`link add ${a} type veth peer name ${b}`);
  for (const name of [a, b]) {
    ip(`link set ${name} addrgenmode none`);
    ip(`link set ${name} up`);
  }
}

/** A packet socket that sends frames into an interface. */
export class Sender {
  readonly #socket: ReturnType<ReturnType<typeof native>['packetOpen']>;
  readonly #ring: TxRing;
  readonly #memory: Uint8Array;
  readonly #slots: number;
  #sent = 0;

  constructor(name: string) {
    this.#socket = native().packetOpen(native().ifIndex(name), GEOMETRY);
    this.#slots = GEOMETRY.blockSize * GEOMETRY.blockCount;
    this.#memory = new Uint8Array(this.#socket.memory);
    this.#ring = new TxRing(this.#socket.memory, this.#slots, GEOMETRY);
  }

  /** `offload`: what the struct virtio_net_hdr says about the frame. */
  send(frame: Uint8Array, offload: Uint8Array = new Uint8Array(VNET_HEADER)): void {
    const slot = this.#slots + (this.#sent++ % GEOMETRY.txFrameCount) * GEOMETRY.txFrameSize;
    if (!this.#ring.put(frame, 0, frame.length)) throw new Error('no room in the Tx ring');
    this.#memory.set(offload, slot + 48);
    native().packetSend(this.#socket.fd);
  }

  close(): void {
    native().packetClose(this.#socket.fd, this.#socket.memory);
  }
}

const GEOMETRY = {
  blockSize: 65_536,
  blockCount: 1,
  retireMs: 1000,
  txFrameSize: 65_536,
  txFrameCount: 16,
} as const;

/** Things that arrive from callbacks, to be waited for one by one. */
export class Inbox<T> {
  readonly #items: T[] = [];
  readonly #waiting: ((item: T) => void)[] = [];

  put(item: T): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(item);
    else this.#items.push(item);
  }

  next(): Promise<T> {
    const item = this.#items.shift();
    return item === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(item);
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }
}
