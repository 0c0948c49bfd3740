/** The native calls of `memory.cc`: memory that two processes share. */
export interface MemoryCalls {
  /** Memory without a name (memfd) of `size` bytes, zeroed, that nobody can make shorter or longer any more. */
  memoryCreate(size: number): number;
  /**
   * Maps `size` bytes from `offset`, a multiple of 4, of the file or device behind the descriptor, which may be closed
   * then. Whether the file is long enough is the caller's to check. Not a copy, and not a SharedArrayBuffer; Node.js
   * transfers it to no other thread.
   *
   * Where the file has become too short the process does not die of a SIGBUS: such a page reads as zeroes from then on,
   * and `memoryDamaged` says so.
   */
  memoryMap(fd: number, offset: number, size: number): ArrayBuffer;
  /** Detaches and unmaps memory from `memoryMap`. With memory that is detached already it does nothing. */
  memoryUnmap(memory: ArrayBuffer): void;
  /**
   * Gives the file or device behind memory from `memoryMap` up. Zeroes of this process take its place, for whoever looks at
   * it once more, until it is unmapped or collected.
   */
  memoryBlank(memory: ArrayBuffer): void;
  /** Whether a page of memory from `memoryMap` was lost; false when it is detached. */
  memoryDamaged(memory: ArrayBuffer): boolean;
}
