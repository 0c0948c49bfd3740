/** The firmware's end of a link, over any wire: the side on which the client appears and disappears. */
import { EFBIG, EINVAL, ENODEV, ME_MESSAGE_MAX } from '../sap/index.ts';
import type { CsmeEvent, CsmePlug, CsmeRequest } from './contract.ts';
import { EventSource } from './slot.ts';
import type { CsmeFrame, HostFrame, Wire } from './wire.ts';

/** `granted`: answered, and the area has not been announced yet. */
type AreaState = 'none' | 'asked' | 'granted' | 'mapped';

export class CsmeLinkEnd extends EventSource<CsmeEvent> implements CsmePlug {
  readonly side = 'csme';
  readonly name: string;
  readonly #wire: Wire<CsmeFrame, HostFrame>;
  #plugged = false;
  /** Counts the links, so that what the host sent on an older one can be told apart. */
  #link = 0;
  #hostEnabled = false;
  /** A host has left, which the firmware was told, and the next one has not come yet. */
  #hostLeft = false;
  #area: AreaState = 'none';
  #map = 0;
  #gone = false;

  constructor(name: string, wire: Wire<CsmeFrame, HostFrame>) {
    super((task) => wire.defer(task));
    this.name = name;
    this.#wire = wire;
    wire.onFrame = (frame) => this.#onFrame(frame);
    wire.onGone = () => this.#lose();
  }

  plug(): void {
    if (this.#gone || this.#plugged) return;
    this.#plugged = true;
    this.#link++;
    this.#wire.post({ type: 'plug', link: this.#link });
  }

  unplug(): void {
    if (this.#gone || !this.#plugged) return;
    const told = this.#hostLeft;
    this.#forget();
    this.#wire.post({ type: 'unplug' });
    if (!told) this.#wire.defer(() => this.events.emit({ type: 'lost' }));
  }

  perform(request: CsmeRequest): number {
    if (this.#gone || !this.#plugged) return -ENODEV;
    if (request.type === 'mapAnswer') return this.#answerMap(request.errno);
    if (!this.#hostEnabled) return -ENODEV;
    if (request.bytes.length > ME_MESSAGE_MAX) return -EFBIG;
    this.#wire.post({ type: 'me', bytes: new Uint8Array(request.bytes) });
    return 0;
  }

  close(): void {
    if (!this.#gone) this.#wire.post({ type: 'close' });
    this.#gone = true;
    this.#forget();
    this.events.close();
    this.#wire.close();
  }

  #answerMap(errno: number): number {
    if (this.#area !== 'asked') return -EINVAL;
    this.#area = errno === 0 ? 'granted' : 'none';
    this.#wire.post({ type: 'mapAnswer', map: this.#map, errno: Math.abs(errno) });
    return 0;
  }

  #onFrame(frame: HostFrame): void {
    if (this.#gone) return;
    if (frame.type === 'close') {
      this.#lose();
      return;
    }
    if (!this.#plugged || frame.link !== this.#link) return;
    this.#hostLeft = frame.type === 'left';
    switch (frame.type) {
      case 'map':
        this.#area = 'asked';
        this.#map = frame.map;
        this.events.emit({ type: 'mapRequest', size: frame.size });
        return;
      case 'area':
        this.#area = 'mapped';
        this.events.emit({ type: 'area', memory: frame.memory });
        return;
      case 'enable':
        this.#hostEnabled = true;
        return;
      case 'disable':
        this.#hostEnabled = false;
        return;
      case 'unmap': {
        const mapped = this.#area === 'mapped';
        this.#area = 'none';
        if (mapped) this.events.emit({ type: 'areaGone' });
        return;
      }
      case 'me':
        this.events.emit({ type: 'me', bytes: frame.bytes });
        return;
      case 'left':
        this.#hostEnabled = false;
        this.#area = 'none';
        this.events.emit({ type: 'lost' });
        return;
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
    this.#plugged = false;
    this.#hostEnabled = false;
    this.#hostLeft = false;
    this.#area = 'none';
  }
}
