/** Capture files with known frames, and damage to them. */
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';

export interface CaptureInput {
  readonly bytes: Uint8Array;
  readonly frames: readonly Uint8Array[];
  /** So many of the frames were longer on the wire. */
  readonly cut: number;
}

const FRAMES_MAX = 12;
const FRAME_MAX = 90;

/** A good file of either format, with whatever the format allows between the frames. */
export function goodCapture(random: Random): CaptureInput {
  const file = new Writer(random.oneIn(2));
  return random.oneIn(2) ? pcap(file, random) : pcapng(file, random);
}

/** A good file with up to eight wounds, or, sometimes, bytes of which only the first may be telling. */
export function damagedCapture(random: Random): Uint8Array {
  const { bytes } = goodCapture(random);
  const room = new Uint8Array(bytes.length + 128);
  room.set(bytes);
  if (random.oneIn(10)) for (let i = 4; i < room.length; i++) room[i] = random.u32();
  let length = mutate(room, bytes.length, room.length, random);
  if (random.oneIn(2)) length = mutate(room, length, room.length, random);
  return room.slice(0, length);
}

function frameOf(random: Random): Uint8Array {
  const frame = new Uint8Array(random.oneIn(8) ? 0 : random.below(FRAME_MAX));
  for (let i = 0; i < frame.length; i++) frame[i] = random.u32();
  return frame;
}

function pcap(file: Writer, random: Random): CaptureInput {
  const frames: Uint8Array[] = [];
  let cut = 0;
  file.u32(random.oneIn(2) ? 0xa1b2c3d4 : 0xa1b23c4d);
  file.u16(2).u16(4).u32(0).u32(0).u32(65535);
  // The upper bits tell of the frame check sequence.
  file.u32(1 + (random.oneIn(4) ? 0x2400_0000 : 0));
  for (let left = random.below(FRAMES_MAX); left > 0; left--) {
    const frame = frameOf(random);
    const missing = random.oneIn(4) ? 1 + random.below(100) : 0;
    if (missing > 0) cut++;
    file
      .u32(random.u32())
      .u32(random.u32())
      .u32(frame.length)
      .u32(frame.length + missing);
    file.bytes(frame);
    frames.push(frame);
  }
  return { bytes: file.whole(), frames, cut };
}

const SNAPLEN = 40;

function pcapng(file: Writer, random: Random): CaptureInput {
  const frames: Uint8Array[] = [];
  let cut = 0;
  const ethernet: number[] = [];
  let interfaces = 0;
  const section = () => {
    file.bigEndian = random.oneIn(2);
    ethernet.length = 0;
    interfaces = 0;
    const options = 4 * random.below(3);
    file.block(0x0a0d0d0a, (b) =>
      b.u32(0x1a2b3c4d).u16(1).u16(0).u32(0xffffffff).u32(0xffffffff).bytes(new Uint8Array(options)),
    );
  };
  const description = () => {
    const isForeign = interfaces > 0 && random.oneIn(4);
    if (!isForeign) ethernet.push(interfaces);
    interfaces++;
    file.block(1, (b) =>
      b
        .u16(isForeign ? 127 : 1)
        .u16(0)
        .u32(interfaces === 1 ? SNAPLEN : 0),
    );
  };
  section();
  for (let left = random.below(3 * FRAMES_MAX); left > 0; left--) {
    const kind = random.below(8);
    if (kind === 0 && random.oneIn(3)) section();
    else if (kind === 1 || ethernet.length === 0) description();
    else if (kind === 2) file.block(0x80000000 | random.u32(), (b) => b.bytes(frameOf(random)));
    else if (kind === 3) {
      const onWire = random.below(FRAME_MAX);
      const frame = frameOf(random).slice(0, Math.min(onWire, SNAPLEN));
      const whole = new Uint8Array(Math.min(onWire, SNAPLEN));
      whole.set(frame);
      file.block(3, (b) => b.u32(onWire).bytes(whole));
      if (onWire > SNAPLEN) cut++;
      frames.push(whole);
    } else {
      const frame = frameOf(random);
      const missing = random.oneIn(4) ? 1 + random.below(100) : 0;
      const id = ethernet[random.below(ethernet.length)]!;
      const options = 4 * random.below(3);
      file.block(kind === 4 ? 2 : 6, (b) => {
        if (kind === 4) b.u16(id).u16(random.u32());
        else b.u32(id);
        b.u32(random.u32()).u32(random.u32()).u32(frame.length);
        b.u32(frame.length + missing)
          .bytes(frame)
          .pad()
          .bytes(new Uint8Array(options));
      });
      if (missing > 0) cut++;
      frames.push(frame);
    }
  }
  return { bytes: file.whole(), frames, cut };
}

/** More than the longest file has. */
const ROOM = 1 << 14;

/** Bytes one behind the other, in either byte order. */
class Writer {
  bigEndian: boolean;
  readonly #bytes = new Uint8Array(ROOM);
  readonly #view = new DataView(this.#bytes.buffer);
  #length = 0;

  constructor(bigEndian: boolean) {
    this.bigEndian = bigEndian;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#length, value, !this.bigEndian);
    this.#length += 2;
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#length, value, !this.bigEndian);
    this.#length += 4;
    return this;
  }

  bytes(bytes: Uint8Array): this {
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  pad(): this {
    this.#length = (this.#length + 3) & ~3;
    return this;
  }

  /** A block of pcapng around what `body` writes. */
  block(type: number, body: (file: Writer) => void): void {
    const from = this.#length;
    this.u32(type).u32(0);
    body(this);
    const length = this.pad().#length + 4 - from;
    this.u32(length);
    this.#view.setUint32(from + 4, length, !this.bigEndian);
  }

  whole(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}
