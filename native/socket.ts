/** The native calls of `socket.cc`. */
// biome-ignore lint/suspicious/noEmptyInterface: its calls are being written.
export interface SocketCalls {}
