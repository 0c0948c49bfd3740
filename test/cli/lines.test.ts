import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linesOf, MAX_LINE } from '../../cli/lines.ts';

async function linesIn(chunks: readonly Uint8Array[]): Promise<(string | undefined)[]> {
  async function* source() {
    yield* chunks;
  }
  const lines: (string | undefined)[] = [];
  for await (const batch of linesOf(source())) lines.push(...batch);
  return lines;
}

test('where chunks end makes no difference', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', ' '))),
      fc.array(fc.nat({ max: 9 })),
      fc.boolean(),
      async (lines, sizes, endsOpen) => {
        // At the very beginning it would be a byte order mark.
        const text = `+${lines.join('\n')}${endsOpen ? '' : '\n'}`;
        const bytes = new TextEncoder().encode(text);
        const chunks: Uint8Array[] = [];
        let at = 0;
        for (const size of sizes) {
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        chunks.push(bytes.subarray(at));
        const expected = new TextDecoder().decode(bytes).split('\n');
        if (expected.at(-1) === '') expected.pop();
        expect(await linesIn(chunks)).toEqual(expected);
      },
    ),
  );
});

test.each([1, 3, 64 << 10, 4 << 20])(
  'of a line that is too long nothing is kept: chunks of %d',
  async (size) => {
    const text = `a\n${'x'.repeat(MAX_LINE + 1)}\nb\n${'y'.repeat(size < 4 ? 1 : MAX_LINE)}\n${'z'.repeat(MAX_LINE + 1)}`;
    const bytes = new TextEncoder().encode(text);
    const chunks: Uint8Array[] = [];
    // One by one around the limits only.
    const step = (at: number) =>
      size < 4 && at % MAX_LINE < MAX_LINE - 64 && at % MAX_LINE > 64 ? 4096 : size;
    for (let at = 0; at < bytes.length; at += step(at)) chunks.push(bytes.subarray(at, at + step(at)));
    const lines = await linesIn(chunks);
    expect(lines.map((line) => line?.length)).toEqual([1, undefined, 1, size < 4 ? 1 : MAX_LINE, undefined]);
  },
);
