/** The native calls of `device.cc`. */
// biome-ignore lint/suspicious/noEmptyInterface: its calls are being written.
export interface DeviceCalls {}
