/** What a field of a message is, and records of fields: `declare.ts` has those that there are. */
import type { EnumSet } from '../../sap/index.ts';
import type { Reader, Writer } from './bytes.ts';

/** What kind of bytes a field is. */
export type Shape =
  | { readonly kind: 'uint'; readonly size: 1 | 2 | 4 }
  | { readonly kind: 'bool'; readonly size: 1 | 4 }
  | { readonly kind: 'ipv4' | 'mac' | 'uuid' | 'skip' | 'rest' }
  | { readonly kind: 'bytes' | 'text' | 'reserved'; readonly size: number }
  /** A count of `count` bytes, then text or bytes, at most `max` of them, in `room` bytes where that is given. */
  | {
      readonly kind: 'counted' | 'blob';
      readonly count: 1 | 2 | 4;
      readonly max: number;
      readonly room?: number;
    }
  | { readonly kind: 'fixed'; readonly size: 1 | 2 | 4; readonly value: number }
  /** Names with a NUL behind each, in such a place. */
  | { readonly kind: 'names'; readonly count: 2 | 4; readonly max: number; readonly room?: number }
  | { readonly kind: 'struct'; readonly fields: Fields }
  | { readonly kind: 'list'; readonly count: 1 | 2 | 4; readonly item: Field<unknown>; readonly max: number }
  | { readonly kind: 'optional'; readonly item: Field<unknown> };

export interface Field<T> {
  readonly text: string;
  /** Named values, when the field is one of an open set. */
  readonly values?: EnumSet;
  /** Named masks, when the field is a word of flags. */
  readonly flags?: EnumSet;
  /** True: the value is a `Secret`. */
  readonly secret?: boolean;
  readonly shape: Shape;
  /** Bytes on the wire; of a field that varies, the least. */
  readonly size: number;
  read(from: Reader): T;
  write(to: Writer, value: T): void;
}
// The parameter of `write` is what a field of anything cannot promise.
export type AnyField = Omit<Field<unknown>, 'write'> & { write(to: Writer, value: never): void };
export type Fields = { readonly [name: string]: AnyField };

type ValueOf<F> = F extends { read(from: Reader): infer T } ? T : never;
type Present<F extends Fields> = {
  [K in keyof F]: undefined extends ValueOf<F[K]> ? never : K;
}[keyof F];
type Optional<F extends Fields> = {
  [K in keyof F]: undefined extends ValueOf<F[K]> ? ([ValueOf<F[K]>] extends [undefined] ? never : K) : never;
}[keyof F];
/** The values of a layout. Reserved bytes have none; a field that may be missing is undefined then. */
export type Infer<F extends Fields> = { readonly [K in Present<F>]: ValueOf<F[K]> } & {
  readonly [K in Optional<F>]?: ValueOf<F[K]>;
};

export class FieldDecl<T> implements Field<T> {
  readonly shape: Shape;
  readonly size: number;
  readonly text: string = '';
  readonly values?: EnumSet;
  readonly flags?: EnumSet;
  readonly secret?: boolean;
  readonly read: (from: Reader) => T;
  readonly write: (to: Writer, value: T) => void;

  constructor(shape: Shape, size: number, read: (from: Reader) => T, write: (to: Writer, value: T) => void) {
    this.shape = shape;
    this.size = size;
    this.read = read;
    this.write = write;
  }

  doc(text: string): FieldDecl<T> {
    return this.#with({ text });
  }

  /** One of an open set of numbers. */
  of(values: EnumSet): FieldDecl<T> {
    return this.#with({ values });
  }

  /** A word of bits. */
  bits(flags: EnumSet): FieldDecl<T> {
    return this.#with({ flags });
  }

  #with(more: Partial<Field<T>>): FieldDecl<T> {
    const copy = new FieldDecl(this.shape, this.size, this.read, this.write);
    return Object.assign(copy, this, more);
  }
}

export function readFields<const F extends Fields>(fields: F, from: Reader): Infer<F> {
  const out: Record<string, unknown> = {};
  for (const name in fields) {
    from.enter(name);
    const value = fields[name]!.read(from);
    from.leave();
    if (value !== undefined) out[name] = value;
  }
  return out as Infer<F>;
}

export function writeFields<const F extends Fields>(fields: F, to: Writer, values: Infer<F>): void {
  for (const name in fields) {
    to.enter(name);
    fields[name]!.write(to, (values as Record<string, unknown>)[name] as never);
    to.leave();
  }
}

/** Bytes of a layout on the wire; where it varies, the least. */
export function sizeOf(fields: Fields): number {
  return Object.values(fields).reduce((sum, { size }) => sum + size, 0);
}
