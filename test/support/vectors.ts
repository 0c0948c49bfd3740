/** Reads the vectors of `test/vectors`: Markdown files with blocks of hex and of expected values. */
import { readdirSync, readFileSync } from 'node:fs';
import { bytesOfHex, formatMac, hexOf, parseMac } from '../../sap/bytes.ts';
import type { AnyField, Fields } from '../../sap/declare.ts';

export interface Vector {
  readonly title: string;
  readonly from: string;
  readonly bytes: Uint8Array;
  /** The value, with bytes, addresses and 64-bit words as text. */
  readonly expected: Record<string, unknown>;
}

const FOLDER = new URL('../vectors/', import.meta.url);
const VECTOR = /## (.+)\n\nFrom: (.+)\n\n```hex\n([^`]+)\n```\n\n```json\n([^`]+)\n```/g;

/** The names of the files with vectors. */
export function vectorFiles(): string[] {
  return readdirSync(FOLDER).filter((name) => name.endsWith('.md') && name !== 'README.md');
}

export function readVectors(file: string): Vector[] {
  const text = readFileSync(new URL(file, FOLDER), 'utf8');
  return [...text.matchAll(VECTOR)].map(([, title, from, hex, json]) => ({
    title: title!,
    from: from!,
    bytes: bytesOfHex(unroll(hex!.replace(/\s+/g, ' ')).replaceAll(' ', ''))!,
    expected: JSON.parse(unroll(json!)) as Record<string, unknown>,
  }));
}

/** `00*24` is 24 zero bytes. */
function unroll(text: string): string {
  return text.replace(/\b00\*(\d+)/g, (_, count: string) => '00'.repeat(Number(count)));
}

/** A value as vectors write it. */
export function plain(value: object, fields: Fields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, plainValue(item, fields[name])]),
  );
}

function plainValue(value: unknown, field: AnyField | undefined): unknown {
  const layout = field?.layout;
  if (value instanceof Uint8Array) return hexOf(value);
  if (typeof value === 'bigint') return `0x${value.toString(16)}`;
  if (layout?.kind === 'mac') return formatMac(value as number);
  if (layout?.kind === 'struct') return plain(value as object, layout.fields);
  if (layout?.kind === 'array') return (value as unknown[]).map((item) => plainValue(item, layout.item));
  return value;
}

/** The value that a vector writes. */
export function parsed(written: Record<string, unknown>, fields: Fields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(written).map(([name, item]) => [name, parsedValue(name, item, fields[name])]),
  );
}

const BYTE_NAMES = ['tail', 'payload', 'behindVersions'];

function parsedValue(name: string, item: unknown, field: AnyField | undefined): unknown {
  const layout = field?.layout;
  if (BYTE_NAMES.includes(name) || layout?.kind === 'bytes' || layout?.kind === 'rest') {
    return bytesOfHex(item as string);
  }
  if (layout?.kind === 'mac') return parseMac(item as string);
  if (layout?.kind === 'u64') return BigInt(item as string);
  if (layout?.kind === 'struct') return parsed(item as Record<string, unknown>, layout.fields);
  if (layout?.kind === 'array') return (item as unknown[]).map((each) => parsedValue('', each, layout.item));
  return item;
}
