/** The anchor of the worker bench: a ring between two threads as one writes it by hand when every message has 64 bytes. */

export const SLOT_BYTES = 64;
const SLOT_WORDS = SLOT_BYTES >> 2;
const SLOTS = 512;
/** Head and tail on cache lines of their own. */
const TAIL = 16;
const HEADER_WORDS = 32;
/** Published at once, as by the writer that it is compared with. */
const BATCH = 128;
const SPINS = 200;

export function slotRingMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer((HEADER_WORDS + SLOTS * SLOT_WORDS) * 4);
}

/** Writes `message` (16 words) `count` times, its second word counting from 1. */
export function pourSlots(memory: SharedArrayBuffer, message: Int32Array, count: number): void {
  const words = new Int32Array(memory);
  let head = Atomics.load(words, 0);
  let sent = 0;
  while (sent < count) {
    const room = SLOTS - ((head - waitWhile(words, TAIL, (head - SLOTS) | 0)) | 0);
    const batch = Math.min(room, BATCH, count - sent);
    for (let i = 0; i < batch; i++) {
      const at = HEADER_WORDS + (head & (SLOTS - 1)) * SLOT_WORDS;
      message[1] = ++sent;
      for (let word = 0; word < SLOT_WORDS; word++) words[at + word] = message[word]!;
      head = (head + 1) | 0;
    }
    Atomics.store(words, 0, head);
    Atomics.notify(words, 0);
  }
}

/** Reads `count` messages; false when their second words do not count from 1. */
export function drainSlots(memory: SharedArrayBuffer, count: number): boolean {
  const words = new Int32Array(memory);
  let tail = Atomics.load(words, TAIL);
  let got = 0;
  let good = true;
  while (got < count) {
    const head = waitWhile(words, 0, tail);
    while (tail !== head) {
      if (words[HEADER_WORDS + (tail & (SLOTS - 1)) * SLOT_WORDS + 1] !== ++got) good = false;
      tail = (tail + 1) | 0;
    }
    Atomics.store(words, TAIL, tail);
    Atomics.notify(words, TAIL);
  }
  return good;
}

/** The word as soon as it is not `value`. */
function waitWhile(words: Int32Array, at: number, value: number): number {
  for (let spins = 0; ; spins++) {
    const now = Atomics.load(words, at);
    if (now !== value) return now;
    if (spins >= SPINS) Atomics.wait(words, at, value);
  }
}
