import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AREA_LAYOUTS, hexOf, RingReader, RingWriter, ringsOf, SharedArea } from '../../../sap/index.ts';

type Step =
  | { readonly kind: 'write'; readonly payload: number; readonly byte: number }
  | { readonly kind: 'read' };

/** Payload sizes: many small ones, and some that fill what is free exactly, by one less and one more (negative). */
const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 40 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 4088 }) },
  { weight: 2, arbitrary: fc.constantFrom(-1, -2, -3) },
);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('write' as const), payload: sizes, byte: fc.nat(255) }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'read' as const }) },
  ),
  { maxLength: 120 },
);

const RINGS = ([3, 4] as const).flatMap((version) =>
  ringsOf(AREA_LAYOUTS[version]).map((ring) => ({
    title: `version ${version}, ${ring.name}`,
    layout: AREA_LAYOUTS[version],
    ring,
  })),
);
const MODES = [false, true].flatMap((fillCompletely) =>
  RINGS.map((r) => ({ ...r, fillCompletely, mode: fillCompletely ? 'filled completely' : 'one byte free' })),
);

describe.each(MODES)('$title, $mode', ({ layout, ring, fillCompletely }) => {
  test('delivers what a list of messages would', () => {
    fc.assert(
      fc.property(steps, fc.nat(ring.size - 1), fc.boolean(), (script, start, shared) => {
        const memory = shared ? new SharedArrayBuffer(layout.size) : new ArrayBuffer(layout.size);
        const area = new SharedArea(memory, layout);
        area.initialise();
        area.words[ring.wrAt >> 2] = start;
        area.words[ring.rdAt >> 2] = start;
        const writer = new RingWriter(area, ring, { fillCompletely });
        const reader = new RingReader(area, ring);
        const room = ring.size - (fillCompletely ? 0 : 1);
        let model: string[] = [];
        let used = 0;

        for (const [n, step] of script.entries()) {
          if (step.kind === 'write') {
            const largest = Math.min(room - used, 4088);
            const payload = step.payload >= 0 ? step.payload : Math.max(0, largest - 8 + (step.payload + 2));
            const message = new Uint8Array(8 + payload).fill(step.byte);
            message.set([2000 & 0xff, 2000 >> 8, payload & 0xff, payload >> 8, n & 0xff, n >> 8, 0, 0]);
            expect(writer.free()).toBe(room - used);
            const error = writer.write(message);
            if (message.length > room - used) {
              expect(error).toMatchObject({ code: 'SAP_ERR_RING_FULL', needed: message.length });
            } else {
              expect(error).toBeUndefined();
              model.push(hexOf(message));
              used += message.length;
              if (used === ring.size) {
                // The ring reads as empty: all of it is lost.
                model = [];
                used = 0;
              }
            }
          } else {
            const got: string[] = [];
            const read = reader.read((b, from, to) => got.push(hexOf(b.subarray(from, to))));
            expect(got).toEqual(model);
            expect(read).toEqual({ messages: model.length, error: undefined, errors: [] });
            model = [];
            used = 0;
          }
          expect(reader.pending()).toBe(used > 0);
          expect(area.words[ring.wrAt >> 2]).toBeLessThan(ring.size);
          expect(area.words[ring.rdAt >> 2]).toBeLessThan(ring.size);
        }
      }),
      { numRuns: 150, seed: 20250 },
    );
  });
});

test('an exact fit is reached with the quirk and refused without it', () => {
  for (const { layout, ring } of RINGS) {
    for (const fillCompletely of [false, true]) {
      const area = new SharedArea(new ArrayBuffer(layout.size), layout);
      area.initialise();
      const writer = new RingWriter(area, ring, { fillCompletely });
      const message = new Uint8Array(ring.size / 4);
      const results = Array.from({ length: 4 }, () => writer.write(message)?.code);
      expect(results.slice(0, 3)).toEqual([undefined, undefined, undefined]);
      expect(results[3]).toBe(fillCompletely ? undefined : 'SAP_ERR_RING_FULL');
      expect(writer.pending()).toBe(!fillCompletely);
    }
  }
});
