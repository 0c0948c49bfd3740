/** What goes into the MEI device and comes out of it: the calls on its file handles, and what happens to the firmware. */
import type { MeClient } from './client.ts';

/** Names one call until it is answered; a number that the caller chooses and does not use twice at a time. */
export type MeiToken = bigint;

/** A call on an open handle. Each is answered by one `reply`, at once or later. */
export type MeiCall =
  /** `nonblock`: O_NONBLOCK is set, as far as it is known. */
  | {
      readonly type: 'ioctl';
      readonly number: number;
      readonly argument: Uint8Array;
      readonly nonblock: boolean;
    }
  /** `size`: bytes that the caller has room for. */
  | { readonly type: 'read'; readonly size: number; readonly nonblock: boolean }
  /** `bytes` are kept: whoever calls leaves them alone. */
  | { readonly type: 'write'; readonly bytes: Uint8Array; readonly nonblock: boolean }
  /** `wake`: the caller goes to sleep on the answer and wants a `wake` when it may have changed. */
  | { readonly type: 'poll'; readonly events: number; readonly wake: boolean }
  | { readonly type: 'fsync' }
  | { readonly type: 'release' };

export type MeiInput =
  | { readonly type: 'open'; readonly token: MeiToken }
  | (MeiCall & { readonly token: MeiToken; readonly handle: number })
  /** A signal for the caller that waits for this call's answer. */
  | { readonly type: 'interrupt'; readonly token: MeiToken }
  /** The firmware starts again; ready after this time, or when `ready` comes. */
  | { readonly type: 'reset'; readonly readyAfterMs?: number }
  | { readonly type: 'ready' }
  /** The device goes, for good. */
  | { readonly type: 'remove' }
  /** Another client, or another one in the place of the one with its GUID. */
  | { readonly type: 'addClient'; readonly client: MeClient }
  /** The client accepts no more connections. The host learns that when it tries; what is connected stays. */
  | { readonly type: 'removeClient'; readonly guid: string };

export type MeiOutput =
  /**
   * Answers a call. `errno` 0: done. `value`: the handle of `open`, the bytes of `write` taken, the mask of `poll`; else 0.
   * `bytes`: what was read, what an ioctl gives back.
   */
  | {
      readonly type: 'reply';
      readonly token: MeiToken;
      readonly errno: number;
      readonly value: number;
      readonly bytes: Uint8Array;
    }
  /** What `poll` said about this handle may not be true any more. Once for each `poll` that asked for it. */
  | { readonly type: 'wake'; readonly handle: number }
  | ({ readonly type: 'tell' } & MeiTell);

/** What is worth telling somebody who watches. */
export type MeiTell =
  | { readonly name: 'connected'; readonly client: string; readonly vtag: number }
  | { readonly name: 'refused'; readonly client: string; readonly errno: number }
  | { readonly name: 'disconnected'; readonly client: string; readonly by: 'host' | 'firmware' | 'reset' }
  | { readonly name: 'state'; readonly state: MeiState };

/** Of the whole device, in the kernel's words (`dev_state` in sysfs). Only ENABLED allows any call but `release`. */
export type MeiState = 'ENABLED' | 'RESETTING' | 'DISABLED' | 'POWER_DOWN';

/** Bits of `poll`. Source: poll(2). */
export const POLL = {
  IN: 0x001,
  PRI: 0x002,
  OUT: 0x004,
  ERR: 0x008,
  RDNORM: 0x040,
  WRNORM: 0x100,
} as const;
