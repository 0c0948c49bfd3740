/** The host's end of a link, over any wire. */
import { EBUSY, EFBIG, EINVAL, ENODEV, ENOMEM, ME_MESSAGE_MAX } from '../sap/index.ts';
import type { HostEnd, HostEvent, HostRequest } from './contract.ts';
import { EventSource } from './slot.ts';
import type { CsmeFrame, HostFrame, Wire } from './wire.ts';

/** Makes the memory of a shared area. */
export type Allocate = (size: number) => ArrayBufferLike;

type Mapping =
  | { readonly state: 'none' }
  | { readonly state: 'asked'; readonly size: number }
  | { readonly state: 'mapped' };

const NOT_MAPPED: Mapping = { state: 'none' };

export class HostLinkEnd extends EventSource<HostEvent> implements HostEnd {
  readonly side = 'host';
  readonly name: string;
  readonly #wire: Wire<HostFrame, CsmeFrame>;
  readonly #allocate: Allocate;
  /** 0: no client is there. */
  #link = 0;
  #enabled = false;
  #mapping: Mapping = NOT_MAPPED;
  /** The number of the map request asked last. */
  #map = 0;
  /** This end is closed or the other side is gone; nothing comes back from there. */
  #gone = false;
  /** What the handler of `mapped` sends waits here until the area has been announced. */
  #heldFrames: HostFrame[] | undefined;

  constructor(name: string, wire: Wire<HostFrame, CsmeFrame>, allocate: Allocate) {
    super((task) => wire.defer(task));
    this.name = name;
    this.#wire = wire;
    this.#allocate = allocate;
    wire.onFrame = (frame) => this.#onFrame(frame);
    wire.onGone = () => this.#lose();
  }

  perform(request: HostRequest): number {
    if (this.#gone || this.#link === 0) return isUndoing(request) ? 0 : -ENODEV;
    switch (request.type) {
      case 'map':
        return this.#askForMap(request.size);
      case 'enable':
        this.#enabled = true;
        this.#post({ type: 'enable', link: this.#link });
        return 0;
      case 'me':
        return this.#send(request.bytes);
      case 'disable':
        this.#enabled = false;
        this.#post({ type: 'disable', link: this.#link });
        return 0;
      case 'unmap':
        this.#mapping = NOT_MAPPED;
        this.#post({ type: 'unmap', link: this.#link });
        return 0;
    }
  }

  close(): void {
    if (!this.#gone) this.#wire.post({ type: 'close' });
    this.#gone = true;
    this.#forget();
    this.events.close();
    this.#wire.close();
  }

  #askForMap(size: number): number {
    if (!Number.isSafeInteger(size) || size <= 0) return this.#refuseMap(EINVAL);
    if (this.#mapping.state !== 'none') return this.#refuseMap(EBUSY);
    this.#mapping = { state: 'asked', size };
    this.#post({ type: 'map', link: this.#link, map: ++this.#map, size });
    return 0;
  }

  #refuseMap(errno: number): number {
    const link = this.#link;
    this.#wire.defer(() => {
      if (link === this.#link) this.events.emit({ type: 'mapRefused', errno });
    });
    return 0;
  }

  #send(bytes: Uint8Array): number {
    if (!this.#enabled) return -ENODEV;
    if (bytes.length > ME_MESSAGE_MAX) return -EFBIG;
    this.#post({ type: 'me', link: this.#link, bytes: new Uint8Array(bytes) });
    return 0;
  }

  #post(frame: HostFrame): void {
    if (this.#heldFrames === undefined) this.#wire.post(frame);
    else this.#heldFrames.push(frame);
  }

  #onFrame(frame: CsmeFrame): void {
    if (this.#gone) return;
    switch (frame.type) {
      case 'plug':
        this.#link = frame.link;
        this.events.emit({ type: 'probe' });
        return;
      case 'unplug':
        this.#forget();
        this.events.emit({ type: 'lost' });
        return;
      case 'mapAnswer':
        this.#onMapAnswer(frame.map, frame.errno);
        return;
      case 'me':
        if (this.#enabled) this.events.emit({ type: 'me', bytes: frame.bytes });
        return;
      case 'close':
        this.#lose();
        return;
    }
  }

  #allocated(size: number): ArrayBufferLike | undefined {
    try {
      return this.#allocate(size);
    } catch {
      return undefined;
    }
  }

  #onMapAnswer(map: number, errno: number): void {
    if (this.#mapping.state !== 'asked' || map !== this.#map) return;
    if (errno !== 0) {
      this.#mapping = NOT_MAPPED;
      this.events.emit({ type: 'mapRefused', errno });
      return;
    }
    const memory = this.#allocated(this.#mapping.size);
    if (!memory) {
      this.#mapping = NOT_MAPPED;
      this.events.emit({ type: 'mapRefused', errno: ENOMEM });
      return;
    }
    this.#mapping = { state: 'mapped' };
    const link = this.#link;
    const held: HostFrame[] = [];
    this.#heldFrames = held;
    try {
      this.events.emit({ type: 'mapped', memory });
    } finally {
      this.#heldFrames = undefined;
      if (!this.#gone) {
        this.#wire.post({ type: 'area', link, memory });
        for (const frame of held) this.#wire.post(frame);
      }
    }
  }

  #lose(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#forget();
    this.events.emit({ type: 'lost' });
    this.#wire.close();
  }

  #forget(): void {
    this.#link = 0;
    this.#enabled = false;
    this.#mapping = NOT_MAPPED;
  }
}

/** Without a link there is nothing left to undo, and that is no failure. */
function isUndoing(request: HostRequest): boolean {
  return request.type === 'disable' || request.type === 'unmap';
}
