/** Values for the layouts of `amt/protocol`, at random: a walker over their shapes. */
import fc from 'fast-check';
import { type AnyField, type Fields, type Infer, Secret } from '../../../amt/protocol/declare.ts';
import { formatGuid } from '../../../sap/index.ts';

/** All values that a layout carries. */
export function valuesOf<const F extends Fields>(fields: F): fc.Arbitrary<Infer<F>> {
  const parts: Record<string, fc.Arbitrary<unknown>> = {};
  const names = Object.keys(fields);
  for (const name of names) parts[name] = anyOf(fields[name]!);
  return fc.record(parts).map((record) => {
    let open = true;
    const out: Record<string, unknown> = {};
    for (const name of names) {
      // Where one is missing, the message ends.
      if (fields[name]!.shape.kind === 'optional') open &&= record[name] !== undefined;
      if (record[name] !== undefined && open) out[name] = record[name];
    }
    return out as Infer<F>;
  });
}

function anyOf(field: AnyField): fc.Arbitrary<unknown> {
  const any = plain(field);
  return field.secret ? any.map((text) => new Secret(text as string)) : any;
}

function plain({ shape }: AnyField): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'uint':
      return fc.integer({ min: 0, max: 2 ** (8 * shape.size) - 1 });
    case 'bool':
      return fc.boolean();
    case 'ipv4':
      return fc.integer({ min: 0, max: 0xffffffff });
    case 'mac':
      return fc.integer({ min: 0, max: 2 ** 48 - 1 });
    case 'uuid':
      return fc.uint8Array({ minLength: 16, maxLength: 16 }).map(formatGuid);
    case 'bytes':
      return fc.uint8Array({ minLength: shape.size, maxLength: shape.size });
    case 'rest':
      return fc.uint8Array({ maxLength: 200 });
    case 'text':
      return textUpTo(shape.size, 1);
    case 'counted':
      return textUpTo(Math.min(shape.max, 300), shape.room === undefined ? 0 : 1);
    case 'blob':
      return fc.uint8Array({ maxLength: Math.min(shape.max, 300) });
    case 'names':
      return fc.array(fc.stringMatching(/^[a-z.-]{1,60}$/), { maxLength: 5 });
    case 'struct':
      return valuesOf(shape.fields);
    case 'list':
      return fc.array(anyOf(shape.item), { maxLength: shape.max });
    case 'optional':
      return fc.option(anyOf(shape.item), { nil: undefined });
    default:
      return fc.constant(undefined);
  }
}

/** Latin-1 without the characters below `lowest`. */
function textUpTo(maxLength: number, lowest: number): fc.Arbitrary<string> {
  return fc
    .array(fc.integer({ min: lowest, max: 0xff }), { maxLength })
    .map((codes) => String.fromCharCode(...codes));
}

/** A value without its secrets' wrapping, to compare with. */
export function revealed(value: unknown): unknown {
  if (value instanceof Secret) return { secret: value.reveal() };
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(revealed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, revealed(part)]));
}
