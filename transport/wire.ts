/**
 * What lies below the two ends: an ordered, reliable carrier of small frames. The rules of a link (who may send when,
 * what a reset drops) are in the ends and are the same over every wire.
 */

/** From the host's end to the firmware's. `link` is the number that `plug` gave: frames of an older link are dropped. */
export type HostFrame =
  | { readonly type: 'map'; readonly link: number; readonly map: number; readonly size: number }
  | { readonly type: 'area'; readonly link: number; readonly memory: ArrayBufferLike }
  | { readonly type: 'enable' | 'disable' | 'unmap'; readonly link: number }
  | { readonly type: 'me'; readonly link: number; readonly bytes: Uint8Array }
  /** This host is gone, and the next one may come on the same link. */
  | { readonly type: 'left'; readonly link: number }
  | { readonly type: 'close' };

/** From the firmware's end to the host's. */
export type CsmeFrame =
  | { readonly type: 'plug'; readonly link: number }
  | { readonly type: 'unplug' }
  /** `map`: the number of the request that is answered. */
  | { readonly type: 'mapAnswer'; readonly map: number; readonly errno: number }
  | { readonly type: 'me'; readonly bytes: Uint8Array }
  | { readonly type: 'close' };

export interface Wire<Outgoing, Incoming> {
  /** Carries the frame; never calls anyone from inside. */
  post(frame: Outgoing): void;
  /** Runs a task soon, in order with the frames that arrive, never from inside of the call. */
  defer(task: () => void): void;
  /** Set once by the end that sits on the wire. Frames that come earlier are kept. */
  onFrame: (frame: Incoming) => void;
  /** The other side is gone without a `close` (its thread died). */
  onGone: () => void;
  /** Frames that were posted still arrive; none is taken any more. */
  close(): void;
}
