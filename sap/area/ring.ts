/**
 * Ring arithmetic that reader and writer share.
 *
 * The writer owns `wr_ptr`, the reader `rd_ptr`; both are byte offsets. A ring is memory that the other side can
 * change at any moment: a pointer is loaded once, atomically, into a local; the local is checked and used.
 */
import { type SapError, sapError } from '../errors.ts';
import type { RingMemory } from './area.ts';
import type { RingLayout } from './layout.ts';

/** Up to here a loop over the bytes is faster than `set` with the view that it needs (measured, Node 20). */
const SHORT = 48;

/** The pointer as it counts: a pointer at the very end is one at the start. */
export function loadPointer(words: Int32Array, at: number, size: number): number {
  const pointer = Atomics.load(words, at >> 2) >>> 0;
  return pointer === size ? 0 : pointer;
}

/** Bytes that the reader has not read; both pointers valid. */
export function usedBytes(wr: number, rd: number, size: number): number {
  return wr >= rd ? wr - rd : size - rd + wr;
}

/** Whether something lies in the ring; a damaged pointer counts as something. */
export function ringPending(memory: RingMemory, ring: RingLayout): boolean {
  return loadPointer(memory.words, ring.wrAt, ring.size) !== loadPointer(memory.words, ring.rdAt, ring.size);
}

/** Whose pointer stands outside of the ring. Call it only when one does. */
export function pointerError(ring: RingLayout, wr: number, rd: number): SapError {
  const wrIsBad = wr > ring.size;
  return sapError('SAP_ERR_RING_POINTER', {
    fault: wrIsBad ? ring.writer : ring.reader,
    message: ring.name,
    field: wrIsBad ? 'wr_ptr' : 'rd_ptr',
    offset: wrIsBad ? ring.wrAt : ring.rdAt,
    detail: `${wrIsBad ? wr : rd}, the ring has ${ring.size} bytes`,
  });
}

/**
 * Copies `from[start..end)` to `to[at..)`; both ranges must lie within.
 *
 * Measured, Node 20, 1514 bytes: `set` takes 45 ns, and the view of a part of `from` that it needs 30 ns more; so a
 * `from` that is wanted whole is passed as it is.
 */
export function copyBytes(to: Uint8Array, at: number, from: Uint8Array, start: number, end: number): void {
  const length = end - start;
  if (length <= SHORT) {
    for (let i = 0; i < length; i++) to[at + i] = from[start + i]!;
  } else {
    to.set(length === from.length ? from : from.subarray(start, end), at);
  }
}
