/** `unix:`, the host's end: connects, and connects again when the firmware is gone. */
import { constants } from 'node:os';
import { native } from '../../native/index.ts';
import { type Clock, systemClock, type Timer } from '../clock.ts';
import type { HostEnd } from '../contract.ts';
import { TransportError } from '../errors.ts';
import { HostLinkEnd } from '../host-end.ts';
import type { CsmeFrame, HostFrame, Wire } from '../wire.ts';
import { abandon, createArea, retire } from './area.ts';
import { UnixChannel } from './channel.ts';
import { ACK_TIMEOUT_MS, type UnixOptions } from './csme.ts';
import { errnoOf, systemFailure } from './failure.ts';
import { checkPath } from './listener.ts';

export interface UnixHostOptions extends UnixOptions {
  /** Pause between two attempts to connect; 1,000 when not given. */
  readonly retryMs?: number;
  /** What the driver's own bus answers to `map`: 0, or an errno; CSME is not asked. 0 when not given. */
  readonly mapAnswer?: (size: number) => number;
}

const RETRY_MS = 1000;

/**
 * The host's end of whoever listens at the socket `path`. It is probed when it is connected, `lost` when the other side
 * is gone, and then tries again until it is closed; so it does as long as nobody listens.
 *
 * Throws TRANSPORT_ERR_PATH, or NATIVE_ERR_MISSING without the addon.
 */
export function connectUnixHost(path: string, options: UnixHostOptions = {}): HostEnd {
  checkPath(path);
  const wire = new UnixHostWire(path, options);
  return new HostLinkEnd(`unix:[role=host]${path}`, wire, (size) => wire.allocate(size));
}

/** An area, and its descriptor until that is handed on. */
interface Area {
  readonly memory: ArrayBuffer;
  descriptor: number | undefined;
}

class UnixHostWire implements Wire<HostFrame, CsmeFrame> {
  onFrame: (frame: CsmeFrame) => void = () => {};
  onGone: () => void = () => {};
  readonly #path: string;
  readonly #options: UnixHostOptions;
  readonly #clock: Clock;
  #channel: UnixChannel | undefined;
  /** Counts the connections. */
  #link = 0;
  #area: Area | undefined;
  #timer: Timer | undefined;
  /** The errno of the last attempt, so that the same trouble is told once. */
  #trouble: number | undefined;

  constructor(path: string, options: UnixHostOptions) {
    this.#path = path;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    // Loads the addon, or says that there is none.
    native();
    this.#connectAt(this.#clock.now());
  }

  allocate(size: number): ArrayBuffer {
    const { memory, descriptor } = createArea(size);
    this.#area = { memory, descriptor };
    return memory;
  }

  post(frame: HostFrame): void {
    if (frame.type === 'close' || frame.link !== this.#link || this.#channel === undefined) return;
    switch (frame.type) {
      case 'map':
        return this.#answer(frame.map, frame.size);
      case 'area':
        return this.#announce();
      case 'unmap':
        return this.#forgetArea(retire);
      case 'me':
        if (frame.bytes.length === 0) this.#options.onProblem?.(new TransportError('TRANSPORT_ERR_EMPTY'));
        else this.#channel.sendMessage(frame.bytes);
        return;
      default:
        // The other side is not told of `enable` and `disable`.
        return;
    }
  }

  defer(task: () => void): void {
    queueMicrotask(task);
  }

  close(): void {
    if (this.#timer !== undefined) this.#clock.cancel(this.#timer);
    this.#timer = undefined;
    this.#drop(abandon);
  }

  #connectAt(atMs: number): void {
    this.#timer = this.#clock.schedule(atMs, () => this.#connect());
  }

  #connect(): void {
    const { retryMs = RETRY_MS, ackTimeoutMs = ACK_TIMEOUT_MS } = this.#options;
    let fd: number;
    try {
      fd = native().unixConnect(this.#path);
    } catch (cause) {
      this.#connectAt(this.#clock.now() + retryMs);
      return this.#tell(cause, retryMs);
    }
    this.#timer = undefined;
    this.#trouble = undefined;
    this.#channel = new UnixChannel(
      fd,
      { clock: this.#clock, ackTimeoutMs, expectsArea: false },
      {
        onMessage: (bytes) => this.onFrame({ type: 'me', bytes }),
        onArea: (_size, _offset, descriptor) => {
          native().close(descriptor);
          const detail = 'CSME announced an area, which only the driver does.';
          this.#channel?.fail(new TransportError('TRANSPORT_ERR_DESCRIPTOR', { detail }));
        },
        onLost: (error) => this.#lose(error),
      },
    );
    this.onFrame({ type: 'plug', link: ++this.#link });
  }

  #tell(cause: unknown, retryMs: number): void {
    const errno = errnoOf(cause);
    if (errno === this.#trouble) return;
    this.#trouble = errno;
    const nobody = errno === constants.errno.ECONNREFUSED || errno === constants.errno.ENOENT;
    const code = nobody ? 'TRANSPORT_ERR_NOBODY' : 'TRANSPORT_ERR_PATH';
    const denied = errno === constants.errno.EACCES ? ' This user may not connect to it.' : '';
    const text = `Path: "${this.#path}"; tried again every ${retryMs} ms.${denied}`;
    this.#options.onProblem?.(systemFailure(code, cause, text));
  }

  #answer(map: number, size: number): void {
    const errno = this.#options.mapAnswer?.(size) ?? 0;
    const link = this.#link;
    this.defer(() => {
      if (link === this.#link) this.onFrame({ type: 'mapAnswer', map, errno });
    });
  }

  #announce(): void {
    const area = this.#area;
    if (area?.descriptor === undefined) return;
    this.#channel?.announce(area.memory.byteLength, 0n, area.descriptor);
    area.descriptor = undefined;
  }

  #forgetArea(leave: typeof retire): void {
    const area = this.#area;
    this.#area = undefined;
    if (area === undefined) return;
    if (area.descriptor !== undefined) native().close(area.descriptor);
    leave(area.memory);
  }

  #lose(error: TransportError): void {
    this.#drop();
    this.#options.onProblem?.(error);
    this.onFrame({ type: 'unplug' });
    this.#connectAt(this.#clock.now() + (this.#options.retryMs ?? RETRY_MS));
  }

  #drop(leave = retire): void {
    this.#channel?.close();
    this.#channel = undefined;
    this.#forgetArea(leave);
  }
}
