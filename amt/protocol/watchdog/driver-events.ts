/** What goes into the watchdog's driver and what comes out of it. */
import type { AmtError } from '../errors.ts';

/** An opener of the device; it holds for one registration. */
export type OpenerId = number;

export type DriverInput =
  /** There is a connection to the firmware's client, with notifications turned on where it has them. */
  | { readonly type: 'connected'; readonly protocolVersion: number }
  | { readonly type: 'message'; readonly bytes: Uint8Array }
  /** The firmware notified: it requires the watchdog now. */
  | { readonly type: 'notification' }
  /** What became of the last `send` of this name. */
  | { readonly type: 'sent'; readonly name: DriverSend }
  | { readonly type: 'sendFailed'; readonly name: DriverSend }
  /** The connection is gone: the firmware was reset. */
  | { readonly type: 'lost' }
  /** The driver goes while the connection still is: suspend, removal. The connection is closed behind what this sends. */
  | { readonly type: 'remove' }
  /** Calls of the device's user. Each is answered once. */
  | { readonly type: 'open'; readonly call: number }
  | { readonly type: 'ping'; readonly call: number; readonly opener: OpenerId }
  | {
      readonly type: 'setTimeout';
      readonly call: number;
      readonly opener: OpenerId;
      readonly timeoutS: number;
    }
  /** Not answered. */
  | { readonly type: 'release'; readonly opener: OpenerId };

export type DriverSend = 'START' | 'STOP';

export type DriverOutput =
  | { readonly type: 'send'; readonly name: DriverSend; readonly bytes: Uint8Array }
  /** The device is there, and can be opened. */
  | { readonly type: 'registered' }
  /** It is not there any more: whoever has it open gets ENODEV. */
  | { readonly type: 'unregistered' }
  /** Answers a call. `opener` is that of an `open` that was granted. */
  | {
      readonly type: 'answer';
      readonly call: number;
      readonly result: DriverResult;
      readonly opener?: OpenerId;
    }
  /** The firmware sent what is wrong or not due; it changes nothing. */
  | { readonly type: 'misfit'; readonly error: AmtError };

export type DriverResult =
  | 'ok'
  /** It is open already. */
  | 'EBUSY'
  /** It is not there, or not the one that was opened. */
  | 'ENODEV'
  /** The timeout cannot be. */
  | 'EINVAL'
  /** The message could not be sent. */
  | 'EIO';
