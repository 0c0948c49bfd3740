/** Text in lines, as it streams in. */

/** The longest line that is read, in characters. */
export const MAX_LINE = 1 << 20;

/** The lines of a text, in batches, one a chunk. In the place of a line that is too long there is `undefined`. */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<(string | undefined)[], void, void> {
  const decoder = new TextDecoder();
  let rest = '';
  let isTooLong = false;
  for await (const chunk of chunks) {
    const lines: (string | undefined)[] = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    for (const [i, line] of lines.entries()) if (line!.length > MAX_LINE) lines[i] = undefined;
    if (isTooLong && lines.length > 0) {
      lines[0] = undefined;
      isTooLong = false;
    }
    if (rest.length > MAX_LINE) isTooLong = true;
    // Of a line that is too long nothing is kept.
    if (isTooLong) rest = '';
    yield lines;
  }
  if (isTooLong) yield [undefined];
  else if (rest !== '') yield [rest];
}
