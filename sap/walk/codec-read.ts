/** The reading half of a generated codec: one expression per field, one function per message. */
import type { AnyField, Fields } from '../declare.ts';
import { endsOpen, type Layout, leaves } from './fields.ts';

/**
 * From this many saved byte loads on, a message is read and written through a `DataView`: making one costs as much as
 * some 30 loads (measured, Node 20), and the channel table of NVM is twice as fast with it.
 */
const VIEW_WORTH = 128;

/** Whether the words of a message are better accessed through a `DataView`. */
function isWide(layout: Layout): boolean {
  let saved = 0;
  for (const { field } of leaves(layout.fields, 0)) {
    if (field.layout.kind === 'uint') saved += field.layout.bytes - 1;
  }
  return saved >= VIEW_WORTH;
}

/** How a reader gets at its bytes: `b` from `o` to `e`, and `v` over them when the message is wide. */
interface Access {
  readonly wide: boolean;
}

/** Source of the function that reads one message. Size and id have been checked before it is called. */
export function readFunction(
  layout: Layout,
  suffix: string,
  head: readonly string[],
  header: number,
): string {
  const end = header + layout.payload;
  const access = { wide: isWide(layout) };
  const view = access.wide ? [`  const v = new DataView(b.buffer, b.byteOffset + o, ${end});`] : [];
  const tail = endsOpen(layout) ? 'EMPTY' : `e === o + ${end} ? EMPTY : b.subarray(o + ${end}, e)`;
  return [
    `function read${suffix}(b: Uint8Array, o: number, e: number): Message<'${layout.short}'> {`,
    ...view,
    '  return {',
    `    name: '${layout.short}',`,
    ...head.map((line) => `    ${line},`),
    ...properties(layout.fields, header, access, '    '),
    `    tail: ${tail},`,
    '  };',
    '}',
  ].join('\n');
}

function properties(fields: Fields, at: number, access: Access, indent: string): string[] {
  const lines: string[] = [];
  for (const [name, field] of Object.entries(fields)) {
    lines.push(`${indent}${name}: ${value(field, at, access, indent)},`);
    at += field.size;
  }
  return lines;
}

function value(field: AnyField, at: number, access: Access, indent: string): string {
  const layout = field.layout;
  switch (layout.kind) {
    case 'uint':
      return uint(at, layout.bytes, layout.bigEndian, access);
    case 'u64':
      return `(BigInt(${uint(at + 4, 4, false, access)}) << 32n) | BigInt(${uint(at, 4, false, access)})`;
    case 'mac':
      return `(${uint(at, 2, true, NARROW)}) * 0x100000000 + (${uint(at + 2, 4, true, NARROW)})`;
    case 'bytes':
      return `b.subarray(${place(at)}, ${place(at + layout.length)})`;
    case 'rest':
      return `b.subarray(${place(at)}, e)`;
    case 'array':
      return list(layout.item, layout.length, at, access, indent);
    case 'struct':
      return `{\n${properties(layout.fields, at, access, `${indent}  `).join('\n')}\n${indent}}`;
  }
}

/** A literal, however long: V8 allocates it once in its final shape, a loop over `new Array(n)` takes 1.7 times as long. */
function list(item: AnyField, length: number, at: number, access: Access, indent: string): string {
  const items = Array.from({ length }, (_, i) => value(item, at + i * item.size, access, `${indent}  `));
  return `[\n${items.map((text) => `${indent}  ${text},`).join('\n')}\n${indent}]`;
}

const NARROW: Access = { wide: false };

/** An unsigned number of `bytes` bytes at a constant distance from `o`. */
export function uint(at: number, bytes: number, bigEndian: boolean, access: Access): string {
  if (access.wide && bytes === 2) return `v.getUint16(${at}, ${!bigEndian})`;
  if (access.wide && bytes === 4) return `v.getUint32(${at}, ${!bigEndian})`;
  const terms = Array.from({ length: bytes }, (_, i) => {
    const shift = 8 * (bigEndian ? bytes - 1 - i : i);
    return shift === 0 ? `b[${place(at + i)}]!` : `(b[${place(at + i)}]! << ${shift})`;
  });
  const sum = terms.join(' | ');
  return bytes === 4 ? `(${sum}) >>> 0` : sum;
}

function place(at: number): string {
  return at === 0 ? 'o' : `o + ${at}`;
}
