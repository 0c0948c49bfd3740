/** Values for the layouts of `amt/protocol`, at random. */
import { type AnyField, type Fields, type Infer, Secret } from '../amt/protocol/declare.ts';
import { formatGuid } from '../sap/index.ts';
import type { Random } from './random.ts';

/** What these fields can carry; lists and texts are short most of the time. */
export function layoutValues<const F extends Fields>(fields: F, random: Random): Infer<F> {
  const out: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = fieldValue(field, random);
    // Where one is missing, the message ends.
    if (field.shape.kind === 'optional' && value === undefined) break;
    if (value !== undefined) out[name] = value;
  }
  return out as Infer<F>;
}

function fieldValue(field: AnyField, random: Random): unknown {
  const value = plainValue(field, random);
  return field.secret ? new Secret(value as string) : value;
}

function plainValue({ shape }: AnyField, random: Random): unknown {
  switch (shape.kind) {
    case 'uint':
      return random.oneIn(2) ? random.below(4) : random.u32() % 2 ** (8 * shape.size);
    case 'ipv4':
      return random.u32();
    case 'bool':
      return random.oneIn(2);
    case 'mac':
      return random.u32() * 0x1_0000 + random.below(0x1_0000);
    case 'uuid':
      return formatGuid(randomBytes(16, random));
    case 'bytes':
      return randomBytes(shape.size, random);
    case 'rest':
      return randomBytes(random.below(20), random);
    case 'blob':
      return randomBytes(random.below(Math.min(shape.max, 20) + 1), random);
    case 'text':
      return randomText(shape.size, random);
    case 'counted':
      return randomText(shape.max, random);
    case 'names':
      return Array.from({ length: random.below(4) }, () => `x${randomText(20, random)}`);
    case 'struct':
      return layoutValues(shape.fields, random);
    case 'list':
      return Array.from({ length: random.below(Math.min(shape.max, 4) + 1) }, () =>
        fieldValue(shape.item, random),
      );
    case 'optional':
      return random.oneIn(2) ? undefined : fieldValue(shape.item, random);
    case 'fixed':
    case 'reserved':
    case 'skip':
      return undefined;
  }
}

function randomBytes(length: number, random: Random): Uint8Array {
  return Uint8Array.from({ length }, () => random.u32());
}

/** Latin-1 without NUL. */
function randomText(most: number, random: Random): string {
  const codes = Array.from({ length: random.below(Math.min(most, 24) + 1) }, () => 1 + random.below(0xff));
  return String.fromCharCode(...codes);
}
