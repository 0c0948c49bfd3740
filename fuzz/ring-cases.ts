/** The single cases of the ring fuzzer: each gives what is wrong, or undefined. */
import {
  type OnMessage,
  type RingLayout,
  type RingMemory,
  RingReader,
  RingWriter,
  SapError,
} from '../sap/index.ts';
import type { Random } from './random.ts';
import { type Arena, watched } from './ring-arena.ts';
import { expectedRead } from './ring-model.ts';

export type Verdict = string | undefined;

/** A ring at rest: the reader must do what the model does. */
export function readAtRest(arena: Arena, random: Random): Verdict {
  const { ring, wr, rd } = hostileRing(arena, random);
  const unsupportedDataNotSkipped = random.oneIn(4);
  const content = arena.bytes.slice(ring.at, ring.at + ring.size);
  const expected = expectedRead(ring, content, wr, rd, unsupportedDataNotSkipped);
  let wrong: Verdict;
  let n = 0;
  const read = new RingReader(arena, ring, { unsupportedDataNotSkipped }).read((b, start, end) => {
    const want = expected.messages[n++];
    wrong ??= misplaced(arena, ring, b, start, end);
    if (!want || want.length !== end - start) wrong ??= `message ${n} is another one`;
    else for (let i = 0; i < want.length; i++) if (want[i] !== b[start + i]) wrong ??= `message ${n} differs`;
  });
  const codes = read.errors.map((error) => error.code).join();
  if (n !== expected.messages.length || read.messages !== n) wrong ??= `${n} messages`;
  if (codes !== expected.errors.join()) wrong ??= `errors ${codes}, expected ${expected.errors.join()}`;
  if (pointer(arena, ring.rdAt) !== expected.rd) wrong ??= 'rd_ptr is elsewhere';
  const changed = arena.changedOutside(ring.rdAt, ring.rdAt + 4);
  return wrong ?? (changed < 0 ? undefined : `byte ${changed} was written`);
}

/** The other side writes whenever the reader hands over a message. */
export function readDisturbedByCallback(arena: Arena, random: Random): Verdict {
  const { ring, wr, rd } = hostileRing(arena, random);
  return readDisturbed(arena, arena, ring, wr, rd, random, () => disturb(arena, ring, random, 4));
}

/** The other side writes after every single load of the reader. */
export function readDisturbedByLoad(arena: Arena, random: Random): Verdict {
  const { ring, wr, rd } = hostileRing(arena, random);
  const watch = watched(arena, ring, random, () => disturb(arena, ring, random, 2));
  const wrong = readDisturbed(arena, watch.memory, ring, wr, rd, random, () => {});
  return wrong ?? watch.broken[0];
}

/** A writer between damaged pointers: all of the message and the pointer, or nothing. */
export function writeBetweenPointers(arena: Arena, random: Random): Verdict {
  const { ring, wr, rd } = hostileRing(arena, random);
  const { size } = ring;
  const fillCompletely = random.oneIn(2);
  const header = new Uint8Array(random.oneIn(2) ? 8 : 20).map(() => random.u32());
  const body = new Uint8Array(random.below(Math.min(size, 300) + 8)).map(() => random.u32());
  const from = random.below(body.length + 1);
  const to = from + random.below(body.length - from + 1);
  const message = [...header, ...body.subarray(from, to)];

  const writer = new RingWriter(arena, ring, { fillCompletely });
  const damaged = wr > size || rd > size;
  const used = (wr - rd + 2 * size) % size;
  const free = damaged ? 0 : size - used - (fillCompletely ? 0 : 1);
  if (writer.free() !== free) return `free() is ${writer.free()}, not ${free}`;
  if (random.oneIn(2)) writer.hold();
  const error = writer.writeParts(header, body, from, to);
  writer.publish();
  if (error) {
    if (arena.changedOutside(0, 0) >= 0) return 'something was written in spite of the error';
    if (error.code !== (damaged ? 'SAP_ERR_RING_POINTER' : 'SAP_ERR_RING_FULL')) return `error ${error.code}`;
    return damaged || message.length > free ? undefined : 'refused, but there was room';
  }
  if (message.length > free) return 'written without room';
  const start = wr % size;
  if (pointer(arena, ring.wrAt) !== (start + message.length) % size) return 'wr_ptr is elsewhere';
  if (pointer(arena, ring.rdAt) !== rd) return 'rd_ptr was written';
  for (let i = 0; i < size; i++) {
    const at = ring.at + i;
    const written = (i - start + size) % size;
    const want = written < message.length ? message[written] : arena.before(at);
    if (arena.bytes[at] !== want) return `ring byte ${i} is wrong`;
  }
  for (let i = 0; i < 4; i++) arena.bytes[ring.wrAt + i] = arena.before(ring.wrAt + i);
  const changed = arena.changedOutside(ring.at, ring.at + size);
  return changed < 0 ? undefined : `byte ${changed} was written`;
}

function readDisturbed(
  arena: Arena,
  memory: RingMemory,
  ring: RingLayout,
  wr: number,
  rd: number,
  random: Random,
  onEach: () => void,
): Verdict {
  let wrong: Verdict;
  let messages = 0;
  let total = 0;
  const kept: { b: Uint8Array; sum: number }[] = [];
  const onMessage: OnMessage = (b, start, end) => {
    messages++;
    total += end - start;
    wrong ??= misplaced(arena, ring, b === memory.bytes ? arena.bytes : b, start, end);
    if (ring.queue === 'notif') kept.push({ b, sum: sumOf(b) });
    // What is a copy carries the length that was judged, whatever the ring says by now.
    const isCopy = b !== memory.bytes;
    if (isCopy && b[start + 2]! + 256 * b[start + 3]! !== end - start - 8)
      wrong ??= 'length in a copy differs';
    onEach();
  };
  const options = { unsupportedDataNotSkipped: random.oneIn(4) };
  const read = new RingReader(memory, ring, options).read(onMessage);
  if (read.messages !== messages) wrong ??= 'wrong count';
  if (total > ring.size) wrong ??= `${total} bytes out of a ring of ${ring.size}`;
  if (!read.errors.every((error) => error instanceof SapError)) wrong ??= 'an error of another kind';
  if (read.errors.length + messages > ring.size / 8 + 1) wrong ??= 'more steps than the ring has headers';
  const damaged = wr > ring.size || rd > ring.size;
  const nothing = damaged || wr % ring.size === rd % ring.size;
  if (nothing && messages > 0) wrong ??= 'messages out of nothing';
  if (!nothing && pointer(arena, ring.rdAt) !== wr % ring.size) wrong ??= 'rd_ptr is elsewhere';
  for (const { b, sum } of kept) if (sumOf(b) !== sum) wrong ??= 'a kept notification changed';
  for (let i = ring.wrAt; i < ring.wrAt + 8; i++) arena.bytes[i] = arena.before(i);
  const changed = arena.changedOutside(ring.at, ring.at + ring.size);
  return wrong ?? (changed < 0 ? undefined : `byte ${changed} was written`);
}

/** Whether a message lies where none may: outside of the ring, or of the buffer that it came in. */
function misplaced(arena: Arena, ring: RingLayout, b: Uint8Array, start: number, end: number): Verdict {
  if (end - start < 8) return `message of ${end - start} bytes`;
  const inRing = b === arena.bytes;
  if (inRing && ring.queue === 'notif') return 'a notification in the ring itself';
  if (!inRing && b.buffer === arena.bytes.buffer) return 'a view of the ring';
  const low = inRing ? ring.at : 0;
  const high = inRing ? ring.at + ring.size : b.length;
  return start < low || end > high ? `message at ${start}..${end}` : undefined;
}

/** A ring with messages, damage and pointers of all kinds. */
function hostileRing(arena: Arena, random: Random): { ring: RingLayout; wr: number; rd: number } {
  const ring = arena.layOut(random);
  const { size } = ring;
  const rd = hostilePointer(random, size);
  let wr = hostilePointer(random, size);
  if (random.oneIn(8)) {
    for (let i = 0; i < size; i++) arena.bytes[ring.at + i] = random.u32();
  } else {
    wr = fillWithMessages(arena, ring, rd % size, wr, random);
  }
  arena.words[ring.wrAt >> 2] = wr;
  arena.words[ring.rdAt >> 2] = rd;
  arena.remember();
  return { ring, wr, rd };
}

const IDS = [2000, 2000, 2000, 2001, 1, 512, 0xffff];

/** Packs messages from `at` on; mostly wr_ptr then stands behind the last one, sometimes a bit off. */
function fillWithMessages(arena: Arena, ring: RingLayout, at: number, wr: number, random: Random): number {
  const { bytes } = arena;
  const { size } = ring;
  let used = 0;
  while (used + 8 < size && !random.oneIn(12)) {
    const room = size - 1 - used - 8;
    const payload = payloadLength(random, room, size);
    const id = IDS[random.below(IDS.length)]!;
    const claimed = random.oneIn(16) ? random.u32() & 0xffff : payload;
    const header = [id & 0xff, id >> 8, claimed & 0xff, claimed >> 8, random.u32(), 0, 0, 0];
    for (let i = 0; i < 8 + payload; i++) {
      bytes[ring.at + ((at + used + i) % size)] = i < 8 ? header[i]! : i * 17;
    }
    used += 8 + payload;
  }
  if (random.oneIn(10)) return wr;
  const off = random.oneIn(6) ? random.below(9) : 0;
  return (at + Math.min(used + off, size)) % size;
}

/** Small ones, ones that fill the ring, and around the largest notification where the ring is large enough. */
function payloadLength(random: Random, room: number, size: number): number {
  if (random.oneIn(20)) return room;
  if (size >= 4096 && random.oneIn(3)) return Math.min(room, 4086 + random.below(6));
  return random.below(Math.min(room, 40) + 1);
}

function hostilePointer(random: Random, size: number): number {
  switch (random.below(24)) {
    case 0:
      return size;
    case 1:
      return size + 1 + random.below(16);
    case 2:
      return random.u32();
    case 3:
      return 0xffffffff;
    default:
      return random.below(size);
  }
}

function disturb(arena: Arena, ring: RingLayout, random: Random, times: number): void {
  for (let i = 0; i < times; i++) arena.bytes[ring.at + random.below(ring.size)] = random.u32();
  if (random.oneIn(3)) arena.words[ring.wrAt >> 2] = hostilePointer(random, ring.size);
  if (random.oneIn(3)) arena.words[ring.rdAt >> 2] = hostilePointer(random, ring.size);
}

function pointer(arena: Arena, at: number): number {
  return arena.words[at >> 2]! >>> 0;
}

function sumOf(b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < b.length; i++) sum = (Math.imul(sum, 31) + b[i]!) | 0;
  return sum;
}
