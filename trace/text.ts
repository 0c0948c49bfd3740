/** Text of a terminal: what may be printed, how wide it is, how it is cut, and bytes as a dump. */

/** Controls, and marks that turn the direction of text: a file must not be able to command the terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (c) => `\\u${c.codePointAt(0)!.toString(16).padStart(4, '0')}`);
}

/** Columns that a string takes: two for East Asian wide characters and emoji, none for combining marks. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

const COMBINING = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u;

function charWidth(char: string): number {
  if (COMBINING.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}

/** `text` in at most `width` columns, ending in `ellipsis` if something is left out. */
export function cut(text: string, width: number, ellipsis: string): string {
  if (widthOf(text) <= width) return text;
  let out = '';
  let used = widthOf(ellipsis);
  if (used > width) return '';
  for (const char of text) {
    used += charWidth(char);
    if (used > width) break;
    out += char;
  }
  return out + ellipsis;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** `text` in lines of at most `width` columns, broken at spaces where there are some; later lines are indented more. */
export function wrap(text: string, width: number): string[] {
  const indent = /^ */.exec(text)![0];
  const lines: string[] = [];
  let line = indent;
  for (const word of text.slice(indent.length).split(' ')) {
    let rest = word;
    const joined = line.trim() === '' ? line + rest : `${line} ${rest}`;
    if (widthOf(joined) <= width) {
      line = joined;
      continue;
    }
    if (line.trim() !== '') lines.push(line);
    line = `${indent}  `;
    while (widthOf(line + rest) > width && rest.length > 1) {
      const room = Math.max(1, width - line.length);
      lines.push(line + rest.slice(0, room));
      rest = rest.slice(room);
    }
    line += rest;
  }
  lines.push(line);
  return lines;
}

/** Offset, sixteen bytes in groups of four, and the same as ASCII: 58 columns. */
export function hexdump(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    let hex = '';
    let ascii = '';
    for (let i = at; i < Math.min(at + 16, bytes.length); i++) {
      const byte = bytes[i]!;
      hex += `${i > at && i % 4 === 0 ? ' ' : ''}${byte.toString(16).padStart(2, '0')}`;
      ascii += byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : '.';
    }
    lines.push(`${at.toString(16).padStart(4, '0')}  ${hex.padEnd(35)} ${ascii}`.trimEnd());
  }
  return lines;
}
