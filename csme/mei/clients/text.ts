/** Bytes of plain text, and text of bytes. */

/** One byte for each character; one above 255 has none of its own and becomes `?`. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => (c.charCodeAt(0) > 0xff ? 0x3f : c.charCodeAt(0)));
}

export function textOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
