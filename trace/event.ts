/** One line of a trace as a value: what the bytes, the WLAN driver or the bus did at time `t`. */
import type { TraceError } from './errors.ts';

/** `h2m`: from the host to CSME; `m2h`: from CSME to the host. */
export type WireDir = 'h2m' | 'm2h';
export const WIRE_CHANNELS = ['me', 'notif', 'data'] as const;
export type WireChannel = (typeof WIRE_CHANNELS)[number];

/** The directions of every other channel that the format knows. */
export const FRAME_DIRS = ['peer0>wlan0', 'wlan0>peer0', 'wlan0>stack'] as const;
export const AREA_DIRS = ['h2m'] as const;
export const CALL_DIRS = {
  'wifi-cmd': ['wifi>drv', 'drv>wifi'],
  'wifi-op': ['drv>wifi'],
  bus: ['drv', 'ctl'],
} as const;
export type CallChannel = keyof typeof CALL_DIRS;

export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };
/** The arguments of a call, named as `docs/trace-format.md` lists them. */
export type TraceArgs = { readonly [name: string]: JsonValue };

interface Common {
  /** Seconds on the recording's clock, 0 or more; only differences mean anything. */
  t: number;
  /** The line of the file, from 1; absent in events that were not read. */
  line?: number;
  /** Members of the line that the format does not know; written back behind the others. */
  extra?: TraceArgs;
}

/** A message that crossed the wire, with its header: an ME message, or a SAP message of one of the rings. */
export interface WireEvent extends Common {
  ch: WireChannel;
  dir: WireDir;
  bytes: Uint8Array;
}

/** An Ethernet frame between the card (`wlan0`) and the air (`peer0`), or from the card to the host's own stack. */
export interface FrameEvent extends Common {
  ch: 'frame';
  dir: (typeof FRAME_DIRS)[number];
  bytes: Uint8Array;
}

/** What CSME saw of the shared area when it looked at it as a whole: upon START, and whenever it cared to. */
export interface AreaEvent extends Common {
  ch: 'area';
  dir: 'h2m';
  /** Bytes that were mapped. */
  size: number;
  /** The first 64 bytes. */
  control: Uint8Array;
  /** The 4 bytes behind the last ring. */
  trailer: Uint8Array;
}

/** The WLAN driver calls the host (`NAME`), and the call returns (`NAME.ret`). */
export interface CommandEvent extends Common {
  ch: 'wifi-cmd';
  dir: 'wifi>drv' | 'drv>wifi';
  name: string;
  args: TraceArgs;
}

/** The host tells the WLAN driver. */
export interface OperationEvent extends Common {
  ch: 'wifi-op';
  dir: 'drv>wifi';
  name: string;
  args: TraceArgs;
}

/** The host uses the MEI bus (`drv`), or whoever recorded works the bus (`ctl`). */
export interface BusEvent extends Common {
  ch: 'bus';
  dir: 'drv' | 'ctl';
  name: string;
  args: TraceArgs;
}

/** A remark. The first one of a recording says which driver was recorded. */
export interface NoteEvent extends Common {
  ch: 'note';
  text: string;
  driver?: string;
}

/** A line of a channel that this version does not know: kept, and written back as it was. */
export interface UnknownEvent extends Common {
  ch: 'unknown';
  channel: string;
  raw: string;
}

/** In the place of a line that could not be read; reading goes on behind it. */
export interface ErrorEvent {
  ch: 'error';
  line: number;
  error: TraceError;
}

export type CallEvent = CommandEvent | OperationEvent | BusEvent;
export type TraceEvent =
  | WireEvent
  | FrameEvent
  | AreaEvent
  | CommandEvent
  | OperationEvent
  | BusEvent
  | NoteEvent
  | UnknownEvent
  | ErrorEvent;

export function isWire(event: TraceEvent): event is WireEvent {
  return event.ch === 'notif' || event.ch === 'me' || event.ch === 'data';
}

export function isCall(event: TraceEvent): event is CallEvent {
  return event.ch === 'wifi-cmd' || event.ch === 'wifi-op' || event.ch === 'bus';
}
