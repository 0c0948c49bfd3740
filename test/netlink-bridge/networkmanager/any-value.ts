/** Values of D-Bus by chance. */
import fc from 'fast-check';
import { type DbusValue, type Variant, variant } from '../../../netlink-bridge/networkmanager/values.ts';

/** D-Bus strings have no zero. */
const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((s) => !s.includes('\0'));
const objectPath = fc
  .array(fc.stringMatching(/^[A-Za-z0-9_]{1,5}$/), { maxLength: 4 })
  .map((parts) => `/${parts.join('/')}`);

const BASIC: Readonly<Record<string, fc.Arbitrary<DbusValue>>> = {
  y: fc.integer({ min: 0, max: 0xff }),
  b: fc.boolean(),
  n: fc.integer({ min: -0x8000, max: 0x7fff }),
  q: fc.integer({ min: 0, max: 0xffff }),
  i: fc.integer(),
  u: fc.integer({ min: 0, max: 0xffffffff }),
  x: fc.maxSafeInteger(),
  t: fc.maxSafeNat(),
  d: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value)),
  s: text,
  o: objectPath,
};

interface Typed {
  readonly signature: string;
  readonly values: fc.Arbitrary<DbusValue>;
}

function typed(depth: number): fc.Arbitrary<Typed> {
  const basic = fc
    .constantFrom(...Object.keys(BASIC))
    .map((signature) => ({ signature, values: BASIC[signature]! }));
  if (depth === 0) return basic;
  const inner = typed(depth - 1);
  return fc.oneof(
    basic,
    inner.map(({ signature, values }) => ({
      signature: `a${signature}`,
      values:
        signature === 'y'
          ? fc.uint8Array({ maxLength: 8 })
          : (fc.array(values, { maxLength: 3 }) as fc.Arbitrary<DbusValue>),
    })),
    fc.array(inner, { minLength: 1, maxLength: 3 }).map((members) => ({
      signature: `(${members.map(({ signature }) => signature).join('')})`,
      values: fc.tuple(...members.map(({ values }) => values)) as fc.Arbitrary<DbusValue>,
    })),
    fc.tuple(fc.constantFrom('s', 'u', 'o'), inner).map(([key, { signature, values }]) => ({
      signature: `a{${key}${signature}}`,
      values: fc
        .uniqueArray(fc.tuple(BASIC[key]!, values), { maxLength: 3, selector: ([name]) => name })
        .map((entries) => new Map(entries)),
    })),
    inner.map(({ signature, values }) => ({
      signature: 'v',
      values: values.map((value) => variant(signature, value)),
    })),
  );
}

export const anyVariant: fc.Arbitrary<Variant> = typed(3).chain(({ signature, values }) =>
  values.map((value) => variant(signature, value)),
);
