/**
 * The vocabulary in which the messages of AMT's services are declared: fields that read and write themselves, in the
 * byte order of their protocol.
 *
 * A layout is a record of fields, `{ enabled: bool32.doc('…'), address: ipv4.doc('…') }`. `Infer` is the type of its
 * values; `shape` is for whoever walks over a layout: documentation, generators for tests.
 */
import { formatGuid, type MacAddress, macAt, parseGuid } from '../../sap/index.ts';
import type { Reader, Writer } from './bytes.ts';
import { type Field, FieldDecl, type Fields, type Infer, readFields, sizeOf, writeFields } from './field.ts';
import { Secret } from './secret.ts';

export { type ByteOrder, decodeWith, type MessageOf, Reader, Writer } from './bytes.ts';
export {
  type AnyField,
  type Field,
  FieldDecl,
  type Fields,
  type Infer,
  readFields,
  type Shape,
  sizeOf,
  writeFields,
} from './field.ts';
export { Secret } from './secret.ts';

const uint = (size: 1 | 2 | 4) =>
  new FieldDecl<number>(
    { kind: 'uint', size },
    size,
    (from) => from.uint(size),
    (to, value) => to.uint(size, value),
  );

export const u8 = uint(1);
export const u16 = uint(2);
export const u32 = uint(4);

const bool = (size: 1 | 4) =>
  new FieldDecl<boolean>(
    { kind: 'bool', size },
    size,
    (from) => from.uint(size) !== 0,
    (to, value) => to.uint(size, value ? 1 : 0),
  );

/** 0 is false and is written for it; anything else is true, 1 is written. */
export const bool8 = bool(1);
export const bool32 = bool(4);

/** A word, 0xc0000201 for 192.0.2.1: in the order of the protocol, which AMTHI has the wrong way round. */
export const ipv4 = new FieldDecl<number>({ kind: 'ipv4' }, 4, u32.read, u32.write);

/** Six bytes, first octet first. */
export const mac = new FieldDecl<MacAddress>(
  { kind: 'mac' },
  6,
  (from) => macAt(from.bytes(6), 0),
  (to, value) => {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** 48) throw to.unfit('is no MAC address');
    to.bytes(Uint8Array.from([5, 4, 3, 2, 1, 0], (place) => Math.floor(value / 256 ** place)));
  },
);

/** 16 bytes, the first three fields little-endian; the value is text, `4c4c4544-0053-…`. */
export const uuid = new FieldDecl<string>(
  { kind: 'uuid' },
  16,
  (from) => formatGuid(from.bytes(16)),
  (to, value) => {
    const guid = parseGuid(value);
    if (guid === undefined) throw to.unfit('is no UUID');
    to.bytes(guid);
  },
);

/** A fixed number of bytes; the decoded value is a view of the message. */
export const bytes = (size: number) =>
  new FieldDecl<Uint8Array>(
    { kind: 'bytes', size },
    size,
    (from) => from.bytes(size),
    (to, value) => {
      if (value.length !== size) throw to.unfit(`does not have ${size} bytes`);
      to.bytes(value);
    },
  );

/** Everything up to the end of the message; the decoded value is a view of it. */
export const rest = () =>
  new FieldDecl<Uint8Array>(
    { kind: 'rest' },
    0,
    (from) => from.bytes(from.left),
    (to, value) => to.bytes(value),
  );

/** Text in a fixed number of bytes, padded with NUL; what stands behind the first NUL is not looked at. */
export const text = (size: number) =>
  new FieldDecl<string>(
    { kind: 'text', size },
    size,
    (from) => textOf(from.bytes(size)),
    (to, value) => padded(to, value, size),
  );

/** Bytes without a meaning: zeros when written, and no value when read. */
export const reserved = (size: number) =>
  new FieldDecl<undefined>(
    { kind: 'reserved', size },
    size,
    (from) => void from.bytes(size),
    (to) => to.zeros(size),
  ).doc('Reserved.');

/** A number that is always the same; another one is an error of the sender. */
export const fixed = (size: 1 | 2 | 4, value: number) =>
  new FieldDecl<undefined>(
    { kind: 'fixed', size, value },
    size,
    (from) => {
      const found = from.uint(size);
      if (found !== value) throw from.misfit('AMT_ERR_VALUE', `It is ${found}, not ${value}.`);
      return undefined;
    },
    (to) => to.uint(size, value),
  );

/** Whatever stands behind the layout, which some senders pad: skipped when read, nothing when written. */
export const skip = () =>
  new FieldDecl<undefined>(
    { kind: 'skip' },
    0,
    (from) => void from.bytes(from.left),
    () => undefined,
  );

/** Text of at most `max` characters behind a count of 16 bits: what AMTHI calls ANSI. */
export const ansi = (max = 0xffff) => counted(2, max);
/** Text behind a count of 32 bits. A count above `max` is an error before anything is read. */
export const str = (max: number) => counted(4, max);

const counted = (count: 2 | 4, max: number) =>
  new FieldDecl<string>(
    { kind: 'counted', count, max },
    count,
    (from) => latin1(from.bytes(countOf(from, count, max))),
    (to, value) => {
      const data = bytesOf(to, value, max);
      to.uint(count, data.length);
      to.bytes(data);
    },
  );

/** Bytes behind a count, of 32 bits unless it is said; the decoded value is a view of the message. */
export const blob = (max: number, count: 1 | 4 = 4) =>
  new FieldDecl<Uint8Array>(
    { kind: 'blob', count, max },
    count,
    (from) => from.bytes(countOf(from, count, max)),
    (to, value) => {
      if (value.length > max) throw to.unfit(`has more than ${max} bytes`);
      to.uint(count, value.length);
      to.bytes(value);
    },
  );

/** Text behind a count of 16 bits in a place of `room` bytes; a larger count is taken as `room`, as firmware sends it. */
export const roomText = (room: number) =>
  new FieldDecl<string>(
    { kind: 'counted', count: 2, max: room, room },
    2 + room,
    (from) => {
      const length = Math.min(from.uint(2), room);
      return textOf(from.bytes(room).subarray(0, length));
    },
    (to, value) => {
      to.uint(2, value.length);
      padded(to, value, room);
    },
  );

/** A text that no log or error shows. */
export const secret = (field: FieldDecl<string>): FieldDecl<Secret> =>
  Object.assign(
    new FieldDecl<Secret>(
      field.shape,
      field.size,
      (from) => new Secret(field.read(from)),
      (to, value) => field.write(to, value.reveal()),
    ),
    { text: field.text, secret: true },
  );

/** Fields one behind the other, as one. */
export const struct = <const F extends Fields>(fields: F) =>
  new FieldDecl<Infer<F>>(
    { kind: 'struct', fields },
    sizeOf(fields),
    (from) => readFields(fields, from),
    (to, value) => writeFields(fields, to, value),
  );

/** A count and so many items. More than `max`, or more than the message has room for, is an error before any is read. */
export function list<T>(count: FieldDecl<number>, item: Field<T>, max: number): FieldDecl<readonly T[]> {
  return new FieldDecl<readonly T[]>(
    { kind: 'list', count: count.size as 1 | 2 | 4, item: item as Field<unknown>, max },
    count.size,
    (from) => {
      const length = count.read(from);
      if (length > max) throw from.misfit('AMT_ERR_LENGTH', `${length} items, at most ${max} can be.`);
      if (length * item.size > from.left) {
        throw from.misfit(
          'AMT_ERR_TRUNCATED',
          `${length} items are announced, ${from.left} bytes are there.`,
        );
      }
      return Array.from({ length }, (_, i) => {
        from.enter(i);
        const value = item.read(from);
        from.leave();
        return value;
      });
    },
    (to, values) => {
      if (values.length > max) throw to.unfit(`has more than ${max} items`);
      count.write(to, values.length);
      for (const [i, value] of values.entries()) {
        to.enter(i);
        item.write(to, value);
        to.leave();
      }
    },
  );
}

/** The message may end before this field. */
export const optional = <T>(item: FieldDecl<T>) =>
  Object.assign(
    new FieldDecl<T | undefined>(
      { kind: 'optional', item: item as Field<unknown> },
      0,
      (from) => (from.left === 0 ? undefined : item.read(from)),
      (to, value) => {
        if (value !== undefined) item.write(to, value);
      },
    ),
    { text: item.text },
  );

function countOf(from: Reader, size: 1 | 2 | 4, max: number): number {
  const count = from.uint(size);
  if (count > max) throw from.misfit('AMT_ERR_LENGTH', `${count} bytes, at most ${max} can be.`);
  return count;
}

function padded(to: Writer, value: string, size: number): void {
  const data = bytesOf(to, value, size);
  to.bytes(data);
  to.zeros(size - data.length);
}

function bytesOf(to: Writer, value: string, max: number): Uint8Array {
  if (value.length > max) throw to.unfit(`has more than ${max} characters`);
  return Uint8Array.from(value, (character) => {
    const code = character.charCodeAt(0);
    if (code > 0xff || character.length > 1) throw to.unfit('has a character that is not Latin-1');
    return code;
  });
}

function latin1(data: Uint8Array): string {
  let out = '';
  for (const byte of data) out += String.fromCharCode(byte);
  return out;
}

/** Up to the first NUL. */
function textOf(data: Uint8Array): string {
  const end = data.indexOf(0);
  return latin1(end < 0 ? data : data.subarray(0, end));
}
