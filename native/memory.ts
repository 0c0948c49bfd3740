/** The native calls of `memory.cc`. */
// biome-ignore lint/suspicious/noEmptyInterface: its calls are being written.
export interface MemoryCalls {}
