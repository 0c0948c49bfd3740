/**
 * Many messages through the data ring of an area, for two sides that have nothing else to do.
 *
 * Between two processes nothing can wake who sleeps on a word of the ring: the area is no SharedArrayBuffer there. So a
 * side looks for a while, then naps, and between two threads it does the same.
 */
import { RingReader, RingWriter, type SharedArea } from '../../sap/index.ts';

const MESSAGE_BYTES = 64;
/** How many at once before the reader sees them, when the ring is long empty. */
const BATCH_BYTES = 8192;
const SPINS = 2000;
const NAP_MS = 0.05;
const nap = new Int32Array(new SharedArrayBuffer(4));

/** Writes `count` numbered messages as fast as they are read. */
export function pour(area: SharedArea, count: number): void {
  const writer = new RingWriter(area, area.layout.rings.h2m.data);
  const bytes = new Uint8Array(MESSAGE_BYTES);
  // DATA_PACKET, and its length behind the header.
  bytes.set([2000 & 0xff, 2000 >> 8, MESSAGE_BYTES - 8, 0]);
  const view = new DataView(bytes.buffer);
  let sent = 0;
  while (sent < count) {
    waitUntil(() => writer.free() >= BATCH_BYTES);
    writer.hold();
    for (let room = BATCH_BYTES; room >= MESSAGE_BYTES && sent < count; room -= MESSAGE_BYTES) {
      view.setUint32(4, ++sent, true);
      const error = writer.write(bytes);
      if (error !== undefined) throw error;
    }
    writer.publish();
  }
}

/** Reads `count` messages: whether all came, in order. */
export function drain(area: SharedArea, count: number): boolean {
  const reader = new RingReader(area, area.layout.rings.h2m.data);
  let got = 0;
  let inOrder = true;
  while (got < count && inOrder) {
    waitUntil(() => reader.pending());
    const { error } = reader.read((bytes, start) => {
      const seq =
        bytes[start + 4]! | (bytes[start + 5]! << 8) | (bytes[start + 6]! << 16) | (bytes[start + 7]! << 24);
      if (seq !== ++got) inOrder = false;
    });
    if (error !== undefined) inOrder = false;
  }
  return inOrder;
}

function waitUntil(condition: () => boolean): void {
  for (let spins = 0; ; spins++) {
    if (condition()) return;
    if (spins >= SPINS) Atomics.wait(nap, 0, 0, NAP_MS);
  }
}
