/** Messages as text: one headline, and a page with every field. */
import { formatMac, hexOf } from '../bytes.ts';
import { declOf, SAP_HEADER_LEN, sapSize } from '../codec.ts';
import { type AnyField, type EnumEntry, enumEntries, type Fields } from '../declare.ts';
import type { MeMessage } from '../me.ts';
import type { SapMessage } from '../messages/index.ts';

type Values = Readonly<Record<string, unknown>>;

/** One line: `NIC_OWNER owner=HOST`. Reserved and unused fields and tables are left out. */
export function headlineSap(message: SapMessage): string {
  if (message.name === 'UNKNOWN') return `UNKNOWN id=${message.id} payload=${bytesCount(message.payload)}`;
  const decl = declOf(message.name);
  const words = [message.name, ...briefs(decl.fields, message as unknown as Values)];
  if (message.tail.length > 0) words.push(`tail=${bytesCount(message.tail)}`);
  return words.join(' ');
}

/** The headline with id, number and size, and below it every field; reserved ones only when they are not zero. */
export function formatSap(message: SapMessage): string {
  const lines = [`${message.name} (${message.id}) seq ${message.seqNum}, ${sapSize(message)} bytes`];
  if (message.name === 'UNKNOWN') {
    lines.push(...bytesLines('payload', message.payload, '  '));
  } else {
    const decl = declOf(message.name);
    lines.push(...fieldLines(decl.fields, message as unknown as Values, '  '));
    if (message.tail.length > 0) {
      const at = SAP_HEADER_LEN + decl.payload;
      lines.push(...bytesLines(`tail (behind the layout, from byte ${at} on)`, message.tail, '  '));
    }
  }
  return lines.join('\n');
}

/** One line: `START supportedVersions=4`. */
export function headlineMe(message: MeMessage): string {
  switch (message.name) {
    case 'START':
      return `START supportedVersions=${message.supportedVersions.join(',')}`;
    case 'START_OK':
      return `START_OK supportedVersion=${message.supportedVersion}`;
    case 'CHECK_SHARED_AREA':
      return 'CHECK_SHARED_AREA';
    case 'UNKNOWN':
      return `UNKNOWN type=${message.type} payload=${bytesCount(message.payload)}`;
  }
}

/** The name with number and length, and below it every field. */
export function formatMe(message: MeMessage): string {
  const type = message.name === 'UNKNOWN' ? ` (${message.type})` : '';
  const lines = [`${message.name}${type} seq ${message.seqNum}, len ${message.len}`];
  for (const [name, value] of Object.entries(message)) {
    if (name === 'name' || name === 'seqNum' || name === 'len' || name === 'type') continue;
    if (value instanceof Uint8Array) {
      if (!isZero(value)) lines.push(...bytesLines(name, value, '  '));
    } else if (name !== 'reserved' || value !== 0) {
      lines.push(
        `  ${name}: ${Array.isArray(value) ? value.join(', ') : hexOrDecimal(value as number | bigint)}`,
      );
    }
  }
  return lines.join('\n');
}

function hexOrDecimal(value: number | bigint): string {
  return typeof value === 'bigint' ? `0x${value.toString(16)}` : `${value}`;
}

// Headlines.

function briefs(fields: Fields, values: Values): string[] {
  const words: string[] = [];
  for (const [name, field] of Object.entries(fields)) {
    const value = values[name];
    if (!field.required || field.layout.kind === 'array' || isCountOf(name, fields)) continue;
    if (field.layout.kind === 'struct') words.push(...briefs(field.layout.fields, value as Values));
    else if (value instanceof Uint8Array)
      words.push(`${name}=${text(name, value, values) ?? bytesCount(value)}`);
    else words.push(`${name}=${scalar(field, value as number | bigint, '|')}`);
  }
  return words;
}

function bytesCount(bytes: Uint8Array): string {
  return bytes.length === 1 ? '1 byte' : `${bytes.length} bytes`;
}

// Pages.

function fieldLines(fields: Fields, values: Values, indent: string): string[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const value = values[name];
    if (!field.required && isZero(value)) return [];
    return valueLines(name, field, value, values, indent);
  });
}

function valueLines(name: string, field: AnyField, value: unknown, values: Values, indent: string): string[] {
  const layout = field.layout;
  if (layout.kind === 'struct') {
    return [`${indent}${name}:`, ...fieldLines(layout.fields, value as Values, `${indent}  `)];
  }
  if (layout.kind === 'array') return arrayLines(name, layout.item, value as unknown[], indent);
  if (value instanceof Uint8Array) {
    const shown = text(name, value, values);
    return shown === undefined ? bytesLines(name, value, indent) : [`${indent}${name}: ${shown}`];
  }
  const number = value as number | bigint;
  return [`${indent}${name}: ${scalar(field, number, ' | ')}${numberBehindName(field, number)}`];
}

const ITEMS_PER_LINE = 11;

/** Scalars several to a line, structures one a line; zeros at the end are counted, not shown. */
function arrayLines(name: string, item: AnyField, items: readonly unknown[], indent: string): string[] {
  let used = items.length;
  while (used > 0 && isZero(items[used - 1])) used--;
  const left = items.length - used;
  const zeros = left === 0 ? [] : [`${indent}  ${used === 0 ? `${left} items` : `${left} more`}, all zero`];
  const lines = [`${indent}${name}:`];
  if (item.layout.kind === 'struct') {
    const { fields } = item.layout;
    for (let i = 0; i < used; i++)
      lines.push(`${indent}  [${i}] ${briefs(fields, items[i] as Values).join(' ')}`);
  } else if (item.layout.kind === 'array') {
    for (let i = 0; i < used; i++)
      lines.push(...arrayLines(`[${i}]`, item.layout.item, items[i] as unknown[], `${indent}  `));
  } else {
    for (let i = 0; i < used; i += ITEMS_PER_LINE) {
      const row = items.slice(i, Math.min(used, i + ITEMS_PER_LINE));
      lines.push(`${indent}  [${i}] ${row.map((value) => scalar(item, value as number, '|')).join(' ')}`);
    }
  }
  return [...lines, ...zeros];
}

const BYTES_PER_LINE = 32;

function bytesLines(name: string, bytes: Uint8Array, indent: string): string[] {
  if (bytes.length > 0 && isZero(bytes)) return [`${indent}${name}: ${bytesCount(bytes)}, all zero`];
  if (bytes.length <= BYTES_PER_LINE)
    return [`${indent}${name}: ${bytesCount(bytes)} ${hexOf(bytes)}`.trimEnd()];
  const lines = [`${indent}${name}: ${bytesCount(bytes)}`];
  for (let i = 0; i < bytes.length; i += BYTES_PER_LINE) {
    const offset = i.toString(16).padStart(4, '0');
    lines.push(`${indent}  ${offset}  ${hexOf(bytes.subarray(i, i + BYTES_PER_LINE))}`);
  }
  return lines;
}

// Values.

function scalar(field: AnyField, value: number | bigint, or: string): string {
  if (typeof value === 'bigint') return `0x${value.toString(16)}`;
  if (field.layout.kind === 'mac') return formatMac(value);
  if (isIpv4(field)) return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join('.');
  if (field.values) {
    const entry = enumEntries(field.values).find((e) => e.value === value);
    return entry ? entry.name : `${value} (unknown)`;
  }
  return field.flags ? flagNames(enumEntries(field.flags), value, or) : `${value}`;
}

/** The only words in network order are addresses. */
function isIpv4({ layout }: AnyField): boolean {
  return layout.kind === 'uint' && layout.bytes === 4 && layout.bigEndian;
}

function flagNames(entries: readonly EnumEntry[], value: number, or: string): string {
  if (value === 0) return '0';
  const names: string[] = [];
  let left = value;
  for (const entry of entries) {
    if ((left & entry.value) === 0) continue;
    names.push(entry.name);
    left = (left & ~entry.value) >>> 0;
  }
  if (left !== 0) names.push(`0x${left.toString(16)}`);
  return names.join(or);
}

function numberBehindName(field: AnyField, value: number | bigint): string {
  if (field.values && enumEntries(field.values).some((e) => e.value === value)) return ` (${value})`;
  return field.flags && value !== 0 ? ` (0x${value.toString(16)})` : '';
}

/** Bytes with a count beside them (`ssid` with `ssidLen`) as quoted text, when all that count are printable. */
function text(name: string, bytes: Uint8Array, values: Values): string | undefined {
  const count = values[`${name}Len`];
  if (typeof count !== 'number' || count > bytes.length) return undefined;
  let out = '';
  for (let i = 0; i < count; i++) {
    const code = bytes[i]!;
    if (code < 0x20 || code > 0x7e) return hexOf(bytes.subarray(0, count));
    out += String.fromCharCode(code);
  }
  return JSON.stringify(out);
}

function isCountOf(name: string, fields: Fields): boolean {
  return name.endsWith('Len') && name.slice(0, -3) in fields;
}

function isZero(value: unknown): boolean {
  if (value instanceof Uint8Array || Array.isArray(value)) return value.every(isZero);
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isZero);
  return value === 0 || value === 0n;
}
