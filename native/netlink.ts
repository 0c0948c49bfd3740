/** The native calls of `netlink.cc`. */
export interface NetlinkCalls {
  /**
   * A second descriptor of this process's own netlink socket that is bound at `port`, with errors from now on explained
   * (NETLINK_EXT_ACK, NETLINK_CAP_ACK). ENOTCONN: there is none. `close` closes it, and not the socket.
   */
  netlinkAttach(protocol: number, port: number): number;
  /**
   * Sends one message to the kernel, from the thread pool: a request is carried out before the call returns, and some
   * take half a second. The answer comes to whoever reads the socket. The bytes are copied first.
   */
  netlinkSend(fd: number, bytes: Uint8Array): Promise<void>;
}
