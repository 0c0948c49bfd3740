/**
 * SAP messages: bytes to values and back.
 *
 * Decoding never throws for what the bytes are: it gives a message or a `SapError`. Unknown ids, unknown values of
 * open sets, reserved bytes and bytes behind a layout are kept, so that encoding a decoded message gives its bytes.
 */
import { u32At } from './bytes.ts';
import type { Side } from './declare.ts';
import { type SapError, sapError } from './errors.ts';
import * as generated from './generated/codec.ts';
import {
  type KnownMessage,
  SAP_MESSAGES,
  type SapDraft,
  type SapMessage,
  type SapName,
} from './messages/index.ts';
import { noRoom, unfit } from './misfits.ts';

/** type u16, length of the payload u16, sequence number u32. */
export const SAP_HEADER_LEN = 8;

/** The largest payload that the header can tell. */
const PAYLOAD_MAX = 0xffff;

/**
 * The message that `b` holds from `start` to `end`, whole and with its header.
 *
 * Byte fields of the result are views of `b`. A message shorter than its layout, or one whose header does not tell
 * its length, is an error; `from` says whose.
 */
export function decodeSap(
  b: Uint8Array,
  start = 0,
  end: number = b.length,
  from?: Side,
): SapMessage | SapError {
  if (start < 0 || end > b.length) throw noRoom('the message', end, b.length);
  const size = end - start;
  if (size < SAP_HEADER_LEN) return noHeader(size, from);
  const length = b[start + 2]! | (b[start + 3]! << 8);
  if (length !== size - SAP_HEADER_LEN) return wrongLength(b, start, length + SAP_HEADER_LEN, size, from);
  const id = b[start]! | (b[start + 1]! << 8);
  return generated.decode(id, b, start, end, from) ?? unknown(id, b, start, end);
}

/** The bytes of a message. A draft with a field that does not fit is thrown as `SAP_ERR_DRAFT`. */
export function encodeSap(draft: SapDraft, seqNum: number): Uint8Array {
  if (draft.name !== 'UNKNOWN') return generated.encode(draft, seqNum) ?? noSuchName(draft);
  const out = new Uint8Array(SAP_HEADER_LEN + draft.payload.length);
  writeUnknown(draft, seqNum, out, 0);
  return out;
}

/** Writes a message to `out` from `at` on and gives the number of bytes; throws as `encodeSap`, or `SAP_ERR_NO_ROOM`. */
export function encodeSapInto(draft: SapDraft, seqNum: number, out: Uint8Array, at: number): number {
  if (draft.name === 'UNKNOWN') return writeUnknown(draft, seqNum, out, at);
  return generated.encodeInto(draft, seqNum, out, at) ?? noSuchName(draft);
}

/** Bytes of the encoded message, header included. */
export function sapSize(draft: SapDraft): number {
  if (draft.name === 'UNKNOWN') return SAP_HEADER_LEN + draft.payload.length;
  return generated.size(draft) ?? noSuchName(draft);
}

type KnownDecl = (typeof SAP_MESSAGES)[number];
const DECLARATIONS = new Map<number | string, KnownDecl>(
  SAP_MESSAGES.flatMap((decl) => [
    [decl.id, decl],
    [decl.short, decl],
  ]),
);

/** The declaration of a message, by name or id. */
export function declOf(which: KnownMessage['name']): KnownDecl;
export function declOf(which: number | SapName): KnownDecl | undefined;
export function declOf(which: number | string): KnownDecl | undefined {
  return DECLARATIONS.get(which);
}

function unknown(id: number, b: Uint8Array, start: number, end: number): SapMessage {
  return {
    name: 'UNKNOWN',
    id,
    seqNum: u32At(b, start + 4),
    payload: b.subarray(start + SAP_HEADER_LEN, end),
  };
}

function writeUnknown(
  draft: Extract<SapDraft, { name: 'UNKNOWN' }>,
  seqNum: number,
  out: Uint8Array,
  at: number,
): number {
  const { id, payload } = draft;
  const size = SAP_HEADER_LEN + payload.length;
  if ((id & 0xffff) !== id) throw unfit('UNKNOWN', 'id', id, 'an integer of 16 bits');
  if (seqNum >>> 0 !== seqNum) throw unfit('UNKNOWN', 'seqNum', seqNum, 'an integer of 32 bits');
  if (payload.length > PAYLOAD_MAX)
    throw unfit('UNKNOWN', 'payload', payload, `at most ${PAYLOAD_MAX} bytes`);
  if (!(at >= 0 && at + size <= out.length)) throw noRoom('UNKNOWN', size, out.length - at);
  out[at] = id;
  out[at + 1] = id >>> 8;
  out[at + 2] = payload.length;
  out[at + 3] = payload.length >>> 8;
  out[at + 4] = seqNum;
  out[at + 5] = seqNum >>> 8;
  out[at + 6] = seqNum >>> 16;
  out[at + 7] = seqNum >>> 24;
  out.set(payload, at + SAP_HEADER_LEN);
  return size;
}

function noHeader(available: number, from: Side | undefined): SapError {
  return sapError('SAP_ERR_HEADER', {
    fault: from ?? 'peer',
    message: 'A SAP message',
    offset: 0,
    needed: SAP_HEADER_LEN,
    available,
  });
}

function wrongLength(b: Uint8Array, start: number, needed: number, available: number, from?: Side): SapError {
  const id = b[start]! | (b[start + 1]! << 8);
  const message = DECLARATIONS.get(id)?.short ?? `A SAP message of type ${id}`;
  return sapError('SAP_ERR_LENGTH', {
    fault: from ?? 'peer',
    message,
    field: 'length',
    offset: 2,
    needed,
    available,
  });
}

function noSuchName(draft: { name: string }): never {
  throw unfit('A draft', 'name', draft.name, 'the name of a message');
}
