/** Where a text stops being JSON: what the engine's own error says only sometimes. */

type Next = 'value' | 'first-value' | 'key' | 'first-key' | 'colon' | 'end-of-value';

const ESCAPED = '"\\/bfnrtu';
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

/** The index of the first character that cannot stand where it stands; the length of a text that ends too early. */
export function jsonFaultAt(text: string): number {
  const closers: string[] = [];
  let next: Next = 'value';
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const char = text[at]!;
    if (next === 'end-of-value') {
      const closer = closers.at(-1);
      if (char === ',' && closer !== undefined) next = closer === '}' ? 'key' : 'value';
      else if (char === closer) closers.pop();
      else return at;
      at = skipSpace(text, at + 1);
      continue;
    }
    if (next === 'colon') {
      if (char !== ':') return at;
      next = 'value';
      at = skipSpace(text, at + 1);
      continue;
    }
    if ((next === 'first-key' || next === 'first-value') && char === closers.at(-1)) {
      closers.pop();
      next = 'end-of-value';
      at = skipSpace(text, at + 1);
      continue;
    }
    const isKey: boolean = next === 'key' || next === 'first-key';
    if (!isKey && (char === '{' || char === '[')) {
      closers.push(char === '{' ? '}' : ']');
      next = char === '{' ? 'first-key' : 'first-value';
      at = skipSpace(text, at + 1);
      continue;
    }
    if (isKey && char !== '"') return at;
    const end = char === '"' ? stringEnd(text, at) : scalarEnd(text, at);
    if (end < 0) return -1 - end;
    next = isKey ? 'colon' : 'end-of-value';
    at = skipSpace(text, end);
  }
  return text.length;
}

/** The index behind the string at `at`; for a broken one, -1 minus the index of the fault. */
function stringEnd(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const char = text[i]!;
    if (char === '"') return i + 1;
    if (char < ' ') return -1 - i;
    if (char !== '\\') continue;
    i++;
    if (i < text.length && !ESCAPED.includes(text[i]!)) return -1 - i;
    if (text[i] !== 'u') continue;
    for (let digits = 4; digits > 0; digits--) {
      i++;
      if (i < text.length && !/[0-9a-fA-F]/.test(text[i]!)) return -1 - i;
    }
  }
  return -1 - text.length;
}

/** The same for a number, `true`, `false` or `null`. */
function scalarEnd(text: string, at: number): number {
  for (const kind of [NUMBER, WORD]) {
    kind.lastIndex = at;
    if (kind.test(text)) return kind.lastIndex;
  }
  return -1 - at;
}

function skipSpace(text: string, at: number): number {
  let i = at;
  while (text[i] === ' ' || text[i] === '\t' || text[i] === '\r' || text[i] === '\n') i++;
  return i;
}
