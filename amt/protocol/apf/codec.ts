/** Bytes of one APF message to a value and back, and where a message ends that stands in a stream of them. */
import { be32At } from '../../../sap/index.ts';
import { type AnyField, Reader, readFields, Writer, writeFields } from '../declare.ts';
import { AmtError } from '../errors.ts';
import {
  APF_BY_OPCODE,
  APF_DATA_HEADER,
  APF_DATA_MAX,
  APF_MESSAGES,
  APF_TEXT_MAX,
  type ApfMessage,
  type NamedDecl,
} from './messages.ts';

export type ApfSender = 'host' | 'firmware';

/** The bytes of a message. Throws RangeError for a value that its field cannot carry. */
export function encodeApf(message: ApfMessage): Uint8Array {
  const { opcode, fields } = APF_MESSAGES[message.name];
  const to = new Writer('be', message.name === 'CHANNEL_DATA' ? APF_DATA_HEADER + message.data.length : 64);
  to.uint(1, opcode);
  writeFields(fields, to, message as never);
  return to.done();
}

/** CHANNEL_DATA with room for so many bytes behind its header, which are the caller's to fill in. */
export function channelData(recipientChannel: number, length: number): Uint8Array {
  const message = new Uint8Array(APF_DATA_HEADER + length);
  message[0] = CHANNEL_DATA;
  putBe32(message, 1, recipientChannel);
  putBe32(message, 5, length);
  return message;
}

/**
 * The one message that `bytes` are, as over LME; data and payloads are views of them. Bytes behind the message are
 * ignored, as Intel's LMS does, and counted to `onTrailing`.
 */
export function decodeApf(
  bytes: Uint8Array,
  from: ApfSender = 'firmware',
  onTrailing?: (byteCount: number) => void,
): ApfMessage | AmtError {
  // Most messages by far, and all that are long.
  if (bytes[0] === CHANNEL_DATA && bytes.length >= APF_DATA_HEADER) {
    const length = be32At(bytes, 5);
    if (length === bytes.length - APF_DATA_HEADER && length <= APF_DATA_MAX) {
      const recipientChannel = be32At(bytes, 1);
      return { name: 'CHANNEL_DATA', recipientChannel, data: bytes.subarray(APF_DATA_HEADER) };
    }
  }
  const found = declarationOf(bytes, 0, bytes.length, from);
  if (found instanceof AmtError) return found;
  if (typeof found === 'number') return cutOff(bytes.length, found, from);
  const reader = new Reader(bytes, 'be', { message: found.name, fault: from }, 1);
  try {
    const message = { name: found.name, ...readFields(found.decl.fields, reader) };
    if (reader.left > 0) onTrailing?.(reader.left);
    return message as ApfMessage;
  } catch (error) {
    if (error instanceof AmtError) return error;
    throw error;
  }
}

/**
 * Bytes that the message at `start` has at least, as far as that can be told from the bytes up to `end`: when so many are
 * there, it is whole. An AmtError when it cannot be told or is more than a message may have. `successHasPort`: the
 * REQUEST_SUCCESS that comes next answers a `tcpip-forward`.
 */
export function apfLength(
  bytes: Uint8Array,
  start: number,
  end: number,
  from: ApfSender,
  successHasPort: boolean,
): number | AmtError {
  const found = declarationOf(bytes, start, end, from);
  if (typeof found === 'number' || found instanceof AmtError) return found;
  let length = 1;
  for (const [name, field] of Object.entries(found.decl.fields)) {
    const size = sizeOf(field, bytes, start + length, end, successHasPort);
    if (typeof size === 'number') length += size;
    else return new AmtError(size.code, { message: found.name, field: name, offset: length, fault: from });
    // Where the next field begins is not known before this one's count is.
    if (start + length > end) return length;
  }
  return length;
}

const CHANNEL_DATA = APF_MESSAGES.CHANNEL_DATA.opcode;
const COUNT_SIZE = 4;

/** Which message it is, or the bytes that must be there to tell. */
function declarationOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  from: ApfSender,
): NamedDecl | number | AmtError {
  if (start >= end) return 1;
  const those = APF_BY_OPCODE[bytes[start]!];
  if (those === undefined)
    return new AmtError('AMT_ERR_UNKNOWN', { message: `message ${bytes[start]}`, offset: 0, fault: from });
  const key = those[0]!.decl.key;
  if (key === undefined) return those[0]!;
  let at = start + 1;
  for (let left = key.before; ; left--) {
    if (at + COUNT_SIZE > end) return at + COUNT_SIZE - start;
    const length = be32At(bytes, at);
    if (length > APF_TEXT_MAX)
      return new AmtError('AMT_ERR_LENGTH', {
        message: those.at(-1)!.name,
        offset: at - start,
        detail: `${length} bytes, at most ${APF_TEXT_MAX} can be.`,
        fault: from,
      });
    const next = at + COUNT_SIZE + length;
    if (next > end) return next - start;
    if (left === 0) return those.find(({ decl }) => isKey(decl.key!.text, bytes, at + COUNT_SIZE, next))!;
    at = next;
  }
}

/** Names are compared without regard to case. */
function isKey(text: string | undefined, bytes: Uint8Array, start: number, end: number): boolean {
  if (text === undefined) return true;
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) {
    const byte = bytes[start + i]!;
    const lower = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
    if (lower !== text.charCodeAt(i)) return false;
  }
  return true;
}

/** Bytes of a field at `at`, at least; the count itself while that is not there. */
function sizeOf(
  { shape, size }: AnyField,
  bytes: Uint8Array,
  at: number,
  end: number,
  successHasPort: boolean,
): number | { readonly code: 'AMT_ERR_LENGTH' | 'AMT_ERR_UNKNOWN' } {
  switch (shape.kind) {
    case 'counted':
    case 'blob': {
      if (at + COUNT_SIZE > end) return COUNT_SIZE;
      const count = be32At(bytes, at);
      return count > shape.max ? { code: 'AMT_ERR_LENGTH' } : COUNT_SIZE + count;
    }
    case 'optional':
      return successHasPort ? shape.item.size : 0;
    case 'rest':
      return { code: 'AMT_ERR_UNKNOWN' };
    default:
      return size;
  }
}

function cutOff(length: number, needed: number, fault: ApfSender): AmtError {
  const detail = `${needed} bytes are needed, ${length} are there.`;
  return new AmtError('AMT_ERR_TRUNCATED', { offset: length, detail, fault });
}

function putBe32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
