/**
 * The native calls of `socket.cc`: unix stream sockets, descriptors that travel over them, datagrams. None of them
 * blocks.
 */
export interface SocketCalls {
  /** A socket at `path` that does not listen yet: who connects is refused. The path has at most 107 bytes. */
  unixBind(path: string): number;
  unixListen(fd: number): void;
  /** A socket that is connected to whoever listens at `path`. */
  unixConnect(path: string): number;
  /**
   * A datagram socket that talks to whoever is at `path`, and to nobody else. Its own address is no file. `unixSend`
   * sends a datagram: 0 when the other side has no room, ECONNREFUSED when it is gone; `unixReceive` reads one, and what
   * does not fit is lost.
   */
  unixDatagram(path: string): number;
  /** The next connection, or -1 when nobody waits for one. */
  unixAccept(fd: number): number;

  /**
   * Sends `from[start..end)` as one message, with a descriptor when one is given; it stays open here. Its bytes, or 0
   * when there is no room. No signal is raised when the other side is gone: EPIPE is thrown.
   */
  unixSend(fd: number, from: Uint8Array, start: number, end: number, passed?: number): number;
  /**
   * Reads to `into[start..end)`. Its bytes, 0 when the other side has closed, -1 when nothing is there.
   * `descriptors[0]` becomes how many descriptors came along, and those behind it are open here for as many as there is
   * room; the others are closed.
   */
  unixReceive(fd: number, into: Uint8Array, start: number, end: number, descriptors: Int32Array): number;
  /** SIOCOUTQ: more than 0 as long as the other side has not read everything that was sent. */
  unixUnread(fd: number): number;
  /** Whether the other side has closed, also when something of it is left to be read. */
  unixHungUp(fd: number): boolean;
  /** Ends the connection, also for a watch that is not at its end yet, and closes the descriptor. */
  unixClose(fd: number): void;

  /** Lets others run first that wait for this processor: for who looks again and again what another process has done. */
  schedYield(): void;
}
