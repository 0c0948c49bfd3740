/**
 * The vocabulary in which messages are declared.
 *
 * A declaration is a plain value. Types come from it directly (`Infer`); everything else that knows a layout
 * (codec, printer, documentation, generators for tests) is a walker over the same value in `walk/`.
 */

/** A 48-bit MAC address as an integer, first octet most significant: plain, comparable, hashable. */
export type MacAddress = number;

export type Side = 'host' | 'csme';
export type Queue = 'notif' | 'data';

/** What an open set of named numbers knows besides them: a value outside of it is kept as the number that it is. */
export interface EnumSet {
  readonly [NAMES]: EnumEntry[];
}
export interface EnumEntry {
  readonly name: string;
  readonly value: number;
  readonly doc: string;
}
export const NAMES: unique symbol = Symbol('entries');

/** Declares an open set: `{ HOST: [1, 'The host owns the card.'] }` gives `X.HOST === 1`. */
export function openEnum<const T extends Record<string, readonly [value: number, doc: string]>>(
  entries: T,
): { readonly [K in keyof T]: T[K][0] } & EnumSet {
  const out: Record<string | symbol, unknown> = {};
  const list: EnumEntry[] = [];
  for (const [name, [value, doc]] of Object.entries(entries)) {
    out[name] = value;
    list.push({ name, value, doc });
  }
  out[NAMES] = list;
  return Object.freeze(out) as ReturnType<typeof openEnum<T>>;
}

/** The entries of an open set, in the order of their declaration. */
export function enumEntries(set: EnumSet): readonly EnumEntry[] {
  return set[NAMES];
}

export type FieldKind =
  | { readonly kind: 'uint'; readonly bytes: 1 | 2 | 3 | 4; readonly bigEndian: boolean }
  | { readonly kind: 'u64' }
  | { readonly kind: 'mac' }
  | { readonly kind: 'bytes'; readonly length: number }
  | { readonly kind: 'rest'; readonly minLength: number }
  | { readonly kind: 'array'; readonly length: number; readonly item: AnyField }
  | { readonly kind: 'struct'; readonly name: string; readonly fields: Fields };

/**
 * One field of a layout. `T` is the type of its value, `R` whether encoding demands it (reserved and unused fields
 * are zero when left out; decoding always gives them), `D` what encoding takes for it.
 */
export interface Field<T = unknown, R extends boolean = boolean, D = T> {
  readonly layout: FieldKind;
  /** Bytes on the wire; for `rest`, the least. */
  readonly size: number;
  readonly required: R;
  readonly text: string;
  /** Named values, when the field is one of an open set. */
  readonly values?: EnumSet;
  /** Named masks, when the field is a word of flags. */
  readonly flags?: EnumSet;
  /** The largest value that has a meaning; more than this is an error of the sender. */
  readonly max?: number;
  readonly _type?: T;
  readonly _draft?: D;
}
export type AnyField = Field<unknown, boolean, unknown>;
export type Fields = { readonly [name: string]: AnyField };

class FieldDecl<T, R extends boolean, D = T> implements Field<T, R, D> {
  readonly layout: FieldKind;
  readonly size: number;
  readonly required: R;
  readonly text: string;
  readonly values?: EnumSet;
  readonly flags?: EnumSet;
  readonly max?: number;
  declare readonly _type?: T;
  declare readonly _draft?: D;

  constructor(from: Field<T, R, D>) {
    this.layout = from.layout;
    this.size = from.size;
    this.required = from.required;
    this.text = from.text;
    if (from.values) this.values = from.values;
    if (from.flags) this.flags = from.flags;
    if (from.max !== undefined) this.max = from.max;
  }

  doc(text: string): FieldDecl<T, R, D> {
    return new FieldDecl<T, R, D>({ ...this, text });
  }

  /** One of an open set of numbers. */
  of(values: EnumSet): FieldDecl<T, R, D> {
    return new FieldDecl<T, R, D>({ ...this, values });
  }

  /** A word of bits. */
  bits(flags: EnumSet): FieldDecl<T, R, D> {
    return new FieldDecl<T, R, D>({ ...this, flags });
  }

  /** A count or length that must not be larger. Readers that act on the value check it; the codec keeps it. */
  atMost(max: number): FieldDecl<T, R, D> {
    return new FieldDecl<T, R, D>({ ...this, max });
  }

  /** The field exists on the wire, but neither side looks at it. */
  unused(): FieldDecl<T, false, D> {
    return new FieldDecl<T, false, D>({ ...this, required: false } as Field<T, false, D>);
  }
}

function field<T, D = T>(layout: FieldKind, size: number): FieldDecl<T, true, D> {
  return new FieldDecl<T, true, D>({ layout, size, required: true, text: '' });
}

const uint = (bytes: 1 | 2 | 3 | 4, bigEndian = false) =>
  field<number>({ kind: 'uint', bytes, bigEndian }, bytes);

export const u8 = uint(1);
export const u16 = uint(2);
export const u32 = uint(4);
export const u16be = uint(2, true);
export const u24be = uint(3, true);
export const u32be = uint(4, true);
export const u64 = field<bigint>({ kind: 'u64' }, 8);
export const mac = field<MacAddress>({ kind: 'mac' }, 6);
/** A fixed number of bytes; the decoded value is a view of the input. */
export const bytes = (length: number) => field<Uint8Array>({ kind: 'bytes', length }, length);
/** Everything up to the end of the message; the decoded value is a view of the input. */
export const rest = (minLength = 0) => field<Uint8Array>({ kind: 'rest', minLength }, minLength);

/** Bytes without a meaning: kept as they are. Up to four are a number, more are bytes. */
export function reserved(length: 1 | 2 | 3 | 4): FieldDecl<number, false>;
export function reserved(length: number): FieldDecl<Uint8Array, false>;
export function reserved(length: number): FieldDecl<number, false> | FieldDecl<Uint8Array, false> {
  return length <= 4
    ? uint(length as 1 | 2 | 3 | 4)
        .doc('Reserved.')
        .unused()
    : bytes(length).doc('Reserved.').unused();
}

export function array<T, D>(length: number, item: Field<T, boolean, D>): FieldDecl<T[], true, readonly D[]> {
  return field<T[], readonly D[]>({ kind: 'array', length, item }, length * item.size);
}

export function struct<const F extends Fields>(
  name: string,
  fields: F,
): FieldDecl<ValuesOf<F>, true, Given<F>> {
  const size = Object.values(fields).reduce((sum, f) => sum + f.size, 0);
  return field<ValuesOf<F>, Given<F>>({ kind: 'struct', name, fields }, size);
}

/** The value of a field. */
export type ValueOf<F> = F extends Field<infer T, boolean, unknown> ? T : never;
type DraftOf<F> = F extends Field<unknown, boolean, infer D> ? D : never;
type ValuesOf<F extends Fields> = { -readonly [K in keyof F]: ValueOf<F[K]> };

type RequiredKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends Field<unknown, true, unknown> ? K : never;
}[keyof F];
type Given<F extends Fields> = { [K in RequiredKeys<F>]: DraftOf<F[K]> } & {
  [K in Exclude<keyof F, RequiredKeys<F>>]?: DraftOf<F[K]>;
};

/** The wire name without its prefix: `SAP_MSG_NOTIF_NIC_OWNER` is `NIC_OWNER`. */
export type ShortName<N extends string> = N extends `SAP_MSG_NOTIF_${infer S}`
  ? S
  : N extends `SAP_MSG_${infer S}`
    ? S
    : N extends `SAP_ME_MSG_${infer S}`
      ? S
      : N;

export interface SapDecl<
  N extends string = string,
  I extends number = number,
  F extends Fields = Fields,
  Q extends string = Queue,
> {
  /** The full name of the reference's header. */
  readonly name: N;
  /** The name in values, logs and ladders. */
  readonly short: ShortName<N>;
  readonly id: I;
  readonly from: readonly Side[];
  /** The queue that carries it; `me`: the MEI bus itself. */
  readonly queue: Q;
  readonly doc: string;
  /** Where the layout was read. */
  readonly source: string;
  readonly fields: F;
  /** Payload bytes without a `rest`. */
  readonly payload: number;
}

export function sapMessage<
  const N extends string,
  const I extends number,
  const F extends Fields,
  const Q extends Queue | 'me',
>(decl: {
  name: N;
  id: I;
  from: Side | 'both';
  queue: Q;
  doc: string;
  source: string;
  fields: F;
}): SapDecl<N, I, F, Q> {
  const short = decl.name.replace(/^SAP_(MSG_NOTIF_|MSG_|ME_MSG_)/, '') as ShortName<N>;
  const from: readonly Side[] = decl.from === 'both' ? ['host', 'csme'] : [decl.from];
  const payload = Object.values(decl.fields).reduce((sum, f) => sum + f.size, 0);
  return Object.freeze({ ...decl, short, from, payload });
}

/** A decoded message: header, fields, and whatever stood behind its layout. */
export type Infer<M> =
  M extends SapDecl<infer N, infer I, infer F, string>
    ? { name: ShortName<N>; id: I; seqNum: number; tail: Uint8Array } & ValuesOf<F>
    : never;

/** What a sender writes: the name and the fields; reserved fields and the tail may be left out. */
export type Draft<M> =
  M extends SapDecl<infer N, number, infer F, string>
    ? { name: ShortName<N>; tail?: Uint8Array } & Given<F>
    : never;
