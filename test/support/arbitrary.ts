/** Generators of messages, walked from the declarations. */
import fc from 'fast-check';
import type { AnyField, Fields } from '../../sap/declare.ts';
import { SAP_MESSAGES, type SapMessage } from '../../sap/index.ts';
import { endsOpen } from '../../sap/walk/fields.ts';

type Decl = (typeof SAP_MESSAGES)[number];

/** A decoded message of one kind, its tail sometimes not empty. */
export function messageOf(decl: Decl): fc.Arbitrary<SapMessage> {
  return fc.record({
    name: fc.constant(decl.short),
    id: fc.constant(decl.id),
    seqNum: word(4),
    ...members(decl.fields),
    tail: endsOpen(decl) ? fc.constant(new Uint8Array(0)) : tail(),
  }) as unknown as fc.Arbitrary<SapMessage>;
}

/** Any message: every kind of the register, and ids that are not in it. */
export function anyMessage(): fc.Arbitrary<SapMessage> {
  return fc.oneof(...SAP_MESSAGES.map(messageOf), unknownMessage());
}

export function unknownMessage(): fc.Arbitrary<SapMessage> {
  const known = new Set<number>(SAP_MESSAGES.map((decl) => decl.id));
  return fc.record({
    name: fc.constant('UNKNOWN' as const),
    id: fc.integer({ min: 0, max: 0xffff }).filter((id) => !known.has(id)),
    seqNum: word(4),
    payload: fc.uint8Array({ maxLength: 64 }),
  });
}

function members(fields: Fields): Record<string, fc.Arbitrary<unknown>> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, valueFor(field)]));
}

function valueFor({ layout }: AnyField): fc.Arbitrary<unknown> {
  switch (layout.kind) {
    case 'uint':
      return word(layout.bytes);
    case 'u64':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case 'mac':
      return fc.integer({ min: 0, max: 2 ** 48 - 1 });
    case 'bytes':
      return fc.uint8Array({ minLength: layout.length, maxLength: layout.length });
    case 'rest':
      return fc.uint8Array({ minLength: layout.minLength, maxLength: layout.minLength + 100 });
    case 'array':
      return fc.array(valueFor(layout.item), { minLength: layout.length, maxLength: layout.length });
    case 'struct':
      return fc.record(members(layout.fields));
  }
}

const word = (bytes: number) => fc.integer({ min: 0, max: 2 ** (8 * bytes) - 1 });
const tail = () =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(new Uint8Array(0)) }, fc.uint8Array({ maxLength: 40 }));
