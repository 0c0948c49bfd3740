/** Lists in help texts, which commander prints as they are. */
import { wrapWords } from './words.ts';

/** The narrowest terminal that the lines fit. */
const WIDTH = 80;

/** A name and what it means a line, the meanings below each other. */
export function meanings(rows: Iterable<readonly [string, string]>): string {
  const all = [...rows];
  const column = 4 + Math.max(...all.map(([name]) => name.length));
  const lines = all.flatMap(([name, meaning]) =>
    wrapWords(meaning.split(' '), WIDTH - column).map(
      (line, i) => `  ${(i === 0 ? name : '').padEnd(column - 2)}${line}`,
    ),
  );
  return lines.join('\n');
}
