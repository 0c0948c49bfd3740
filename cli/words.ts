/** Words and names, as sentences of the command need them. */

/** Words in lines of at most `width` columns. */
export function wrapWords(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** `1 line`, `2 lines`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** Names with commas between them. */
export function list(names: readonly string[]): string[] {
  return names.map((name, i) => (i < names.length - 1 ? `${name},` : name));
}
