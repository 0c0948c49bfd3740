/** The native calls of `device.cc`. */
export interface DeviceCalls {
  /**
   * Opens a character device, non-blocking, for reading and writing or only for reading. Something that is no character
   * device is ENOTTY. `close` closes it where that cannot block, `deviceClose` where it can.
   */
  deviceOpen(path: string, readOnly?: boolean): number;
  /** One read(2) to `into[at..]`. Its bytes, which may be none, or -1 when there is nothing to read now. */
  deviceRead(fd: number, into: Uint8Array, at: number): number;
  /** One write(2) of `from[start..end)`. The bytes that were taken, or -1 when there is no room now. */
  deviceWrite(fd: number, from: Uint8Array, start: number, end: number): number;
  /** Closes in the thread pool: the last close of a connected MEI handle waits for the firmware, 15 seconds or more. */
  deviceClose(fd: number): Promise<void>;

  /**
   * IOCTL_MEI_CONNECT_CLIENT, or IOCTL_MEI_CONNECT_CLIENT_VTAG with a `vtag` (0 to 255, the kernel refuses 0). `guid`
   * are its 16 bytes as the firmware has them. Runs in the thread pool, up to 30 seconds, on a duplicate of the
   * descriptor: with the descriptor closed meanwhile, nothing stays open when the call ends.
   */
  meiConnect(fd: number, guid: Uint8Array, vtag?: number): Promise<MeiClientProperties>;
  /** IOCTL_MEI_NOTIFY_SET: 1 on, 0 off; the kernel refuses other values. In the thread pool, as `meiConnect`. */
  meiNotifySet(fd: number, value: number): Promise<void>;
  /** IOCTL_MEI_NOTIFY_GET: takes the event that is pending. False when there is none. */
  meiNotifyGet(fd: number): boolean;

  /**
   * RFKILL_IOCTL_MAX_SIZE: a read of this handle of /dev/rfkill gives so many bytes of a record, 8 before. The kernel
   * takes 8 to 255; ENOTTY when it has only records of 8 bytes (before Linux 5.11).
   */
  rfkillMaxSize(fd: number, bytes: number): void;

  /** WDIOC_GETSUPPORT of a /dev/watchdogN: what its driver calls it. */
  watchdogIdentity(fd: number): string;
  /** WDIOC_SETTIMEOUT, in seconds; the kernel pings behind it. In the thread pool, as `meiConnect`: a ping may wait. */
  watchdogSetTimeout(fd: number, seconds: number): Promise<void>;
  /**
   * WDIOC_KEEPALIVE. In the thread pool; mei_wdt lets it wait for the firmware's answer, for ever if there is none, and
   * only the end of the process ends that.
   */
  watchdogKeepAlive(fd: number): Promise<void>;
}

/** What a connect tells about the client: the firmware's words, not yet checked. */
export interface MeiClientProperties {
  /** The longest message in bytes, in both directions. */
  readonly maxMessageLength: number;
  readonly protocolVersion: number;
}
