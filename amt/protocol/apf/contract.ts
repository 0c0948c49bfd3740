/**
 * What goes into the two APF sessions and comes out of them: the whole contract.
 *
 * `LmsSession` is the host's side (the local management service), `FirmwareSession` the firmware's. Both are driven the
 * same way: `handle(nowMs, input)` when something happened, `handleTimeout(nowMs)` when `nextTimeoutAt()` has come, and
 * after either `poll()` until it gives undefined. Outputs are done in the order in which they come.
 *
 * A connection is one TCP connection at this side, a channel what carries it over APF. Numbers of connections are the
 * runner's with `LmsSession` and the session's with `FirmwareSession`; none is used twice at a time. Inputs for a
 * connection that is over are ignored: runner and session may both end one in the same moment.
 *
 * Bytes of inputs are kept without a copy until they are sent: whoever gives them leaves them alone. Bytes of `data`
 * outputs are views of the message that they came in.
 */
import type { AmtError } from '../errors.ts';

/** What happens to the carrier, an ME client's connection, on either side. */
export type CarrierInput =
  /**
   * It is connected, for the first time or again. `maxMessageLength`: of the ME client, in bytes; below
   * `APF_MESSAGE_MIN` there is no session, and `disconnect` follows.
   */
  | { readonly type: 'connected'; readonly maxMessageLength: number }
  /** One APF message. */
  | { readonly type: 'message'; readonly bytes: Uint8Array }
  /** It takes no more for now, or takes more again: meanwhile no data of channels is given out. */
  | { readonly type: 'congested'; readonly yes: boolean }
  /** It is gone: nothing more can be sent. Everything of the session ends; then it waits for `connected`. */
  | { readonly type: 'lost' };

/** What the program at this side's end of a connection does. */
export type ConnectionInput =
  | { readonly type: 'data'; readonly connection: number; readonly bytes: Uint8Array }
  /** So many bytes of `data` outputs were taken: the other side may send as many more. */
  | { readonly type: 'taken'; readonly connection: number; readonly byteCount: number }
  /**
   * It sends no more, but may still read: what is queued is sent, answers still come; when the other side has been silent
   * for a while (`APF_TIMERS`), or ends the channel, `closed` follows. `isGone`: it reads no more either, which may also be
   * said later: `closed` follows as soon as everything is sent.
   */
  | { readonly type: 'end'; readonly connection: number; readonly isGone?: boolean }
  /** Its socket is broken: the channel is closed at once, what is queued is dropped. No `closed` follows. */
  | { readonly type: 'abort'; readonly connection: number };

export type LmsInput =
  | CarrierInput
  | ConnectionInput
  /** Answers `listen`. */
  | { readonly type: 'listening'; readonly id: number; readonly ok: boolean }
  /** A local program has connected to a port that is listened on. It may be read from once `opened` has come. */
  | {
      readonly type: 'accept';
      readonly connection: number;
      readonly port: number;
      readonly originatorAddress: string;
      readonly originatorPort: number;
    }
  /** Answers `reach`: the connection, as if by `opened`, or undefined where there is none to be had. */
  | { readonly type: 'reached'; readonly id: number; readonly connection: number | undefined }
  /** The service stops: says goodbye to the firmware, then `disconnect`. */
  | { readonly type: 'stop' };

/** What is to be done for the connections of either side. */
export type ConnectionOutput =
  | { readonly type: 'data'; readonly connection: number; readonly bytes: Uint8Array }
  /** Enough is queued: read no more from it until `resume`. */
  | { readonly type: 'pause'; readonly connection: number }
  | { readonly type: 'resume'; readonly connection: number }
  /** The other side has ended it, or the session did: end it behind what was written. Its number is free. */
  | { readonly type: 'closed'; readonly connection: number };

/** What is to be done with the carrier. */
export type CarrierOutput =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /**
   * Close the carrier, behind what was sent; all connections and listeners have ended before. `retryAfterMs`: open it again
   * after this time; undefined: do not (after `stop`, and always with `FirmwareSession`, which waits for a host).
   */
  | { readonly type: 'disconnect'; readonly why: string; readonly retryAfterMs: number | undefined }
  /** The other side did what it must not, or something that is not known. */
  | { readonly type: 'problem'; readonly error: AmtError };

export type LmsOutput =
  | CarrierOutput
  | ConnectionOutput
  /** The firmware has agreed to everything and will now ask for its ports. */
  | { readonly type: 'started' }
  /** Listen on this port; answered by `listening`. `address`: what the firmware asked for first; advice at most. */
  | { readonly type: 'listen'; readonly id: number; readonly address: string; readonly port: number }
  /** Listen no more. Connections that are open stay. Also ends a `listen` that was not answered yet. */
  | { readonly type: 'unlisten'; readonly port: number }
  /** The firmware has accepted this connection: begin to read from it. */
  | { readonly type: 'opened'; readonly connection: number }
  /** It cannot be had: close it. Its number is free. `reason`: a sentence for a log. */
  | { readonly type: 'refused'; readonly connection: number; readonly reason: string }
  /**
   * The firmware wants to talk to a service of the host (direct-tcpip); answered by `reached`, in time (`APF_TIMERS.reach`):
   * a later answer gets `refused`. Port 0 is no TCP port: over it firmware sends its events, as HTTP.
   */
  | {
      readonly type: 'reach';
      readonly id: number;
      readonly address: string;
      readonly port: number;
      readonly originatorAddress: string;
      readonly originatorPort: number;
    }
  /** The firmware wants this datagram sent, and no answer. */
  | {
      readonly type: 'udp';
      readonly address: string;
      readonly port: number;
      readonly originatorAddress: string;
      readonly originatorPort: number;
      readonly payload: Uint8Array;
    };

export type FirmwareInput =
  | CarrierInput
  | ConnectionInput
  /** Have the host listen on this port, now or as soon as there is one; kept over `lost`. Answered by `forwarded`. */
  | { readonly type: 'forward'; readonly address: string; readonly port: number }
  | { readonly type: 'cancel'; readonly address: string; readonly port: number }
  /** Answers `opened`: it is served. */
  | { readonly type: 'accepted'; readonly connection: number }
  /** Answers `opened`: it is not; the reason is one of `APF_OPEN_FAILURE`. */
  | { readonly type: 'denied'; readonly connection: number; readonly reason: number }
  /** Reach a service of the host. Answered by `reached` with the same `id`. */
  | {
      readonly type: 'openDirect';
      readonly id: number;
      readonly address: string;
      readonly port: number;
      readonly originatorAddress: string;
      readonly originatorPort: number;
    }
  /** Have the host send a datagram. */
  | {
      readonly type: 'udpSend';
      readonly address: string;
      readonly port: number;
      readonly originatorAddress: string;
      readonly originatorPort: number;
      readonly payload: Uint8Array;
    };

export type FirmwareOutput =
  | CarrierOutput
  | ConnectionOutput
  /** The host has agreed to everything; the ports are asked for. */
  | { readonly type: 'started' }
  /** The host's answer to `forward`, each time that it is asked. */
  | { readonly type: 'forwarded'; readonly address: string; readonly port: number; readonly ok: boolean }
  /** A program of the host wants this port; answered by `accepted` or `denied`, and no data before. */
  | {
      readonly type: 'opened';
      readonly connection: number;
      readonly port: number;
      readonly originatorAddress: string;
      readonly originatorPort: number;
    }
  /** Answers `openDirect`: the connection, or undefined where the host has none. */
  | { readonly type: 'reached'; readonly id: number; readonly connection: number | undefined };
