/** One real-looking message of every kind in the register, in a few variants each. */
import type { AnyField, Fields } from '../sap/declare.ts';
import { encodeSap, SAP_MESSAGES, type SapDraft } from '../sap/index.ts';
import { seededRandom } from '../transport/index.ts';

/** How many variants of each message: enough that a branch predictor does not learn the values. */
const VARIANTS = 8;
const FRAME_LEN = 256;

/** The bytes of `VARIANTS` messages of every kind, by name. */
export function samples(seed = 1): Map<string, Uint8Array[]> {
  const random = seededRandom(seed).next;
  return new Map(
    SAP_MESSAGES.map((message) => {
      const variants = Array.from({ length: VARIANTS }, () => {
        const draft = { name: message.short, ...valuesOf(message.fields, random) } as unknown as SapDraft;
        return encodeSap(draft, Math.floor(random() * 0x10000));
      });
      return [message.short, variants];
    }),
  );
}

function valuesOf(fields: Fields, random: () => number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, randomValue(field, random)]),
  );
}

function randomValue(field: AnyField, random: () => number): unknown {
  const layout = field.layout;
  switch (layout.kind) {
    case 'uint':
      // Most words of the wire are small; one in eight is not.
      return Math.floor(
        random() * 2 ** (random() < 1 / 8 ? 8 * layout.bytes : Math.min(14, 8 * layout.bytes)),
      );
    case 'u64':
      return BigInt(Math.floor(random() * 2 ** 52));
    case 'mac':
      return Math.floor(random() * 2 ** 48);
    case 'bytes':
      return Uint8Array.from({ length: layout.length }, () => random() * 256);
    case 'rest':
      return Uint8Array.from({ length: FRAME_LEN }, () => random() * 256);
    case 'array':
      return Array.from({ length: layout.length }, () => randomValue(layout.item, random));
    case 'struct':
      return valuesOf(layout.fields, random);
  }
}
