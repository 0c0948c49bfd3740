/** What goes into the emulated CSME and comes out of it: bytes, memory, commands. */
import type { Queue, SapError } from '../sap/index.ts';
import type { FirmwareCommand, FirmwareTell } from './inputs.ts';
import type { FirmwareState } from './state.ts';

export type CsmeCommand =
  | FirmwareCommand
  /** Bytes as they are: an ME message, or what is put into a ring. For tests of hosts; the state does not follow. */
  | { readonly type: 'command'; readonly name: 'rawMe'; readonly bytes: Uint8Array }
  | {
      readonly type: 'command';
      readonly name: 'rawRing';
      readonly queue: Queue;
      readonly bytes: Uint8Array;
    };

export type CsmeInput =
  /** The host wants to map this many bytes. */
  | { readonly type: 'mapRequest'; readonly size: number }
  /** The host's memory is mapped; what it holds is complete when START comes. */
  | { readonly type: 'area'; readonly memory: ArrayBufferLike }
  | { readonly type: 'areaGone' }
  | { readonly type: 'me'; readonly bytes: Uint8Array }
  /** The bus or the host is gone. */
  | { readonly type: 'lost' }
  | CsmeCommand;

export type CsmeOutput =
  /** 0: mapped; else the errno with which it is refused. */
  | { readonly type: 'mapAnswer'; readonly errno: number }
  | { readonly type: 'me'; readonly bytes: Uint8Array }
  | ({ readonly type: 'tell' } & FirmwareTell)
  /** A frame for CSME's network stack; `copy`: one that the host sends itself (DHCP). */
  | { readonly type: 'frame'; readonly bytes: Uint8Array; readonly copy: boolean }
  /** Something was wrong, mostly with the host; the emulator goes on in a defined state. */
  | { readonly type: 'problem'; readonly error: SapError };

/** Where something that CSME sends goes. */
export type Channel = 'me' | Queue;

/** One thing on its way out, as bytes: what a misbehaviour can change, hold back or drop. */
export interface Outgoing {
  readonly channel: Channel;
  /** Name of the message, `RAW` for bytes that a command gave. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Held back for so long; nothing or 0: sent at once. */
  readonly delayMs?: number;
}

/** Numbers, texts and truths that a misbehaviour remembers. */
export type Memory = Record<string, number | string | boolean>;

/** The whole state of an emulator but for the area's bytes: a plain value. */
export interface CsmeState {
  firmware: FirmwareState;
  /** The sequence number of the next SAP message, in either ring. */
  sapSeqNum: number;
  /** The sequence number of the next ME message. */
  meSeqNum: number;
  /** What a misbehaviour holds back, in the order in which it goes out. */
  delayed: { atMs: number; outgoing: Outgoing }[];
  /** By the name of the misbehaviour. */
  behaviours: Record<string, Memory>;
}
