/**
 * The line protocol with which whoever judges a driver has it do what only the driver's own side can do: ask for
 * ownership, associate, receive a frame. The words are those of the trace format; docs/conformance.md tells the protocol.
 *
 * A request is a cause, as a trace has it, with an `id` (and without a time, if one likes):
 *
 *     {"id": 7, "ch": "wifi-cmd", "dir": "wifi>drv", "name": "country", "args": {"mcc": 17221}}
 *
 * Replies are the effects, as a trace has them, and `{"ch": "done", "id": 7}` when the request was taken up.
 */
import { excerptOf, TraceError } from './errors.ts';
import type { BusEvent, CommandEvent, FrameEvent, JsonValue, TraceEvent } from './event.ts';
import { isObject, MAX_DEPTH, type Members, tooDeep } from './json-value.ts';
import { parseLine } from './line.ts';
import { formatEvent, formatJson } from './write.ts';

/** A cause that the driver's side is to bring about. */
export type ControlCause = CommandEvent | FrameEvent | BusEvent;

export interface ControlRequest {
  /** A whole number of the asker's choice, 0 to 2^32 - 1. */
  readonly id: number;
  readonly event: ControlCause;
}

/** The request was taken up, and what it did at once has been told; with `error`: it was not, and why. */
export interface ControlDone {
  readonly ch: 'done';
  readonly id: number;
  readonly error?: string;
}

export type ControlReply = TraceEvent | ControlDone;

const ID_MAX = 0xffff_ffff;
/** Where the lines come from, in errors. */
const ASKER = 'control request';
const HELPER = 'control reply';

/** The request of a line without its newline; a `TraceError` that says what is wrong with it. */
export function parseControlRequest(text: string): ControlRequest | TraceError {
  const members = membersOf(text);
  const id = members?.id;
  // A time is of no use here.
  const untimed = members !== undefined && !('t' in members) && !tooDeep(members, MAX_DEPTH);
  const line = untimed ? formatJson({ t: 0, ...members }) : text;
  const event = parseLine(new TextEncoder().encode(line), ASKER, 1);
  if (event === undefined) return wrong(ASKER, 'TRACE_ERR_MISSING', 'a request', text);
  if (event.ch === 'error') return event.error;
  if (!isId(id)) return wrong(ASKER, 'TRACE_ERR_TYPE', `"id" as a whole number up to ${ID_MAX}`, text);
  if (!isCause(event)) return wrong(ASKER, 'TRACE_ERR_DIR', 'a call, a frame from the air or the bus', text);
  const { extra: _, line: __, ...cause } = event;
  return { id, event: cause as ControlCause };
}

export function formatControlRequest({ id, event }: ControlRequest): string {
  return formatEvent({ ...event, extra: { ...event.extra, id } });
}

/** The reply of a line without its newline; a `TraceError` that says what is wrong with it. */
export function parseControlReply(text: string): ControlReply | TraceError {
  const members = membersOf(text);
  if (members?.ch === 'done') {
    const { id, error } = members;
    if (!isId(id)) return wrong(HELPER, 'TRACE_ERR_TYPE', `"id" as a whole number up to ${ID_MAX}`, text);
    if (error === undefined) return { ch: 'done', id };
    if (typeof error === 'string') return { ch: 'done', id, error };
    return wrong(HELPER, 'TRACE_ERR_TYPE', '"error" as a string', text);
  }
  const event = parseLine(new TextEncoder().encode(text), HELPER, 1);
  if (event === undefined) return wrong(HELPER, 'TRACE_ERR_MISSING', 'a reply', text);
  return event.ch === 'error' ? event.error : event;
}

export function formatControlReply(reply: ControlReply): string {
  if (reply.ch !== 'done') return formatEvent(reply);
  return formatJson({ ...reply });
}

function isCause(event: TraceEvent): event is ControlCause {
  if (event.ch === 'wifi-cmd') return event.dir === 'wifi>drv';
  if (event.ch === 'frame') return event.dir === 'peer0>wlan0';
  return event.ch === 'bus' && event.dir === 'ctl';
}

function isId(id: JsonValue | undefined): id is number {
  return typeof id === 'number' && Number.isInteger(id) && id >= 0 && id <= ID_MAX;
}

/** The members of a line that is an object; what else is wrong with it `parseLine` finds. */
function membersOf(text: string): Members | undefined {
  try {
    const value = JSON.parse(text) as JsonValue;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function wrong(file: string, code: TraceError['code'], expected: string, text: string): TraceError {
  return new TraceError(code, { file, line: 1, offset: 0, expected, excerpt: excerptOf(text, 0) });
}
