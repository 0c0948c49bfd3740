/** `unix:`, the firmware's end: listens, and serves one driver after the other. */
import { native } from '../../native/index.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { CsmePlug } from '../contract.ts';
import { CsmeLinkEnd } from '../csme-end.ts';
import { TransportError } from '../errors.ts';
import type { CsmeFrame, HostFrame, Wire } from '../wire.ts';
import { abandon, mapAnnounced, retire } from './area.ts';
import { UnixChannel } from './channel.ts';
import { QUEUE_MAX } from './conversation.ts';
import { UnixListener } from './listener.ts';

export interface UnixOptions {
  /** For time-outs; the machine's when not given. */
  readonly clock?: Clock;
  /** How long the other side has to read and acknowledge a message; 10,000 when not given. */
  readonly ackTimeoutMs?: number;
  /** Gets why a connection ended, before the end gets `lost`, and what was refused or went wrong besides. */
  readonly onProblem?: (error: TransportError) => void;
}

export const ACK_TIMEOUT_MS = 10_000;

/**
 * The firmware's end at the socket `path`, not plugged yet. While it is plugged drivers can connect: one at a time, a
 * second one is refused. It is `lost` when the driver is gone, and the next one can come. `unplug` drops the driver, and
 * who connects is refused until `plug`. `close` removes the socket.
 *
 * Throws TRANSPORT_ERR_IN_USE, TRANSPORT_ERR_PATH, or NATIVE_ERR_MISSING without the addon.
 */
export function listenUnixCsme(path: string, options: UnixOptions = {}): CsmePlug {
  return new CsmeLinkEnd(`unix:${path}`, new UnixCsmeWire(path, options));
}

/** An area that was announced; the firmware has not said yet whether it takes it. */
interface Announced {
  readonly map: number;
  readonly memory: ArrayBuffer;
  /** What the driver sent behind it. */
  readonly held: Uint8Array[];
}

class UnixCsmeWire implements Wire<CsmeFrame, HostFrame> {
  onFrame: (frame: HostFrame) => void = () => {};
  onGone: () => void = () => {};
  readonly #listener: UnixListener;
  readonly #options: UnixOptions;
  readonly #clock: Clock;
  readonly #stop: number;
  #link = 0;
  #channel: UnixChannel | undefined;
  #announced: Announced | undefined;
  #area: ArrayBuffer | undefined;
  #maps = 0;
  /** The driver's first ME message says that it has enabled the client: nothing else does. */
  #enabled = false;
  /** The firmware has been told of this driver. */
  #told = false;
  #closed = false;

  constructor(path: string, options: UnixOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#stop = native().deviceOpen('/dev/null');
    try {
      this.#listener = new UnixListener(path);
    } catch (error) {
      native().close(this.#stop);
      throw error;
    }
  }

  post(frame: CsmeFrame): void {
    switch (frame.type) {
      case 'plug':
        this.#link = frame.link;
        return this.#tried(() => this.#listener.listen((fd) => this.#onConnection(fd)));
      case 'unplug':
        this.#drop();
        return this.#tried(() => this.#listener.refuse());
      case 'mapAnswer':
        return this.#onMapAnswer(frame.map, frame.errno);
      case 'me':
        return this.#send(frame.bytes);
      case 'close':
        return;
    }
  }

  defer(task: () => void): void {
    queueMicrotask(task);
  }

  close(): void {
    this.#drop(abandon);
    this.#listener.close();
    if (!this.#closed) native().close(this.#stop);
    this.#closed = true;
  }

  #onConnection(fd: number): void {
    if (this.#channel !== undefined && !this.#channel.hungUp) {
      native().unixClose(fd);
      this.#options.onProblem?.(new TransportError('TRANSPORT_ERR_SECOND'));
      return;
    }
    // The driver before this one is gone, which has not been read yet.
    if (this.#channel !== undefined) this.#lose(new TransportError('TRANSPORT_ERR_CLOSED'));
    const { ackTimeoutMs = ACK_TIMEOUT_MS } = this.#options;
    this.#channel = new UnixChannel(
      fd,
      { clock: this.#clock, ackTimeoutMs, expectsArea: true, stop: this.#stop },
      {
        onMessage: (bytes) => this.#onMessage(bytes),
        onArea: (size, offset, descriptor) => this.#onArea(size, offset, descriptor),
        onLost: (error) => this.#lose(error),
      },
    );
  }

  #onMessage(bytes: Uint8Array): void {
    this.#told = true;
    if (this.#announced !== undefined) return this.#hold(this.#announced.held, bytes);
    if (!this.#enabled) this.onFrame({ type: 'enable', link: this.#link });
    this.#enabled = true;
    this.onFrame({ type: 'me', link: this.#link, bytes });
    this.#checkArea();
  }

  #hold(held: Uint8Array[], bytes: Uint8Array): void {
    held.push(bytes);
    if (held.length <= QUEUE_MAX) return;
    const detail = `${held.length} messages came before CSME has said whether it takes the area.`;
    this.#channel?.fail(new TransportError('TRANSPORT_ERR_FLOOD', { detail }));
  }

  /** A new announcement is a new life: nothing tells that the driver has given up the area that it had. */
  #onArea(size: number, offset: bigint, descriptor: number): void {
    const memory = mapAnnounced(size, offset, descriptor);
    if (memory instanceof TransportError) return this.#channel?.fail(memory);
    this.#forgetArea();
    this.#told = true;
    const map = ++this.#maps;
    this.#announced = { map, memory, held: [] };
    this.onFrame({ type: 'map', link: this.#link, map, size });
  }

  #forgetArea(): void {
    if (this.#enabled) this.onFrame({ type: 'disable', link: this.#link });
    this.#enabled = false;
    this.onFrame({ type: 'unmap', link: this.#link });
    this.#leaveAreas(retire);
  }

  #onMapAnswer(map: number, errno: number): void {
    const announced = this.#announced;
    if (announced === undefined || announced.map !== map) return;
    this.#announced = undefined;
    if (errno === 0) this.#area = announced.memory;
    else retire(announced.memory);
    const link = this.#link;
    const channel = this.#channel;
    this.defer(() => {
      if (channel !== this.#channel) return;
      if (errno === 0) this.onFrame({ type: 'area', link, memory: announced.memory });
      else {
        const detail = `It has ${announced.memory.byteLength} bytes.`;
        this.#options.onProblem?.(new TransportError('TRANSPORT_ERR_AREA_REFUSED', { detail, errno }));
      }
      for (const bytes of announced.held) this.#onMessage(bytes);
    });
  }

  #send(bytes: Uint8Array): void {
    if (bytes.length === 0) this.#options.onProblem?.(new TransportError('TRANSPORT_ERR_EMPTY'));
    else this.#channel?.sendMessage(bytes);
    this.#checkArea();
  }

  #checkArea(): void {
    if (this.#area === undefined || !native().memoryDamaged(this.#area)) return;
    this.#channel?.fail(new TransportError('TRANSPORT_ERR_AREA_LOST'));
  }

  /** The driver is gone. */
  #lose(error: TransportError): void {
    const told = this.#told;
    this.#drop();
    this.#options.onProblem?.(error);
    if (told) this.onFrame({ type: 'left', link: this.#link });
  }

  #drop(leave = retire): void {
    this.#channel?.close();
    this.#channel = undefined;
    this.#enabled = false;
    this.#told = false;
    this.#leaveAreas(leave);
  }

  #leaveAreas(leave: typeof retire): void {
    if (this.#area !== undefined) leave(this.#area);
    if (this.#announced !== undefined) leave(this.#announced.memory);
    this.#area = undefined;
    this.#announced = undefined;
  }

  /** Somebody may have taken the path meanwhile: nobody catches it here. */
  #tried(task: () => void): void {
    try {
      task();
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      this.#options.onProblem?.(error);
    }
  }
}
