/**
 * What a transport is: two ends, one for each side, that carry requests down and events up.
 *
 * An end never calls its handler from inside of `perform`, and never calls it while it runs: an event is delivered
 * after the handler of the one before has returned. ME messages are copied at the boundary, so that neither side can
 * change what the other one has received. The shared area is the one thing that both sides do share.
 */

/** What the host asks of the bus. */
export type HostRequest =
  /** Wants a shared area of `size` bytes; answered by `mapped` or `mapRefused`. */
  | { readonly type: 'map'; readonly size: number }
  /** Opens the client: ME messages can be sent and received from now on. */
  | { readonly type: 'enable' }
  | { readonly type: 'me'; readonly bytes: Uint8Array }
  | { readonly type: 'disable' }
  | { readonly type: 'unmap' };

/** What happens to the host. */
export type HostEvent =
  /** The firmware's client appeared. */
  | { readonly type: 'probe' }
  | { readonly type: 'mapped'; readonly memory: ArrayBufferLike }
  | { readonly type: 'mapRefused'; readonly errno: number }
  | { readonly type: 'me'; readonly bytes: Uint8Array }
  /** Firmware reset, or the bus or the other side is gone; `probe` follows when it comes back. */
  | { readonly type: 'lost' };

/** What the firmware asks of the bus. */
export type CsmeRequest =
  /** Grants (0) or refuses (an errno) the map that was asked for last. */
  | { readonly type: 'mapAnswer'; readonly errno: number }
  | { readonly type: 'me'; readonly bytes: Uint8Array };

/** What happens to the firmware. */
export type CsmeEvent =
  | { readonly type: 'mapRequest'; readonly size: number }
  /** The area that was granted. It holds what the host wrote while it handled `mapped`; it is complete upon START. */
  | { readonly type: 'area'; readonly memory: ArrayBufferLike }
  | { readonly type: 'areaGone' }
  | { readonly type: 'me'; readonly bytes: Uint8Array }
  | { readonly type: 'lost' };

/** One end: requests go down through `perform`, events come up through `onEvent`. */
export interface End<Request, Event> {
  readonly side: 'host' | 'csme';
  /** The transport's name, as `openTransport` takes it. */
  readonly name: string;
  /**
   * Returns 0, or a negative errno when the request could not be carried out: -EFBIG (an ME message of more than 100 bytes), -ENODEV
   * (no link, or the client is not enabled), -EINVAL (an answer that nobody waits for). Never throws, never waits.
   */
  perform(request: Request): number;
  /** Events that come before the first handler is set are kept for it. */
  onEvent: (event: Event) => void;
  /** No event comes any more; the other side gets `lost`. Closing twice is closing once. */
  close(): void;
}

export interface HostEnd extends End<HostRequest, HostEvent> {
  readonly side: 'host';
}

export interface CsmeEnd extends End<CsmeRequest, CsmeEvent> {
  readonly side: 'csme';
}

/** The firmware's end as the transports of this folder make it: here the client appears and disappears. */
export interface CsmePlug extends CsmeEnd {
  /** The client appears on the bus: the host gets `probe`. Nothing happens when it is there already. */
  plug(): void;
  /** Firmware reset: both sides get `lost`, and what was under way is dropped. Nothing happens without a link. */
  unplug(): void;
}

/** A state machine without I/O, as the runner drives it. */
export interface Machine<Input, Output> {
  /** The world happened. `nowMs` is finite, below 2^53, and never goes back. */
  handle(nowMs: number, input: Input): void;
  /** Fires every timer that is due. */
  handleTimeout(nowMs: number): void;
  /** When the next timer is due, in the milliseconds of `nowMs`. */
  nextTimeoutAt(): number | undefined;
  /** The next thing to do; drained after every call of the others. */
  poll(): Output | undefined;
}
