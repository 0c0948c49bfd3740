/**
 * Waiting for a ring without a door bell, for two threads that share an area and have nothing else to do.
 *
 * SAP's own signal is an ME message, which costs a trip through two event loops. A thread that moves many messages
 * sleeps on the pointer word of the ring instead: the reader on `wr_ptr`, the writer on `rd_ptr`. Whoever moved a
 * pointer wakes the other one, once for a batch. The memory must be a SharedArrayBuffer, and the calling thread stands
 * still: use it in a worker, or where the main thread has no other work.
 */
import type { RingLayout, RingMemory, RingReader, RingWriter } from '../sap/index.ts';

/** Looks this often before it sleeps: waking a thread takes longer than the other side needs for a batch. */
const SPINS = 200;

/**
 * Blocks until the ring has something to read; false when `timeoutMs` passed without. A damaged pointer counts as
 * something.
 */
export function waitReadable(memory: RingMemory, reader: RingReader, timeoutMs?: number): boolean {
  const { words } = memory;
  const at = reader.ring.wrAt >> 2;
  return waitUntil(words, at, () => reader.pending(), timeoutMs);
}

/**
 * Blocks until `needed` bytes can be written; false when `timeoutMs` passed without. Give a time-out: a damaged pointer or a
 * message larger than the ring never makes room.
 */
export function waitWritable(
  memory: RingMemory,
  writer: RingWriter,
  needed: number,
  timeoutMs?: number,
): boolean {
  const { words } = memory;
  const at = writer.ring.rdAt >> 2;
  return waitUntil(words, at, () => writer.free() >= needed, timeoutMs);
}

/** After writing: wakes the thread in `waitReadable`. */
export function wakeReader(memory: RingMemory, ring: RingLayout): void {
  Atomics.notify(memory.words, ring.wrAt >> 2);
}

/** After reading: wakes the thread in `waitWritable`. */
export function wakeWriter(memory: RingMemory, ring: RingLayout): void {
  Atomics.notify(memory.words, ring.rdAt >> 2);
}

function waitUntil(
  words: Int32Array,
  at: number,
  condition: () => boolean,
  timeoutMs: number | undefined,
): boolean {
  for (let spins = 0; spins < SPINS; spins++) {
    if (condition()) return true;
  }
  const until = timeoutMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
  for (;;) {
    // The word is read before the condition: a change after it makes the wait return at once.
    const seen = Atomics.load(words, at);
    if (condition()) return true;
    const left = until - performance.now();
    if (left <= 0) return false;
    Atomics.wait(words, at, seen, left);
  }
}
