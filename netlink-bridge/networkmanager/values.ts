/** What D-Bus carries, as values of ours: dictionaries are maps, byte arrays are bytes, a variant keeps its signature. */
import { BridgeError } from '../errors.ts';

export type DbusValue =
  | string
  | number
  | boolean
  | Uint8Array
  | Variant
  | readonly DbusValue[]
  | ReadonlyMap<DbusValue, DbusValue>;

export interface Variant {
  readonly signature: string;
  readonly value: DbusValue;
}

/** `a{sv}`. */
export type Properties = ReadonlyMap<string, Variant>;

export function variant(signature: string, value: DbusValue): Variant {
  return { signature, value };
}

/** One complete type of a signature: the code of a basic type, or a container with what is in it. */
export interface TypeNode {
  readonly type: string;
  readonly child: readonly TypeNode[];
}

const BASIC = 'ybnqiuxtdsogv';
const MAX_DEPTH = 32;
const MAX_SIGNATURE = 255;

/** The types of a signature. Throws BRIDGE_ERR_FORMAT. */
export function parseSignature(signature: string): TypeNode[] {
  if (signature.length > MAX_SIGNATURE) throw unreadable('a signature of more than 255 characters');
  const types: TypeNode[] = [];
  let at = 0;
  const one = (depth: number): TypeNode => {
    const type = signature[at++];
    if (type === undefined || depth > MAX_DEPTH) throw unreadable(`the signature "${signature}"`);
    if (BASIC.includes(type)) return { type, child: [] };
    if (type === 'a') return { type, child: [one(depth + 1)] };
    const end = type === '(' ? ')' : type === '{' ? '}' : undefined;
    if (end === undefined) throw unreadable(`the type "${type}"`);
    const child: TypeNode[] = [];
    while (signature[at] !== end) child.push(one(depth + 1));
    at++;
    if (child.length === 0 || (type === '{' && child.length !== 2)) {
      throw unreadable(`the signature "${signature}"`);
    }
    return { type, child };
  };
  while (at < signature.length) types.push(one(0));
  return types;
}

/** A value as the package `@homebridge/dbus-native` reads it. Throws BRIDGE_ERR_FORMAT when it is not of that type. */
export function fromPackage(raw: unknown, node: TypeNode): DbusValue {
  const [inner] = node.child;
  switch (node.type) {
    case 'v': {
      const [types, values] = list(raw);
      const [type] = list(types);
      if (!isTypeNode(type)) throw unreadable('a variant');
      return { signature: formatType(type), value: fromPackage(list(values)[0], type) };
    }
    case 'a':
      if (raw instanceof Uint8Array) return new Uint8Array(raw);
      if (inner!.type !== '{') return list(raw).map((item) => fromPackage(item, inner!));
      return new Map(
        list(raw).map((entry) => {
          const [key, value] = list(entry);
          return [fromPackage(key, inner!.child[0]!), fromPackage(value, inner!.child[1]!)];
        }),
      );
    case '(':
      return list(raw).map((item, index) => fromPackage(item, node.child[index] ?? { type: '', child: [] }));
    case 's':
    case 'o':
    case 'g':
      if (typeof raw !== 'string') break;
      return raw;
    case 'b':
      if (typeof raw !== 'boolean') break;
      return raw;
    default:
      if (typeof raw !== 'number') break;
      return raw;
  }
  throw unreadable(`a value of type "${node.type}"`);
}

/** A value as that package writes it. */
export function toPackage(value: DbusValue): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (value instanceof Map) {
    return [...value].map(([key, inner]) => [toPackage(key as DbusValue), toPackage(inner as DbusValue)]);
  }
  if (Array.isArray(value)) return value.map((item) => toPackage(item as DbusValue));
  if (typeof value === 'object') {
    const { signature, value: inner } = value as Variant;
    return [signature, toPackage(inner)];
  }
  return value;
}

/** `a{sv}` and its like, of what another process sent; undefined when it is none. */
export function asProperties(value: DbusValue | undefined): Properties | undefined {
  if (!(value instanceof Map)) return undefined;
  for (const [key, inner] of value) {
    if (typeof key !== 'string' || !isVariant(inner)) return undefined;
  }
  return value as Properties;
}

function isVariant(value: DbusValue | undefined): value is Variant {
  return typeof value === 'object' && 'signature' in value;
}

export function stringIn(properties: Properties | undefined, key: string): string | undefined {
  const value = properties?.get(key)?.value;
  return typeof value === 'string' ? value : undefined;
}

export function numberIn(properties: Properties | undefined, key: string): number | undefined {
  const value = properties?.get(key)?.value;
  return typeof value === 'number' ? value : undefined;
}

export function booleanIn(properties: Properties | undefined, key: string): boolean | undefined {
  const value = properties?.get(key)?.value;
  return typeof value === 'boolean' ? value : undefined;
}

export function bytesIn(properties: Properties | undefined, key: string): Uint8Array | undefined {
  const value = properties?.get(key)?.value;
  return value instanceof Uint8Array ? value : undefined;
}

/** The strings of `as` or `ao`; empty for anything else. */
export function stringsOf(value: DbusValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function formatType({ type, child }: TypeNode): string {
  const inner = child.map(formatType).join('');
  if (type === '(') return `(${inner})`;
  return type === '{' ? `{${inner}}` : `${type}${inner}`;
}

function isTypeNode(value: unknown): value is TypeNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'child' in value;
}

function list(raw: unknown): readonly unknown[] {
  if (!Array.isArray(raw)) throw unreadable('a container');
  return raw;
}

function unreadable(what: string): BridgeError {
  return new BridgeError('BRIDGE_ERR_FORMAT', { detail: `D-Bus brought ${what} that is not understood.` });
}
