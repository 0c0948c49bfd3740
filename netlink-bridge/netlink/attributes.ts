/** Netlink attributes: u16 length with its header, u16 type, value, padding to 4 bytes; all in the order of the host, little endian. */
import { bytesOfHex, type MacAddress, macAt } from '../../sap/index.ts';
import { BridgeError } from '../errors.ts';

/** One kind of attribute, as the kernel names it. */
export interface AttributeId {
  readonly id: number;
  readonly name: string;
}

/** The table of a set: `{ IFINDEX: 3 }` with the prefix `NL80211_ATTR_` names attribute 3 NL80211_ATTR_IFINDEX. */
export function attributeIds<K extends string>(
  prefix: string,
  ids: Readonly<Record<K, number>>,
): Readonly<Record<K, AttributeId>> {
  const entries = Object.entries<number>(ids);
  return Object.fromEntries(entries.map(([key, id]) => [key, { id, name: `${prefix}${key}` }])) as Record<
    K,
    AttributeId
  >;
}

/** Set in a type: the value is attributes. Kernels ask for it where they check a value against a policy. */
const NLA_F_NESTED = 0x8000;
const TYPE_MASK = 0x3fff;
const HEADER = 4;

/**
 * The attributes of one set, by type; of one that comes twice the last counts, as in the kernel. The getters give
 * undefined for one that is not there, and throw BRIDGE_ERR_FORMAT for one of another size than it should have.
 */
export class Attributes {
  readonly #byType: ReadonlyMap<number, Uint8Array>;

  /** Throws BRIDGE_ERR_FORMAT for a length that leaves the bytes. The values are views of them. */
  constructor(bytes: Uint8Array) {
    this.#byType = new Map(split(bytes));
  }

  has({ id }: AttributeId): boolean {
    return this.#byType.has(id);
  }

  u8(of: AttributeId): number | undefined {
    return this.#sized(of, 1)?.[0];
  }

  u16(of: AttributeId): number | undefined {
    const value = this.#sized(of, 2);
    return value && viewOf(value).getUint16(0, true);
  }

  u32(of: AttributeId): number | undefined {
    const value = this.#sized(of, 4);
    return value && viewOf(value).getUint32(0, true);
  }

  u64(of: AttributeId): bigint | undefined {
    const value = this.#sized(of, 8);
    return value && viewOf(value).getBigUint64(0, true);
  }

  mac(of: AttributeId): MacAddress | undefined {
    const value = this.#sized(of, 6);
    return value && macAt(value, 0);
  }

  /** A view, of at most `most` bytes. */
  bytes(of: AttributeId, most = Number.POSITIVE_INFINITY): Uint8Array | undefined {
    const value = this.#byType.get(of.id);
    if (value !== undefined && value.length > most) throw wrongSize(of, value, `at most ${most}`);
    return value;
  }

  /** A string that may end with a zero byte. */
  text(of: AttributeId): string | undefined {
    const value = this.#byType.get(of.id);
    if (value === undefined) return undefined;
    const end = value.indexOf(0);
    return new TextDecoder().decode(end < 0 ? value : value.subarray(0, end));
  }

  nested(of: AttributeId): Attributes | undefined {
    const value = this.#byType.get(of.id);
    return value && new Attributes(value);
  }

  /** The values of a set whose types are only numbers of places, in their order. */
  list(of: AttributeId): readonly Uint8Array[] | undefined {
    const value = this.#byType.get(of.id);
    return value && split(value).map(([, item]) => item);
  }

  /** A list of sets. */
  sets(of: AttributeId): readonly Attributes[] {
    return this.list(of)?.map((value) => new Attributes(value)) ?? [];
  }

  #sized(of: AttributeId, size: number): Uint8Array | undefined {
    const value = this.#byType.get(of.id);
    if (value !== undefined && value.length !== size) throw wrongSize(of, value, `${size}`);
    return value;
  }
}

/** What `value` gave; an attribute that must be there and is not is BRIDGE_ERR_FORMAT, thrown. */
export function required<T>(value: T | undefined, { name }: AttributeId): T {
  if (value !== undefined) return value;
  throw new BridgeError('BRIDGE_ERR_FORMAT', { detail: `${name} is missing.` });
}

/** The bytes of attributes: `[id, value]` each; a number is a u32, a string gets its zero byte, `nested` is a set. */
export type AttributeValue =
  | number
  | string
  | Uint8Array
  | { readonly u8: number }
  | { readonly mac: MacAddress }
  | { readonly nested: readonly AttributePair[] };
export type AttributePair = readonly [AttributeId, AttributeValue];

/** Throws a RangeError where a value does not fit into an attribute. */
export function encodeAttributes(pairs: readonly AttributePair[]): Uint8Array {
  const encoded = pairs.map(([{ id, name }, value]) => {
    const [bytes, flag] = valueBytes(value);
    if (bytes.length + HEADER > 0xffff) throw new RangeError(`${name}: ${bytes.length} bytes are too many`);
    const out = new Uint8Array(aligned(HEADER + bytes.length));
    viewOf(out).setUint16(0, HEADER + bytes.length, true);
    viewOf(out).setUint16(2, id | flag, true);
    out.set(bytes, HEADER);
    return out;
  });
  return concat(encoded);
}

/** One behind the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Up to the next multiple of 4. */
export const aligned = (length: number): number => (length + 3) & ~3;

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function valueBytes(value: AttributeValue): readonly [Uint8Array, flag: number] {
  if (typeof value === 'string') return [new TextEncoder().encode(`${value}\0`), 0];
  if (value instanceof Uint8Array) return [value, 0];
  if (typeof value === 'number') return [wordOf(value), 0];
  if ('u8' in value) return [Uint8Array.of(value.u8), 0];
  if ('mac' in value) return [bytesOfHex(value.mac.toString(16).padStart(12, '0'))!, 0];
  return [encodeAttributes(value.nested), NLA_F_NESTED];
}

function wordOf(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value, true);
  return bytes;
}

function split(bytes: Uint8Array): (readonly [number, Uint8Array])[] {
  const view = viewOf(bytes);
  const found: (readonly [number, Uint8Array])[] = [];
  // Fewer bytes than a header are padding.
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const length = view.getUint16(at, true);
    if (length < HEADER || at + length > bytes.length) {
      const left = bytes.length - at;
      const detail = `The attribute at byte ${at} says that it has ${length} bytes; there are ${left}.`;
      throw new BridgeError('BRIDGE_ERR_FORMAT', { detail });
    }
    found.push([view.getUint16(at + 2, true) & TYPE_MASK, bytes.subarray(at + HEADER, at + length)]);
    at += aligned(length);
  }
  return found;
}

function wrongSize({ name }: AttributeId, value: Uint8Array, instead: string): BridgeError {
  return new BridgeError('BRIDGE_ERR_FORMAT', {
    detail: `${name} has ${value.length} bytes, and should have ${instead}.`,
  });
}
